# SPDX-License-Identifier: Apache-2.0
"""Every header compiles alone, twice in one file, as C11; the public ones as C++17 too.

usage: headers.py ROOT BUILD CC [CXX]      (BUILD holds compile_commands.json)
"""

import concurrent.futures
import json
import os
import pathlib
import shlex
import subprocess
import sys

import sources

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror"]


def build_flags(build):
    """Include folders of any file of the build, and definitions that all of them are compiled with."""
    folders, definitions = set(), None
    for entry in json.loads((build / "compile_commands.json").read_text()):
        words = shlex.split(entry["command"])
        folders.update(word for word in words if word.startswith("-I"))
        folders.update(f"-isystem{folder}" for word, folder in zip(words, words[1:]) if word == "-isystem")
        defined = {word for word in words if word.startswith("-D")}
        definitions = defined if definitions is None else definitions & defined
    return sorted(folders) + sorted(definitions or [])


def problem(compiler, language, header, flags):
    line = f"#include <{header}>\n"
    command = [compiler, *language, *WARNINGS, *flags, "-fsyntax-only", "-"]
    result = subprocess.run(command, input=line + line, capture_output=True, text=True, check=False)
    return None if result.returncode == 0 else f"{header} with {' '.join(language)}:\n{result.stderr}"


def main(root, build, cc, cxx=None):
    public = [path.relative_to("include") for path in sources.c_files(root, "include")]
    internal = [path.relative_to("src") for path in sources.c_files(root, "src") if path.suffix == ".h"]
    flags = build_flags(build)
    jobs = [(cc, ["-xc", "-std=c11"], header, flags) for header in public + internal]
    if cxx is None:
        print("SKIP headers as C++17: no C++ compiler")
    else:
        jobs += [(cxx, ["-xc++", "-std=c++17"], header, flags) for header in public]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = [text for text in pool.map(lambda job: problem(*job), jobs) if text is not None]
    print(f"{len(jobs)} compilations")
    return sources.report(found)


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), *sys.argv[3:]))
