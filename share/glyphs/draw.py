# SPDX-License-Identifier: Apache-2.0
"""Draw handwritten-like digits: strokes, bent and distorted, inked, and scanned badly.

    python draw.py            writes glyphs.npz, the test images
    draw(count, seed)         images uint8 (count, 28, 28, 1), labels int32 (count,)

A digit is a few strokes in the unit square (x right, y down). A sample takes one
of the digit's ways of writing, bends the plane a little, applies a random
affine map, and inks the strokes with a pen of random width, pressure and
softness; faint stray lines and sensor noise come on top. Needs only numpy.
"""

import sys
from pathlib import Path

import numpy as np

SIZE = 28
CLASSES = 10
TEST_COUNT, TEST_SEED = 1000, 2


def line(*points):
    """A polyline."""
    return np.array(points, dtype=np.float32)


def arc(cx, cy, rx, ry, start, stop):
    """Part of an ellipse as a polyline; degrees, 0 is right and 90 is down."""
    t = np.radians(np.linspace(start, stop, 2 + int(abs(stop - start)) // 24))
    return np.stack([cx + rx * np.cos(t), cy + ry * np.sin(t)], axis=1).astype(np.float32)


def join(*strokes):
    """Strokes drawn without lifting the pen."""
    return np.concatenate(strokes)


# digit -> ways of writing it -> strokes
GLYPHS = [
    [
        [arc(0.5, 0.5, 0.27, 0.38, -90, 270)],
        [arc(0.5, 0.5, 0.22, 0.38, -60, 290)],
    ],
    [
        [line((0.5, 0.12), (0.5, 0.88))],
        [line((0.34, 0.28), (0.54, 0.12), (0.54, 0.88))],
        [line((0.36, 0.26), (0.52, 0.12), (0.52, 0.88)), line((0.34, 0.88), (0.7, 0.88))],
    ],
    [
        [join(arc(0.5, 0.33, 0.24, 0.21, 190, 390), line((0.26, 0.87), (0.78, 0.87)))],
        [join(arc(0.49, 0.32, 0.22, 0.2, 200, 400), arc(0.36, 0.78, 0.1, 0.08, 60, 330), line((0.55, 0.86), (0.78, 0.82)))],
    ],
    [
        [join(arc(0.47, 0.31, 0.22, 0.19, 200, 450), arc(0.47, 0.69, 0.25, 0.19, 270, 510))],
        [line((0.27, 0.13), (0.71, 0.13), (0.47, 0.44)), arc(0.46, 0.66, 0.26, 0.22, 275, 510)],
    ],
    [
        [line((0.62, 0.88), (0.62, 0.12), (0.24, 0.62), (0.8, 0.62))],
        [line((0.32, 0.12), (0.27, 0.52), (0.72, 0.52)), line((0.67, 0.14), (0.64, 0.88))],
    ],
    [
        [join(line((0.72, 0.13), (0.34, 0.13), (0.31, 0.46)), arc(0.47, 0.65, 0.25, 0.23, 230, 510))],
        [join(line((0.34, 0.14), (0.3, 0.46)), arc(0.46, 0.64, 0.26, 0.23, 230, 500)), line((0.34, 0.13), (0.74, 0.11))],
    ],
    [
        [join(line((0.64, 0.11), (0.38, 0.42)), arc(0.5, 0.66, 0.22, 0.22, 200, 560))],
        [join(arc(0.6, 0.5, 0.34, 0.38, 265, 180), arc(0.49, 0.67, 0.22, 0.21, 180, 530))],
    ],
    [
        [line((0.24, 0.14), (0.76, 0.14), (0.42, 0.88))],
        [line((0.24, 0.2), (0.26, 0.14), (0.75, 0.14), (0.46, 0.88)), line((0.36, 0.5), (0.74, 0.5))],
    ],
    [
        [arc(0.5, 0.3, 0.19, 0.18, 90, 450), arc(0.5, 0.68, 0.23, 0.2, -90, 270)],
        [join(arc(0.5, 0.3, 0.19, 0.18, -30, -270), arc(0.5, 0.68, 0.22, 0.2, -90, 270), line((0.66, 0.24)))],
    ],
    [
        [join(arc(0.49, 0.34, 0.21, 0.21, 0, -360), line((0.68, 0.88)))],
        [join(arc(0.48, 0.34, 0.22, 0.21, -20, -360), arc(0.42, 0.55, 0.27, 0.34, -20, 100))],
    ],
]  # fmt: skip


def segments(strokes):
    """(n, 2, 2): the straight pieces of all strokes."""
    return np.concatenate([np.stack([s[:-1], s[1:]], axis=1) for s in strokes])


def bend(points, rng):
    """A smooth distortion of the plane: two slow waves in random directions."""
    for _ in range(2):
        frequency = rng.normal(0, 3.5, 2)
        wave = np.sin(points @ frequency + rng.uniform(0, 2 * np.pi))
        points = points + wave[..., None] * rng.normal(0, 0.03, 2)
    return points


def place(points, rng):
    """A random affine map from the unit square to pixel coordinates."""
    angle, shear = rng.normal(0, 0.16), rng.normal(-0.12, 0.16)
    scale = rng.uniform(0.62, 0.92) * SIZE * np.array([rng.uniform(0.78, 1.12), 1.0])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = turn @ np.array([[1.0, shear], [0.0, 1.0]]) @ np.diag(scale)
    return (points - 0.5) @ linear.T + (SIZE - 1) / 2 + rng.normal(0, 1.1, 2)


def distance(pieces):
    """(SIZE, SIZE): how far each pixel is from the nearest of the straight pieces."""
    grid = np.stack(np.meshgrid(np.arange(SIZE), np.arange(SIZE)), axis=-1).reshape(-1, 1, 2)
    start, along = pieces[:, 0], pieces[:, 1] - pieces[:, 0]
    t = ((grid - start) * along).sum(-1) / np.maximum((along**2).sum(-1), 1e-9)
    nearest = start + np.clip(t, 0, 1)[..., None] * along
    return np.sqrt(((grid - nearest) ** 2).sum(-1).min(axis=1)).reshape(SIZE, SIZE)


def ink(pieces, width, softness):
    """Coverage of each pixel, in [0, 1], by a round pen of the given width."""
    return np.clip((width / 2 - distance(pieces)) / softness + 0.5, 0, 1)


def draw_one(digit, rng):
    ways = GLYPHS[digit]
    pieces = place(bend(segments(ways[rng.integers(len(ways))]), rng), rng)
    image = rng.uniform(0.8, 1.0) * ink(pieces, rng.uniform(1.7, 3.6), rng.uniform(0.8, 1.7))
    if rng.random() < 0.5:
        stray = rng.uniform(0, SIZE, (1, 2, 2))
        image = np.maximum(image, rng.uniform(0.1, 0.4) * ink(stray, rng.uniform(0.8, 1.6), 1.0))
    image = image + rng.normal(0, max(0.0, rng.uniform(-0.06, 0.06)), image.shape)
    return np.round(255 * np.clip(image, 0, 1)).astype(np.uint8)


def draw(count, seed):
    """`count` images in random order, the same number of each digit (when 10 divides it)."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(count) % CLASSES).astype(np.int32)
    images = np.stack([draw_one(digit, rng) for digit in labels])
    return images[..., None], labels


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).with_name("glyphs.npz"))
    test_images, test_labels = draw(TEST_COUNT, TEST_SEED)
    np.savez_compressed(target, images=test_images, labels=test_labels)
    print(f"{target}: {TEST_COUNT} images, {target.stat().st_size} bytes")
