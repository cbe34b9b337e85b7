# SPDX-License-Identifier: Apache-2.0
"""Published models as MLX models: builds them, checks their clean accuracy in MLX, exports them.

    published.py OUTDIR [--data DATA]

Their weights come from PyTorch: convolutions (out, in, height, width) and a flatten that is channels first. MLX is
channels last, so weights are transposed and the columns of the first Linear behind the flatten reordered."""

import argparse
import gzip
import sys
from pathlib import Path

import mlx.core as mx
import mlx.nn as nn
import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "python"))
from bulwark_export import export  # noqa: E402

CIFAR_MEAN, CIFAR_SD = (0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)

# name -> (data set, right answers of 10,000 as published)
PUBLISHED = {
    "fast_adversarial-mnist_fgsm": ("mnist", 9850),
    "fast_adversarial-mnist_pgd_madry": ("mnist", 9899),
    "sdp-mnist_cnn_a_adv": ("mnist", 9633),
    "convex_adversarial-mnist": ("mnist", 9820),
    "auto_lirpa-mnist_fc_3layer": ("mnist", 9752),
    "sdp-cifar_cnn_a_adv": ("cifar10", 6975),
    "sdp-cifar_cnn_a_mix": ("cifar10", 7677),
}


class Normalise(nn.Module):
    def __init__(self, mean, sd):
        super().__init__()
        self.mean, self.sd = mx.array(mean), mx.array(sd)

    def __call__(self, x):
        return (x - self.mean) / self.sd


class Flatten(nn.Module):
    def __call__(self, x):
        return x.reshape(x.shape[0], -1)


def linear(weights, prefix, permute=None):
    weight = weights[f"{prefix}.weight"]
    if permute is not None:
        channels, side = permute
        weight = weight.reshape(-1, channels, side, side).transpose(0, 2, 3, 1).reshape(weight.shape[0], -1)
    layer = nn.Linear(weight.shape[1], weight.shape[0])
    layer.weight, layer.bias = mx.contiguous(weight), weights[f"{prefix}.bias"]
    return layer


def convolution(weights, prefix):
    weight = mx.contiguous(weights[f"{prefix}.weight"].transpose(0, 2, 3, 1))
    layer = nn.Conv2d(weight.shape[3], weight.shape[0], weight.shape[1], stride=2, padding=1)
    layer.weight, layer.bias = weight, weights[f"{prefix}.bias"]
    return layer


def load(name, folder):
    """The published model `name` from `<name>.safetensors` in `folder`: pixels in [0, 1], channels last -> logits."""
    weights = mx.load(str(Path(folder) / f"{name}.safetensors"))
    prefixes = sorted({key.rsplit(".", 1)[0] for key in weights}, key=lambda p: [int(s) if s.isdigit() else s for s in p.split(".")])
    layers = [Normalise(CIFAR_MEAN, CIFAR_SD)] if "cifar" in name else []
    if len(prefixes) == 3:  # fully connected
        layers.append(Flatten())
        for prefix in prefixes:
            layers += [linear(weights, prefix), nn.ReLU()]
        layers.pop()
    else:
        side = 8 if "cifar" in name else 7
        first, second, hidden, last = prefixes
        layers += [convolution(weights, first), nn.ReLU(), convolution(weights, second), nn.ReLU(), Flatten(),
                   linear(weights, hidden, (32, side)), nn.ReLU(), linear(weights, last)]
    model = nn.Sequential(*layers)
    mx.eval(model.parameters())
    return model


def mnist(data):
    def read(name, offset):
        return np.frombuffer(gzip.decompress((data / "mnist" / name).read_bytes()), np.uint8, offset=offset)

    images = read("t10k-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28, 1)
    return images, read("t10k-labels-idx1-ubyte.gz", 8)


def cifar10(data):
    records = np.fromfile(data / "cifar10" / "test_batch.bin", np.uint8).reshape(-1, 3073)
    return records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), records[:, 0]


def right_answers(model, images, labels):
    right = 0
    for at in range(0, len(images), 1000):
        logits = model(mx.array(images[at : at + 1000].astype(np.float32) / 255))
        right += int((np.array(logits).argmax(1) == labels[at : at + 1000]).sum())
    return right


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("outdir", type=Path)
    parser.add_argument("--data", type=Path, default=ROOT / "../shared/data")
    options = parser.parse_args()
    mx.set_default_device(mx.cpu)
    options.outdir.mkdir(parents=True, exist_ok=True)
    sets, wrong = {"mnist": mnist(options.data), "cifar10": cifar10(options.data)}, 0
    for name, (data_set, published) in PUBLISHED.items():
        images, labels = sets[data_set]
        model = load(name, options.data / "models/safetensors")
        measured = right_answers(model, images, labels)
        wrong += measured != published
        print(f"{name}: {measured} of {len(labels)} right, published {published}{'' if measured == published else '  DIFFERS'}")
        export(options.outdir / f"{name}.mlxfn", model, mx.zeros((5, *images.shape[1:])))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
