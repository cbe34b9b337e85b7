# SPDX-License-Identifier: Apache-2.0
"""Sealing and verifying many files, beside sha256sum (one thread) and model-signing, in one run.

usage: seal.py --bulwark PROGRAM --model-signing PYTHON --work FOLDER [--megabytes 4096] [--files 1000] [--rounds 3]
"""

import argparse
import hashlib
import os
import shutil
import statistics
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

# Import and key reading are outside the clock: what is compared is the work on the files.
THEIRS = """
import sys, time
import model_signing
what, path, key, seal = sys.argv[1:]
start = time.perf_counter()
if what == "seal":
    model_signing.signing.Config().use_elliptic_key_signer(private_key=key).sign(path, seal)
else:
    model_signing.verifying.Config().use_elliptic_key_verifier(public_key=key).verify(path, seal)
print(time.perf_counter() - start)
"""


def make_tree(folder, megabytes, count):
    """Random files of one size."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for k in range(count):
        (folder / f"{k:04}").write_bytes(os.urandom(megabytes * 2**20 // count))


def timed(*command, **more):
    start = time.perf_counter()
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL, **more)
    return time.perf_counter() - start


def theirs(python, what, path, key, seal):
    command = [python, "-c", THEIRS, what, path, key, seal]
    return float(subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout.split()[-1])


def digest_speed(megabytes=512):
    """MiB/s of SHA-256 on all processors over bytes that lie in their caches: what no reader of files can exceed."""
    block, count = bytes(256 * 1024), os.cpu_count()

    def work(_):
        digest = hashlib.sha256()
        for _ in range(megabytes * 4):
            digest.update(block)

    with ThreadPoolExecutor(count) as pool:
        start = time.perf_counter()
        list(pool.map(work, range(count)))
        return megabytes * count / (time.perf_counter() - start)


def measurements(options, tree):
    bulwark, work = options.bulwark, options.work
    key, public, seal, their_seal = work / "key", work / "key.pub", work / "tree.sig", work / "their.sig"
    files = sorted(path.name for path in tree.iterdir())
    rows = {
        "sha256sum, one thread": lambda: timed("sha256sum", *files, cwd=tree),
        "bulwark seal": lambda: timed(bulwark, "seal", tree, "-k", key, "-o", seal, "-q"),
        "bulwark verify": lambda: timed(bulwark, "verify", tree, "-k", public, "-s", seal, "-q"),
    }
    if options.model_signing:
        rows["model-signing sign"] = lambda: theirs(options.model_signing, "seal", tree, key, their_seal)
        rows["model-signing verify"] = lambda: theirs(options.model_signing, "verify", tree, public, their_seal)
    else:
        print("SKIP model-signing: not installed")
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bulwark", required=True)
    parser.add_argument("--model-signing", help="a Python that has it")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--megabytes", type=int, default=4096)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    tree = options.work / "tree"
    make_tree(tree, options.megabytes, options.files)
    if not (options.work / "key").exists():
        subprocess.run([options.bulwark, "seal", "--new-key", options.work / "key", "-q"], check=True)
    rows = measurements(options, tree)
    times, speeds = {name: [] for name in rows}, []
    for _ in range(options.rounds + 1):  # the first warms the page cache
        speeds.append(digest_speed())
        for name, measure in rows.items():
            times[name].append(measure())
    shutil.rmtree(tree)
    base = statistics.median(times["sha256sum, one thread"][1:])
    limit = statistics.median(speeds[1:])
    print(f"{options.megabytes} MiB in {options.files} files, median of {options.rounds}; all processors digest {limit:.0f} MiB/s from their caches")
    print(f"  {'':24} {'seconds':>9} {'MiB/s':>9} {'x sha256sum':>12} {'of that limit':>14}")
    for name, found in times.items():
        middle = statistics.median(found[1:])
        print(f"  {name:24} {middle:9.3f} {options.megabytes / middle:9.0f} {base / middle:12.2f} {options.megabytes / middle / limit:14.2f}")


if __name__ == "__main__":
    main()
