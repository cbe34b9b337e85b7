# SPDX-License-Identifier: Apache-2.0
"""One table: what Bulwark's gate and other scanners answer for the same files, beside what is right.

usage: table.py --data FOLDER [--bulwark PROGRAM] [--json]
"""

import argparse
import json
import sys

from files import HARMLESS, HOSTILE, listing
from scanners import PEERS, answer, bulwark


def rows_of(data, program):
    files = listing(data)
    ours = bulwark(program, [path for path, _ in files])
    rows = []
    for path, wanted in files:
        answers = {"bulwark": ours[str(path)]}
        answers |= {name: answer(scanner, path) for name, scanner in PEERS.items()}
        rows.append({"file": str(path.relative_to(data)), "wanted": wanted, "answers": answers})
    return rows


def share(rows, name, wanted, verdict):
    of = [row for row in rows if row["wanted"] == wanted]
    return f"{sum(row['answers'][name].startswith(verdict) for row in of)} of {len(of)}"


def print_table(rows):
    names = ["bulwark", *PEERS]
    wide = max(len(row["file"]) for row in rows)
    print(f"{'file':{wide}}  {'is':8}  " + "".join(f"{name:24}" for name in names))
    for row in rows:
        print(f"{row['file']:{wide}}  {row['wanted']:8}  " + "".join(f"{row['answers'][name]:24}" for name in names))
    print()
    for title, wanted, verdict in (
        ("hostile files found", HOSTILE, "finding"),
        ("hostile files called clean", HOSTILE, "clean"),
        ("hostile files not read", HOSTILE, "not read"),
        ("harmless files clean", HARMLESS, "clean"),
        ("harmless files found", HARMLESS, "finding"),
        ("harmless files not read", HARMLESS, "not read"),
    ):
        print(f"{title:{wide + 12}}" + "".join(f"{share(rows, name, wanted, verdict):24}" for name in names))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--bulwark", default="build/release/cli/bulwark")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not listing(options.data):
        print(f"SKIP gate-parity: {options.data}/pickles is not there")
        return 0
    rows = rows_of(options.data, options.bulwark)
    print(json.dumps(rows, indent=1)) if options.json else print_table(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
