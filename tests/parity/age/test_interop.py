# SPDX-License-Identifier: Apache-2.0
"""Files that the age program makes are read here, and ours there.

Needs the program in BW_BULWARK, and age and age-keygen (Debian's package age); without them every test here says SKIP.
"""

import os
import pty
import select
import shutil
import subprocess

import pytest

BULWARK = os.environ["BW_BULWARK"]
AGE, KEYGEN = shutil.which("age"), shutil.which("age-keygen")
pytestmark = pytest.mark.skipif(AGE is None or KEYGEN is None, reason="SKIP age: the program is not installed")

CHUNK = 64 * 1024
SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 5 * CHUNK + 4321]
ARMOR = [[], ["-a"]]


def run(*command, data=None):
    return subprocess.run(list(map(str, command)), input=data, capture_output=True, check=True).stdout


def on_a_terminal(*command, answers):
    """Runs command with a terminal of its own, and answers what it asks there."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp(command[0], list(map(str, command)))
    said, todo = b"", list(answers)
    while True:
        if not select.select([terminal], [], [], 60)[0]:
            raise TimeoutError(said)
        try:
            part = os.read(terminal, 4096)
        except OSError:  # the other end is closed
            part = b""
        if not part:
            break
        said += part
        if todo and said.rstrip(b" ").endswith(b":"):
            os.write(terminal, todo.pop(0).encode() + b"\n")
            said = b""
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.close(terminal)
    return code, said


@pytest.fixture
def key(tmp_path):
    run(KEYGEN, "-o", tmp_path / "key")
    return tmp_path / "key"


@pytest.fixture
def own_key(tmp_path):
    recipient = run(BULWARK, "encrypt", "--new-identity", tmp_path / "own").decode().strip()
    assert run(KEYGEN, "-y", tmp_path / "own").decode().strip() == recipient
    return tmp_path / "own"


def recipient(key):
    return run(KEYGEN, "-y", key).decode().strip()


def plain(size):
    return bytes(i * i % 251 for i in range(min(size, CHUNK + 7))) * (size // (CHUNK + 7) + 1)


@pytest.mark.parametrize("armor", ARMOR)
@pytest.mark.parametrize("size", SIZES)
def test_keys_both_ways(size, armor, key, own_key, tmp_path):
    data = plain(size)[:size]
    (tmp_path / "plain").write_bytes(data)
    both = ["-r", recipient(key), "-r", recipient(own_key)]
    run(BULWARK, "encrypt", *both, *armor, "-o", tmp_path / "ours", tmp_path / "plain")
    run(AGE, "-e", *both, *armor, "-o", tmp_path / "theirs", tmp_path / "plain")
    for file in ("ours", "theirs"):
        for identity in (key, own_key):
            assert run(AGE, "-d", "-i", identity, tmp_path / file) == data
            assert run(BULWARK, "decrypt", "-i", identity, tmp_path / file) == data


def test_pipes(key):
    data = plain(3 * CHUNK)
    assert run(AGE, "-d", "-i", key, data=run(BULWARK, "encrypt", "-i", key, data=data)) == data
    assert run(BULWARK, "decrypt", "-i", key, data=run(AGE, "-e", "-i", key, data=data)) == data


def test_recipient_files(key, own_key, tmp_path):
    (tmp_path / "all").write_text(f"# us\n{recipient(key)}\n\n{recipient(own_key)}\n")
    for program in ([AGE], [BULWARK, "encrypt"]):
        for identity in (key, own_key):
            assert run(AGE, "-d", "-i", identity, data=run(*program, "-R", tmp_path / "all", data=b"text")) == b"text"


@pytest.mark.parametrize("armor", ARMOR)
def test_passphrase_both_ways(armor, tmp_path):
    secret = "correct horse"
    (tmp_path / "plain").write_bytes(b"some text")
    made = [BULWARK, "encrypt", "-p", *armor, "-o", tmp_path / "ours", tmp_path / "plain"]
    code, said = on_a_terminal(*made, answers=[secret, secret])
    assert code == 0 and secret.encode() not in said
    code, _ = on_a_terminal(AGE, "-p", *armor, "-o", tmp_path / "theirs", tmp_path / "plain", answers=[secret, secret])
    assert code == 0
    code, _ = on_a_terminal(AGE, "-d", "-o", tmp_path / "out", tmp_path / "ours", answers=[secret])
    assert code == 0 and (tmp_path / "out").read_bytes() == b"some text"
    code, _ = on_a_terminal(BULWARK, "decrypt", "-p", "-o", tmp_path / "out2", tmp_path / "theirs", answers=[secret])
    assert code == 0 and (tmp_path / "out2").read_bytes() == b"some text"
    assert run(BULWARK, "decrypt", "--passphrase-fd", 0, tmp_path / "ours", data=secret.encode()) == b"some text"


def test_passphrase_is_confirmed(tmp_path):
    made = [BULWARK, "encrypt", "-p", "-o", tmp_path / "out", "/dev/null"]
    code, _ = on_a_terminal(*made, answers=["one", "two"])
    assert code == 2 and not (tmp_path / "out").exists()


def test_both_refuse_the_same(key, tmp_path):
    """Every byte of a file changed, and every length of it: refused here and there."""
    whole = run(BULWARK, "encrypt", "-i", key, data=b"x")
    for at in range(0, len(whole), 7):
        for wrong in (whole[:at], whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]):
            for program in ([AGE, "-d"], [BULWARK, "decrypt"]):
                done = subprocess.run([*program, "-i", key], input=wrong, capture_output=True)
                assert done.returncode != 0 and done.stdout == b""
