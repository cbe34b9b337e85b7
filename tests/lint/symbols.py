# SPDX-License-Identifier: Apache-2.0
"""The shared library exports what the public headers declare: every BW_API function, nothing else.

usage: symbols.py ROOT LIBRARY NM
"""

import pathlib
import re
import subprocess
import sys

import sources

DECLARATION = re.compile(r"\bBW_API\b[^;{(]*?\b(\w+)\s*\(")


def declared(root):
    names = set()
    for path in sources.c_files(root, "include"):
        code = re.sub(r"^[ \t]*#.*$", "", sources.code_of((root / path).read_text()), flags=re.MULTILINE)
        names.update(DECLARATION.findall(code))
    return names


def exported(library, nm):
    mac = sys.platform == "darwin"
    command = [nm, "-gU", library] if mac else [nm, "-D", "--defined-only", library]
    listing = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    names = {line.split()[-1].split("@")[0] for line in listing.splitlines() if line.strip()}
    return {name.removeprefix("_") for name in names} if mac else names


def main(root, library, nm):
    want, have = declared(root), exported(library, nm)
    print(f"{len(want)} functions declared, {len(have)} symbols exported")
    found = [f"{name}: exported, but its name does not begin with bw_" for name in have if not name.startswith("bw_")]
    found += [f"{name}: exported, but no public header declares it" for name in have - want if name.startswith("bw_")]
    found += [f"{name}: declared in a public header, but not exported" for name in want - have]
    return sources.report(sorted(found))


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), *sys.argv[2:]))
