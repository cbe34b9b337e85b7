# SPDX-License-Identifier: Apache-2.0
"""Let MLX export and evaluate the parity cases: export_cases.py OUTDIR [NAME...]

Writes for each case
    NAME.mlxfn  the exported function, one for each trace
    NAME.npz    in0.. (inputs), out0.. (MLX's outputs) and, where MLX has a gradient, cotK (a
                cotangent for each floating output K) and gradK (the gradient for each floating
                input K); bfloat16 is stored as float32, which holds it exactly
    NAME.json   inputs, outputs: true element types; differentiable: cot and grad are there;
                rtol, atol: tolerances of its own or null, with their reason; keywords: names of the
                last inputs; free_batch: see case.py; primitives in the file
and index.json: the version of MLX, the cases, and what MLX itself could not do: cases that it
cannot export, or not differentiate, or whose gradient the export changes.

Gradients are those of the file: the exporter drops StopGradient, so a function read
back may have another gradient than the one that it was made from.
"""

import json
import sys
from pathlib import Path

import mlx.core as mx
import numpy as np

from cases import CASES

COTANGENT_SEED = 1


def main():
    mx.set_default_device(mx.cpu)
    target, wanted = Path(sys.argv[1]), set(sys.argv[2:])
    target.mkdir(parents=True, exist_ok=True)
    records = {case.name: export_case(case, target) for case in CASES if not wanted or case.name in wanted}
    exported = {name: record for name, record in records.items() if "failed" not in record}
    index = {
        "mlx": mx.__version__,
        "cases": list(exported),
        "failed": collect(records, "failed"),
        "no_gradient_in_mlx": collect(records, "no_gradient_in_mlx"),
        "gradient_changed_by_export": list(collect(records, "gradient_changed_by_export")),
        "primitives": sorted({name for record in exported.values() for name in record["primitives"]}),
    }
    write_json(target / "index.json", index)
    summarize(records, index)


def export_case(case, target):
    """Write the three files; returns what the JSON says, or why MLX cannot export the case as `failed`."""
    fn, gradient_of, inputs, traces = case.build()
    path = target / f"{case.name}.mlxfn"

    def positional(*given):
        return case.pass_inputs(fn, given)

    def imported(*given):
        return case.pass_inputs(mx.import_function(str(path)), given)

    outputs = as_list(positional(*inputs))
    try:
        with mx.exporter(str(path), fn, shapeless=case.shapeless) as exporter:
            for trace in traces:
                case.pass_inputs(exporter, trace)
    except (ValueError, RuntimeError) as error:
        path.unlink(missing_ok=True)
        return {"failed": first_line(error)}
    if not case.free_batch and not all(map(identical, imported(*inputs), outputs)):
        raise SystemExit(f"{case.name}: MLX computes something else from the exported file")

    arrays = {f"in{k}": x for k, x in enumerate(inputs)} | {f"out{k}": y for k, y in enumerate(outputs)}
    record = {
        "inputs": [type_name(x) for x in inputs],
        "outputs": [type_name(y) for y in outputs],
        "differentiable": False,
        "rtol": case.rtol,
        "atol": case.atol,
        "reason": case.reason,
        "keywords": case.keywords,
        "free_batch": case.free_batch,
        "primitives": primitives(positional, inputs),
    }
    if case.differentiable and any(map(is_floating, inputs)) and any(map(is_floating, outputs)):
        # MLX has no gradient of NumberOfElements, which only shapeless files hold: it crashes.
        read_back = positional if case.shapeless or case.free_batch else imported
        arrays |= gradients(gradient_of or positional, gradient_of or read_back, inputs, outputs, record)
    np.savez(target / f"{case.name}.npz", **{name: storable(x) for name, x in arrays.items()})
    write_json(target / f"{case.name}.json", record)
    return record


def gradients(fn, imported, inputs, outputs, record):
    """The arrays cotK and gradK; says in the record what came of it."""
    rng = np.random.default_rng(COTANGENT_SEED)
    cotangents = {
        k: mx.array(rng.standard_normal(y.shape, dtype=np.float32)).astype(y.dtype)
        for k, y in enumerate(outputs)
        if is_floating(y)
    }
    try:
        original = pull_back(fn, inputs, cotangents)
    except (ValueError, RuntimeError) as error:
        record["no_gradient_in_mlx"] = first_line(error)
        return {}
    try:
        grads = pull_back(imported, inputs, cotangents)
    except (ValueError, RuntimeError):  # without StopGradient MLX asks for the gradient of an index
        grads = original
    record["differentiable"] = True
    if not all(close(grads[k], original[k]) for k in grads):
        record["gradient_changed_by_export"] = True
    return {f"cot{k}": c for k, c in cotangents.items()} | {f"grad{k}": g for k, g in grads.items()}


def pull_back(fn, inputs, cotangents):
    """Gradients for the floating inputs, by the input's number, of the outputs that have a cotangent."""
    wrt = [k for k, x in enumerate(inputs) if is_floating(x)]

    def restricted(*given):
        given = dict(zip(wrt, given, strict=True))
        outputs = as_list(fn(*[given.get(k, x) for k, x in enumerate(inputs)]))
        return [outputs[k] for k in cotangents]

    grads = mx.vjp(restricted, [inputs[k] for k in wrt], list(cotangents.values()))[1]
    mx.eval(grads)
    return dict(zip(wrt, grads, strict=True))


def primitives(fn, inputs):
    """Names of the primitives that the function holds, exported with its inputs."""
    steps = []
    mx.export_function(steps.append, fn, *inputs)
    return sorted({step["name"] for step in steps if step["type"] == "primitive"})


def identical(a, b):
    return (a.shape, a.dtype) == (b.shape, b.dtype) and mx.array_equal(a, b, equal_nan=is_floating(a)).item()


def close(a, b):
    """Equal up to rounding: the exporter also merges operations."""
    coarse = 1e-4 if a.dtype == mx.float32 else 3e-2
    return mx.allclose(a, b, rtol=coarse, atol=coarse, equal_nan=True).item()


def as_list(outputs):
    return [outputs] if isinstance(outputs, mx.array) else list(outputs)


def is_floating(x):
    return mx.issubdtype(x.dtype, mx.floating)


def type_name(x):
    return str(x.dtype).rsplit(".", 1)[-1]


def storable(x):
    return np.array(x.astype(mx.float32) if x.dtype == mx.bfloat16 else x)


def first_line(error):
    return str(error).strip().splitlines()[0]


def collect(records, key):
    return {name: record[key] for name, record in records.items() if key in record}


def write_json(path, value):
    path.write_text(json.dumps(value, indent=1) + "\n")


def summarize(records, index):
    differentiable = sum(record.get("differentiable", False) for record in records.values())
    for key in ("failed", "no_gradient_in_mlx"):
        for name, message in index[key].items():
            print(f"{key}: {name}: {message}")
    print("gradient_changed_by_export:", " ".join(index["gradient_changed_by_export"]))
    print(
        f"{len(index['cases'])} cases ({differentiable} with gradients), {len(index['failed'])} not exported, ", end=""
    )
    print(f"{len(index['primitives'])} primitives, mlx {index['mlx']}")


if __name__ == "__main__":
    main()
