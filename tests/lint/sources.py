# SPDX-License-Identifier: Apache-2.0
"""The files that the checks look at, and C text without its comments and strings."""

import pathlib
import re
import subprocess
import sys

C_SUFFIXES = {".c", ".h", ".def", ".cc", ".cpp", ".hpp"}


def tracked(root):
    """Paths relative to root: what git tracks, or in an unpacked release everything but build folders."""
    listing = subprocess.run(
        ["git", "-c", "safe.directory=*", "-C", root, "ls-files", "-z"], capture_output=True, check=False
    )
    if listing.returncode == 0:
        names = [pathlib.Path(name) for name in listing.stdout.decode().split("\0") if name]
    else:
        names = [path.relative_to(root) for path in root.rglob("*") if "build" not in path.relative_to(root).parts]
    files = sorted(name for name in names if (root / name).is_file())
    if not files:
        sys.exit(f"{root} holds no source files: nothing was checked")
    return files


def c_files(root, *folders):
    """Tracked C and C++ files, those below folders if any are given."""
    return [
        name
        for name in tracked(root)
        if name.suffix in C_SUFFIXES and (not folders or name.parts[0] in folders)
    ]


_NOT_CODE = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.DOTALL)


def code_of(text):
    """text with comments, strings and characters blanked; lines stay where they are."""
    return _NOT_CODE.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def report(problems):
    """Prints one line a problem; the exit status."""
    for problem in problems:
        print(problem)
    return 1 if problems else 0
