# SPDX-License-Identifier: Apache-2.0
"""Functions that are not called here, or not there.

usage: banned.py ROOT
"""

import pathlib
import re
import sys

import sources

# Names, where they are banned, where they are allowed all the same, and why.
RULES = [
    ("strcpy strcat sprintf vsprintf gets strtok", ["*"], [], "writes without a bound, or hides state"),
    ("atoi atol atoll atof", ["*"], [], "cannot report an error"),
    ("strtod strtof", ["*"], ["src/base/number.c", "cli/"], "depends on the locale; see base/number.h"),
    ("alloca setjmp longjmp", ["*"], [], "the stack is not for sizes from outside, nor for leaving functions"),
    ("system popen", ["*"], [], "runs a shell"),
    (
        "malloc calloc realloc free strdup strndup posix_memalign aligned_alloc",
        ["src/"],
        ["src/base/"],
        "memory comes from base/memory.h",
    ),
    (
        "printf fprintf vprintf vfprintf dprintf puts fputs putchar putc fputc perror",
        ["src/"],
        [],
        "the library does not print",
    ),
    ("exit _exit _Exit quick_exit abort", ["src/"], [], "the library does not end the process"),
]


def applies(path, banned_in, allowed_in):
    text = path.as_posix()
    if any(text.startswith(place) for place in allowed_in):
        return False
    return any(place == "*" or text.startswith(place) for place in banned_in)


def problems(root):
    found = []
    for path in sources.c_files(root):
        code = sources.code_of((root / path).read_text())
        for names, banned_in, allowed_in, reason in RULES:
            if not applies(path, banned_in, allowed_in):
                continue
            # Not a member: `class->free(model)` is a function of ours.
            for match in re.finditer(rf"(?<![\w.>])({'|'.join(names.split())})\s*\(", code):
                line = code.count("\n", 0, match.start()) + 1
                found.append(f"{path}:{line}: {match[1]}: {reason}")
    return found


if __name__ == "__main__":
    sys.exit(sources.report(problems(pathlib.Path(sys.argv[1]))))
