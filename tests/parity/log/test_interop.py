# SPDX-License-Identifier: Apache-2.0
"""A log that is made here, read by others: its tree by pymerkle, its signatures by cryptography, its metadata by
mlcroissant, whose metadata is read here.

Needs the program in BW_BULWARK.
"""

import base64
import hashlib
import json
import os
import subprocess

import mlcroissant
import pymerkle
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key

BULWARK = os.environ["BW_BULWARK"]
SIZES = (1, 2, 3, 255, 256, 257, 300)  # a tile has 256
WHEN = ("--time", "1767323045")


@pytest.fixture
def bulwark(tmp_path):
    def run(*command, code=0):
        done = subprocess.run([BULWARK, *map(str, command)], capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    (tmp_path / "data.csv").write_text("a,b\n1,2\n")
    run("seal", "--new-key", "key", "--type", "ed25519")
    run("log", "new", "events", "-k", "key", "--origin", "example.org/data")
    return run


def entries(log, size):
    """What the bundles hold, as C2SP tlog-tiles lays it out."""
    found = []
    for n in range((size + 255) // 256):
        width = min(256, size - 256 * n)
        data = (log / f"tile/entries/{n:03}{'' if width == 256 else f'.p/{width}'}").read_bytes()
        while data:
            length = int.from_bytes(data[:2], "big")
            found.append(data[2 : 2 + length])
            data = data[2 + length :]
    return found


def checkpoint(log):
    text, signatures = (log / "checkpoint").read_text().split("\n\n")
    return text + "\n", signatures


def test_tree_and_signatures(bulwark, tmp_path):
    log = tmp_path / "events"
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    key = load_pem_public_key((tmp_path / "key.pub").read_bytes())
    for size in range(1, max(SIZES) + 1):
        bulwark("log", "add", "events", "scan", f"{size:064x}", "-k", "key", *WHEN)
        if size not in SIZES:
            continue
        found = entries(log, size)
        for entry in found[tree.get_size() :]:
            tree.append_entry(entry)
        text, signatures = checkpoint(log)
        origin, count, head = text.splitlines()
        assert (origin, int(count)) == ("example.org/data", size)
        assert base64.b64decode(head) == tree.get_root()
        name, signature = signatures.removeprefix("— ").split()
        raw = base64.b64decode(signature)
        public = key.public_bytes_raw()
        assert name == origin
        assert raw[:4] == hashlib.sha256(origin.encode() + b"\n\x01" + public).digest()[:4]
        key.verify(raw[4:], text.encode())
    envelope = json.loads(found[0])
    payload = base64.b64decode(envelope["payload"])
    kind = envelope["payloadType"].encode()
    signed = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
    key.verify(base64.b64decode(envelope["signatures"][0]["sig"]), signed)
    assert json.loads(payload)["subject"][0]["digest"]["sha256"] == f"{1:064x}"


def test_proofs(bulwark, tmp_path):
    """pymerkle's paths are those that `prove` writes."""
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    for k in range(7):
        bulwark("log", "add", "events", "scan", f"{k:064x}", "-k", "key", *WHEN)
    for entry in entries(tmp_path / "events", 7):
        tree.append_entry(entry)
    for k in range(7):
        lines = bulwark("log", "prove", "events", k).split("\n\n")[0].splitlines()
        assert lines[:2] == ["c2sp.org/tlog-proof@v1", f"index {k}"]
        theirs = tree.prove_inclusion(k + 1).serialize()["path"]
        assert [base64.b64decode(line).hex() for line in lines[2:]] == theirs[1:]


def test_croissant_ours(bulwark, tmp_path, caplog):
    about = [f"--with={x}" for x in ("name=example", "description=d", "url=https://example.org", "version=1.0.0",
                                     "license=https://creativecommons.org/licenses/by/4.0/", "citeAs=us",
                                     "datePublished=2026-01-02")]  # fmt: skip
    bulwark("log", "add", "events", "ingest", "data.csv", "-f", "https://example.org/raw", *about, "-k", "key")
    bulwark("log", "show", "events", 0, "--as", "croissant", "-o", "ours.json")
    dataset = mlcroissant.Dataset(jsonld=str(tmp_path / "ours.json"))
    assert not dataset.metadata.ctx.issues.errors
    assert dataset.metadata.name == "example"
    (file,) = dataset.metadata.distribution
    assert file.id == "data.csv"
    assert file.sha256 == hashlib.sha256((tmp_path / "data.csv").read_bytes()).hexdigest()


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_croissant_theirs(bulwark, tmp_path, version):
    context = mlcroissant.Context(conforms_to=f"http://mlcommons.org/croissant/{version}")
    file = mlcroissant.FileObject(ctx=context, id="a.csv", name="a.csv", content_url="https://example.org/a.csv",
                                  encoding_formats=["text/csv"], sha256="ab" * 32)  # fmt: skip
    metadata = mlcroissant.Metadata(ctx=context, name="theirs", description="d", url="https://example.org",
                                    license=["https://creativecommons.org/licenses/by/4.0/"], distribution=[file])  # fmt: skip
    (tmp_path / "theirs.json").write_text(json.dumps(metadata.to_json(), default=str))
    bulwark("log", "add", "events", "ingest", "--croissant", "theirs.json", "-k", "key")
    (entry,) = json.loads(bulwark("log", "show", "events", "--json"))["entries"]
    assert entry["subjects"] == [{"name": "a.csv", "sha256": "ab" * 32}]
    assert entry["parameters"]["name"] == "theirs"
    assert entry["parameters"]["contentUrl a.csv"] == "https://example.org/a.csv"
