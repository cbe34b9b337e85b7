# SPDX-License-Identifier: Apache-2.0
"""A thousand random single changes to a sealed data set and its log: each must be found, and the right place named.

Usage: test_tampering.py BULWARK [CHANGES [SEED]]      (default: 1000 changes, seed 4)
"""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import typing
from pathlib import Path

KINDS = {}


def kind(function):
    KINDS[function.__name__] = function
    return function


def make_set(folder, rng):
    """CSV, JSON lines, IDX and pictures-to-be in folders: 40 small files."""
    for split in ("train", "test"):
        (folder / split / "images").mkdir(parents=True)
        rows = [f"{k},{rng.random():.6f},{rng.choice('abc')}\n" for k in range(50)]
        (folder / split / "table.csv").write_text("".join(rows))
        lines = [json.dumps({"id": k, "text": str(rng.random())}) + "\n" for k in range(50)]
        (folder / split / "lines.jsonl").write_text("".join(lines))
        header = bytes([0, 0, 8, 3, 0, 0, 0, 20, 0, 0, 0, 8, 0, 0, 0, 8])
        (folder / split / "data-idx3-ubyte").write_bytes(header + rng.randbytes(20 * 64))
        for k in range(17):
            (folder / split / "images" / f"{k:03}.bin").write_bytes(rng.randbytes(rng.randrange(1, 3000)))
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def files_of(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


class Told(typing.NamedTuple):
    """What was said of something beside the set, which is as it was."""

    right: bool
    text: str


# Each changes one thing and returns what must be told: a set of (kind, path, other), what verify says
# of the seal, or what it told of the log.


@kind
def bit_flip(folder, rng):
    path = rng.choice(files_of(folder))
    data = bytearray(path.read_bytes())
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    path.write_bytes(data)
    return {("changed", path)}


@kind
def byte_insert(folder, rng):
    path = rng.choice(files_of(folder))
    data = path.read_bytes()
    at = rng.randrange(len(data) + 1)
    path.write_bytes(data[:at] + rng.randbytes(1) + data[at:])
    return {("changed", path)}


@kind
def truncation(folder, rng):
    path = rng.choice(files_of(folder))
    data = path.read_bytes()
    path.write_bytes(data[: rng.randrange(len(data))])
    return {("changed", path)}


@kind
def record_swap(folder, rng):
    path = rng.choice([path for path in files_of(folder) if path.suffix in (".csv", ".jsonl") or "idx3" in path.name])
    if "idx3" in path.name:
        data = path.read_bytes()
        head, records = data[:16], [data[at : at + 64] for at in range(16, len(data), 64)]
    else:
        head, records = b"", path.read_bytes().splitlines(keepends=True)
    one, two = rng.sample(range(len(records)), 2)
    records[one], records[two] = records[two], records[one]
    path.write_bytes(head + b"".join(records))
    return {("changed", path)}


@kind
def file_swap(folder, rng):
    one, two = sorted(rng.sample(files_of(folder), 2))
    a, b = one.read_bytes(), two.read_bytes()
    one.write_bytes(b)
    two.write_bytes(a)
    return {("swapped", one, two)}


@kind
def rename(folder, rng):
    path = rng.choice(files_of(folder))
    to = path.with_name(path.name + ".moved")
    path.rename(to)
    return {("renamed", path, to)}


@kind
def duplicate(folder, rng):
    path = rng.choice(files_of(folder))
    to = path.with_name("copy-of-" + path.name)
    shutil.copy(path, to)
    return {("added", to)}


@kind
def removal(folder, rng):
    path = rng.choice(files_of(folder))
    path.unlink()
    return {("missing", path)}


@kind
def addition(folder, rng):
    path = rng.choice(files_of(folder)).with_name("new.bin")
    path.write_bytes(rng.randbytes(30))
    path.chmod(0o644)
    return {("added", path)}


@kind
def new_folder(folder, rng):
    path = rng.choice(files_of(folder)).with_name("hollow")
    path.mkdir()
    return {("added", path)}


@kind
def mode_change(folder, rng):
    path = rng.choice([path for path in folder.rglob("*")])
    path.chmod(path.stat().st_mode ^ rng.choice([0o002, 0o020, 0o040, 0o004, 0o001, 0o010, 0o4000, 0o1000]))
    return {("mode", path)}


@kind
def symlink_swap(folder, rng):
    """The same bytes, from a place that can be changed later."""
    path = rng.choice(files_of(folder))
    to = folder.parent / "elsewhere"
    shutil.copy(path, to)
    path.unlink()
    path.symlink_to(to)
    return {("symlink", path)}


@kind
def folder_symlink_swap(folder, rng):
    path = folder / rng.choice(["train", "test"]) / "images"
    to = folder.parent / "elsewhere"
    path.rename(to)
    path.symlink_to(to)
    missing = {("missing", path / inside.name) for inside in to.iterdir()}
    return missing | {("symlink", path)}


@kind
def stale_seal(folder, rng):
    """A new version and its seal; then the seal of the old one is put back."""
    path = rng.choice(files_of(folder))
    path.write_bytes(path.read_bytes() + b"a newer version")
    seal, old = folder.with_suffix(".sig"), folder.with_suffix(".sig").read_bytes()
    run("seal", folder, "-k", folder.parent / "key", "--modes", "-q")
    assert verify(folder)["holds"], "the new seal holds"
    seal.write_bytes(old)
    return {("changed", path)}


@kind
def altered_seal(folder, rng):
    """A byte of what is signed, or of the signature."""
    seal = folder.with_suffix(".sig")
    bundle = json.loads(seal.read_text())
    envelope = bundle["dsseEnvelope"]
    where, name = rng.choice([(envelope, "payload"), (envelope["signatures"][0], "sig")])
    at = rng.randrange(len(where[name]) - 4)
    other = rng.choice([c for c in "ABCDEFGHabcdefgh0123" if c != where[name][at]])
    where[name] = where[name][:at] + other + where[name][at + 1 :]
    seal.write_text(json.dumps(bundle))
    return "the signature does not hold"


@kind
def replayed_log_head(folder, rng):
    """The log of the set grows and its head is seen; then the log of before is put back."""
    log, old, key = folder.parent / "log", folder.parent / "old-log", folder.parent / "log-key"
    grown = 1 + rng.randrange(1, 4)
    run("log", "new", log, "--key", key, "--origin", "example.org/set")
    run("log", "add", log, "ingest", folder, "--key", key)
    shutil.copytree(log, old)
    for _ in range(1, grown):
        run("log", "add", log, "transform", folder, "--key", key)
    run("log", "verify", log)
    shutil.rmtree(log)
    old.rename(log)
    told = run("log", "verify", log, codes=(1,))
    shutil.rmtree(log)
    log.with_suffix(".seen").unlink()
    return Told(f"the log was rolled back: it has 1 entries, and {grown} were seen before" in told, told)


BULWARK = ""


def run(*arguments, codes=(0,)):
    done = subprocess.run([BULWARK, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode in codes, f"exit code {done.returncode}: {done.stderr}"
    return done.stdout + done.stderr


def verify(folder):
    return json.loads(run("verify", folder, "-k", folder.parent / "key.pub", "-q", "--json", codes=(0, 1)))


def told(folder, verdict):
    """(kind, path, other) of every difference."""
    found = set()
    for d in verdict["bundles"][0]["differences"]:
        entry = (d["kind"], folder / d["path"])
        found.add(entry + (folder / d["other"],) if d["other"] else entry)
    return found


def check(folder, wanted, verdict):
    if isinstance(wanted, Told):
        return wanted.right and verdict["holds"]
    if isinstance(wanted, str):
        return not verdict["holds"] and wanted in verdict["bundles"][0]["problem"]
    return not verdict["holds"] and told(folder, verdict) == wanted


def main(n_changes, seed):
    rng = random.Random(seed)
    failures, counts = [], dict.fromkeys(KINDS, 0)
    with tempfile.TemporaryDirectory() as place:
        place = Path(place)
        run("seal", "--new-key", place / "key", "-q")
        run("seal", "--new-key", place / "log-key", "--type", "ed25519", "-q")
        make_set(place / "original", rng)
        shutil.copytree(place / "original", place / "set")
        run("seal", place / "set", "-k", place / "key", "--modes", "-q")
        shutil.copy(place / "set.sig", place / "good.sig")
        for i in range(n_changes):
            name = list(KINDS)[i % len(KINDS)]
            counts[name] += 1
            wanted = KINDS[name](place / "set", rng)
            verdict = verify(place / "set")
            if not check(place / "set", wanted, verdict):
                failures.append(f"change {i}, {name}: wanted {wanted}, got {verdict}")
            shutil.rmtree(place / "set")
            shutil.rmtree(place / "elsewhere", ignore_errors=True)
            (place / "elsewhere").unlink(missing_ok=True)
            shutil.copytree(place / "original", place / "set")
            shutil.copy(place / "good.sig", place / "set.sig")
        assert verify(place / "set")["holds"], "the untouched set holds"
    for failure in failures[:5]:
        print(failure)
    print(f"{n_changes - len(failures)} of {n_changes} changes found and named: "
          + ", ".join(f"{count} {name}" for name, count in counts.items()))
    return 1 if failures else 0


if __name__ == "__main__":
    BULWARK = os.path.abspath(sys.argv[1])
    numbers = [int(text) for text in sys.argv[2:]]
    sys.exit(main(numbers[0] if numbers else 1000, numbers[1] if len(numbers) > 1 else 4))
