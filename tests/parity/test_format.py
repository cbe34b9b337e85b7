# SPDX-License-Identifier: Apache-2.0
"""The readers and writers of array files against NumPy, MLX and Python's own zipfile and gzip.

BW_FORMAT_REWRITE names the program built from format_rewrite.c; without it, the newest one below build/ is taken."""

import gzip
import io
import os
import pathlib
import struct
import subprocess
import zipfile
import zlib

import mlx.core as mx
import numpy as np
import pytest

ROOT = pathlib.Path(__file__).parent.parent.parent
DTYPES = "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float16 float32 float64".split()


def program():
    named = os.environ.get("BW_FORMAT_REWRITE")
    built = sorted(ROOT.glob("build/*/tests/parity/format_rewrite"), key=lambda path: path.stat().st_mtime)
    assert named or built, "format_rewrite is not built"
    return named or str(built[-1])


def rewrite(source, target):
    done = subprocess.run([program(), str(source), str(target)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return target


def refusal(source, folder):
    done = subprocess.run([program(), str(source), str(folder / "out.npz")], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    return done.stderr


def arrays():
    generator = np.random.default_rng(1)
    made = {name: (generator.standard_normal((3, 5)) * 50).astype(name) for name in DTYPES}
    made |= {"scalar": np.float32(2.5), "empty": np.zeros((0, 4), np.int8), "deep": np.arange(24.0).reshape(1, 2, 3, 4)}
    made["large"] = generator.integers(0, 5, (300, 28, 28)).astype(np.uint8)
    made["transposed"] = np.asfortranarray(np.arange(24.0).reshape(2, 3, 4))
    return made


def check_npz(path, wanted):
    with np.load(path) as got:
        assert got.files == list(wanted)
        for name, array in wanted.items():
            assert got[name].dtype == array.dtype and got[name].shape == array.shape, name
            assert got[name].tobytes() == np.ascontiguousarray(array).tobytes(), name


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("target", ["out.stored.npz", "out.npz"])
def test_npz_of_numpy_there_and_back(tmp_path, save, target):
    save(tmp_path / "in.npz", **arrays())
    written = rewrite(tmp_path / "in.npz", tmp_path / target)
    check_npz(written, arrays())
    assert zipfile.ZipFile(written).testzip() is None


def test_npz_written_to_a_stream(tmp_path):
    """No seeking back: sizes and check sums follow the data."""

    class Stream(io.BytesIO):
        def seekable(self):
            return False

    stream = Stream()
    np.savez_compressed(stream, **arrays())
    (tmp_path / "in.npz").write_bytes(stream.getvalue())
    check_npz(rewrite(tmp_path / "in.npz", tmp_path / "out.npz"), arrays())


def test_npz_of_mlx(tmp_path):
    values = {"a": mx.arange(12).reshape(3, 4), "b": mx.array([0.5, -1.0], dtype=mx.float16)}
    mx.savez(str(tmp_path / "in.npz"), **values)
    with np.load(rewrite(tmp_path / "in.npz", tmp_path / "out.npz")) as got:
        assert sorted(got.files) == ["a", "b"]
        for name, value in values.items():
            assert np.array_equal(got[name], np.array(value))


@pytest.mark.parametrize("name", list(arrays()))
def test_npy_is_written_as_numpy_does(tmp_path, name):
    np.save(tmp_path / "in.npy", arrays()[name])
    written = rewrite(tmp_path / "in.npy", tmp_path / "out.npy")
    np.save(tmp_path / "again.npy", np.ascontiguousarray(arrays()[name]).reshape(arrays()[name].shape))
    assert written.read_bytes() == (tmp_path / "again.npy").read_bytes()


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.array([{}], dtype=object), "unpickled"),
        (np.arange(3, dtype=">i4"), "big-endian"),
        (np.arange(3, dtype="c8"), "complex"),
        (np.zeros(2, dtype=[("a", "i4")]), "structured"),
        (np.array(["ab"]), "not supported"),
        (np.array(["2026-01-01"], dtype="M8[D]"), "not supported"),
    ],
)
def test_other_npy_is_refused(tmp_path, array, reason):
    np.save(tmp_path / "in.npy", array, allow_pickle=True)
    assert reason in refusal(tmp_path / "in.npy", tmp_path)


def test_safetensors_of_mlx(tmp_path):
    values = {name: mx.array(arrays()[name]) for name in DTYPES if name != "float64"}
    mx.save_safetensors(str(tmp_path / "in.safetensors"), values, metadata={"made": "by MLX"})
    with np.load(rewrite(tmp_path / "in.safetensors", tmp_path / "out.npz")) as got:
        assert sorted(got.files) == sorted(values)
        for name, value in values.items():
            assert np.array_equal(got[name], np.array(value)), name


@pytest.mark.parametrize("open_file", [open, gzip.open])
@pytest.mark.parametrize(("code", "dtype"), [(8, "u1"), (9, "i1"), (11, ">i2"), (12, ">i4"), (13, ">f4"), (14, ">f8")])
def test_idx(tmp_path, open_file, code, dtype):
    values = (np.random.default_rng(2).standard_normal((20, 4, 3)) * 30).astype(dtype)
    with open_file(tmp_path / "in-idx3-ubyte", "wb") as file:
        file.write(struct.pack(">BBBBIII", 0, 0, code, 3, 20, 4, 3) + values.tobytes())
    with np.load(rewrite(tmp_path / "in-idx3-ubyte", tmp_path / "out.npz")) as got:
        assert np.array_equal(got["array"], values)


def test_cifar10(tmp_path):
    records = np.random.default_rng(3).integers(0, 256, (6, 3073)).astype(np.uint8)
    records[:, 0] %= 10
    records.tofile(tmp_path / "in.bin")
    with np.load(rewrite(tmp_path / "in.bin", tmp_path / "out.npz")) as got:
        assert np.array_equal(got["labels"], records[:, 0])
        assert np.array_equal(got["images"], records[:, 1:].reshape(6, 3, 32, 32))


def png_chunks(data):
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at = 8
    while at < len(data):
        (size,) = struct.unpack(">I", data[at : at + 4])
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        assert struct.unpack(">I", data[at + 8 + size : at + 12 + size])[0] == zlib.crc32(kind + body)
        yield kind, body
        at += 12 + size


@pytest.mark.parametrize("shape", [(6, 5), (6, 5, 3)])
def test_png(tmp_path, shape):
    """Filters aside (the C test decodes with libpng): size, depth, colour type, and as many bytes as pixels."""
    np.save(tmp_path / "in.npy", np.arange(np.prod(shape), dtype=np.uint8).reshape(shape))
    chunks = list(png_chunks(rewrite(tmp_path / "in.npy", tmp_path / "out.png").read_bytes()))
    assert chunks[0] == (b"IHDR", struct.pack(">IIBBBBB", 5, 6, 8, 2 if len(shape) == 3 else 0, 0, 0, 0))
    rows = zlib.decompress(b"".join(body for kind, body in chunks if kind == b"IDAT"))
    assert len(rows) == 6 * (1 + 5 * (3 if len(shape) == 3 else 1))
    assert chunks[-1] == (b"IEND", b"")
