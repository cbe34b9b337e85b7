# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of the fuzz targets: python make_corpus.py [folder, default: corpus beside this file].

A name starts with what the reader must answer: ok, format (malformed), unsupported, or limit. A seed
that is ok for the reader may still be nonsense to what comes after it: "ok-means-..." are.
"""

import json
import pathlib
import struct
import sys
import zlib

import model_bytes
from gate_bytes import PICKLES, gate_cases, model_cases
from mlxfn_bytes import File, custom_kernel, every_primitive, f32, i32, s32, s64, text, u8, u64, vec

LAYOUTS = "0.22.0 0.23.0 0.23.2 0.24.0 0.25.0 0.25.2 0.26.2 0.29.0 0.29.1 0.30.0 0.31.2 0.32.1 0.32.2 0.32.4".split()


# ---- mlxfn ----


def one_call(name, state=b"", operands=(1,), version="0.32.4", **more):
    """x: (4,) float32 with id 1; one primitive with id 2, which is the output."""
    f = File(version)
    return f.function([(1, (4,), "f32")], [2], [f.input(1), f.call(2, operands, name, state, **more)]).data


def constant_and_add(shape=(4,), dtype="f32", data=None):
    f = File()
    data = f32(1.0) * 4 if data is None else data
    tape = [f.input(1), f.constant(2, shape, dtype, data), f.call(3, [1, 2], "Add")]
    return f.function([(1, (4,), "f32")], [3], tape).data


def convolution_0_26_2(version):
    state = s32(2, 1) + s32(1, 0) + s32(0, 1) + s32(1, 1) + s32(1, 1) + i32(1) + u8(0)
    return one_call("Convolution", state, (1, 1), version)


def split(parts=3, siblings=None, ids=None, shapes=None, dtypes=None, indices=(1, 3)):
    f = File()
    ids = list(range(2, 2 + parts)) if ids is None else ids
    siblings = parts - 1 if siblings is None else siblings
    shapes = [(1,)] * parts if shapes is None else shapes
    dtypes = ["f32"] * parts if dtypes is None else dtypes
    entry = u64(2) + u8(1) + vec(u64, [1]) + i32(0) * 3 + text("Split") + s32(*indices) + i32(0) + u64(siblings)
    entry += vec(u64, ids) + vec(lambda s: s32(*s), shapes) + vec(f.dtype, dtypes)
    return f.function([(1, (4,), "f32")], [2], [f.input(1), entry]).data


def two_functions(version="0.32.4"):
    """The second uses the first one's constant again, and a keyword."""
    f = File(version, count=2)
    f.function([(1, (2,), "f32")], [3], [f.input(1), f.constant(2, (2,), "f32", f32(3.0) * 2), f.call(3, [1, 2], "Add", shape=(2,))])
    tape = [f.input(5), f.known_constant(2), f.input(6), f.call(7, [5, 2], "Multiply"), f.call(8, [7, 6], "Add")]
    return f.function([(5, (2,), "f32"), (6, (2,), "f32")], [8, 2, 5], tape, keywords=["bias"]).data


def header_cases():
    x = [(1, (4,), "f32")]
    f = File()
    add = [f.input(1), f.call(2, [1, 1], "Add")]
    plain = File().function(x, [2], add).data
    return {
        "format-empty": b"",
        "format-version-not-text": u64(6) + b"\x00\x01\x02\x03\x04\x05" + bytes(40),
        "format-version-empty": u64(0) + bytes(40),
        "format-version-too-long": u64(70) + b"0" * 70 + bytes(40),
        "format-string-length": u64(1 << 40) + plain[8:],
        "format-no-function": File(count=0).data,
        "format-count-negative": File(count=-1).function(x, [2], add).data,
        "limit-count": File(count=(1 << 31) - 1).function(x, [2], add).data,
        "format-count-too-high": File(count=2).function(x, [2], add).data,
        "format-count-too-low": two_functions().replace(text("0.32.4") + i32(2), text("0.32.4") + i32(1)),
        "format-trailing": plain + b"\0",
        "format-shapeless-byte": plain[:18] + b"\x02" + plain[19:],
        "format-metadata-nul": File(metadata="a\0b").function(x, [2], add).data,
        "ok-metadata": File(metadata='{"made": "by hand"}').function(x, [2], add).data,
        "ok-shapeless": File(shapeless=True).function(x, [2], add).data,
        "ok-no-inputs": File().function([], [1], [f.call(1, [], "Arange", bytes(24))]).data,
        "format-no-outputs": File().function(x, [], add).data,
        "format-output-unknown": File().function(x, [9], add).data,
        "format-fewer-ids": plain.replace(vec(u64, [1]) + u64(1) + f.array((4,)), vec(u64, []) + u64(1) + f.array((4,))),
        "format-keywords-over-inputs": File().function(x, [2], add, keywords=["a", "b"]).data,
        "format-keyword-twice": File().function([*x, (3, (4,), "f32")], [2], [*add, f.input(3)], keywords=["a", "a"]).data,
        "format-keyword-control": File().function(x, [2], add, keywords=["a\x1b[2J"]).data,
        "format-input-twice": File().function([(1, (4,), "f32"), (1, (4,), "f32")], [2], add).data,
        "limit-inputs": File().function([(k, (), "f32") for k in range(1, 66)], [1], []).data,
        "limit-outputs": File().function(x, [2] * 65, add).data,
        "format-input-negative": File().function([(1, (-4,), "f32")], [2], add).data,
        "unsupported-input-complex": File().function([(1, (4,), "c64")], [2], add).data,
        "ok-empty-tape": File().function(x, [1], []).data,
        "format-tape-2-40": File().function(x, [1], []).data[:-8] + u64(1 << 40),
        "format-vector-2-62": plain[:27] + u64(1 << 62) + plain[35:],
    }  # fmt: skip


def entry_cases():
    f = File()
    x = [(1, (4,), "f32")]
    return {
        "format-forward": File().function(x, [2], [f.input(1), f.call(2, [3], "Abs"), f.call(3, [1], "Abs")]).data,
        "format-cycle": one_call("Abs", operands=(2,)),
        "format-operand-unknown": one_call("Abs", operands=(77,)),
        "format-id-twice": File().function(x, [2], [f.call(2, [1], "Abs"), f.call(2, [1], "Abs")]).data,
        "format-id-of-input": File().function(x, [1], [f.call(1, [1], "Abs")]).data,
        "format-constant-twice": File().function(x, [2], [f.constant(2, (), "u8", b"a"), f.known_constant(2)]).data,
        "format-input-met-twice": File().function(x, [1], [f.input(1), f.input(1)]).data,
        "format-no-such-input": File().function(x, [1], [f.input(2)]).data,
        "format-call-as-input": File().function(x, [2], [f.call(2, [1], "Abs"), f.input(2)]).data,
        "format-has-primitive-byte": File().function(x, [1], [u64(2) + u8(2) + bytes(40)]).data,
        "format-is-constant-byte": File().function(x, [1], [u64(2) + u8(0) + u8(7) + bytes(40)]).data,
        "format-truncated-constant": constant_and_add((1 << 20,)),
        "format-constant-2-62": constant_and_add(((1 << 31) - 1,) * 3),
        "format-constant-negative": constant_and_add((-4,)),
        "format-constant-bool": constant_and_add((4,), "bool", b"\0\1\2\0"),
        "ok-constant-bool": constant_and_add((4,), "bool", b"\0\1\1\0"),
        "ok-constant-bf16": constant_and_add((4,), "bf16", bytes(8)),
        "ok-constant-empty": constant_and_add((0, (1 << 31) - 1, (1 << 31) - 1), "f32", b""),
        "unsupported-constant-complex": constant_and_add((4,), "c64", bytes(32)),
        "unsupported-rank-11": constant_and_add((1,) * 11, "u8", b"x"),
        "format-dtype-99": constant_and_add().replace(s32(4) + i32(10) + u8(4) + f32(1.0), s32(4) + i32(99) + u8(4) + f32(1.0)),
        "format-dtype-negative": constant_and_add().replace(s32(4) + i32(10) + u8(4) + f32(1.0), s32(4) + i32(-1) + u8(4) + f32(1.0)),
        "format-dtype-size": constant_and_add().replace(s32(4) + i32(10) + u8(4) + f32(1.0), s32(4) + i32(10) + u8(0) + f32(1.0)),
        "format-dtype-0.22-bf16-today": constant_and_add((4,), "bf16", bytes(8)).replace(i32(12) + u8(2), i32(11) + u8(2)),
        "format-device": one_call("Abs", stream=(0, 5, 0)),
        "ok-gpu": one_call("Abs", stream=(3, 1, 0)),
        "unsupported-primitive": one_call("Frobnicate"),
        "unsupported-primitive-escape": one_call("\x1b[31mAbs"),
        "unsupported-primitive-long": one_call("A" * 500),
        "unsupported-primitive-prefix": one_call("Ab"),
        "unsupported-custom-kernel": one_call("CustomKernel", custom_kernel((0, 32, 4))),
        "unsupported-custom-kernel-0.30": one_call("CustomKernel", custom_kernel((0, 30, 0)), version="0.30.0"),
        "format-no-operands": one_call("Abs", operands=()),
        "format-two-operands": one_call("Abs", operands=(1, 1)),
        "limit-operands": one_call("Concatenate", i32(0), (1,) * 65),
        "ok-many-operands": one_call("Concatenate", i32(0), (1,) * 64),
        "format-shape-overflow": one_call("Abs", shape=((1 << 31) - 1,) * 3),
        "format-shape-negative": one_call("Abs", shape=(2, -1)),
    }  # fmt: skip


def state_cases():
    return {
        "format-reduce-77": one_call("Reduce", i32(77) + s32(0)),
        "format-reduce-negative": one_call("Reduce", i32(-1) + s32(0)),
        "format-softmax-byte": one_call("Softmax", u8(2)),
        "format-eigh-triangle": one_call("Eigh", text("X") + u8(1)),
        "format-eigh-text": one_call("Eigh", text("LU") + u8(1)),
        "format-asstrided-offset": one_call("AsStrided", s32(2) + s64(1) + u64(1 << 63)),
        "format-fft-axis": one_call("FFT", vec(u64, [1 << 63]) + u8(0) * 3),
        "format-astype-size": one_call("AsType", i32(10) + u8(8)),
        "unsupported-astype-complex": one_call("AsType", i32(13) + u8(8)),
        "unsupported-transpose-rank": one_call("Transpose", s32(*range(11))),
        "format-quantize-mode": one_call("Quantize", i32(32) + i32(4) + i32(4) + u8(1)),
        "ok-split": split(),
        "format-split-parts": split(parts=2),
        "format-split-siblings": split(siblings=1),
        "format-split-ids": split(ids=[2, 3]),
        "format-split-ids-twice": split(ids=[2, 3, 3]),
        "format-split-shapes": split(shapes=[(1,)] * 2),
        "format-split-dtypes": split(dtypes=["f32"] * 4),
        "format-split-not-itself": split(ids=[3, 4, 5]),
        "format-split-negative": split(shapes=[(1,), (-1,), (1,)]),
        "limit-siblings": split(siblings=80, ids=list(range(2, 83))),
        "format-siblings-2-62": split(siblings=1 << 62),
    }  # fmt: skip


def meaning_cases():
    """Well-formed; shape inference must refuse them (engine: MLX's own importer crashes or lies)."""
    ones = s32(1, 1)
    return {
        "asstrided-outside": one_call("AsStrided", s32(4) + s64(1) + u64(64)),
        "asstrided-far": one_call("AsStrided", s32(4) + s64(1 << 40) + u64(1 << 62)),
        "slice-outside": one_call("Slice", s32(100000) + s32(100004) + s32(1)),
        "slice-stored-shape": one_call("Slice", s32(0) + s32(4) + s32(1), shape=(1 << 20,)),
        "add-stored-shape": one_call("Add", operands=(1, 1), shape=(1 << 20,)),
        "convolution-stored-shape": one_call("Convolution", ones * 5 + i32(1) + u8(0), (1, 1), shape=(1,)),
        "convolution-no-strides": one_call("Convolution", s32() * 5 + i32(1) + u8(0), (1, 1)),
        "convolution-groups-0": one_call("Convolution", ones * 5 + i32(0) + u8(0), (1, 1)),
        "transpose-axis-7": one_call("Transpose", s32(7)),
        "reduce-axis-9": one_call("Reduce", i32(2) + s32(9)),
        "gather-far": one_call("Gather", s32(100000000) + s32(1), (1, 1)),
        "matmul-stored-shape": one_call("Matmul", operands=(1, 1), shape=(1000, 1000)),
        "reshape-other-size": one_call("Reshape", s32(5)),
        "arange-endless": one_call("Arange", struct.pack("<ddd", 0, 1e300, 1e-300), ()),
        "broadcast-bomb": one_call("Broadcast", s32(1 << 30, 1 << 30, 4)),
    }


def mlxfn():
    cases = {f"ok-every-{v}": every_primitive(v) for v in LAYOUTS}
    cases |= header_cases() | entry_cases() | state_cases()
    cases |= {f"ok-means-{name}": data for name, data in meaning_cases().items()}
    cases |= {
        "ok-two-functions": two_functions(),
        "ok-two-functions-0.26.2": two_functions("0.26.2"),
        "ok-development-build": every_primitive("0.32.4").replace(text("0.32.4"), text("0.32.5.dev20260901+abcdef1")),
        "ok-mislabelled": every_primitive("0.31.2").replace(text("0.31.2"), text("0.32.4")),
        "ok-newer-release": every_primitive("0.32.4").replace(text("0.32.4"), text("1.7.12")),
        "ok-convolution-release": convolution_0_26_2("0.26.2"),
        "format-ambiguous": convolution_0_26_2("0.26.2").replace(text("0.26.2"), text("0.26.2.dev20250601")),
    }
    return cases


# ---- npy ----


def npy(header, data=b"", version=1, magic=b"\x93NUMPY"):
    raw = header.encode("latin-1")
    length = struct.pack("<H" if version == 1 else "<I", len(raw))
    return magic + bytes([version, 0]) + length + raw + data


def dictionary(descr="'<f4'", order="False", shape="(2, 3)"):
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}"


def npy_of(descr="'<f4'", order="False", shape="(2, 3)", data=None, **more):
    text_ = dictionary(descr, order, shape)
    data = bytes(range(24)) if data is None else data
    return npy(text_ + " " * (-(len(text_) + 11) % 64) + "\n", data, **more)


def npy_cases():
    good = npy_of()
    one_byte, eight = bytes(6), bytes(48)
    return {
        "ok-f4": good,
        "ok-version-2": npy_of(version=2),
        "ok-version-3": npy_of(version=3),
        "ok-scalar": npy_of(shape="()", data=bytes(4)),
        "ok-vector": npy_of(shape="(6,)"),
        "ok-empty": npy_of(shape="(0, 3)", data=b""),
        "ok-fortran": npy_of(order="True"),
        "ok-fortran-vector": npy_of(order="True", shape="(6,)"),
        "ok-bool": npy_of("'|b1'", data=b"\0\1\1\0\1\0"),
        "ok-u1": npy_of("'|u1'", data=one_byte),
        "ok-i1": npy_of("'|i1'", data=one_byte),
        "ok-i8": npy_of("'<i8'", data=eight),
        "ok-f8": npy_of("'<f8'", data=eight),
        "ok-f2": npy_of("'<f2'", data=bytes(12)),
        "ok-double-quotes": npy_of('"<f4"'),
        "ok-other-order": npy("{'shape': (6,), 'fortran_order': False, 'descr': '<f4'}\n", bytes(24)),
        "ok-no-blanks": npy("{'descr':'<f4','fortran_order':False,'shape':(6,)}\n", bytes(24)),
        "format-empty": b"",
        "format-magic": npy_of(magic=b"\x93NUMPX"),
        "unsupported-version-4": npy_of(version=4),
        "format-truncated": good[:-1],
        "format-trailing": good + b"\0",
        "format-header-length": good[:8] + b"\xff\xff" + good[10:],
        "limit-header": npy(dictionary() + " " * (1 << 17) + "\n", version=2)[:200],
        "format-no-newline": npy(dictionary() + " " * 8, bytes(24)),
        "format-behind-newline": npy(dictionary() + "\n\n", bytes(24)),
        "format-no-shape": npy("{'descr': '<f4', 'fortran_order': False}\n", bytes(24)),
        "format-key-twice": npy("{'descr': '<f4', 'descr': '<f4', 'shape': (6,)}\n", bytes(24)),
        "format-key-unknown": npy("{'descr': '<f4', 'evil': '<f4', 'shape': (6,)}\n", bytes(24)),
        "format-no-comma": npy("{'descr': '<f4' 'fortran_order': False, 'shape': (6,)}\n", bytes(24)),
        "format-not-a-dict": npy("__import__('os').system('id')\n", bytes(24)),
        "format-order": npy_of(order="Falsy"),
        "format-escape": npy_of("'<f\\x34'"),
        "format-unclosed-key": npy("{'descr': '|b1', '   \n", bytes(6)),
        "format-unclosed": npy("{'descr': '<f4\n", bytes(24)),
        "format-shape-number": npy_of(shape="(6)"),
        "format-shape-list": npy_of(shape="[6]"),
        "format-shape-negative": npy_of(shape="(-1, 3)"),
        "format-shape-long": npy_of(shape="(6L,)"),
        "format-shape-comma": npy_of(shape="(2 3)"),
        "format-shape-empty-item": npy_of(shape="(2,,3)"),
        "format-shape-digits": npy_of(shape="(1000000000000000000000,)"),
        "format-shape-overflow": npy_of(shape="(999999999999999999, 999999999999999999)"),
        "format-shape-huge": npy_of(shape="(99999999999999999,)"),
        "unsupported-rank-11": npy_of(shape="(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 6)"),
        "unsupported-object": npy_of("'|O'"),
        "unsupported-big-endian": npy_of("'>f4'"),
        "unsupported-complex": npy_of("'<c8'"),
        "unsupported-structured": npy_of("[('a', '<f4')]"),
        "unsupported-string": npy_of("'<U3'"),
        "unsupported-void": npy_of("'|V2'", data=bytes(12)),
        "unsupported-f4-without-order": npy_of("'|f4'"),
        "format-bool-2": npy_of("'|b1'", data=b"\0\1\2\0\1\0"),
    }  # fmt: skip


# ---- npz ----


def deflate(data, level=9):
    z = zlib.compressobj(level, zlib.DEFLATED, -15)
    return z.compress(data) + z.flush()


class Member:
    def __init__(self, name, data, method=8, **tweaks):
        self.name, self.data, self.method = name.encode(), data, method
        self.encoded = deflate(data) if method == 8 else data
        self.flags = tweaks.get("flags", 0)
        self.crc = tweaks.get("crc", zlib.crc32(data))
        self.size = tweaks.get("size", len(data))
        self.local_name = tweaks.get("local_name", name).encode()
        self.local_size = tweaks.get("local_size", self.size)
        self.offset = tweaks.get("offset")
        self.wide = tweaks.get("wide", False)
        self.descriptor = tweaks.get("descriptor")
        self.gap = tweaks.get("gap", b"")
        self.extra = tweaks.get("extra", b"")


def zip_bytes(members, comment=b"", count=None, end=b"", zip64_end=False):
    out, central = b"", b""
    for m in members:
        start = len(out) if m.offset is None else m.offset
        described = m.flags & 8
        ones = 0xFFFFFFFF
        sizes = (0, 0, 0) if described else (m.crc, len(m.encoded), m.local_size)
        extra = m.extra + (struct.pack("<HHQQ", 1, 16, sizes[2], sizes[1]) if m.wide else b"")
        shown = (sizes[0], ones, ones) if m.wide else sizes
        head = struct.pack("<HHHI", 45 if m.wide else 20, m.flags, m.method, 0x00210000)
        out += b"PK\3\4" + head + struct.pack("<III", *shown) + struct.pack("<HH", len(m.local_name), len(extra))
        out += m.local_name + extra + m.encoded + m.gap
        if m.descriptor is not None:
            out += m.descriptor
        extra = m.extra + (struct.pack("<HHQQQ", 1, 24, m.size, len(m.encoded), start) if m.wide else b"")
        shown = (m.crc, ones, ones) if m.wide else (m.crc, len(m.encoded), m.size)
        central += b"PK\1\2" + struct.pack("<H", 20) + head + struct.pack("<III", *shown)
        central += struct.pack("<HHHHHII", len(m.name), len(extra), 0, 0, 0, 0, ones if m.wide else start) + m.name + extra
    count = len(members) if count is None else count
    where = len(out)
    out += central
    if zip64_end:
        out += b"PK\6\6" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, count, count, len(central), where)
        out += b"PK\6\7" + struct.pack("<IQI", 0, where + len(central), 1)
        return out + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    out += b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, count, count, len(central), where, len(comment)) + comment
    return out + end


def descriptor(m, signature=b"PK\7\x08", wide=False, crc=None):
    return signature + struct.pack("<IQQ" if wide else "<III", m.crc if crc is None else crc, len(m.encoded), m.size)


def described(data, **how):
    plain = Member("x.npy", data)
    return Member("x.npy", data, flags=8, descriptor=descriptor(plain, **how))


def npz_cases():
    a, b = npy_of(), npy_of("'<i8'", shape="(3,)", data=bytes(24))
    zeros = npy_of("'|u1'", shape=f"({1 << 20},)", data=bytes(1 << 20))
    good = zip_bytes([Member("x.npy", a), Member("y.npy", b, 0)])
    bomb = Member("x.npy", npy_of("'|u1'", shape="(4000000000,)", data=bytes(64)), size=4000000128)
    extra = struct.pack("<HH4s", 0x5455, 4, b"time")
    return {
        "ok-two": good,
        "ok-none": zip_bytes([]),
        "ok-ratio": zip_bytes([Member("x.npy", zeros)]),
        "ok-wide": zip_bytes([Member("x.npy", a, wide=True), Member("y.npy", b, 0, wide=True)]),
        "ok-wide-end": zip_bytes([Member("x.npy", a)], zip64_end=True),
        "ok-extra": zip_bytes([Member("x.npy", a, extra=extra)]),
        "ok-descriptor": zip_bytes([described(a)]),
        "ok-descriptor-bare": zip_bytes([described(a, signature=b"")]),
        "ok-descriptor-wide": zip_bytes([described(a, wide=True)]),
        "ok-descriptor-wide-bare": zip_bytes([described(a, wide=True, signature=b"")]),
        "ok-fortran": zip_bytes([Member("x.npy", npy_of(order="True"))]),
        "ok-utf8-name": zip_bytes([Member("größe.npy", a, flags=0x800)]),
        "format-empty": b"",
        "format-short": b"PK\5\6",
        "format-no-end": good[:-1],
        "format-trailing": zip_bytes([Member("x.npy", a)], end=b"\0"),
        "format-comment": zip_bytes([Member("x.npy", a)], comment=b"hello"),
        "format-count": zip_bytes([Member("x.npy", a)], count=2),
        "format-count-many": zip_bytes([Member("x.npy", a)], count=60000),
        "format-in-front": b"MZ\x90\0" + good,
        "format-gap": zip_bytes([Member("x.npy", a, gap=b"hidden"), Member("y.npy", b)]),
        "format-gap-last": zip_bytes([Member("x.npy", a, gap=b"hidden")]),
        "format-overlap": zip_bytes([Member("x.npy", a), Member("y.npy", a, offset=0)]),
        "format-offset": zip_bytes([Member("x.npy", a, offset=7)]),
        "format-offset-far": zip_bytes([Member("x.npy", a, offset=1 << 30)]),
        "format-same-name": zip_bytes([Member("x.npy", a), Member("x.npy", b)]),
        "format-other-name": zip_bytes([Member("x.npy", a, local_name="z.npy")]),
        "format-other-size": zip_bytes([Member("x.npy", a, local_size=1)]),
        "format-crc": zip_bytes([Member("x.npy", a, crc=1)]),
        "format-crc-stored": zip_bytes([Member("x.npy", a, 0, crc=1)]),
        "format-size-low": zip_bytes([Member("x.npy", a, size=len(a) - 1)]),
        "format-size-high": zip_bytes([Member("x.npy", a, size=len(a) + 1)]),
        "format-stored-sizes": zip_bytes([Member("x.npy", a, 0, size=len(a) + 1)]),
        "format-bomb": zip_bytes([bomb]),
        "format-name-empty": zip_bytes([Member("", a)]),
        "format-name-control": zip_bytes([Member("\x1b[2J.npy", a)]),
        "unsupported-name": zip_bytes([Member("x.pkl", a)]),
        "unsupported-name-only-suffix": zip_bytes([Member(".npy", a)]),
        "unsupported-folder": zip_bytes([Member("x/", b"", 0)]),
        "unsupported-encrypted": zip_bytes([Member("x.npy", a, flags=1)]),
        "unsupported-method": zip_bytes([Member("x.npy", a, 12)]),
        "unsupported-flags": zip_bytes([Member("x.npy", a, flags=0x2000)]),
        "format-descriptor-crc": zip_bytes([described(a, crc=5)]),
        "format-descriptor-missing": zip_bytes([Member("x.npy", a, flags=8)]),
        "format-descriptor-signature": zip_bytes([described(a, signature=b"PK\7\7")]),
        "format-extra": zip_bytes([Member("x.npy", a, extra=b"\1\0\xff\0")]),
        "format-wide-missing": zip_bytes([Member("x.npy", a, size=0xFFFFFFFF)]),
        "format-not-deflated": zip_bytes([Member("x.npy", a)]).replace(deflate(a), b"\xff" * len(deflate(a))),
        "format-deflate-long": zip_bytes([Member("x.npy", a + b"\0", size=len(a))]),
        "unsupported-object": zip_bytes([Member("x.npy", npy_of("'|O'"))]),
        "limit-decoded": zip_bytes([Member("x.npy", npy_of("'|u1'", shape=f"({17 << 20},)", data=bytes(17 << 20)))]),
    }  # fmt: skip


# ---- safetensors ----


def safetensors(header, data=b""):
    raw = header.encode() if isinstance(header, str) else header
    return u64(len(raw)) + raw + data


def tensor(name="a", dtype="F32", shape="[2]", offsets="[0,8]", more=""):
    return f'"{name}":{{"dtype":"{dtype}","shape":{shape},"data_offsets":{offsets}{more}}}'


def safetensors_cases():
    one = "{" + tensor() + "}"
    types = "BOOL U8 I8 U16 I16 F16 BF16 U32 I32 F32 U64 I64 F64".split()
    widths = [1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 8, 8, 8]
    starts = [sum(widths[:k]) for k in range(len(widths) + 1)]
    every = ",".join(tensor(t, t, "[]", f"[{starts[k]},{starts[k + 1]}]") for k, t in enumerate(types))
    two = "{" + tensor("b", offsets="[8,16]") + "," + tensor("a") + "}"
    return {
        "ok-one": safetensors(one, bytes(8)),
        "ok-two-unordered": safetensors(two, bytes(16)),
        "ok-every-dtype": safetensors("{" + every + "}", bytes(starts[-1])),
        "ok-none": safetensors("{}"),
        "ok-metadata": safetensors('{"__metadata__":{"format":"mlx"},' + tensor() + "}", bytes(8)),
        "ok-padded": safetensors(one + "   ", bytes(8)),
        "ok-empty-tensor": safetensors("{" + tensor("e", shape="[0,3]", offsets="[0,0]") + "," + tensor() + "}", bytes(8)),
        "format-empty": b"",
        "format-header-length": u64(1 << 62) + one.encode(),
        "format-header-short": safetensors(one)[:20],
        "format-json": safetensors("{nope}", bytes(8)),
        "format-json-twice": safetensors("{" + tensor() + "," + tensor() + "}", bytes(8)),
        "format-no-object": safetensors("[1,2]", bytes(8)),
        "limit-deep": safetensors("[" * 200 + "]" * 200),
        "format-tensor-no-object": safetensors('{"a":3}', bytes(8)),
        "format-metadata-number": safetensors('{"__metadata__":{"a":1}}'),
        "format-metadata-list": safetensors('{"__metadata__":[]}'),
        "format-field-more": safetensors("{" + tensor(more=',"x":1') + "}", bytes(8)),
        "format-no-dtype": safetensors('{"a":{"shape":[2],"data_offsets":[0,8]}}', bytes(8)),
        "format-no-shape": safetensors('{"a":{"dtype":"F32","data_offsets":[0,8]}}', bytes(8)),
        "format-no-offsets": safetensors('{"a":{"dtype":"F32","shape":[2]}}', bytes(8)),
        "unsupported-dtype": safetensors("{" + tensor(dtype="F8_E4M3", offsets="[0,2]") + "}", bytes(2)),
        "unsupported-rank-11": safetensors("{" + tensor(shape="[1,1,1,1,1,1,1,1,1,1,2]") + "}", bytes(8)),
        "format-shape-negative": safetensors("{" + tensor(shape="[-2]") + "}", bytes(8)),
        "format-shape-fraction": safetensors("{" + tensor(shape="[2.5]") + "}", bytes(8)),
        "format-shape-text": safetensors("{" + tensor(shape='["2"]') + "}", bytes(8)),
        "format-shape-overflow": safetensors("{" + tensor(shape="[4611686018427387904,4]") + "}", bytes(8)),
        "format-offsets-three": safetensors("{" + tensor(offsets="[0,8,8]") + "}", bytes(8)),
        "format-offsets-reversed": safetensors("{" + tensor(offsets="[8,0]") + "}", bytes(8)),
        "format-offsets-outside": safetensors("{" + tensor(offsets="[8,16]") + "}", bytes(8)),
        "format-size": safetensors("{" + tensor(shape="[3]") + "}", bytes(8)),
        "format-hole": safetensors("{" + tensor(offsets="[4,12]") + "}", bytes(12)),
        "format-overlap": safetensors("{" + tensor() + "," + tensor("b", offsets="[4,12]") + "}", bytes(12)),
        "format-same-place": safetensors("{" + tensor() + "," + tensor("b") + "}", bytes(8)),
        "format-trailing": safetensors(one, bytes(9)),
        "format-truncated": safetensors(one, bytes(7)),
        "format-bool-2": safetensors("{" + tensor(dtype="BOOL", offsets="[0,2]") + "}", b"\1\2"),
        "format-name-escape": safetensors("{" + tensor("\\u001b[2J", offsets="[4,12]") + "}", bytes(12)),
    }  # fmt: skip


# ---- idx, cifar10 ----


def idx(type_=8, shape=(2, 3), data=bytes(range(6)), start=b"\0\0"):
    return start + bytes([type_, len(shape)]) + b"".join(struct.pack(">I", n) for n in shape) + data


def gzip(data, trailer=None, level=9):
    tail = struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + deflate(data, level) + (tail if trailer is None else trailer)


def idx_cases():
    good = idx()
    return {
        "ok-u8": good,
        "ok-i8": idx(9),
        "ok-i16": idx(0x0B, data=bytes(12)),
        "ok-i32": idx(0x0C, (2,), struct.pack(">ii", 1, -2)),
        "ok-f32": idx(0x0D, (2,), struct.pack(">ff", 1.5, -2)),
        "ok-f64": idx(0x0E, (1,), struct.pack(">d", 0.1)),
        "ok-scalar": idx(8, (), b"x"),
        "ok-empty": idx(8, (0, 5), b""),
        "ok-gzip": gzip(good),
        "ok-gzip-stored": gzip(good, level=0),
        "ok-gzip-large": gzip(idx(8, (1000, 28, 28), bytes(784000))),
        "format-empty": b"",
        "format-magic": idx(start=b"\0\1"),
        "format-type": idx(7),
        "format-truncated": good[:-1],
        "format-truncated-extents": good[:9],
        "format-trailing": good + b"\0",
        "unsupported-rank-11": idx(8, (1,) * 11, b"x"),
        "format-huge": idx(8, (0xFFFFFFFF, 0xFFFFFFFF), b""),
        "format-overflow": idx(0x0E, (0xFFFFFFFF,) * 4, b""),
        "format-gzip-header": b"\x1f\x8b\x07" + gzip(good)[3:],
        "format-gzip-truncated": gzip(good)[:-9],
        "format-gzip-no-sum": gzip(good)[:-8],
        "format-gzip-sum": gzip(good, trailer=bytes(8)),
        "format-gzip-trailing": gzip(good) + b"\0",
        "format-gzip-two-members": gzip(good) + gzip(good),
        "format-gzip-more-data": gzip(good + b"\0"),
        "format-gzip-less-data": gzip(good[:-1]),
        "format-gzip-bomb": gzip(idx(8, (60000, 28, 28), b"")),
        "format-gzip-not-deflated": gzip(good)[:10] + b"\xff" * 20,
        "limit-gzip": gzip(idx(8, (17 << 20,), bytes(17 << 20))),
    }  # fmt: skip


def cifar10_cases():
    record = bytes([7]) + bytes(k % 251 for k in range(3072))
    return {
        "ok-one": record,
        "ok-three": bytes([0]) + bytes(3072) + record + bytes([9]) + b"\xff" * 3072,
        "format-empty": b"",
        "format-short": record[:-1],
        "format-long": record + b"\0",
        "format-label-10": bytes([10]) + bytes(3072),
        "format-label-second": record + bytes([255]) + bytes(3072),
    }


# ---- record trees ----


def tree_header(format_="jsonl", head="0" * 64, groups='[{"records":3,"layout":""}]', **more):
    members = {"format": f'"{format_}"', "head": f'"{head}"', "groups": groups} | more
    text_ = ",".join(f'"{key}":{value}' for key, value in members.items() if value is not None)
    return b"bulwark-records v1\n{" + text_.encode() + b"}\n"


def tree(n_bytes=96, **more):
    return tree_header(**more) + bytes(n_bytes)


def record_tree_cases():
    largest = (1 << 63) - 1
    return {
        "ok-lines": tree(),
        "ok-none": tree(0, groups="[]"),
        "ok-groups": tree(format_="npz", groups='[{"records":1,"layout":"[[\\"x\\",\\"uint8\\",[]]]"},{"records":2,"layout":""}]'),
        "ok-two-levels": tree(32 * 258, groups='[{"records":257,"layout":""}]'),
        "ok-unknown-member": tree(later="true"),
        "format-empty": b"",
        "format-magic": tree().replace(b"v1", b"v2"),
        "format-no-end": b"bulwark-records v1\n{}",
        "format-json": b"bulwark-records v1\n{,}\n",
        "format-list": b"bulwark-records v1\n[]\n",
        "format-no-format": tree().replace(b'"format"', b'"farmot"'),
        "format-head-short": tree(head="0" * 63),
        "format-head-digit": tree(head="0" * 63 + "g"),
        "format-no-groups": tree(groups="{}"),
        "format-group-number": tree(groups="[7]"),
        "format-group-negative": tree(groups='[{"records":-1,"layout":""}]'),
        "format-group-half": tree(groups='[{"records":1.5,"layout":""}]'),
        "format-layout-nul": tree(groups='[{"records":1,"layout":"\\u0000"}]'),
        "format-too-many": tree(groups=f'[{{"records":{largest - 511},"layout":""}},{{"records":1024,"layout":""}}]'),
        "format-huge": tree(groups=f'[{{"records":{largest - 511},"layout":""}}]'),
        "format-hash-less": tree(64),
        "format-hash-more": tree(128),
        "format-hash-half": tree(80),
        "limit-nodes": tree(groups="[" + "0," * 9000 + "0]"),
        "unsupported-format": tree(format_="parquet"),
    }  # fmt: skip


def record_lines_cases():
    """The first byte says whether quotes mean something."""
    return {
        "ok-csv": b'qa,"b\n""c""",d\r\n\n"",""\n',
        "ok-csv-no-feed": b'qa\nb,"c"',
        "ok-other-delimiters": b'q"a";"b"|"c"\t"d"\n',
        "ok-none": b"q",
        "ok-jsonl": b'j{"a": "b"}\n{"c"\n',
        "ok-jsonl-quotes": b'ja"b\n"c\n',
        "ok-nul": b"q\0\n\0",
        "format-quote-inside": b'qa"b"\n',
        "format-quote-behind": b'q"a"b\n',
        "format-no-end": b'qa\n"b\nc\n',
    }  # fmt: skip


# ---- the gate ----


def safetensors_of(dtype="F32", count=2):
    return safetensors("{" + tensor(dtype=dtype, shape=f"[{count}]") + "}", bytes(8))


def gate():
    kernel = one_call("CustomKernel", text("source"))
    return gate_cases(zip_bytes, Member, npy_of, gzip, safetensors_of, one_call("Abs"), kernel) | model_cases(
        zip_bytes, Member, model_bytes
    )


# ---- the log ----

DASH = "\u2014"
SIGNATURE = f"{DASH} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
PETERS_NOTE = f"If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n{SIGNATURE}"
GOLANGS_NOTE = (
    "go.sum database tree\n63096908\n8lHrQPRYe4KT4WQ9/Qk8/taKnD6IRHbFgfN7vQE2Y54=\n\n"
    f"{DASH} sum.golang.org Az3gri/oVBN1jAhNZ/iS+W31psFAWRT20/GyrhpU6taFwulQGetBkH5S7wpGXdS935jiIGiUUAXBVHzT/P6fYhqAmAk=\n"
)


def note_cases():
    line = f"{DASH} a AAAA\n"
    cases = {
        "ok-peter": PETERS_NOTE,
        "ok-checkpoint": GOLANGS_NOTE,
        "ok-empty-lines": f"one\n\n\ntwo\n\n{line}",
        "ok-two": f"text\n\n{line}{SIGNATURE}",
        "format-empty": "",
        "format-no-signature": "a note\n",
        "format-no-feed": f"a note\n\n{line}"[:-1],
        "format-no-dash": "a note\n\n- a AAAA\n",
        "format-no-space": f"a note\n\n{DASH} a\n",
        "format-no-name": f"a note\n\n{DASH}  AAAA\n",
        "format-name-plus": f"a note\n\n{DASH} a+b AAAA\n",
        "format-control": f"a\tnote\n\n{line}",
        "limit-signatures": f"a note\n\n{line * 65}",
    }  # fmt: skip
    return {name: text_.encode() for name, text_ in cases.items()} | {"format-not-utf8": b"a\xff\n\n" + line.encode()}


HASH = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="


def checkpoint_cases():
    cases = {
        "ok-sofa": f"example.com/behind-the-sofa\n20852163\n{HASH}\n",
        "ok-empty-tree": "go.sum database tree\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
        "ok-largest": f"a\n9223372036854775807\n{HASH}\n",
        "ok-extension": f"a\n7\n{HASH}\nmore\nand more\n",
        "format-empty": "",
        "format-origin-empty": f"\n7\n{HASH}\n",
        "format-no-size": "a\n",
        "format-size-zeroes": f"a\n07\n{HASH}\n",
        "format-size-sign": f"a\n+7\n{HASH}\n",
        "format-size-large": f"a\n9223372036854775808\n{HASH}\n",
        "format-size-larger": f"a\n18446744073709551617\n{HASH}\n",
        "format-no-head": "a\n7\n",
        "format-head-short": "a\n7\nAAAA\n",
        "format-head-alphabet": f"a\n7\n{HASH.replace('/', '_')}\n",
        "format-head-padding": f"a\n7\n{HASH[:-1]}\n",
        "format-extension-empty": f"a\n7\n{HASH}\nmore\n\n",
        "format-no-feed": f"a\n7\n{HASH}\nmore",
    }  # fmt: skip
    return {name: text_.encode() for name, text_ in cases.items()}


def log_proof_cases():
    magic = "c2sp.org/tlog-proof@v1\n"
    cases = {
        "ok-path": f"{magic}index 73894\n{HASH}\n{HASH}\n\n{GOLANGS_NOTE}",
        "ok-single": f"{magic}index 0\n\n{GOLANGS_NOTE}",
        "ok-extra": f"{magic}extra AAEC\nindex 1\n{HASH}\n\n{GOLANGS_NOTE}",
        "format-empty": "",
        "format-magic": "c2sp.org/tlog-proof@v2\nindex 0\n\n",
        "format-no-index": f"{magic}{HASH}\n\n",
        "format-index-sign": f"{magic}index -1\n\n",
        "format-extra-only": f"{magic}extra AAEC\n",
        "format-extra": f"{magic}extra AA\nindex 0\n\n",
        "format-hash": f"{magic}index 0\n{HASH}A\n\n",
        "format-no-empty-line": f"{magic}index 0\n{HASH}\n",
        "limit-hashes": f"{magic}index 0\n" + f"{HASH}\n" * 65 + "\n",
    }  # fmt: skip
    return {name: text_.encode() for name, text_ in cases.items()}


def entries_cases():
    """The first byte is the number of entries."""
    entry = lambda data: struct.pack(">H", len(data)) + data  # noqa: E731
    return {
        "ok-one": b"\x01" + entry(b"entry"),
        "ok-three": b"\x03" + entry(b"") + entry(b"a" * 300) + entry(b"b"),
        "ok-none": b"\0",
        "format-empty": b"\x01",
        "format-half-length": b"\x01\0",
        "format-truncated": b"\x01" + entry(b"entry")[:-1],
        "format-trailing": b"\x01" + entry(b"entry") + b"\0",
    }  # fmt: skip


def statement(subject=None, predicate=None, type_="urn:bulwark:event:v1", **more):
    subject = [{"name": "model", "digest": {"sha256": "ab" * 32}}] if subject is None else subject
    predicate = {"event": "train", "time": "2026-01-02T03:04:05Z", "by": "me", "materials": subject, "parameters": {"a": "b"}} if predicate is None else predicate
    whole = {"_type": "https://in-toto.io/Statement/v1", "subject": subject, "predicateType": type_, "predicate": predicate} | more
    return json.dumps({key: value for key, value in whole.items() if value != 0}).encode()


def event_cases():
    one = [{"uri": "git+https://example.org/code", "digest": {"sha256": "CD" * 32, "gitCommit": "0123"}}]
    resource = {"name": "a", "algorithm": "sha256", "digest": "ab" * 32}
    return {
        "ok-own": statement(),
        "ok-own-bare": statement(predicate={"event": "scan"}),
        "ok-no-digest": statement([{"name": "https://example.org/"}]),
        "ok-other-digest": statement([{"name": "a", "digest": {"sha512": "00"}}]),
        "ok-slsa-1": statement(predicate={"buildDefinition": {"resolvedDependencies": one}}, type_="https://slsa.dev/provenance/v1"),
        "ok-slsa-0.2": statement(predicate={"materials": one}, type_="https://slsa.dev/provenance/v0.2"),
        "ok-model-signing": statement(predicate={"resources": [resource, resource | {"algorithm": "blake2b"}]}, type_="https://model_signing/signature/v1.0"),
        "ok-unknown": statement(predicate=[], type_="https://example.org/unknown"),
        "ok-no-predicate": statement(predicate=0, type_="https://example.org/unknown"),
        "format-empty": b"",
        "format-list": b"[]",
        "format-no-subject": statement(subject=0, predicate={"event": "a"}),
        "format-subject-none": statement([]),
        "format-subject-text": statement(["a"]),
        "format-digest-short": statement([{"name": "a", "digest": {"sha256": "ab"}}]),
        "format-digest-list": statement([{"name": "a", "digest": []}]),
        "format-digest-number": statement([{"name": "a", "digest": {"sha256": 7}}]),
        "format-name-nul": statement([{"name": "a\0"}]),
        "format-own-none": statement(predicate=0),
        "format-own-event": statement(predicate={"time": "now"}),
        "format-own-parameters": statement(predicate={"event": "a", "parameters": []}),
        "format-own-parameter": statement(predicate={"event": "a", "parameters": {"b": 7}}),
        "format-own-materials": statement(predicate={"event": "a", "materials": {}}),
        "format-slsa-1": statement(predicate={}, type_="https://slsa.dev/provenance/v1"),
        "format-resource-algorithm": statement(predicate={"resources": [{"name": "a", "digest": "ab"}]}, type_="https://model_signing/signature/v1.0"),
        "unsupported-type": statement(_type="https://in-toto.io/Statement/v0.1"),
        "limit-nodes": statement(later=[7] * 17000),
    }  # fmt: skip


def croissant(distribution=None, **more):
    file = {"@type": "cr:FileObject", "@id": "data.csv", "contentUrl": "https://example.org/data.csv", "encodingFormat": "text/csv", "sha256": "AB" * 32}
    distribution = [file] if distribution is None else [file | part for part in distribution]
    whole = {
        "@context": {"@vocab": "https://schema.org/", "sc": "https://schema.org/", "cr": "http://mlcommons.org/croissant/"},
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": "example",
        "license": "https://creativecommons.org/licenses/by/4.0/",
        "distribution": distribution,
        "recordSet": [{"@type": "cr:RecordSet", "field": []}],
    } | more
    return json.dumps({key: value for key, value in whole.items() if value != 0}).encode()


def croissant_cases():
    return {
        "ok-1.0": croissant(),
        "ok-1.1": croissant(conformsTo="http://mlcommons.org/croissant/1.1"),
        "ok-dct": croissant(**{"conformsTo": 0, "dct:conformsTo": "http://mlcommons.org/croissant/1.1"}),
        "ok-contained": croissant([{}, {"@id": "part.csv", "containedIn": {"@id": "data.csv"}, "sha256": None}]).replace(b', "sha256": null', b""),
        "ok-file-set": croissant([{}, {"@type": "cr:FileSet", "@id": "all", "includes": "*.csv"}]),
        "ok-relative": croissant([{"contentUrl": "data.csv"}]),
        "ok-license-list": croissant(license=["a", "b"]),
        "format-empty": b"",
        "format-type": croissant(**{"@type": "sc:Thing"}),
        "format-list": b"[]",
        "format-no-distribution": croissant([]).replace(b'"distribution"', b'"d"'),
        "format-no-file": croissant([]),
        "format-http": croissant([{"contentUrl": "http://example.org/data.csv"}]),
        "format-digest-short": croissant([{"sha256": "AB" * 31}]),
        "format-digest-none": croissant([{"sha256": None}]),
        "format-md5": croissant([{"sha256": None, "md5": "AB" * 16}]),
        "format-file-type": croissant([{"@type": "cr:Field"}]),
        "format-no-id": croissant([{"@id": None}]),
        "unsupported-version": croissant(conformsTo="http://mlcommons.org/croissant/0.8"),
        "unsupported-none": croissant(conformsTo=0),
    }  # fmt: skip


def policy_cases():
    cases = {
        "ok-empty": {},
        "ok-all": {
            "owners": ["root", 1000], "groups": [0], "mode": "0640", "folder_mode": "0750", "acl": False, "parents": True,
            "symlinks": "inside", "seal": {"keys": ["seal.pub", "/etc/seal.pub"], "signature": "data.sig", "max_days": 90},
            "log": {"path": "events", "key": "log.key", "seen": "../seen", "events": ["ingest", "approve"]},
        },
        "ok-symlinks-any": {"symlinks": "any"},
        "ok-symlinks-none": {"symlinks": "none"},
        "ok-mode-zero": {"mode": "0"},
        "format-list": [],
        "format-rule": {"modes": "0640"},
        "format-rule-seal": {"seal": {"keys": ["a"], "max-days": 1}},
        "format-mode-number": {"mode": 640},
        "format-mode-digit": {"mode": "0680"},
        "format-mode-long": {"mode": "00000640"},
        "format-mode-large": {"mode": "17777"},
        "format-mode-empty": {"mode": ""},
        "format-owners-empty": {"owners": []},
        "format-owners-text": {"owners": "root"},
        "format-owners-negative": {"owners": [-1]},
        "format-owners-half": {"owners": [0.5]},
        "format-owners-large": {"owners": [4294967295]},
        "format-flag": {"parents": "yes"},
        "format-symlinks": {"symlinks": "some"},
        "format-seal-flag": {"seal": True},
        "format-seal-keys": {"seal": {}},
        "format-seal-days": {"seal": {"keys": ["a"], "max_days": -1}},
        "format-path-empty": {"log": {"path": ""}},
        "format-path-nul": {"log": {"path": "a\0"}},
        "format-log-path": {"log": {"events": ["a"]}},
        "format-events": {"log": {"path": "a", "events": [1]}},
        "limit-nodes": {"owners": [0] * 4097},
        "format-owner-name": {"owners": ["nobody-has-this-name"]},
    }  # fmt: skip
    return {name: json.dumps(policy).encode() for name, policy in cases.items()} | {"format-empty": b""}


READERS = {
    "gate": gate,
    "gguf": model_bytes.gguf_cases,
    "hdf5": model_bytes.hdf5_cases,
    "onnx": model_bytes.onnx_cases,
    "pickle": lambda: PICKLES,
    "tar": model_bytes.tar_cases,
    "text": model_bytes.text_cases,
    "mlxfn": mlxfn,
    "npy": npy_cases,
    "npz": npz_cases,
    "safetensors": safetensors_cases,
    "idx": idx_cases,
    "cifar10": cifar10_cases,
    "checkpoint": checkpoint_cases,
    "croissant": croissant_cases,
    "entries": entries_cases,
    "event": event_cases,
    "log_proof": log_proof_cases,
    "note": note_cases,
    "policy": policy_cases,
    "record_lines": record_lines_cases,
    "record_tree": record_tree_cases,
}


def main(folder):
    for reader, cases in READERS.items():
        (folder / reader).mkdir(parents=True, exist_ok=True)
        for name, data in cases().items():
            (folder / reader / name).write_bytes(data)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "corpus")
