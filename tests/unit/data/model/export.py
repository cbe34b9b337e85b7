# SPDX-License-Identifier: Apache-2.0
"""Writes the models beside it, with mlx[cpu]==0.32.4: export.py"""

import sys
from pathlib import Path

import mlx.core as mx
import mlx.nn as nn

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[3] / "python"))
from bulwark_export import export, prepare  # noqa: E402


class Flatten(nn.Module):
    def __call__(self, x):
        return x.reshape(x.shape[0], -1)


class Tokens(nn.Module):
    """A patch embedding with a class token and one transformer layer."""

    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(1, 8, 4, stride=4)
        self.token = mx.random.normal((1, 1, 8))
        self.position = mx.random.normal((1, 5, 8))
        self.layer = nn.TransformerEncoderLayer(8, 2, 12)
        self.head = nn.Linear(8, 3)

    def __call__(self, x):
        patches = self.patches(x).reshape(x.shape[0], 4, 8)
        tokens = mx.concatenate([mx.broadcast_to(self.token, (x.shape[0], 1, 8)), patches], axis=1)
        return self.head(self.layer(tokens + self.position, None)[:, 0])


def convolutional(dtype=mx.float32):
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm(4), nn.ReLU(), nn.MaxPool2d(2, 2),
        nn.Conv2d(4, 6, 3), nn.ReLU(), nn.AvgPool2d(2, 2), Flatten(), nn.Linear(6, 3))
    norm = model.layers[1]
    norm.running_mean, norm.running_var = mx.random.normal((4,)), mx.random.uniform(0.5, 2, (4,))
    model.set_dtype(dtype)
    return model


def alone(name, fn, *inputs):
    """Exported without the pair."""
    mx.export_function(str(HERE / f"{name}.mlxfn"), fn, *inputs)


def main():
    mx.set_default_device(mx.cpu)
    mx.random.seed(11)
    images = mx.zeros((5, 8, 8, 1))
    model = convolutional()
    export(HERE / "convolutional.mlxfn", model, images)
    alone("again", model, images)
    export(HERE / "half.mlxfn", convolutional(mx.float16), images.astype(mx.float16))
    export(HERE / "bfloat.mlxfn", convolutional(mx.bfloat16), images.astype(mx.bfloat16))
    tokens = prepare(Tokens())
    alone("tokens", tokens, mx.zeros((1, 8, 8, 1)))

    weights = mx.random.normal((6, 3))
    mx.eval(weights)
    alone("mixing", lambda x: (x - x.mean(axis=0)) @ weights, mx.zeros((5, 6)))
    alone("no_derivative", lambda x: x.view(mx.float16)[:, 1::2].astype(mx.float32) @ weights, mx.zeros((5, 6)))
    alone("integers", lambda x: x.astype(mx.float32) @ weights, mx.zeros((5, 6), mx.int32))
    alone("two_inputs", lambda x, y: (x + y) @ weights, mx.zeros((5, 6)), mx.zeros((5, 6)))
    alone("random", lambda x: (x * mx.random.bernoulli(0.5, (5, 6), key=mx.random.key(1))) @ weights, mx.zeros((5, 6)))
    alone("vector", lambda x: x.sum(axis=1), mx.zeros((5, 6)))
    mx.export_function(str(HERE / "shapeless.mlxfn"), lambda x: mx.tanh(x) @ weights, mx.zeros((5, 6)), shapeless=True)
    with mx.exporter(str(HERE / "two_functions.mlxfn"), lambda x: x @ weights) as exporter:
        exporter(mx.zeros((5, 6)))
        exporter(mx.zeros((2, 6)))

    # The exporter's fault: the memory of a transposed weight in the order that it has.
    export(HERE / "wrong.mlxfn", lambda x: x @ weights, mx.zeros((5, 6)))
    transposed = mx.contiguous(weights.T).T
    mx.eval(transposed)
    alone("wrong", lambda x: x @ transposed, mx.zeros((5, 6)))


if __name__ == "__main__":
    main()
