# SPDX-License-Identifier: Apache-2.0
"""The gate over real hostile and harmless files, and beside other scanners.

Needs the program in BW_BULWARK and the files in BW_DATA (default ../shared/data), and for the comparison the environment
that tests/parity/gate/run makes; without them the tests say SKIP."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from files import HARMLESS, HOSTILE, listing  # noqa: E402
from scanners import bulwark  # noqa: E402

ROOT = Path(__file__).resolve().parents[3]
DATA = Path(os.environ.get("BW_DATA", ROOT / "../shared/data"))
BULWARK = os.environ.get("BW_BULWARK", str(ROOT / "build/release/cli/bulwark"))
PEERS = ROOT / "build/gate-venv/bin/python"
FILES = listing(DATA)

pytestmark = pytest.mark.skipif(not FILES, reason=f"SKIP gate verdicts: {DATA}/pickles is not there")


@pytest.fixture(scope="module")
def verdicts():
    return bulwark(BULWARK, [path for path, _ in FILES])


@pytest.mark.parametrize("wanted, verdict", [(HOSTILE, "finding"), (HARMLESS, "clean")])
def test_every_file_gets_the_right_verdict(verdicts, wanted, verdict):
    files = [str(path) for path, expectation in FILES if expectation == wanted]
    assert len(files) > 10
    assert {path: verdicts[path] for path in files if verdicts[path] != verdict} == {}


def test_every_pickle_names_an_import_or_a_call():
    """A finding that only says "malformed" would not help who has to judge the file. Encrypted and 7-Zip archives aside."""
    hostile = [path for path, wanted in FILES if wanted == HOSTILE and path.suffix != ".7z"]
    done = subprocess.run([BULWARK, "gate", "--json", *map(str, hostile)], capture_output=True, text=True)
    for file in json.loads(done.stdout)["files"]:
        assert any(found["rule"].startswith("pickle-") for found in file["findings"]), file["path"]


def test_no_scanner_finds_a_hostile_file_that_the_gate_misses():
    if not PEERS.exists():
        pytest.skip(f"SKIP gate peers: {PEERS} is not there (make gate-parity)")
    command = [PEERS, Path(__file__).parent / "table.py", "--json", "--data", DATA, "--bulwark", BULWARK]
    rows = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    for row in rows:
        found = [name for name, answer in row["answers"].items() if answer == "finding"]
        assert row["wanted"] != HOSTILE or "bulwark" in found, row
