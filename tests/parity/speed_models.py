# SPDX-License-Identifier: Apache-2.0
"""The benchmark's models with seeded random weights: exports them and writes the same weights as safetensors, so that
other frameworks can be given the same network.

    speed_models.py OUTDIR"""

import sys
from pathlib import Path

import mlx.core as mx
import mlx.nn as nn
from mlx.utils import tree_flatten

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "python"))
from bulwark_export import export  # noqa: E402


class LeNet(nn.Module):
    shape = (28, 28, 1)

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 32, 5, padding=2), nn.Conv2d(32, 64, 5, padding=2)
        self.pool = nn.MaxPool2d(2, 2)
        self.fc1, self.fc2 = nn.Linear(7 * 7 * 64, 1024), nn.Linear(1024, 10)

    def __call__(self, x):
        x = self.pool(nn.relu(self.conv1(x)))
        x = self.pool(nn.relu(self.conv2(x)))
        return self.fc2(nn.relu(self.fc1(x.reshape(x.shape[0], -1))))


class Block(nn.Module):
    def __init__(self, channels_in, channels_out, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels_out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm(channels_out)
        self.conv2 = nn.Conv2d(channels_out, channels_out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm(channels_out)
        self.shortcut = None
        if stride != 1 or channels_in != channels_out:
            self.shortcut = [nn.Conv2d(channels_in, channels_out, 1, stride, bias=False), nn.BatchNorm(channels_out)]

    def __call__(self, x):
        y = self.bn2(self.conv2(nn.relu(self.bn1(self.conv1(x)))))
        for layer in self.shortcut or ():
            x = layer(x)
        return nn.relu(y + x)


class ResNet18(nn.Module):
    shape = (32, 32, 3)

    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.BatchNorm(64)
        self.blocks, channels = [], 64
        for stage, width in enumerate((64, 128, 256, 512)):
            for i in range(2):
                self.blocks.append(Block(channels, width, 2 if stage > 0 and i == 0 else 1))
                channels = width
        self.fc = nn.Linear(512, 10)

    def __call__(self, x):
        x = nn.relu(self.bn1(self.conv1(x)))
        for block in self.blocks:
            x = block(x)
        return self.fc(x.mean((1, 2)))


MODELS = {"lenet": LeNet, "resnet18": ResNet18}


def make(name):
    """A model with seeded weights; batch-norm statistics are random too, or folding them would change nothing."""
    mx.random.seed(11)
    model = MODELS[name]()
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm):
            features = layer.weight.shape
            layer.weight, layer.bias = mx.random.uniform(0.5, 1.5, features), mx.random.normal(features) * 0.1
            layer.running_mean, layer.running_var = mx.random.normal(features) * 0.1, mx.random.uniform(0.5, 1.5, features)
    model.eval()
    mx.eval(model.parameters())
    return model


def load(name, path):
    model = MODELS[name]()
    model.load_weights(str(path))
    model.eval()
    return model


def main():
    mx.set_default_device(mx.cpu)
    outdir = Path(sys.argv[1])
    outdir.mkdir(parents=True, exist_ok=True)
    for name in MODELS:
        model = make(name)
        mx.save_safetensors(str(outdir / f"{name}.safetensors"), dict(tree_flatten(model.parameters())))
        export(outdir / f"{name}.mlxfn", model, mx.zeros((5, *model.shape)))


if __name__ == "__main__":
    main()
