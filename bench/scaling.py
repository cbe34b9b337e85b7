# SPDX-License-Identifier: Apache-2.0
"""How time and peak memory grow with samples, steps and image size. One thread, so that the figures are about the work."""

import argparse
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/parity"))

from peers import peak_of  # noqa: E402


def attack(bulwark, model, data, *options):
    """Seconds of the attack and peak MiB of the process."""
    command = [bulwark, "attack", "pgd", model, data, "--eps", "0.03", "--threads", "1", "-q", "--json", *options]
    seconds = json.loads(subprocess.run([str(c) for c in command], capture_output=True, text=True, check=True).stdout)["seconds"]
    return seconds, peak_of(command) / 2**20


def table(title, unit, rows):
    print(f"\n{title}\n  {unit:>10} {'seconds':>9} {'peak MiB':>9} {'seconds a unit':>15}")
    for size, seconds, memory in rows:
        print(f"  {size:>10} {seconds:9.3f} {memory:9.0f} {seconds / size:15.6f}")


def settings(steps):
    return ("--set", f"steps={steps}:restarts=1:early_stop=false")


def make(work, size, count):
    """The ResNet-18 at another image size (it pools globally), and random images labelled by the model."""
    import mlx.core as mx
    import numpy as np
    import speed_models

    mx.set_default_device(mx.cpu)
    model, path, data = speed_models.make("resnet18"), work / f"resnet18-{size}.mlxfn", work / f"resnet18-{size}.npz"
    images = np.random.default_rng(3).random((count, size, size, 3), np.float32)
    np.savez(data, images=images, labels=np.array(model(mx.array(images))).argmax(1).astype(np.int64))
    speed_models.export(path, model, mx.zeros((5, size, size, 3)))
    return path, data


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bulwark", required=True)
    parser.add_argument("--work", type=Path, required=True)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    model, data = make(options.work, 32, 32)
    table("samples (ResNet-18, 32 x 32, 5 steps)", "samples", [(n, *attack(options.bulwark, model, data, "-n", n, *settings(5))) for n in (8, 16, 32)])
    table("steps (ResNet-18, 32 x 32, 16 samples)", "steps", [(n, *attack(options.bulwark, model, data, "-n", 16, *settings(n))) for n in (5, 10, 20)])
    rows = []
    for size in (16, 32, 64):
        model, data = make(options.work, size, 16)
        rows.append((size * size, *attack(options.bulwark, model, data, *settings(5))))
    table("image size (ResNet-18, 16 samples, 5 steps)", "pixels", rows)


if __name__ == "__main__":
    main()
