# SPDX-License-Identifier: Apache-2.0
"""Export an MLX model so that Bulwark can read it and check what it read.

    from bulwark_export import export

    export("model.mlxfn", model, mx.zeros((5, 28, 28, 1)))

writes `model.mlxfn` and, beside it, `model.pair.npz`: one set of inputs
(`in0`, `in1`, ...) with the outputs that MLX computes for them (`out0`, ...).
`bulwark` runs the file on the inputs and refuses it when the outputs differ.

The pair is needed because MLX's exporter writes the memory of a constant
without looking at its strides: a transposed or broadcast parameter ends up in
the file as other numbers, without an error. `export` makes the parameters
contiguous first, reads the file back, and removes it when it does not compute
what the model computes.

Give the example inputs a batch above 1 that equals no other size in the model
(5 is a good choice): Bulwark finds the batch dimension in the file by its
value and then runs any batch. Needs nothing but MLX.
"""

import inspect
from pathlib import Path

import mlx.core as mx
import mlx.nn as nn
from mlx.utils import tree_map

RTOL, ATOL = 1e-4, 1e-5  # the same primitives on the same device: only the order of a sum may differ


def prepare(module):
    """Bring `module` into the state that exports well: evaluation mode, all
    of its arrays evaluated and contiguous. Returns the module."""
    module.eval()
    module.update(tree_map(mx.contiguous, module.parameters()))
    for part in module.modules():  # parameters() leaves out names that begin with an underscore
        for name, value in part.items():
            if isinstance(value, mx.array):
                part[name] = mx.contiguous(value)
        mx.eval(dict(part))
    return module


def export(path, fn, *example_inputs):
    """Export `fn` to `path` (`*.mlxfn`) and write its input/output pair.

    `fn` is an `nn.Module`, or a function from arrays to an array or a tuple of
    arrays; a module that the function refers to by a variable is prepared as
    well (call `prepare` for one that it finds in another way). Modules stay in
    evaluation mode. The example inputs fix shapes and types. The pair takes
    the values of integer inputs from them, since those may be indices, and
    draws floating ones from [0, 1), the same at every call.

    Raises `RuntimeError` and leaves no file when the file read back does not
    compute what `fn` computes. Returns the path of the pair.
    """
    path = Path(path)
    if path.suffix != ".mlxfn":
        raise ValueError(f"{path}: the name of an exported function ends in .mlxfn")
    for module in _modules_of(fn):
        prepare(module)
    inputs = [_probe(x, i) for i, x in enumerate(example_inputs)]
    expected = _as_list(fn(*inputs))

    mx.export_function(str(path), fn, *example_inputs)
    actual = mx.import_function(str(path))(*inputs)
    if not all(map(_same, actual, expected)):
        path.unlink()
        raise RuntimeError(
            f"{path}: the exported function does not compute what the original does; "
            "make every array that it captures contiguous (mx.contiguous) and avoid random numbers"
        )

    pair = path.with_suffix(".pair.npz")
    names = [f"in{i}" for i in range(len(inputs))] + [f"out{i}" for i in range(len(expected))]
    mx.savez(str(pair), **dict(zip(names, map(_storable, inputs + expected), strict=True)))
    return pair


def _modules_of(fn):
    if isinstance(fn, nn.Module):
        return [fn]
    if not (inspect.isfunction(fn) or inspect.ismethod(fn)):
        return []
    captured = inspect.getclosurevars(fn)
    candidates = [*captured.nonlocals.values(), *captured.globals.values(), getattr(fn, "__self__", None)]
    return [c for c in candidates if isinstance(c, nn.Module)]


def _probe(example, index):
    if not mx.issubdtype(example.dtype, mx.floating):
        return example
    return mx.random.uniform(shape=example.shape, key=mx.random.key(index)).astype(example.dtype)


def _as_list(outputs):
    return [outputs] if isinstance(outputs, mx.array) else list(outputs)


def _same(a, b):
    if (a.shape, a.dtype) != (b.shape, b.dtype):
        return False
    return mx.allclose(a, b, rtol=RTOL, atol=ATOL, equal_nan=True).item()


def _storable(x):
    """npz has no bfloat16; float32 holds its values exactly."""
    return x.astype(mx.float32) if x.dtype == mx.bfloat16 else x
