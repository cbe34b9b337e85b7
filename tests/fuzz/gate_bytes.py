# SPDX-License-Identifier: Apache-2.0
"""Files for the gate, byte by byte: nothing here is made by a pickler or ever unpickled. A name starts with "ok" where
the gate finds nothing that is more than a note, else with "format"."""

import struct
import zlib

MAGIC = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
CALL = b"cos\nsystem\n(S'true'\ntR."  # what a hostile pickle begins with


def text(string):
    return b"X" + struct.pack("<I", len(string)) + string


def storage(key=b"0", count=2, kind=b"FloatStorage"):
    """A persistent id of PyTorch."""
    return b"(" + text(b"storage") + b"ctorch\n" + kind + b"\n" + text(key) + text(b"cpu") + b"K" + bytes([count]) + b"tQ"


def tensor(**how):
    return b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage(**how) + b"K\0K\2\x85K\1\x85\x89ccollections\nOrderedDict\n)RtR"


def state_dict(**how):
    return b"\x80\x02}" + text(b"weight") + tensor(**how) + b"s."


def with_pickle(size=0x855, data=CALL):
    """safetensors whose length begins with SHORT_BINSTRING: to an unpickler its header is Nones, and a string that
    reaches up to the data."""
    tail = b'":{"dtype":"U8","shape":[%d],"data_offsets":[0,%d]}}' % (len(data), len(data))
    front = b'{"' + b"N" * (size - 4 - len(tail)) + b"U" + bytes([len(tail)])
    return struct.pack("<Q", size) + front + tail + data


def with_large_ends(archive):
    """A ZIP archive whose end says that its sizes stand in the record for large archives."""
    start, end = archive.index(b"PK\1\2"), archive.index(b"PK\5\6")
    large = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, 1, 1, end - start, start)
    locator = struct.pack("<IIQI", 0x07064B50, 0, end, 1)
    return archive[:end] + large + locator + b"PK\5\6" + bytes(4) + b"\xff" * 12 + bytes(2)


def legacy(data=bytes(8), count=2, main=None):
    """PyTorch's format before 1.6."""
    pickles = MAGIC + b"\x80\x02M\xe9\x03." + b"\x80\x02}." + (state_dict() if main is None else main)
    return pickles + b"\x80\x02](" + text(b"0") + b"e." + struct.pack("<q", count) + data


PICKLES = {
    "ok-list": b"(lp0\nVa\np1\nap2\n.",
    "ok-protocol-4": b"\x80\x04\x95\x11\0\0\0\0\0\0\0]\x94(\x8c\1a\x94\x8c\1b\x94\x8c\1c\x94e.",
    "ok-state": state_dict(),
    "ok-call": CALL,
    "ok-stack-global": b"\x80\x04\x8c\2os\x94\x8c\6system\x94\x93\x94\x8c\4true\x85R.",
    "ok-inst": b"(S'true'\nios\nsystem\n.",
    "ok-obj": b"(cos\nsystem\nS'true'\no.",
    "ok-escapes": b"V\\u006fs\nS'sys\\x74em'\n\x93.",
    "ok-put-and-memoize": b"Vos\np2\n0Vsystem\np3\n0Vx\n\x940g2\ng3\n\x93.",
    "ok-numbers": b"I01\n0L12345678901234567890L\n0F-1.5e3\n0G?\xf8\0\0\0\0\0\x000J\1\0\0\x800\x8a\1\x7f.",
    "ok-containers": b"](K\1K\2e}K\1K\2s(K\1K\2u\x8f(K\1\x90(K\1\x91(K\1l(K\1K\2d).",
    "ok-protocol-5": b"\x80\x05\x96\2\0\0\0\0\0\0\0ab0\x97\x98.",
    "ok-extension": b"\x80\x02\x82\1\x83\2\0\x84\3\0\0\0.",
    "ok-newobj": b"\x80\x02ca\nb\n)\x81}bca\nb\n)}\x92.",
    "ok-persid": b"Pname\n.",
    "ok-pop": b"ca\nb\n(0)R(K\x011.",
    "format-empty": b"",
    "format-opcode": b"cos\nsystem\n)R\xff",
    "format-truncated-string": CALL[:11] + b"(X>\0\0\1",
    "format-line": b"cos\nsystem",
    "format-memo": b"cos\nsystem\n)Rh\7h\x08\x93.",
    "format-stack": b"R.",
    "format-mark": b"t.",
    "format-class": b"(o.",
    "format-names": b"K\1K\2\x93.",
    "format-place": b"Va\np1_0\n.",
    "format-integer": b"Iten\n.",
    "format-quotes": b"Sabc\n.",
    "format-protocol": b"\x80\x09N.",
    "format-no-stop": b"\x80\x02N",
    "format-huge": b"\x8e\xff\xff\xff\xff\xff\xff\xff\x7fabc.",
    "limit-opcodes": b"N0" * 10500 + b"N.",
    "limit-memory": b"N" * 17000 + b".",
}


def model_cases(zip_bytes, Member, models):
    """Formats of model_bytes.py."""
    m = models
    template = m.pair("tokenizer.chat_template", 8, m.gtext("{{ ''.__class__.__mro__ }}"))
    nan = struct.pack("<ffff", 1, float("nan"), 2, 3)
    layer = b'{"class_name": "Sequential", "config": {"layers": [{"class_name": "%s", "config": {}}]}}'
    keras = b'{"module": "%s", "class_name": "Functional", "config": {}, "registered_name": null}'
    return {
        "ok-gguf": m.gguf([], [m.gtensor()], bytes(16)),
        "ok-gguf-template": m.gguf([m.pair("tokenizer.chat_template", 8, m.gtext("{{ messages }}"))]),
        "ok-onnx": m.onnx(m.field(1, m.node("Gelu", "com.microsoft")) + m.field(5, m.tensor_proto())),
        "ok-onnx-external": m.onnx(m.field(5, m.tensor_proto(raw=None, more=m.external()))),
        "ok-hdf5": m.hdf5(body=layer % b"Dense"),
        "ok-tar": m.file() + m.END,
        "ok-json": b'{"model_type": "llama", "hidden_size": 4096}',
        "ok-json-template": b'{"chat_template": "{% for m in messages %}{{ m }}{% endfor %}"}',
        "ok-keras": zip_bytes([Member("config.json", keras % b"keras.src.models.functional", 0)]),
        "format-gguf-template": m.gguf([template]),
        "format-gguf-overlap": m.gguf([], [m.gtensor("a", (16,)), m.gtensor("b", (16,), 0, 32)], bytes(96)),
        "format-gguf-values": m.gguf([], [m.gtensor()], nan),
        "format-onnx-path": m.onnx(m.field(5, m.tensor_proto(raw=None, more=m.external("../../etc/passwd")))),
        "format-onnx-external-size": m.onnx(m.field(5, m.tensor_proto(raw=None, more=m.external(length=9)))),
        "format-onnx-size": m.onnx(m.field(5, m.tensor_proto(raw=bytes(7)))),
        "format-onnx-values-typed": m.onnx(m.field(5, m.tensor_proto((4,), raw=None, more=m.field(4, nan)))),
        "format-onnx-values": m.onnx(m.field(5, m.tensor_proto((4,), raw=nan))),
        "format-hdf5-lambda": m.hdf5(body=layer % b"L\\u0061mbda"),
        "format-hdf5-inside": (b"\x80\x04C\0." + bytes(600))[:512] + m.hdf5(),
        "format-hdf5-trailing": m.hdf5() + b"x",
        "format-keras-module": zip_bytes([Member("config.json", keras % b"os", 0)]),
        "format-keras-lambda": zip_bytes([Member("config.json", layer % b"__lambda__", 0)]),
        "format-tar-link": m.header(b"l", kind=b"2", link=b"/etc/passwd") + m.END,
        "format-tar-path": m.file(name=b"../x") + m.END,
        "format-tar-folder-path": m.header(b"/d/", kind=b"5") + m.END,
        "format-tar-device": m.header(b"d", kind=b"3") + m.END,
        "format-tar-mode": m.file(mode=0o4755) + m.END,
        "format-tar-duplicate": m.file() * 2 + m.END,
        "format-tar-pickle": m.file(CALL, name=b"pickle") + m.END,
        "format-tar-name": m.file(name=CALL) + m.END,
        "format-tar-signed": m.signed(m.file(CALL, name=b"\xff")) + m.END,
        "format-tar-truncated": m.file(CALL, name=b"pickle")[:600],
        "format-auto-map": b'{"auto_map": {"AutoModel": "modeling.Net"}}',
        "format-model-file": b'{"model_type": "x", "model_file": "model.py"}',
        "format-json-template": b'{"chat_template": "{{ x.\\u005f_class__ }}"}',
        "format-python": b"import math\n\ndef f(x):\n    return math.sqrt(x)\n",
        "format-python-dangerous": b"import os\n\nclass Net:\n    # eval(1)\n    x = os.system('true')\n    y = eval('1')\n",
    }


def gate_cases(zip_bytes, Member, npy_of, gzip, safetensors_of, one_call, kernel):
    """What make_corpus.py has builders for comes from there."""
    hostile, harmless = CALL, PICKLES["ok-list"]
    torch = [Member("m/data.pkl", state_dict(), 0), Member("m/data/0", bytes(8), 0), Member("m/version", b"3\n", 0)]
    objects = npy_of("'|O'", shape="(1,)", data=b"")
    inner = zip_bytes([Member("x.bin", hostile, 0)])
    array = b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85C\1b\x87R."
    large = with_large_ends(inner)
    link = zip_bytes([Member("x", b"/etc/passwd", 0)]).replace(b"PK\1\2\x14\0", b"PK\1\2\x14\3")
    link = link[: link.index(b"PK\1\2") + 38] + struct.pack("<I", 0o120777 << 16) + link[link.index(b"PK\1\2") + 42 :]
    # Flags say encrypted; the data is plain.
    marked = zip_bytes([Member("x.pkl", hostile, 0, flags=1)])
    return {
        "ok-empty": b"",
        "ok-text": b"Weights of a model.\n",
        "ok-classes": b"airplane\nautomobile\nbird\ncat\ndeer\n",
        "ok-npz-objects": zip_bytes([Member("x.npy", objects + array, 0)]),
        "ok-vocabulary": b"cat\nhello\nworld\n",
        "ok-unknown": b"\xde\xad\xbe\xef" * 4,
        "ok-picture": b"\x89PNG\r\n\x1a\n",
        "ok-pickle": harmless,
        "ok-two-pickles": PICKLES["ok-protocol-4"] * 2,
        "ok-state": state_dict(),
        "ok-torch": zip_bytes(torch),
        "ok-legacy": legacy(),
        "ok-npz": zip_bytes([Member("x.npy", npy_of())]),
        "ok-npy": npy_of(),
        "ok-npy-string": npy_of("'<U3'", shape="(2,)", data=bytes(24)),
        "ok-npy-objects": objects + b"\x80\x04]\x8c\1aa.",
        "ok-gzip": gzip(harmless),
        "ok-zlib": zlib.compress(harmless),
        "ok-safetensors": safetensors_of(),
        "ok-safetensors-f8": safetensors_of("F8_E4M3", 8),
        "ok-mlxfn": one_call,
        "ok-encrypted": zip_bytes([Member("x.txt", b"\x13" * 20, 0, flags=1, crc=7, size=8)]),
        "format-pickle": hostile,
        "format-pickle-late": PICKLES["ok-protocol-4"] + hostile,
        "format-pickle-behind-fault": b"\x80\x04\xffjunk\x80\x02" + hostile,
        "format-pickle-padded": b"N0" * 2100 + hostile,
        "format-pickle-trailing": PICKLES["ok-protocol-4"] + b"\0\1\2\3",
        "format-pickle-nested": b"\x80\x03C" + bytes([len(hostile)]) + hostile + b".",
        "format-pickle-unknown-import": b"\x80\x02cmodel\nNet\n)\x81.",
        "format-pickle-class-called": b"\x80\x02ctorch\nFloatStorage\nK\1\x85R.",
        "format-pickle-class-changed": b"\x80\x02ccollections\nOrderedDict\n}b.",
        "format-pickle-extension": b"\x80\x02\x82\1.",
        "format-pickle-persistent": b"\x80\x02Pname\n.",
        "format-pickle-duplicates": b"\x80\x02N" + b"2" * 200 + b".",
        "format-torch": zip_bytes([Member("m/data.pkl", hostile, 0)] + torch[1:]),
        "format-torch-values": zip_bytes([torch[0], Member("m/data/0", struct.pack("<ff", 1, float("inf")), 0)]),
        "format-torch-short-storage": zip_bytes([torch[0], Member("m/data/0", bytes(7), 0)]),
        "format-torch-no-storage": zip_bytes(torch[:1]),
        "format-torch-hidden": zip_bytes(torch + [Member("m/extra", hostile, 0)]),
        "format-torchscript": zip_bytes(torch + [Member("m/code/m.py", b"def forward(self):\n  return 1\n", 0)]),
        "format-legacy": legacy(main=b"\x80\x02" + hostile),
        "format-legacy-long": legacy(data=bytes(9)),
        "format-npy-objects": objects + hostile,
        "format-npy-fields": npy_of("[('a', '|O')]", shape="(1,)", data=hostile),
        "format-npy-short": npy_of("'<U3'", shape="(2,)", data=bytes(23)),
        "format-npz": zip_bytes([Member("x.npy", objects + hostile)]),
        "format-values": npy_of("'<f4'", shape="(2,)", data=struct.pack("<ff", 1, float("nan"))),
        "format-range": npy_of("'<f8'", shape="(2,)", data=struct.pack("<dd", 1e300, 1)),
        "format-zip-deflated": zip_bytes([Member("x.pkl", hostile)]),
        "format-zip-in-zip": zip_bytes([Member("inner.zip", inner)]),
        "format-zip-crc": zip_bytes([Member("x.pkl", hostile, 0, crc=1)]),
        "format-zip-directory": zip_bytes([Member("x.pkl", hostile, local_name="y.pkl")]),
        "format-zip-marked": marked,
        "format-zip-flags": zip_bytes([Member("x.pkl", hostile, flags=0x20)]),
        "format-zip-path": zip_bytes([Member("../x.txt", b"text", 0)]),
        "format-zip-path-absolute": zip_bytes([Member("/x.txt", b"text", 0)]),
        "format-zip-link": link,
        "format-zip-trailing": zip_bytes([Member("x.txt", b"text", 0)], end=b"\0"),
        "format-zip-bomb": zip_bytes([Member("x", bytes(17 << 20))]),
        "format-gzip": gzip(hostile),
        "format-zlib": zlib.compress(hostile),
        "format-gzip-trailing": gzip(harmless) + gzip(hostile),
        "format-7z": b"7z\xbc\xaf\x27\x1c" + bytes(20),
        "format-script": b"#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0\ntrue\n",
        "format-elf": b"\x7fELF\2\1\1" + bytes(20),
        "format-bytecode": b"\xa7\r\r\n" + bytes(20),
        "format-polyglot": npy_of("'|u1'", shape=f"({len(inner)},)", data=inner),
        "format-polyglot-comment": npy_of("'|u1'", shape=f"({len(inner)},)", data=inner[:-2] + b"\x10\0"),
        "format-polyglot-large": npy_of("'|u1'", shape=f"({len(large)},)", data=large),
        "format-picture-pickle": b"GIF89a..." + hostile,
        "format-safetensors-pickle": with_pickle(),
        "format-safetensors-trailing": safetensors_of() + b"\0",
        "format-safetensors-length": struct.pack("<Q", 1 << 33) + b"{}",
        "format-mlxfn-kernel": kernel,
    }  # fmt: skip
