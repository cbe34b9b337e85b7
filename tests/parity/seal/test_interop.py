# SPDX-License-Identifier: Apache-2.0
"""Seals that model-signing makes are checked here, and ours there; openssl alone checks ours, too.

Needs the program in BW_BULWARK and openssl. The certificates are those of tests/unit/data/certificates.
"""

import base64
import json
import os
import pathlib
import shutil
import subprocess

import model_signing
import pytest

BULWARK = os.environ["BW_BULWARK"]
CERTIFICATES = pathlib.Path(__file__).resolve().parents[2] / "unit/data/certificates"
CURVES = {"prime256v1": "sha256", "secp384r1": "sha384", "secp521r1": "sha512"}
METHODS = {"files": [], "shards": ["--shard-size", "1000"], "blake2b": ["--hash", "blake2b"]}


def run(*command, code=0, **more):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, **more)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def hashing(method, **more):
    config = model_signing.hashing.Config()
    if method == "shards":
        return config.use_shard_serialization(shard_size=1000, **more)
    return config.use_file_serialization(hashing_algorithm="blake2" if method == "blake2b" else "sha256", **more)


def their_seal(path, seal, key, method="files", **more):
    signing = model_signing.signing.Config().use_elliptic_key_signer(private_key=key)
    signing.set_hashing_config(hashing(method, **more)).sign(path, seal)


def their_check(path, seal, key, method=None):
    """Without a method theirs is asked to find out from the seal, which it cannot for BLAKE2b."""
    checking = model_signing.verifying.Config().use_elliptic_key_verifier(public_key=key)
    if method is not None:
        checking.set_hashing_config(hashing(method))
    checking.verify(path, seal)


@pytest.fixture
def place(tmp_path):
    """A folder with a tree to seal, and a key pair of each curve."""
    tree = tmp_path / "tree"
    (tree / "sub" / "deep").mkdir(parents=True)
    for name, size in (("a", 12), ("a-b", 999), ("a.b", 1000), ("sub/c", 1001), ("sub/deep/ä", 5000), ("empty", 0)):
        (tree / name).write_bytes(bytes(k % 251 for k in range(size)))
    (tree / ".git").mkdir()
    (tree / ".git" / "config").write_text("left out")
    for curve in CURVES:
        run("openssl", "ecparam", "-name", curve, "-genkey", "-noout", "-out", tmp_path / f"{curve}.key")
        run("openssl", "ec", "-in", tmp_path / f"{curve}.key", "-pubout", "-out", tmp_path / f"{curve}.pub")
    return tmp_path


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("curve", CURVES)
def test_theirs_here(place, curve, method):
    their_seal(place / "tree", place / "their.sig", place / f"{curve}.key", method)
    check = [BULWARK, "verify", place / "tree", "-s", place / "their.sig", "-k", place / f"{curve}.pub", "-q"]
    assert "holds" in run(*check)
    (place / "tree" / "sub" / "c").write_bytes(bytes(1001))
    assert "changed  sub/c" in run(*check, code=1)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("curve", CURVES)
def test_ours_there(place, curve, method):
    run(BULWARK, "seal", place / "tree", "-k", place / f"{curve}.key", "-o", place / "our.sig", "-q", *METHODS[method])
    told = "blake2b" if method == "blake2b" else None
    their_check(place / "tree", place / "our.sig", place / f"{curve}.pub", told)
    (place / "tree" / "sub" / "c").write_bytes(bytes(1001))
    with pytest.raises(ValueError, match="sub/c"):
        their_check(place / "tree", place / "our.sig", place / f"{curve}.pub", told)


def test_single_files_both_ways(place):
    file, key, public = place / "tree" / "a", place / "prime256v1.key", place / "prime256v1.pub"
    their_seal(file, place / "their.sig", key)
    run(BULWARK, "verify", file, "-s", place / "their.sig", "-k", public, "-q")
    run(BULWARK, "seal", file, "-k", key, "-o", place / "our.sig", "-q")
    their_check(file, place / "our.sig", public)


def test_seals_inside_the_tree_both_ways(place):
    key, public = place / "prime256v1.key", place / "prime256v1.pub"
    seal = place / "tree" / "model.sig"
    their_seal(place / "tree", seal, key, ignore_paths=[pathlib.Path("model.sig")])
    run(BULWARK, "verify", place / "tree", "-s", seal, "-k", public, "-q")
    run(BULWARK, "seal", place / "tree", "-k", key, "-o", seal, "-q")
    their_check(place / "tree", seal, public)


def test_permission_bits_do_not_disturb_them(place):
    run(BULWARK, "seal", place / "tree", "-k", place / "prime256v1.key", "-o", place / "our.sig", "-q", "--modes")
    their_check(place / "tree", place / "our.sig", place / "prime256v1.pub")


def test_symlinks_both_ways(place):
    key, public = place / "prime256v1.key", place / "prime256v1.pub"
    (place / "tree" / "link").symlink_to("a")
    signing = model_signing.signing.Config().use_elliptic_key_signer(private_key=key)
    signing.set_hashing_config(hashing("files").set_allow_symlinks(True)).sign(place / "tree", place / "their.sig")
    run(BULWARK, "verify", place / "tree", "-s", place / "their.sig", "-k", public, "-q")
    run(BULWARK, "seal", place / "tree", "-k", key, "-o", place / "our.sig", "-q", "--allow-symlinks")
    checking = model_signing.verifying.Config().use_elliptic_key_verifier(public_key=public)
    checking.set_hashing_config(hashing("files").set_allow_symlinks(True)).verify(place / "tree", place / "our.sig")


def test_certificates_both_ways(place):
    key, leaf = CERTIFICATES / "alice.key", CERTIFICATES / "alice.pem"
    between, root = CERTIFICATES / "between.pem", CERTIFICATES / "root.pem"
    signing = model_signing.signing.Config().use_certificate_signer(
        private_key=key, signing_certificate=leaf, certificate_chain=[between])
    signing.sign(place / "tree", place / "their.sig")
    check = [BULWARK, "verify", place / "tree", "-q", "--root", root, "-s"]
    run(*check, place / "their.sig", "--identity", "alice@example.org")
    assert "not trusted" in run(*check, place / "their.sig", "--identity", "mallory@example.org", code=1)
    (place / "chain.pem").write_bytes(leaf.read_bytes() + between.read_bytes())
    run(BULWARK, "seal", place / "tree", "-k", key, "-c", place / "chain.pem", "-o", place / "our.sig", "-q")
    checking = model_signing.verifying.Config().use_certificate_verifier(certificate_chain=[root])
    checking.verify(place / "tree", place / "our.sig")


def test_one_identity_counts_once(place):
    """Two certificates of the same person are not two signers."""
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    run("openssl", "req", "-x509", *key, "-keyout", place / "root.key", "-out", place / "root.pem", "-subj", "/CN=root", "-days", "9")
    seals = []
    for name, person in (("one", "alice"), ("two", "alice"), ("three", "bob")):
        (place / "extensions").write_text(f"subjectAltName=email:{person}@example.org\nextendedKeyUsage=codeSigning\n")
        run("openssl", "req", *key, "-keyout", place / f"{name}.key", "-out", place / "request", "-subj", f"/CN={person}")
        run("openssl", "x509", "-req", "-in", place / "request", "-CA", place / "root.pem", "-CAkey", place / "root.key",
            "-set_serial", len(seals) + 2, "-days", "9", "-extfile", place / "extensions", "-out", place / f"{name}.pem")
        run(BULWARK, "seal", place / "tree", "-k", place / f"{name}.key", "-c", place / f"{name}.pem", "-o", place / f"{name}.sig", "-q")
        seals.append(["-s", place / f"{name}.sig"])
    check = [BULWARK, "verify", place / "tree", "-q", "--root", place / "root.pem", "--identity", "alice@example.org",
             "--identity", "bob@example.org", "--signers", "2"]
    assert "2 different signers" in run(*check, *seals[0], *seals[1], code=1)
    run(*check, *seals[0], *seals[2])


def test_their_expired_certificate_is_refused_here(place):
    """Theirs sets the clock back to the certificate's first day, and takes one for web servers."""
    root, between = CERTIFICATES / "root.pem", CERTIFICATES / "between.pem"
    for name, problem in (("expired", "has expired"), ("web", "not for code signing")):
        signing = model_signing.signing.Config().use_certificate_signer(
            private_key=CERTIFICATES / "alice.key", signing_certificate=CERTIFICATES / f"{name}.pem",
            certificate_chain=[between])
        signing.sign(place / "tree", place / "their.sig")
        model_signing.verifying.Config().use_certificate_verifier(certificate_chain=[root]).verify(
            place / "tree", place / "their.sig")
        text = run(BULWARK, "verify", place / "tree", "-s", place / "their.sig", "--root", root, "--identity",
                   "alice@example.org", "-q", code=1)
        assert problem in text


def test_seals_of_older_versions(place):
    """Before 1.1 the bundle held the key in place of its fingerprint; keyid is "" or null."""
    public = place / "secp384r1.pub"
    their_seal(place / "tree", place / "their.sig", place / "secp384r1.key")
    bundle = json.loads((place / "their.sig").read_text())
    bundle["verificationMaterial"] = {"publicKey": {"rawBytes": base64.b64encode(public.read_bytes()).decode(),
                                                    "keyDetails": "PKIX_ECDSA_P384_SHA_256"}}
    bundle["dsseEnvelope"]["signatures"][0]["keyid"] = None
    (place / "old.sig").write_text(json.dumps(bundle, indent=2))
    run(BULWARK, "verify", place / "tree", "-s", place / "old.sig", "-k", public, "-q")
    text = run(BULWARK, "verify", place / "tree", "-s", place / "old.sig", "-k", place / "prime256v1.pub", "-q", code=1)
    assert "the signature does not hold" in text


def test_our_keys_there(place):
    for kind in ("p256", "p384", "p521"):
        run(BULWARK, "seal", "--new-key", place / kind, "--type", kind)
        their_seal(place / "tree", place / "their.sig", place / kind)
        run(BULWARK, "verify", place / "tree", "-s", place / "their.sig", "-k", place / f"{kind}.pub", "-q")
        fingerprint = run("openssl", "dgst", "-sha256", "-r", place / f"{kind}.pub").split()[0]
        bundle = json.loads((place / "their.sig").read_text())
        assert bundle["verificationMaterial"]["publicKey"]["hint"] == fingerprint


def with_passphrase(*command, passphrase="open sesame\n", code=0):
    """The passphrase comes through a pipe, never from the command line or the environment."""
    source, sink = os.pipe()
    os.write(sink, passphrase.encode())
    os.close(sink)
    text = run(*command, "--passphrase-fd", source, code=code, pass_fds=[source])
    os.close(source)
    return text


def test_encrypted_keys_of_openssl_and_for_it(place):
    public = place / "prime256v1.pub"
    for cipher in ("-aes-256-cbc", "-aes-128-cbc"):
        run("openssl", "pkcs8", "-topk8", "-in", place / "prime256v1.key", "-v2", cipher[1:], "-passout", "pass:open sesame",
            "-out", place / "locked.key")
        with_passphrase(BULWARK, "seal", place / "tree", "-k", place / "locked.key", "-q", "-o", place / "our.sig")
        run(BULWARK, "verify", place / "tree", "-s", place / "our.sig", "-k", public, "-q")
    with_passphrase(BULWARK, "seal", place / "tree", "-k", place / "locked.key", "-q", passphrase="wrong\n", code=2)
    with_passphrase(BULWARK, "seal", "--new-key", place / "ours.key")
    assert "ENCRYPTED PRIVATE KEY" in (place / "ours.key").read_text()
    unlocked = run("openssl", "pkey", "-in", place / "ours.key", "-passin", "pass:open sesame", "-pubout")
    assert unlocked == (place / "ours.key.pub").read_text()


def pae(envelope):
    payload = base64.b64decode(envelope["payload"])
    kind = envelope["payloadType"].encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def test_openssl_checks_ours(place):
    for curve, digest in CURVES.items():
        run(BULWARK, "seal", place / "tree", "-k", place / f"{curve}.key", "-o", place / "our.sig", "-q")
        envelope = json.loads((place / "our.sig").read_text())["dsseEnvelope"]
        (place / "text").write_bytes(pae(envelope))
        (place / "signature").write_bytes(base64.b64decode(envelope["signatures"][0]["sig"]))
        run("openssl", "dgst", f"-{digest}", "-verify", place / f"{curve}.pub", "-signature", place / "signature",
            place / "text")
    run("openssl", "genpkey", "-algorithm", "ed25519", "-out", place / "ed.key")
    run("openssl", "pkey", "-in", place / "ed.key", "-pubout", "-out", place / "ed.pub")
    run(BULWARK, "seal", place / "tree", "-k", place / "ed.key", "-o", place / "our.sig", "-q")
    run(BULWARK, "verify", place / "tree", "-s", place / "our.sig", "-k", place / "ed.pub", "-q")
    envelope = json.loads((place / "our.sig").read_text())["dsseEnvelope"]
    (place / "text").write_bytes(pae(envelope))
    (place / "signature").write_bytes(base64.b64decode(envelope["signatures"][0]["sig"]))
    run("openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", place / "ed.pub", "-sigfile", place / "signature",
        "-in", place / "text")


def test_root_digest(place):
    """The subject's digest is that of all digests, in the order of the names' code points."""
    import hashlib

    run(BULWARK, "seal", place / "tree", "-k", place / "prime256v1.key", "-o", place / "our.sig", "-q")
    bundle = json.loads((place / "our.sig").read_text())
    statement = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
    names = ["a", "a-b", "a.b", "empty", "sub/c", "sub/deep/ä"]
    assert [resource["name"] for resource in statement["predicate"]["resources"]] == names
    digests = [hashlib.sha256((place / "tree" / name).read_bytes()) for name in names]
    wanted = hashlib.sha256(b"".join(digest.digest() for digest in digests)).hexdigest()
    assert statement["subject"] == [{"name": "tree", "digest": {"sha256": wanted}}]


def test_openssl_is_there():
    assert shutil.which("openssl")
