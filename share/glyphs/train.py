# SPDX-License-Identifier: Apache-2.0
"""Train the two example models on the glyphs and export them beside the data.

    python train.py [FOLDER]

`ordinary` is trained on the images as they are, `robust` on adversarial ones:
one gradient step from a random start in the Linf ball (fast adversarial
training, Wong, Rice and Kolter 2020), with the radius growing over the first
epochs. Needs MLX and numpy; a few minutes on one core, twice that on Linux unless
a fast BLAS is preloaded (see README.md).
"""

import math
import sys
from pathlib import Path

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optim
import numpy as np
from draw import CLASSES, draw

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))
from bulwark_export import export  # noqa: E402

TRAIN_COUNT, TRAIN_SEED = 6000, 1
ATTACK_COUNT = 200  # test images that the closing PGD runs take
BATCH = 100
EPS = 0.2  # Linf radius that the robust model is to withstand
MARGIN = 1.25  # it trains on a larger one: single-step training falls short of its own radius
EXPORT_BATCH = 5  # equals no other size in the models, see bulwark_export


def ordinary_net():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.BatchNorm(16),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 4, stride=2, padding=1),
        nn.ReLU(),
        flatten,
        nn.Linear(7 * 7 * 32, 64),
        nn.ReLU(),
        nn.Linear(64, CLASSES),
    )


def robust_net():
    return nn.Sequential(
        nn.Conv2d(1, 16, 4, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3, stride=2, padding=1),
        nn.ReLU(),
        flatten,
        nn.Linear(7 * 7 * 32, 64),
        nn.ReLU(),
        nn.Linear(64, CLASSES),
    )


def flatten(x):
    return mx.flatten(x, start_axis=1)


def cross_entropy(model, x, labels):
    return nn.losses.cross_entropy(model(x), labels, reduction="mean")


def ascend(model, x, labels, start, step, eps):
    """One signed gradient step on the loss, kept within eps of `x` and within [0, 1]."""
    gradient = mx.grad(lambda z: cross_entropy(model, z, labels))(start)
    moved = start + step * mx.sign(gradient)
    return mx.clip(mx.clip(moved, x - eps, x + eps), 0, 1)


def random_start(x, eps):
    return mx.clip(x + mx.random.uniform(-eps, eps, x.shape), 0, 1)


def train(model, images, labels, epochs, peak_rate, eps=0.0):
    """Adam with a one-cycle learning rate; eps above 0 makes it adversarial."""
    rng = np.random.default_rng(0)
    optimizer = optim.Adam(learning_rate=peak_rate)
    loss_and_grad = nn.value_and_grad(model, cross_entropy)
    steps = epochs * (len(images) // BATCH)
    for step, index in enumerate(batches(len(images), epochs, rng)):
        x, y = images[index], labels[index]
        progress = step / steps
        optimizer.learning_rate = peak_rate * math.sin(math.pi * progress**0.5)
        if eps > 0:
            radius = eps * min(1.0, 2.5 * progress)
            x = ascend(model, x, y, random_start(x, radius), 1.25 * radius, radius)
        loss, gradients = loss_and_grad(model, x, y)
        optimizer.update(model, gradients)
        mx.eval(model.parameters(), optimizer.state)
    return model.eval()


def batches(count, epochs, rng):
    for _ in range(epochs):
        order = rng.permutation(count)
        for start in range(0, count - count % BATCH, BATCH):
            yield mx.array(order[start : start + BATCH])


def accuracy(model, x, labels):
    return mx.mean(mx.argmax(model(x), axis=1) == labels).item()


def accuracy_under_pgd(model, x, labels, eps, steps=20):
    z = random_start(x, eps)
    for _ in range(steps):
        z = ascend(model, x, labels, z, eps / 4, eps)
        mx.eval(z)
    return accuracy(model, z, labels)


def load(images, labels):
    return mx.array(images).astype(mx.float32) / 255, mx.array(labels)


def main():
    here = Path(__file__).parent
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else here
    mx.random.seed(0)
    images, labels = load(*draw(TRAIN_COUNT, TRAIN_SEED))
    test = np.load(here / "glyphs.npz")
    test_images, test_labels = load(test["images"], test["labels"])

    models = {
        "ordinary": train(ordinary_net(), images, labels, epochs=4, peak_rate=3e-3),
        "robust": train(robust_net(), images, labels, epochs=14, peak_rate=4e-3, eps=MARGIN * EPS),
    }
    few = test_images[:ATTACK_COUNT], test_labels[:ATTACK_COUNT]
    for name, model in models.items():
        export(target / f"{name}.mlxfn", model, mx.zeros((EXPORT_BATCH, 28, 28, 1)))
        clean = accuracy(model, test_images, test_labels)
        curve = [accuracy_under_pgd(model, *few, eps) for eps in (0.05, 0.1, 0.2, 0.3)]
        print(f"{name}: clean {clean:.1%}, PGD-20 at 0.05, 0.1, 0.2, 0.3:", ", ".join(f"{a:.1%}" for a in curve))


if __name__ == "__main__":
    main()
