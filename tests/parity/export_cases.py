# SPDX-License-Identifier: Apache-2.0
"""Writes what real MLX computes for every parity case: `<name>.mlxfn`, `<name>.npz`, `<name>.json`, `index.json`.

    export_cases.py OUTDIR [NAME...]

The npz holds in0.., out0.., and for differentiable cases cot0.. (one a floating output) and grad0.. (one a floating
input, named by the input's number). bfloat16 has no npz dtype, so it is stored as float32, which holds it exactly; the
JSON has the true dtypes."""

import json
import sys
from pathlib import Path

import mlx.core as mx
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from cases import all_cases  # noqa: E402

FLOATING = (mx.float32, mx.float16, mx.bfloat16)


def as_list(value):
    return list(value) if isinstance(value, (tuple, list)) else [value]


def storable(array):
    return np.array(array.astype(mx.float32) if array.dtype == mx.bfloat16 else array)


def dtype_name(array):
    return str(array.dtype).removeprefix("mlx.core.")


def gradients(case, outputs, seed):
    """Cotangents drawn for the floating outputs, and the gradients that MLX's vjp gives for the floating inputs."""
    floating_in = [k for k, x in enumerate(case.inputs) if x.dtype in FLOATING]
    floating_out = [k for k, y in enumerate(outputs) if y.dtype in FLOATING]
    generator = np.random.default_rng(seed)
    cotangents = [mx.array(generator.standard_normal(outputs[k].shape).astype(np.float32)).astype(outputs[k].dtype) for k in floating_out]

    def restricted(*floats):
        inputs = list(case.inputs)
        for k, x in zip(floating_in, floats, strict=True):
            inputs[k] = x
        results = as_list(case.fn(*inputs))
        return [results[k] for k in floating_out]

    _, grads = mx.vjp(restricted, [case.inputs[k] for k in floating_in], cotangents)
    arrays = {f"cot{k}": storable(x) for k, x in zip(floating_out, cotangents, strict=True)}
    arrays |= {f"grad{k}": storable(x) for k, x in zip(floating_in, grads, strict=True)}
    return arrays


def export_case(case, seed, outdir):
    outputs = as_list(case.fn(*case.inputs))
    mx.eval(outputs)
    arrays = {f"in{k}": storable(x) for k, x in enumerate(case.inputs)} | {f"out{k}": storable(y) for k, y in enumerate(outputs)}
    if case.differentiable:
        arrays |= gradients(case, outputs, seed)
    mx.export_function(str(outdir / f"{case.name}.mlxfn"), case.fn, *case.inputs)
    np.savez(outdir / f"{case.name}.npz", **arrays)
    facts = {"inputs": [dtype_name(x) for x in case.inputs], "outputs": [dtype_name(y) for y in outputs], "differentiable": case.differentiable,
             "rtol": case.rtol, "atol": case.atol, "reason": case.reason}
    (outdir / f"{case.name}.json").write_text(json.dumps(facts))


def main():
    mx.set_default_device(mx.cpu)
    outdir, wanted = Path(sys.argv[1]), set(sys.argv[2:])
    outdir.mkdir(parents=True, exist_ok=True)
    written, failed = [], {}
    for seed, case in enumerate(all_cases()):
        if wanted and case.name not in wanted:
            continue
        try:
            export_case(case, seed, outdir)
            written.append(case.name)
        except Exception as error:  # what MLX itself cannot do is listed, and the caller decides
            failed[case.name] = f"{type(error).__name__}: {error}"
    (outdir / "index.json").write_text(json.dumps({"mlx": mx.__version__, "cases": written, "failed": failed}, indent=1))
    for name, reason in failed.items():
        print(f"not exported: {name}: {reason}")
    print(f"{len(written)} cases, {len(failed)} not exported, mlx {mx.__version__}")


if __name__ == "__main__":
    main()
