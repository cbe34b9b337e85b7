# SPDX-License-Identifier: Apache-2.0
"""What a parity case is, and the vocabulary for its inputs.

A case is a function of arrays that real MLX exports and evaluates; Bulwark then
reads the file and has to agree. Inputs are described, not given: a description
is a function from a random generator to an array, and the generator is seeded
by the name of the case, so that cases may be added and reordered freely.
"""

import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import mlx.core as mx
import numpy as np
from mlx.utils import tree_map_with_path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))
from bulwark_export import prepare  # noqa: E402

F16, BF16, F32 = mx.float16, mx.bfloat16, mx.float32


@dataclass(frozen=True)
class Case:
    """`differentiable`: gradients are to be compared, where there are any.
    `gradient_of`: an equal function that MLX differentiates in place of `fn`,
    because its gradient of `fn` is missing or wrong. `rtol` and `atol` replace the
    tolerances that compare.c works out. Each needs a `reason` where it is not plain.
    `traces`: inputs that the function is exported with, one after another into one file, in
    place of `inputs`. `keywords`: names under which the last inputs are passed, in the order of the
    alphabet, which is the file's. `free_batch`:
    axis 0 of every input is the batch, and the file is brought from its own to that of
    `inputs` as Bulwark does it for models; MLX is asked for the function, not for the file,
    which it cannot evaluate there."""

    name: str
    fn: Callable
    inputs: tuple
    is_layer: bool = False
    differentiable: bool = True
    gradient_of: Callable | None = None
    rtol: float | None = None
    atol: float | None = None
    reason: str = ""
    traces: tuple = ()
    shapeless: bool = False
    keywords: tuple = ()
    free_batch: bool = False

    def build(self):
        """The function to export, the one to differentiate or None, the input arrays, and those to export with."""
        seed = zlib.crc32(self.name.encode())
        rng = np.random.default_rng(seed)
        mx.random.seed(seed)
        fn = prepare(randomize(self.fn())) if self.is_layer else self.fn
        arrays = [spec(rng) for spec in self.inputs]
        mx.eval(arrays)
        given = [a for spec, a in zip(self.inputs, arrays, strict=True) if not isinstance(spec, Frozen)]
        traces = [[spec(rng) for spec in trace] for trace in self.traces] or [given]
        return self._bind(fn, arrays), self.gradient_of and self._bind(self.gradient_of, arrays), given, traces

    def pass_inputs(self, fn, arrays):
        """fn of the arrays, the last of them by keyword."""
        split = len(arrays) - len(self.keywords)
        return fn(*arrays[:split], **dict(zip(self.keywords, arrays[split:], strict=True)))

    def _bind(self, fn, arrays):
        """`fn` as a function of the inputs that are not frozen."""
        if not any(isinstance(spec, Frozen) for spec in self.inputs):
            return fn

        def bound(*given):
            given = iter(given)
            pairs = zip(self.inputs, arrays, strict=True)
            return fn(*[a if isinstance(spec, Frozen) else next(given) for spec, a in pairs])

        return bound


def case(name, fn, *inputs, **options):
    return Case(name, fn, inputs, **options)


def layer(name, make, *inputs, **options):
    """A case whose function is the `nn.Module` that `make` returns."""
    return Case(name, make, inputs, is_layer=True, **options)


@dataclass(frozen=True)
class Frozen:
    """An input that becomes a constant of the exported function."""

    spec: Callable

    def __call__(self, rng):
        return self.spec(rng)


def frozen(spec):
    return Frozen(spec)


def values(data, dtype=F32):
    return lambda rng: mx.array(data, dtype=dtype)


def normal(*shape, dtype=F32, scale=1.0):
    return lambda rng: mx.array(scale * rng.standard_normal(shape, dtype=np.float32)).astype(dtype)


def uniform(low, high, *shape, dtype=F32):
    return lambda rng: mx.array(rng.uniform(low, high, shape).astype(np.float32)).astype(dtype)


def integers(low, high, *shape, dtype=mx.int32):
    return lambda rng: mx.array(rng.integers(low, high, shape)).astype(dtype)


def bools(*shape):
    return lambda rng: mx.array(rng.random(shape) < 0.5)


def distinct(*shape, dtype=F32):
    """Shuffled numbers of both signs, no two alike."""
    count = int(np.prod(shape))
    return lambda rng: mx.array((rng.permutation(count).reshape(shape) - count / 2 + 0.25) / 4).astype(dtype)


def randomize(module):
    """Give the parameters that start as zeros or ones (biases, norms, running statistics) other values."""

    def fresh(path, value):
        name = path.rsplit(".", 1)[-1]
        if value.ndim != 1 or not mx.issubdtype(value.dtype, mx.floating):
            return value
        low, high = (0.5, 1.5) if name in ("weight", "running_var") else (-0.5, 0.5)
        return mx.random.uniform(low, high, value.shape, dtype=value.dtype)

    module.update(tree_map_with_path(fresh, module.parameters()))
    return module
