# SPDX-License-Identifier: Apache-2.0
"""MLX reads the .mlxfn files that tests/fuzz/mlxfn_bytes.py puts together, so their layout is right; the C tests read
the same files, so the library's is too. make_corpus.py still makes the committed corpus."""

import pathlib
import sys

import mlx.core as mx
import pytest

FUZZ = pathlib.Path(__file__).parent.parent / "fuzz"
sys.path.insert(0, str(FUZZ))
import make_corpus  # noqa: E402
import mlxfn_bytes  # noqa: E402


def write(folder, data):
    path = folder / "file.mlxfn"
    path.write_bytes(data)
    return str(path)


def test_mlx_imports_every_primitive_of_its_release(tmp_path):
    function = mx.import_function(write(tmp_path, mlxfn_bytes.every_primitive(mx.__version__)))
    function(mx.zeros(4))  # builds the graph; evaluating it would be nonsense


@pytest.mark.parametrize("version", ["0.22.0", "0.25.2", "0.31.2", "0.32.0"])
def test_mlx_does_not_import_an_older_layout(tmp_path, version):
    """So that the test above can fail: MLX ignores the version that a file names."""
    with pytest.raises(Exception):  # noqa: B017, PT011 - std::bad_alloc, out_of_range, invalid_argument
        mx.import_function(write(tmp_path, mlxfn_bytes.every_primitive(version)))


@pytest.mark.parametrize("reader", make_corpus.READERS)
def test_the_corpus_is_what_its_script_makes(reader):
    cases = make_corpus.READERS[reader]()
    committed = {path.name for path in (FUZZ / "corpus" / reader).iterdir()}
    assert committed >= cases.keys()
    for name, data in cases.items():
        assert (FUZZ / "corpus" / reader / name).read_bytes() == data, name
