# SPDX-License-Identifier: Apache-2.0
"""The gate on a large safetensors file, beside plain reading of the same file. All in one run, in turns, the best of
each; the file is in the page cache, so that it is memory that is measured and not the disk."""

import argparse
import json
import os
import struct
import subprocess
import time
from pathlib import Path

TENSORS = 16
ROUNDS = 5


def make(path, size):
    """Weights as training leaves them, near enough: the same megabyte of small float32 over and over."""
    count = size // TENSORS // 4
    tensors = {
        f"layer.{i}.weight": {"dtype": "F32", "shape": [count], "data_offsets": [4 * count * i, 4 * count * (i + 1)]}
        for i in range(TENSORS)
    }
    header = json.dumps(tensors).encode()
    block = struct.pack("<1024f", *(((i * 2654435761) % 1000 - 500) / 5000 for i in range(1024))) * 256
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        left = 4 * count * TENSORS
        while left > 0:
            left -= file.write(block[:left])


def read_all(path):
    """What `cat` does, without the writing."""
    buffer = bytearray(1 << 20)
    with open(path, "rb", buffering=0) as file:
        while file.readinto(buffer):
            pass


def seconds_of(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bulwark", required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--size", type=int, default=2048, help="of the file, in MiB")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    path = options.work / "gate.safetensors"
    make(path, options.size << 20)
    size = os.path.getsize(path)

    def gate(*more):
        subprocess.run([options.bulwark, "gate", *more, path], check=True, capture_output=True)

    works = {
        "plain reading, one thread": lambda: read_all(path),
        "gate": gate,
        "gate --no-values": lambda: gate("--no-values"),
    }
    best = dict.fromkeys(works, float("inf"))
    for _ in range(ROUNDS):
        for name, work in works.items():
            best[name] = min(best[name], seconds_of(work))
    plain = best["plain reading, one thread"]
    print(f"\n{size / 2**20:.0f} MiB of safetensors, best of {ROUNDS}")
    print(f"  {'':28} {'seconds':>9} {'GB/s':>8} {'to plain reading':>17}")
    for name, seconds in best.items():
        speed = f"{size / seconds / 1e9:8.2f}" if "--no-values" not in name else f"{'':8}"
        print(f"  {name:28} {seconds:9.4f} {speed} {seconds / plain:17.3f}")
    path.unlink()


if __name__ == "__main__":
    main()
