# SPDX-License-Identifier: Apache-2.0
"""Seeds of the readers of GGUF, ONNX, HDF5 and tar, byte by byte. Names start as make_corpus.py says."""

import struct

# ---- GGUF ----


def gtext(value):
    data = value.encode() if isinstance(value, str) else value
    return struct.pack("<Q", len(data)) + data


def pair(key, kind, value):
    return gtext(key) + struct.pack("<I", kind) + value


def gtensor(name="w", shape=(4,), kind=0, offset=0):
    extents = b"".join(struct.pack("<Q", n & (1 << 64) - 1) for n in shape)
    return gtext(name) + struct.pack("<I", len(shape)) + extents + struct.pack("<IQ", kind, offset)


def gguf(pairs=(), tensors=(), data=b"", version=3, magic=b"GGUF", n_pairs=None, n_tensors=None, alignment=32):
    head = magic + struct.pack("<I", version)
    head += struct.pack("<QQ", len(tensors) if n_tensors is None else n_tensors, len(pairs) if n_pairs is None else n_pairs)
    head += b"".join(pairs) + b"".join(tensors)
    if tensors:
        head += bytes(-len(head) % alignment)
    return head + data


def gguf_cases():
    words = pair("tokenizer.ggml.tokens", 9, struct.pack("<IQ", 8, 2) + gtext("a") + gtext("b"))
    two = [gtensor("a"), gtensor("b", (32, 2), 2, 32)]
    every = [pair(f"k{kind}", kind, bytes(n)) for kind, n in enumerate((1, 1, 2, 2, 4, 4, 4, 1))]
    every += [pair("s", 8, gtext("text")), pair("u", 10, bytes(8)), pair("i", 11, bytes(8)), pair("f", 12, bytes(8))]
    return {
        "ok-none": gguf(),
        "ok-one": gguf([], [gtensor()], bytes(16)),
        "ok-padded": gguf([], [gtensor()], bytes(32)),
        "ok-two": gguf([words], two, bytes(32 + 36)),
        "ok-every-kind": gguf([*every, words, pair("a", 9, struct.pack("<IQ", 4, 2) + bytes(8))]),
        "ok-version-2": gguf([], [gtensor()], bytes(16), version=2),
        "ok-alignment": gguf([pair("general.alignment", 4, struct.pack("<I", 64))], [gtensor()], bytes(16), alignment=64),
        "ok-unordered": gguf([], [gtensor("b", (4,), 0, 32), gtensor("a")], bytes(32 + 16)),
        "ok-scalar": gguf([], [gtensor(shape=())], bytes(4)),
        "ok-template": gguf([pair("tokenizer.chat_template", 8, gtext("{{ messages }}"))]),
        "format-empty": b"",
        "format-magic": gguf(magic=b"GGUG"),
        "format-truncated": gguf([words])[:-3],
        "format-pairs-many": gguf(n_pairs=1 << 60),
        "format-tensors-many": gguf(n_tensors=1 << 60),
        "format-key-empty": gguf([pair("", 0, b"x")]),
        "format-key-twice": gguf([pair("a", 0, b"x"), pair("a", 0, b"y")]),
        "format-string-long": gguf([gtext("k") + struct.pack("<IQ", 8, 1 << 50)]),
        "format-array-long": gguf([pair("k", 9, struct.pack("<IQ", 8, 1 << 50))]),
        "format-bool": gguf([pair("k", 7, b"\2")]),
        "format-alignment": gguf([pair("general.alignment", 4, struct.pack("<I", 7))], [gtensor()], bytes(16)),
        "format-alignment-type": gguf([pair("general.alignment", 5, struct.pack("<I", 32))], [gtensor()], bytes(16)),
        "format-rank": gguf([], [gtensor(shape=(1,) * 5)], bytes(16)),
        "format-shape-negative": gguf([], [gtensor(shape=(-4,))], bytes(16)),
        "format-shape-overflow": gguf([], [gtensor(shape=(1 << 40, 1 << 40))], bytes(16)),
        "format-shape-block": gguf([], [gtensor(shape=(31,), kind=2)], bytes(36)),
        "format-name-empty": gguf([], [gtensor("")], bytes(16)),
        "format-name-twice": gguf([], [gtensor("a"), gtensor("a", offset=32)], bytes(48)),
        "format-offset-odd": gguf([], [gtensor(offset=1)], bytes(17)),
        "format-offset-far": gguf([], [gtensor(offset=1 << 62)], bytes(16)),
        "format-hole": gguf([], [gtensor(offset=32)], bytes(48)),
        "format-overlap": gguf([], [gtensor("a", (16,)), gtensor("b", (16,), 0, 32)], bytes(96)),
        "format-short": gguf([], [gtensor()], bytes(15)),
        "format-trailing": gguf([], [gtensor()], bytes(33)),
        "unsupported-version-1": gguf(version=1),
        "unsupported-big-endian": gguf(version=0x03000000),
        "unsupported-tensor-type": gguf([], [gtensor(kind=4)], bytes(16)),
        "unsupported-value-type": gguf([pair("k", 13, b"x" * 8)]),
        "unsupported-array-of-arrays": gguf([pair("k", 9, struct.pack("<IQ", 9, 1) + bytes(12))]),
    }  # fmt: skip


# ---- ONNX ----


def varint(value):
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value & (1 << 64) - 1)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def tensor_proto(dims=(2,), kind=1, raw=bytes(8), name="w", more=b""):
    out = b"".join(field(1, n) for n in dims) + field(2, kind) + field(8, name)
    return out + (field(9, raw) if raw is not None else b"") + more


def external(location="weights.bin", length=None):
    out = field(13, field(1, "location") + field(2, location)) + field(14, 1)
    return out + (field(13, field(1, "length") + field(2, str(length))) if length is not None else b"")


def node(op="Relu", domain=None, attributes=()):
    out = field(1, "x") + field(2, "y") + field(4, op) + b"".join(field(5, a) for a in attributes)
    return out + (field(7, domain) if domain is not None else b"")


def onnx(graph, more=b""):
    return field(1, 8) + field(2, "by hand") + field(7, graph) + field(8, field(2, 17)) + more


def onnx_cases():
    good = tensor_proto()
    graph = field(1, node()) + field(2, "g") + field(5, good)
    nested = graph
    for _ in range(40):
        nested = field(1, node("If", attributes=[field(1, "then") + field(6, nested)]))
    sparse = field(1, tensor_proto()) + field(2, tensor_proto((2,), 7, bytes(16), "i")) + field(3, 100)
    function = field(1, "f") + field(7, node("Relu")) + field(10, "mine") + field(11, field(1, "a") + field(5, good))
    return {
        "ok-small": onnx(graph),
        "ok-empty-graph": onnx(b""),
        "ok-nested": onnx(nested),
        "ok-packed": onnx(field(5, field(1, b"\1\2") + field(2, 1) + field(9, bytes(8)))),
        "ok-typed": onnx(field(5, tensor_proto(raw=None, more=field(4, bytes(8))))),
        "ok-typed-complex": onnx(field(5, tensor_proto((1,), 15, None, more=field(10, bytes(16))))),
        "ok-scalar": onnx(field(5, tensor_proto((), 11, bytes(8)))),
        "ok-empty-tensor": onnx(field(5, tensor_proto((0, 5), raw=None))),
        "ok-int4": onnx(field(5, tensor_proto((3,), 22, bytes(2)))),
        "ok-external": onnx(field(5, tensor_proto(raw=None, more=external(length=8)))),
        "ok-domain": onnx(field(1, node("Gelu", "com.microsoft"))),
        "ok-sparse": onnx(field(15, sparse)),
        "ok-functions": onnx(graph, field(25, function) + field(20, field(1, graph) + field(2, graph))),
        "ok-attributes": onnx(field(1, node("Constant", attributes=[field(1, "v") + field(5, good), field(1, "l") + field(10, good), field(1, "s") + field(22, sparse)]))),
        "format-empty": b"",
        "format-no-graph": field(1, 8) + field(2, "x"),
        "format-truncated": onnx(graph)[:-3],
        "format-field-long": field(1, 8) + b"\x3a\xff\xff\xff\xff\x0f",
        "format-field-zero": onnx(graph, b"\2\0"),
        "format-group": onnx(graph, b"\x0b"),
        "format-varint": onnx(graph, b"\x08" + b"\xff" * 10 + b"\1"),
        "format-tensor-size": onnx(field(5, tensor_proto(raw=bytes(7)))),
        "format-tensor-none": onnx(field(5, tensor_proto(raw=None))),
        "format-tensor-twice": onnx(field(5, tensor_proto(more=field(4, bytes(8))))),
        "format-typed-size": onnx(field(5, tensor_proto(raw=None, more=field(4, bytes(4))))),
        "unsupported-typed-parts": onnx(field(5, tensor_proto(raw=None, more=field(4, bytes(4)) * 2))),
        "unsupported-typed-single": onnx(field(5, tensor_proto(raw=None, more=(varint(4 << 3 | 5) + bytes(4)) * 2))),
        "format-shape-negative": onnx(field(5, tensor_proto((-2,)))),
        "format-shape-overflow": onnx(field(5, tensor_proto((1 << 40, 1 << 40)))),
        "format-external-nowhere": onnx(field(5, tensor_proto(raw=None, more=field(14, 1)))),
        "format-inside": onnx(field(5, b"\x0a\xff")),
        "limit-graphs": onnx(field(1, node("If", attributes=[field(11, b"") * 10100]))),
    }  # fmt: skip


# ---- HDF5 ----

SIGNATURE = b"\x89HDF\r\n\x1a\n"


def hdf5(version=0, width=8, end=None, base=0, body=b"", front=b""):
    address = {2: "<H", 4: "<I", 8: "<Q"}.get(width, "<Q")
    if version < 2:
        head = bytes([version, 0, 0, 0, 0, width, 8, 0, 4, 0, 16, 0, 0, 0, 0, 0]) + (bytes(4) if version == 1 else b"")
    else:
        head = bytes([version, width, 8, 0])
    size = len(front) + 8 + len(head) + 4 * struct.calcsize(address) + len(body)
    undefined = (1 << 8 * struct.calcsize(address)) - 1
    head += struct.pack(address, base) + struct.pack(address, undefined)
    head += struct.pack(address, size if end is None else end) + struct.pack(address, undefined)
    return front + SIGNATURE + head + body


def hdf5_cases():
    return {
        "ok-0": hdf5(),
        "ok-1": hdf5(1),
        "ok-2": hdf5(2),
        "ok-3": hdf5(3, body=bytes(100)),
        "ok-narrow": hdf5(0, 4),
        "ok-user-block": hdf5(front=bytes(512), base=512),
        "format-empty": b"",
        "format-signature": bytes(100),
        "format-truncated": hdf5()[:20],
        "format-end-short": hdf5(end=1000),
        "format-trailing": hdf5(end=60, body=bytes(9)),
        "format-base": hdf5(base=8),
        "unsupported-version": hdf5(4),
        "unsupported-width": hdf5(0, 3),
    }


# ---- tar ----


def header(name=b"x", size=0, kind=b"0", mode=0o644, link=b"", magic=b"ustar\x0000", prefix=b"", total=None):
    h = name.ljust(100, b"\0") + b"%07o\0" % mode + b"0000000\0" * 2
    h += (b"%011o\0" % size if isinstance(size, int) else size) + b"00000000000\0" + b" " * 8 + kind + link.ljust(100, b"\0")
    h = (h + magic + bytes(80) + prefix.ljust(155, b"\0")).ljust(512, b"\0")
    return h[:148] + b"%06o\0 " % (sum(h) if total is None else total) + h[156:]


def file(data=b"text\n", **how):
    return header(size=len(data), **how) + data + bytes(-len(data) % 512)


def signed(archive):
    """The first header with a sum of signed bytes, as some old programs write it."""
    total = sum(byte - 256 * (byte > 127) for byte in archive[:148] + b" " * 8 + archive[156:512])
    return archive[:148] + b"%06o\0 " % total + archive[156:]


def pax(**records):
    text = b""
    for key, value in records.items():
        line = b" " + key.encode() + b"=" + value + b"\n"
        text += b"%d" % (len(line) + len(b"%d" % (len(line) + 2))) + line
    return text


END = bytes(1024)


def tar_cases():
    wide = b"\x80" + bytes(3) + struct.pack(">Q", 5)
    return {
        "ok-one": file() + END,
        "ok-no-end": file(),
        "ok-two": file() + file(name=b"y") + END,
        "ok-folder": header(b"d/", kind=b"5", mode=0o755) + file(name=b"d/x") + END,
        "ok-link": header(b"l", kind=b"2", link=b"/etc/passwd") + END,
        "ok-prefix": file(prefix=b"folder") + END,
        "ok-signed": signed(file(name=b"\xff")) + END,
        "ok-old": file(magic=bytes(8)) + END,
        "ok-gnu-size": header(size=wide) + b"text\n" + bytes(507) + END,
        "ok-pax": file(pax(path=b"long/name", size=b"5"), kind=b"x") + header(size=99) + b"text\n" + bytes(507) + END,
        "ok-gnu-name": file(b"n" * 200 + b"\0", name=b"././@LongLink", kind=b"L") + file() + END,
        "ok-gnu-link": file(b"n" * 200 + b"\0", name=b"././@LongLink", kind=b"K") + header(b"l", kind=b"1") + END,
        "format-sum": header(total=1) + END,
        "format-truncated": file()[:515],
        "format-header-cut": file() + bytes(100),
        "format-size": header(size=1 << 30) + END,
        "format-number": header(size=b"0000000009x\0") + END,
        "format-pax": file(b"5 a=b\n", kind=b"x") + file() + END,
        "format-behind-end": file() + END + b"more" + bytes(508),
        "format-extensions": file(pax(path=b"x"), kind=b"x") * 20 + END,
        "unsupported-kind": header(kind=b"S") + END,
        "unsupported-sparse": file(pax(**{"GNU.sparse.major": b"1"}), kind=b"x") + file() + END,
        "unsupported-global": file(pax(path=b"other"), kind=b"g") + file() + END,
        "unsupported-name": file(b"n" * 5000, kind=b"L") + file() + END,
    }  # fmt: skip


# ---- text ----


def text_cases():
    return {
        "ok-config": b'{"model_type": "llama", "auto_map": {"AutoModel": "m.Net"}, "chat_template": "{{ x }}"}',
        "ok-escapes": b'{"cl\\u0061ss_name" : "L\\u0061mbda", "a\\"b": "c\\\\", "d": "\\ud800"}',
        "ok-binary": b'\0\1"class_name": "Lambda"\xff\xfe":"":\\":"\\',
        "ok-python": b"import os\n# exec(1)\ns = '''exec(2)'''\ndef f(x):\n    return os.system('true')\n",
        "ok-unfinished": b"'\\",
        "ok-template": b"{{ ''.__class__ }}",
    }
