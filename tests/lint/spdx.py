# SPDX-License-Identifier: Apache-2.0
"""Every source file names its licence in its first line, or in the second after a `#!`.

usage: spdx.py ROOT
"""

import pathlib
import sys

import sources

SUFFIXES = sources.C_SUFFIXES | {".py", ".sh", ".cmake", ".yml", ".yaml", ".toml"}
NAMES = {"CMakeLists.txt", "Makefile", ".clang-format", ".clang-tidy"}
LINE = "SPDX-License-Identifier: Apache-2.0"


def problems(root):
    found = []
    for path in sources.tracked(root):
        with open(root / path, "rb") as file:
            first, second = file.readline(), file.readline()
        script = first.startswith(b"#!")
        if not script and path.suffix not in SUFFIXES and path.name not in NAMES:
            continue
        if LINE.encode() not in (second if script else first):
            found.append(f"{path}:1: no line `{LINE}`")
    return found


if __name__ == "__main__":
    sys.exit(sources.report(problems(pathlib.Path(sys.argv[1]))))
