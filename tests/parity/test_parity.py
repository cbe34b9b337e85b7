# SPDX-License-Identifier: Apache-2.0
"""Every case of cases.py: exported by MLX, run by parity_compare, one test a case.

BW_PARITY_COMPARE is the path of the program that the build made (tests/parity/compare.c)."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
from cases import CASES  # noqa: E402

FEWEST_CASES = 250


@pytest.fixture(scope="session")
def lines(tmp_path_factory):
    """What parity_compare prints, by case."""
    folder = tmp_path_factory.mktemp("parity")
    subprocess.run([sys.executable, HERE / "export_cases.py", folder], check=True)
    done = subprocess.run([os.environ["BW_PARITY_COMPARE"], folder], capture_output=True, text=True, timeout=1500)
    assert done.returncode in (0, 1), done.stderr  # 1: some case differs, which its own test reports
    found = {}
    for line in done.stdout.splitlines():
        verdict, _, rest = line.partition(" ")
        if verdict in ("ok", "FAIL", "SKIP"):
            found.setdefault(rest.split()[0].rstrip(":,"), []).append(line)
    return found, json.loads((folder / "index.json").read_text())


@pytest.mark.parametrize("name", [case.name for case in CASES])
def test_case(lines, name):
    found, index = lines
    if name in index["failed"]:
        pytest.skip(f"MLX cannot export it: {index['failed'][name]}")
    assert [line for line in found.get(name, ["no line"]) if not line.startswith("ok")] == []


def test_there_are_enough_cases(lines):
    assert len(lines[1]["cases"]) >= FEWEST_CASES
