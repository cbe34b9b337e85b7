# SPDX-License-Identifier: Apache-2.0
"""The gate on a large safetensors file, beside plain reading of the same file. All in one run, in turns, the best of
each; the file is in the page cache, so that it is memory that is measured and not the disk."""

import argparse
import json
import os
import re
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


def bytes_read(command):
    """What a program asks the system for in all; None where the system does not say."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    try:
        counters = Path(f"/proc/{child.pid}/io").read_text()
    except OSError:
        return None
    finally:
        child.wait()
    return int(re.search(r"rchar: (\d+)", counters)[1])


def seconds_of(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def measure(works):
    """The best seconds of each, in turns."""
    best = dict.fromkeys(works, float("inf"))
    for _ in range(ROUNDS):
        for name, work in works.items():
            best[name] = min(best[name], seconds_of(work))
    return best


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

    plain = "plain reading, one thread"
    gate = [options.bulwark, "gate", path]
    commands = {"gate": gate, "gate --no-values": [*gate, "--no-values"]}
    works = {plain: lambda: read_all(path)}
    for name, command in commands.items():
        works[name] = lambda command=command: subprocess.run(command, check=True, capture_output=True)
    best = measure(works)
    read = {plain: size} | {name: bytes_read(command) for name, command in commands.items()}
    path.unlink()
    print(f"\n{size / 2**20:.0f} MiB of safetensors, best of {ROUNDS}")
    print(f"  {'':28} {'seconds':>9} {'MiB read':>9} {'GB/s':>8} {'to plain reading':>17}")
    for name, seconds in best.items():
        mib = "?" if read[name] is None else f"{read[name] / 2**20:.2f}"
        speed = "?" if read[name] is None else f"{read[name] / seconds / 1e9:.2f}"
        print(f"  {name:28} {seconds:9.4f} {mib:>9} {speed:>8} {seconds / best[plain]:17.3f}")


if __name__ == "__main__":
    main()
