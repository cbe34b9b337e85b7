# SPDX-License-Identifier: Apache-2.0
"""Every case of vectors.py through `bulwark decrypt`: its answer, and that nothing else comes out.

Needs the program in BW_BULWARK."""

import os
import subprocess

import pytest
import vectors

BULWARK = os.environ["BW_BULWARK"]
CASES = vectors.cases()

# The suite's words: exit codes, and what the line on stderr must hold.
ANSWERS = {
    "success": ((0,), ""),
    "no match": ((2,), "opens it|passphrase is wrong|no identity was given"),
    "header failure": ((1, 3, 4), "byte"),
    "HMAC failure": ((1,), "its MAC does not fit"),
    "armor failure": ((3,), "armour"),
    "payload failure": ((1, 3), "chunk"),
}


def decrypt(case, folder, *more):
    (folder / "in").write_bytes(case.data)
    (folder / "keys").write_text("".join(vectors.identity(secret) + "\n" for secret in case.identities))
    key = ["-i", folder / "keys"] if case.identities else ["--passphrase-fd", "0"]
    return subprocess.run([BULWARK, "decrypt", *key, *more, folder / "in"], input=case.passphrase, capture_output=True)


@pytest.mark.parametrize("name", CASES)
def test_answer(name, tmp_path):
    case = CASES[name]
    codes, text = ANSWERS[case.expect]
    done = decrypt(case, tmp_path)
    error = done.stderr.decode()
    assert done.returncode in codes, error
    assert done.stdout == case.payload
    if case.expect == "success":
        assert error == ""
    else:
        assert error.count("\n") == 1
        assert any(word in error for word in text.split("|")), error


@pytest.mark.parametrize("name", [name for name in CASES if CASES[name].expect != "success"])
def test_no_file_appears(name, tmp_path):
    assert decrypt(CASES[name], tmp_path, "-o", tmp_path / "out").returncode != 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "keys"]


def test_every_answer_has_cases():
    assert {case.expect for case in CASES.values()} == set(ANSWERS)
    assert len(CASES) > 120
