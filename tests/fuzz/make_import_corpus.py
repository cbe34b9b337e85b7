# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of fuzz_import: python make_import_corpus.py [folder, default: corpus/import beside this file].

Files that are well-formed and mean something, or nothing. As in make_corpus.py a name starts with the answer."""

import pathlib
import struct
import sys

from make_corpus import meaning_cases, one_call
from mlxfn_bytes import File, f32, i32, s32, s64, u8, u64

X = (1, (2, 4, 4, 1), "f32")  # the input of most: two images


def chain(*calls, inputs=(X,), constants=(), outputs=None, shapeless=False):
    """calls: (operand ids, name, state, shape[, dtype]); ids go on from the inputs' and constants'."""
    f = File(shapeless=shapeless)
    tape = [f.input(i) for i, _, _ in inputs] + [f.constant(*c) for c in constants]
    first = 1 + len(inputs) + len(constants)
    for k, (operands, name, state, shape, *dtype) in enumerate(calls):
        tape.append(f.call(first + k, operands, name, state, shape, *dtype))
    return f.function(list(inputs), outputs or [first + len(calls) - 1], tape).data


def constant(number, shape, value=0.5, dtype="f32"):
    count = 1
    for extent in shape:
        count *= extent
    return (number, shape, dtype, f32(value) * count)


def network():
    ones = s32(1, 1)
    return chain(
        ([1, 2], "Convolution", ones * 5 + i32(1) + u8(0), (2, 4, 4, 3)),
        ([3], "Broadcast", s32(2, 4, 4, 3), (2, 4, 4, 3)),
        ([5, 6], "Add", b"", (2, 4, 4, 3)),
        ([4], "Broadcast", s32(2, 4, 4, 3), (2, 4, 4, 3)),
        ([7, 8], "Maximum", b"", (2, 4, 4, 3)),
        ([9], "Reshape", s32(2, 2, 2, 2, 2, 3), (2, 2, 2, 2, 2, 3)),
        ([10], "Transpose", s32(0, 1, 3, 2, 4, 5), (2, 2, 2, 2, 2, 3)),
        ([11], "Reduce", i32(5) + s32(3, 4), (2, 2, 2, 1, 1, 3)),
        ([12], "Reshape", s32(2, -1), (2, 12)),
        ([13], "Softmax", u8(0), (2, 12)),
        constants=[constant(2, (3, 3, 3, 1)), constant(3, (3,)), constant(4, (), 0.0)])


def attention():
    x = (1, (2, 2, 3, 4), "f32")
    return chain(([1, 1, 1], "ScaledDotProductAttention", f32(0.5) + u8(1) + u8(0) * 3, (2, 2, 3, 4)), inputs=[x])


def pooled(state, shape):
    return chain(([1], "Flatten", i32(0) + i32(3), (32,)), ([2], "AsStrided", state, shape),
                 ([3], "Reduce", i32(5) + s32(3, 4), (*shape[:3], 1, 1, shape[5])))


def indices(value):
    index = (2, (3,), "i32", struct.pack("<i", value) * 3)
    return chain(([1, 2], "Gather", s32(1) + s32(2, 1, 4, 1), (3, 2, 1, 4, 1)), constants=[index])


def doublings(count, name="Concatenate"):
    """Each value is the one before, twice."""
    calls = [([k + 1, k + 1], name, i32(0), (2 ** (k + 2),)) for k in range(count)]
    return chain(*calls, inputs=[(1, (2,), "f32")])


def products(count):
    x = (1, (100, 100), "f32")
    return chain(*[([k + 1, 1], "Matmul", b"", (100, 100)) for k in range(count)], inputs=[x])


GOOD = {
    "network": network(),
    "attention": attention(),
    "pooling": pooled(s32(2, 2, 2, 2, 2, 1) + s64(16, 8, 2, 4, 1, 1) + u64(0), (2, 2, 2, 2, 2, 1)),
    "pooling-overlapping": pooled(s32(2, 3, 3, 2, 2, 1) + s64(16, 4, 1, 4, 1, 1) + u64(0), (2, 3, 3, 2, 2, 1)),
    "view-across-samples": pooled(s32(2, 2, 2, 2, 2, 1) + s64(3, 8, 2, 4, 1, 1) + u64(1), (2, 2, 2, 2, 2, 1)),
    "view-that-stands-still": one_call("AsStrided", s32(4) + s64(0) + u64(3)),
    "view-backwards": one_call("AsStrided", s32(4) + s64(-1) + u64(3)),
    "gather": indices(3),
    "gather-negative": indices(-1),
    "empty": chain(([1], "Slice", s32(0) + s32(0) + s32(1), (0,)), ([2], "Exp", b"", (0,)), inputs=[(1, (4,), "f32")]),
    "scalar": chain(([1], "Exp", b"", ()), inputs=[(1, (), "f32")]),
    "no-inputs": chain(([], "Arange", struct.pack("<ddd", 0, 4, 1), (4,)), inputs=[]),
    "shapeless": chain(([1], "Exp", b"", (7, 7)), inputs=[(1, (4,), "f32")], shapeless=True),
    "output-is-input": chain(outputs=[1]),
    "zero-window": chain(([1, 2], "Convolution", s32(3, 3) + s32(0, 0) * 2 + s32(1, 1) * 2 + i32(1) + u8(1), (2, 2, 2, 1)),
                         constants=[constant(2, (1, 1, 1, 1))]),
    "dilated": chain(([1, 2], "Convolution", s32(2, 2) + s32(9, 9) * 2 + s32(3, 3) + s32(4, 4) + i32(1) + u8(0), (2, 14, 14, 1)),
                     constants=[constant(2, (1, 2, 2, 1))]),
    "steps": doublings(5, "Concatenate"),
}

FORMAT = {
    "gather-outside": indices(4),
    "gather-far-below": indices(-5),
    "shape-of-nothing": chain(([1], "Reshape", s32(0, -1), (0, 32))),
    "two-unknown-extents": chain(([1], "Reshape", s32(-1, -1), (4, 8))),
    "dtype-of-result": one_call("Exp", dtype="f16"),
    "rank-too-small": chain(([1, 1], "Matmul", b"", (4,)), inputs=[(1, (4,), "f32")]),
    "mask-of-floats": chain(([1, 1, 1], "Select", b"", (4,)), inputs=[(1, (4,), "f32")]),
    "slice-stride-0": chain(([1], "Slice", s32(0) + s32(4) + s32(0), (4,)), inputs=[(1, (4,), "f32")]),
    "reduce-axis-twice": chain(([1], "Reduce", i32(2) + s32(0, 0), (1, 4, 4, 1))),
    "bool-7": chain(([1, 2], "Select", b"", (4,)), constants=[(2, (4,), "bool", b"\x07" * 4)], inputs=[(1, (4,), "f32")]),
}

LIMIT = {
    "great-value": doublings(20),
    "many-values": chain(*[([1], "Broadcast", s32(k + 1, 2, 4, 4, 1), (k + 1, 2, 4, 4, 1)) for k in range(400)]),
    "many-products": products(9),
}

UNSUPPORTED = {
    "cholesky": one_call("Cholesky", u8(0)),
    "random": one_call("RandomBits", s32(4) + i32(4)),
    "quantise": one_call("Quantize", i32(32) + i32(4) + i32(0) + u8(0)),
}


def cases():
    """What make_corpus.py calls meaning cases are malformed here; two of them ask for too much instead."""
    too_much = ("arange-endless", "broadcast-bomb")
    found = {f"{'limit' if name in too_much else 'format'}-{name}": data for name, data in meaning_cases().items()}
    for start, group in (("ok", GOOD), ("format", FORMAT), ("limit", LIMIT), ("unsupported", UNSUPPORTED)):
        found |= {f"{start}-{name}": data for name, data in group.items()}
    return found


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in cases().items():
        (folder / name).write_bytes(data)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "corpus" / "import")
