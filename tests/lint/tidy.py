# SPDX-License-Identifier: Apache-2.0
"""clang-tidy with the checks of .clang-tidy over every file of src/ and cli/ that the build compiles.

usage: tidy.py ROOT BUILD CLANG_TIDY      (BUILD holds compile_commands.json)
"""

import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys

import sources


def compiled_files(root, build):
    entries = json.loads((build / "compile_commands.json").read_text())
    files = {pathlib.Path(entry["directory"], entry["file"]).resolve() for entry in entries}
    folders = [(root / folder).resolve() for folder in ("src", "cli")]
    return sorted(file for file in files if any(file.is_relative_to(folder) for folder in folders))


def problem(command, file):
    result = subprocess.run([*command, file], capture_output=True, text=True, check=False)
    return None if result.returncode == 0 else result.stdout + result.stderr


def main(root, build, tool):
    files = compiled_files(root, build)
    if not files:
        sys.exit(f"{build}/compile_commands.json compiles nothing of {root}: nothing was checked")
    command = [tool, "-p", build, f"--config-file={root / '.clang-tidy'}", "--quiet"]
    # The build may be made by a compiler whose warning flags clang does not know.
    command.append("--extra-arg=-Wno-unknown-warning-option")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = [text for text in pool.map(lambda file: problem(command, file), files) if text is not None]
    print(f"{len(files)} files")
    return sources.report(found)


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]))
