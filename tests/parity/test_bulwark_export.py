# SPDX-License-Identifier: Apache-2.0
"""The export helper: what it repairs, what it refuses, what it writes."""

import sys
from pathlib import Path

import mlx.core as mx
import mlx.nn as nn
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))
from bulwark_export import export  # noqa: E402


def transposed(shape):
    """An evaluated array whose memory is not in row-major order."""
    array = mx.random.normal(shape[::-1]).T
    mx.eval(array)
    return array


def test_makes_parameters_contiguous_and_writes_a_true_pair(tmp_path):
    model = nn.Sequential(nn.Linear(6, 4), nn.BatchNorm(4), nn.Dropout(0.5))
    model.layers[0].weight = transposed((4, 6))
    pair = mx.load(str(export(tmp_path / "m.mlxfn", model, mx.zeros((5, 6)))))
    assert sorted(pair) == ["in0", "out0"]
    assert not model.training
    again = mx.import_function(str(tmp_path / "m.mlxfn"))(pair["in0"])[0]
    assert mx.allclose(again, pair["out0"]).item()
    assert mx.allclose(model(pair["in0"]), pair["out0"]).item()


def test_prepares_a_module_that_a_function_captures(tmp_path):
    model = nn.Sequential(nn.Linear(6, 4), nn.Dropout(0.5))
    model.layers[0].weight = transposed((4, 6))
    export(tmp_path / "m.mlxfn", lambda x: model((x - 0.5) / 0.25), mx.zeros((5, 6)))
    assert not model.training


def test_pair_is_the_same_at_every_call(tmp_path):
    pairs = [export(tmp_path / f"{name}.mlxfn", mx.exp, mx.zeros((5, 2))).read_bytes() for name in "ab"]
    assert pairs[0] == pairs[1]


def test_keeps_indices_and_stores_bfloat16_as_float32(tmp_path):
    table = mx.random.normal((9, 4)).astype(mx.bfloat16)
    mx.eval(table)
    pair = mx.load(str(export(tmp_path / "m.mlxfn", lambda i: table[i], mx.array([8, 0, 3]))))
    assert pair["in0"].tolist() == [8, 0, 3]
    assert pair["out0"].dtype == mx.float32


@pytest.mark.parametrize(
    "constant",
    [transposed((6, 4)), mx.random.normal((6, 8))[:, ::2], mx.broadcast_to(mx.random.normal((1, 4)), (6, 4))],
    ids=["transposed", "sliced", "broadcast"],
)
def test_refuses_a_file_with_wrong_constants(tmp_path, constant):
    mx.eval(constant)
    with pytest.raises(RuntimeError, match="does not compute"):
        export(tmp_path / "m.mlxfn", lambda x: x @ constant, mx.zeros((5, 6)))
    assert list(tmp_path.iterdir()) == []


def test_refuses_another_suffix(tmp_path):
    with pytest.raises(ValueError, match="mlxfn"):
        export(tmp_path / "m.bin", mx.exp, mx.zeros((5, 6)))
