# SPDX-License-Identifier: Apache-2.0
"""AutoAttack on all 10,000 test images of a published network, against the published robust accuracy.

    autoattack.py [--seeds 0,1,2]

With --fidelity reference, for the authors' code gave the figure. The first images of MNIST are much harder than the last, so only all of them are comparable. Every adversarial image
is judged again by MLX. Exit 1 if a seed misses the figure by more than 0.15 points, or an image is no success."""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/parity"))
import published  # noqa: E402

MODEL, EPS = "fast_adversarial-mnist_fgsm", 0.3
PUBLISHED = 82.93  # AutoAttack's authors' list of broken defences: fast adversarial training, MNIST, FGSM
SLACK = 0.15


def run(seed, options):
    model, output = options.work / f"{MODEL}.mlxfn", options.work / f"autoattack-{seed}.npz"
    if not model.exists():
        published.export(model, published.load(MODEL, options.data / "models/safetensors"), published.mx.zeros((5, 28, 28, 1)))
    command = [options.bulwark, "attack", "autoattack", model, options.data / "mnist/t10k-images-idx3-ubyte.gz", "--eps", EPS, "--seed", seed,
               "--fidelity", "reference",
               "--json", "--output", output, *(["--threads", options.threads] if options.threads else [])]
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout), np.load(output)


def count_successes(result, options):
    """Of the images returned as successes, those that MLX takes for another class, inside ball and box."""
    images, labels = published.mnist(options.data)
    broken = result["success"].astype(bool)
    clean = images[broken].astype(np.float32) / 255
    adversarial = result["adversarial"].reshape(-1, 28, 28, 1)[broken]
    inside = (np.abs(adversarial.astype(np.float64) - clean).max((1, 2, 3)) <= EPS * (1 + 1e-6)) & (adversarial.min((1, 2, 3)) >= 0)
    inside &= adversarial.max((1, 2, 3)) <= 1
    net = published.load(MODEL, options.data / "models/safetensors")
    answers = np.array(net(published.mx.array(adversarial))).argmax(1)
    return int((inside & (answers != labels[broken])).sum()), int(broken.sum())


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--bulwark", type=Path, default=ROOT / "build/release/cli/bulwark")
    p.add_argument("--data", type=Path, default=ROOT / "../shared/data", help="folder with mnist/ and models/safetensors/")
    p.add_argument("--work", type=Path, default=ROOT / "build/parity")
    p.add_argument("--seeds", default="0,1,2")
    p.add_argument("--threads", type=int, default=0)
    options = p.parse_args()
    if not (options.data / "models/safetensors").is_dir():
        print(f"SKIP AutoAttack on 10,000 images: {options.data} is not there")
        return 0
    published.mx.set_default_device(published.mx.cpu)
    options.work.mkdir(parents=True, exist_ok=True)
    missed = 0
    for seed in options.seeds.split(","):
        figures, result = run(seed, options)
        good, claimed = count_successes(result, options)
        robust = 100 * figures["robust_accuracy"]
        passed = abs(robust - PUBLISHED) <= SLACK and good == claimed
        missed += not passed
        print(f"seed {seed}: {robust:.2f} % robust (published {PUBLISHED}), {good} of {claimed} adversarial images confirmed by MLX, "
              f"{figures['seconds']:.0f} s{'' if passed else '  MISSED'}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
