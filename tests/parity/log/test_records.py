# SPDX-License-Identifier: Apache-2.0
"""Random single changes to data with a record tree: each must be told, with the index of the record.

Usage: test_records.py BULWARK [CHANGES [SEED]]      (default: 500 changes, seed 4)
"""

import io
import json
import random
import struct
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

N = 40

# ---- formats: how records are made, and how a list of them is written ----


def write_csv(path, records):
    path.write_text("".join(f'{k},"{text}\n{text[::-1]}"\n' for k, text in records))


def write_jsonl(path, records):
    path.write_text("".join(json.dumps({"id": k, "text": text}) + "\n" for k, text in records))


def packed(record):
    k, text = record
    return struct.pack("<q", k) + text.encode()


def write_idx(path, records):
    path.write_bytes(struct.pack(">BBBBII", 0, 0, 8, 2, len(records), 16) + b"".join(map(packed, records)))


def npy(dtype, shape, data):
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (63 - (len(header) + 10) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


def write_npz(path, records):
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("labels.npy", npy("<i8", (len(records),), b"".join(packed(r)[:8] for r in records)))
        archive.writestr("images.npy", npy("|u1", (len(records), 2, 4), b"".join(packed(r)[8:] for r in records)))
    path.write_bytes(whole.getvalue())


FORMATS = {"csv": write_csv, "jsonl": write_jsonl, "idx": write_idx, "npz": write_npz}

# ---- changes: what becomes of the records, and what must be told ----


def new_record(rng):
    return rng.randrange(1 << 40), "".join(rng.choices("abcdefgh", k=8))


def bit_flip(records, rng):
    i = rng.randrange(N)
    k, text = records[i]
    records[i] = (k ^ 1 << rng.randrange(40), text) if rng.random() < 0.5 else (k, text[:-1] + chr(ord(text[-1]) ^ 1))
    return [{"fate": "changed", "before": i, "after": i}]


def insert(records, rng):
    i = rng.randrange(N + 1)
    records.insert(i, new_record(rng))
    return [{"fate": "inserted", "after": i}]


def remove(records, rng):
    i = rng.randrange(N)
    del records[i]
    return [{"fate": "removed", "before": i}]


def swap(records, rng):
    i, j = sorted(rng.sample(range(N), 2))
    records[i], records[j] = records[j], records[i]
    return [{"fate": "swapped", "before": i, "after": j}]


def duplicate(records, rng):
    i, at = rng.randrange(N), rng.randrange(N)
    while at == i:
        at = rng.randrange(N)
    records[at] = records[i]
    return [{"fate": "changed", "before": at, "after": at, "copy_of": i}]


CHANGES = [bit_flip, insert, remove, swap, duplicate]


def told(bulwark, data):
    done = subprocess.run([bulwark, "records", "check", data, "--json"], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        sys.exit(f"{data}: {done.stderr}")
    changes = json.loads(done.stdout)["changes"]
    assert (done.returncode == 1) == bool(changes)
    return [{key: value for key, value in change.items() if key != "text"} for change in changes]


def main(bulwark, n_changes=500, seed=4):
    rng = random.Random(seed)
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for round_ in range(n_changes):
            name = list(FORMATS)[round_ % len(FORMATS)]
            change = rng.choice(CHANGES)
            data, records = Path(folder, f"data.{name}"), [new_record(rng) for _ in range(N)]
            FORMATS[name](data, records)
            subprocess.run([bulwark, "records", "make", data], check=True, stdout=subprocess.DEVNULL)
            wanted = change(records, rng)
            FORMATS[name](data, records)
            found = told(bulwark, data)
            if found != wanted:
                wrong += 1
                print(f"{name}, {change.__name__}: told {found}, wanted {wanted}")
    print(f"{n_changes} changes, {wrong} told wrongly")
    return wrong > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], *map(int, sys.argv[2:])))
