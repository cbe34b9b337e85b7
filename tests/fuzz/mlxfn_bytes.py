# SPDX-License-Identifier: Apache-2.0
"""Puts .mlxfn files together by hand, in the layout of any release of MLX since 0.22.

Knows the format on its own, apart from the library's reader: what both agree on is likely right, and
tests/parity/test_mlxfn_layouts.py has MLX read what is written here.
"""

import struct

DTYPES = {  # name: number since 0.23.0, bytes
    "bool": (0, 1), "u8": (1, 1), "u16": (2, 2), "u32": (3, 4), "u64": (4, 8),
    "i8": (5, 1), "i16": (6, 2), "i32": (7, 4), "i64": (8, 8),
    "f16": (9, 2), "f32": (10, 4), "f64": (11, 8), "bf16": (12, 2), "c64": (13, 8),
}  # fmt: skip


def u8(value):
    return struct.pack("<B", value)


def i32(value):
    return struct.pack("<i", value)


def u64(value):
    return struct.pack("<Q", value)


def f32(value):
    return struct.pack("<f", value)


def f64(value):
    return struct.pack("<d", value)


def text(value):
    raw = value if isinstance(value, bytes) else value.encode()
    return u64(len(raw)) + raw


def vec(pack, values):
    return u64(len(values)) + b"".join(pack(v) for v in values)


def s32(*values):
    """A vector of int32, as shapes, axes and windows are."""
    return vec(i32, values)


def s64(*values):
    return vec(lambda v: struct.pack("<q", v), values)


def release(version):
    """(0, 32, 2) of "0.32.2", and of "0.32.2.dev20260101" too."""
    return tuple(int(part) for part in version.split(".")[:3])


class File:
    """Grows from the front; each part is bytes that a test may also damage."""

    def __init__(self, version="0.32.4", shapeless=False, metadata="", count=1):
        self.release = release(version)
        self.count = count
        head = text(version) + i32(count) + u8(shapeless)
        self.data = head + (text(metadata) if self.release >= (0, 32, 1) else b"")

    def dtype(self, name):
        number, size = DTYPES[name]
        if self.release < (0, 23, 0):
            number = {"bf16": 11, "c64": 12}.get(name, number)
        return i32(number) + u8(size)

    def array(self, shape, dtype="f32"):
        return s32(*shape) + self.dtype(dtype)

    def function(self, inputs, outputs, tape, keywords=()):
        """inputs: (id, shape, dtype); outputs: ids; tape: entries, as the methods below make them."""
        self.data += vec(text, keywords) + vec(u64, [i for i, _, _ in inputs])
        self.data += u64(len(inputs)) + b"".join(self.array(s, d) for _, s, d in inputs)
        self.data += vec(u64, outputs) + u64(len(tape)) + b"".join(tape)
        return self

    def input(self, id):
        return u64(id) + u8(0) + u8(0)

    def constant(self, id, shape, dtype, data):
        return u64(id) + u8(0) + u8(1) + self.array(shape, dtype) + data

    def known_constant(self, id):
        return u64(id) + u8(0) + u8(1)

    def call(self, id, operands, name, state=b"", shape=(4,), dtype="f32", stream=(0, 0, 0)):
        head = u64(id) + u8(1) + vec(u64, operands) + b"".join(i32(v) for v in stream) + text(name)
        return head + state + u64(0) + self.array(shape, dtype)

    def call_many(self, id, operands, name, state, ids, types):
        """A primitive with several outputs; types: (shape, dtype) of each."""
        head = u64(id) + u8(1) + vec(u64, operands) + i32(0) * 3 + text(name) + state + u64(len(ids) - 1)
        shapes = vec(lambda s: s32(*s), [s for s, _ in types])
        return head + vec(u64, ids) + shapes + vec(self.dtype, [d for _, d in types])


NO_STATE_1 = (
    "Abs ArcCos ArcCosh ArcSin ArcSinh ArcTan ArcTanh Ceil Conjugate Copy Cos Cosh Erf ErfInv Exp Expm1 Floor Full "
    "Imag Log1p LogicalNot Negative Real Round Sigmoid Sign Sin Sinh Square StopGradient Tan Tanh"
).split()
NO_STATE_2 = (
    "Add ArcTan2 Divide Greater GreaterEqual Less LessEqual LogAddExp LogicalAnd LogicalOr Matmul Maximum Minimum "
    "Multiply NotEqual Power Remainder Subtract"
).split()


def convolution(r):
    strides, low, high, dilation, input_dilation = s32(2, 1), s32(1, 0), s32(0, 1), s32(1, 2), s32(1, 1)
    rest = dilation + input_dilation + i32(1) + u8(0)
    if r < (0, 25, 2):
        return low + strides + rest
    if r < (0, 26, 2):
        return low + high + strides + rest
    return strides + low + high + rest


def quantization(r, mode, *tail):
    return i32(32) + i32(4) + (i32(mode) if r >= (0, 29, 0) else b"") + b"".join(tail)


def attention(r):
    flags = [(0, 24, 0), (0, 29, 1), (0, 30, 0), (0, 32, 2)]  # causal, sinks, logsumexp, force_fused
    return f32(0.125) + b"".join(u8(k % 2) for k, since in enumerate(flags) if r >= since)


def stateful(r):
    """name: (operands, state, outputs) of every other primitive that the release can export."""
    table = {
        "AddMM": (3, f32(0.5) + f32(2.0), 1),
        "Arange": (0, f64(1) + f64(9) + f64(2), 1),
        "ArgPartition": (1, i32(2) + i32(-1), 1),
        "ArgReduce": (1, i32(1) + i32(0), 1),
        "ArgSort": (1, i32(1), 1),
        "AsStrided": (1, s32(2, 3) + s64(3, 1) + u64(1), 1),
        "AsType": (1, i32(10) + u8(4), 1),
        "BitwiseBinary": (2, i32(3), 1),
        "BlockMaskedMM": (5, i32(32), 1),
        "Broadcast": (1, s32(2, 4), 1),
        "BroadcastAxes": (2, s32(-1), 1),
        "Cholesky": (1, u8(1), 1),
        "Concatenate": (3, i32(0), 1),
        "Convolution": (2, convolution(r), 1),
        "Depends": (2, b"", 2),
        "DivMod": (2, b"", 2),
        "DynamicSlice": (2, s32(1) + s32(2, 4), 1),
        "DynamicSliceUpdate": (3, s32(1), 1),
        "Eigh": (1, text("U") + u8(1), 2),
        "Equal": (2, u8(1), 1),
        "ExpandDims": (1, s32(0, 2), 1),
        "FFT": (1, vec(u64, [0, 1]) + u8(0) + u8(1) + (u8(1) if r >= (0, 32, 4) else b""), 1),
        "Flatten": (1, i32(0) + i32(1), 1),
        "Gather": (2, s32(0) + s32(1, 4), 1),
        "GatherMM": (4, u8(1) + u8(0) if r >= (0, 25, 0) else b"", 1),
        "GatherQMM": (6, quantization(r, 0, u8(1), *([u8(0), u8(1)] if r >= (0, 25, 0) else [])), 1),
        "Hadamard": (1, f32(0.25), 1),
        "Inverse": (1, u8(0) + u8(1), 1),
        "LayerNorm": (3, f32(1e-5), 1),
        "LayerNormVJP": (4, f32(1e-5), 3),
        "Log": (1, i32(2), 1),
        "NumberOfElements": (1, s32(0, 1) + u8(1) + i32(10) + u8(4), 1),
        "Pad": (2, s32(0) + s32(1) + s32(2), 1),
        "Partition": (1, i32(1) + i32(0), 1),
        "QRF": (1, b"", 2),
        "Quantize" if r >= (0, 29, 0) else "AffineQuantize": (1, quantization(r, 0, u8(0)), 3),
        "QuantizedMatmul": (4, quantization(r, 1, u8(1)), 1),
        "RMSNorm": (2, f32(1e-6), 1),
        "RMSNormVJP": (3, f32(1e-6), 2),
        "RandomBits": (1, s32(2, 2) + i32(4), 1),
        "Reduce": (1, i32(2) + s32(0, 1), 1),
        "Reshape": (1, s32(2, -1), 1),
        "RoPE": (3, i32(4) + u8(1) + f32(10000.0) + f32(0.5) + u8(1), 1),
        "SVD": (1, u8(1) if r >= (0, 23, 2) else b"", 3),
        "ScaledDotProductAttention": (3, attention(r), 1),
        "Scan": (1, i32(2) + i32(0) + u8(1) + u8(0), 1),
        "Scatter": (3, i32(4) + s32(0), 1),
        "Select": (3, b"", 1),
        "Slice": (1, s32(1, 0) + s32(3, 4) + s32(1, 2), 1),
        "SliceUpdate": (2, (i32(2) if r >= (0, 31, 2) else b"") + s32(1) + s32(3) + s32(2), 1),
        "Softmax": (1, u8(1), 1),
        "Sort": (1, i32(0), 1),
        "Split": (1, s32(1, 3) + i32(0), 3),
        "Sqrt": (1, u8(1), 1),
        "Squeeze": (1, s32(0), 1),
        "Transpose": (1, s32(1, 0), 1),
        "Unflatten": (1, i32(0) + s32(2, 2), 1),
        "View": (1, i32(3) + u8(4), 1),
    }
    later = {
        (0, 24, 2): {"LogSumExp": (1, b"", 1)},
        (0, 26, 0): {"Eig": (1, u8(1), 2)},
        (0, 26, 2): {"GatherAxis": (2, i32(1), 1), "ScatterAxis": (3, i32(0) + i32(1), 1)},
        (0, 30, 1): {"MaskedScatter": (3, b"", 1)},
        (0, 32, 1): {"SearchSorted": (2, u8(1), 1)},
        (0, 32, 4): {"FloorDivide": (2, b"", 1)},
    }
    for since, more in later.items():
        if r >= since:
            table.update(more)
    return table


def custom_kernel(r):
    """A state of CustomKernel: the source that a GPU would run."""
    grid_and_threads, no_shape_infos, no_initial_value, no_scalars = i32(1) * 6, u64(0), u8(0), u64(0)
    state = text("kernel") + text("kernel void f() {}") + grid_and_threads + no_shape_infos + u8(1)
    state += no_initial_value + no_scalars + u8(0) + i32(0)
    return state + (i32(0) if r >= (0, 32, 0) else b"")


def every_primitive(version):
    """A file with each primitive that the release can export, once. Shapes are made up."""
    f = File(version)
    tape, last = [f.input(1)], 1
    rows = [(name, 1, b"", 1) for name in NO_STATE_1] + [(name, 2, b"", 1) for name in NO_STATE_2]
    rows += [(name, *row) for name, row in stateful(f.release).items()]
    for name, operands, state, outputs in rows:
        ids = list(range(last + 1, last + 1 + outputs))
        if outputs == 1:
            tape.append(f.call(ids[0], [1] * operands, name, state))
        else:
            tape.append(f.call_many(ids[0], [1] * operands, name, state, ids, [((4,), "f32")] * outputs))
        last = ids[-1]
    return f.function([(1, (4,), "f32")], [last], tape).data
