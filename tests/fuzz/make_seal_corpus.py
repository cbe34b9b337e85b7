# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of the fuzz targets for seals: python make_seal_corpus.py [folder, default: corpus beside this file].

A name starts with what the target must answer: ok, format, unsupported or limit. The certificates are those of
tests/unit/data/certificates.
"""

import base64
import hashlib
import json
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent
CERTIFICATES = HERE.parent / "unit/data/certificates"


def pem(*names):
    return b"".join((CERTIFICATES / f"{name}.pem").read_bytes() for name in names)


def der(name):
    body = re.search(r"-----BEGIN CERTIFICATE-----(.*?)-----END", pem(name).decode(), re.DOTALL)[1]
    return "".join(body.split())


# ---- base64: a byte for the form (standard, bare, URL, bare URL), then the text ----


def base64_cases():
    return {
        "ok-empty": b"\0",
        "ok-padded": b"\0Zm9vYg==",
        "ok-bare": b"\1Zm9vYg",
        "ok-url": b"\2-__-",
        "ok-url-bare": b"\3-_8",
        "format-no-padding": b"\0Zm9vYg",
        "format-padding": b"\1Zm9vYg==",
        "format-one-digit": b"\1Z",
        "format-alphabet": b"\0-__-",
        "format-space": b"\0Zm 9",
        "format-spare-bits": b"\0Zh==",
        "format-padding-alone": b"\0====",
    }


# ---- bundles ----

MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"


def bundle(material, media_type=MEDIA_TYPE, signatures=({"sig": "AAEC", "keyid": ""},), payload="e30=", **more):
    envelope = {"payload": payload, "payloadType": "application/vnd.in-toto+json", "signatures": list(signatures)}
    return json.dumps({"mediaType": media_type, "verificationMaterial": material, "dsseEnvelope": envelope, **more}).encode()


def chain(*certificates):
    return {"x509CertificateChain": {"certificates": [{"rawBytes": text} for text in certificates]}}


def bundle_cases():
    key = {"publicKey": {"hint": hashlib.sha256(b"key").hexdigest()}, "tlogEntries": []}
    return {
        "ok-key": bundle(key),
        "ok-no-hint": bundle({"publicKey": {"rawBytes": "LS0t", "keyDetails": "PKIX_ECDSA_P256_SHA_256"}}),
        "ok-null-hint": bundle({"publicKey": {"hint": None}}),
        "ok-null-keyid": bundle(key, signatures=[{"sig": "AAEC", "keyid": None}]),
        "ok-url-alphabet": bundle(key, payload="-__-"),
        "ok-chain": bundle(chain(der("alice"), der("between"))),
        "ok-more": bundle(key, later={"a": [1, 2]}),
        "format-empty": b"",
        "format-list": b"[]",
        "format-cut": bundle(key)[:-9],
        "format-twice": bundle(key)[:-1] + b',"mediaType":"x"}',
        "format-no-material": b'{"mediaType":"' + MEDIA_TYPE.encode() + b'"}',
        "format-no-key": bundle({}),
        "format-both": bundle({**key, **chain(der("alice"))}),
        "format-hint-long": bundle({"publicKey": {"hint": "0" * 65}}),
        "format-hint-number": bundle({"publicKey": {"hint": 3}}),
        "format-chain-empty": bundle(chain()),
        "format-chain-no-der": bundle(chain("AAEC")),
        "format-chain-more": bundle(chain(base64.b64encode(base64.b64decode(der("alice")) + b"x").decode())),
        "format-chain-text": bundle({"x509CertificateChain": {"certificates": ["AAEC"]}}),
        "format-no-signature": bundle(key, signatures=[]),
        "format-two-signatures": bundle(key, signatures=[{"sig": "AAEC"}, {"sig": "AAEC"}]),
        "format-payload": bundle(key, payload="e30=x"),
        "limit-chain": bundle(chain(*[der("root")] * 17)),
        "unsupported-version": bundle(key, media_type="application/vnd.dev.sigstore.bundle+json;version=0.2"),
        "unsupported-keyless": bundle({"certificate": {"rawBytes": der("alice")}, "tlogEntries": []}),
    }


# ---- statements ----


def digest(k, size=32):
    return bytes([k]) * size


def resource(name, k=1, algorithm="sha256", size=32):
    return {"name": name, "algorithm": algorithm, "digest": digest(k, size).hex()}


def statement(resources, root=None, method="files", hash_type="sha256", subjects=1, annotations=None, predicate_type=None,
              resources_as=None, **serialization):
    whole = b"".join(bytes.fromhex(r["digest"]) for r in resources)
    subject = {"name": "m", "digest": {"sha256": root or hashlib.sha256(whole).hexdigest()}}
    if annotations is not None:
        subject["annotations"] = annotations
    how = {"method": method, "hash_type": hash_type, "allow_symlinks": False, **serialization}
    return json.dumps({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [subject] * subjects,
        "predicateType": predicate_type or "https://model_signing/signature/v1.0",
        "predicate": {"serialization": how, "resources": resources if resources_as is None else resources_as},
    }).encode()  # fmt: skip


def manifest_cases():
    two = [resource("a"), resource("sub/b", 2)]
    shards = [resource("b:3:5", 2, "sha256-sharded-3"), resource("b:0:3", 1), resource("a:0:1:0:2", 3)]
    sharded = {"method": "shards", "shard_size": 3.0}
    return {
        "ok-files": statement(two),
        "ok-none": statement([]),
        "ok-single": statement([resource(".")]),
        "ok-ignore": statement(two, ignore_paths=[".git", "m.sig"]),
        "ok-shards": statement(shards, **sharded),
        "ok-blake2b": statement([resource("a", 1, "blake2b", 64)], hash_type="blake2b"),
        "ok-modes": statement(two, annotations={"modes": {"a": "0644", "sub": "2755", ".": "0700"}}),
        "ok-annotations": statement(two, annotations={"other": 1}),
        "format-empty": b"",
        "format-number": b"3",
        "format-cut": statement(two)[:-3],
        "format-root": statement(two, root="00" * 32),
        "format-root-short": statement(two, root="00"),
        "format-twice": statement([resource("a"), resource("a", 2)]),
        "format-upwards": statement([resource("../a")]),
        "format-upwards-inside": statement([resource("a/../b")]),
        "format-absolute": statement([resource("/a")]),
        "format-empty-part": statement([resource("a//b")]),
        "format-dot-part": statement([resource("a/./b")]),
        "format-nul": statement([resource("a\0b")]),
        "format-algorithm": statement([resource("a", algorithm="sha512")]),
        "format-digest": statement([resource("a", size=31)]),
        "format-resource": statement([], resources_as=[3]),
        "format-resources": statement([], resources_as={}),
        "format-subjects": statement(two, subjects=2),
        "format-no-subject": statement(two, subjects=0),
        "format-shard-gap": statement([resource("a:0:3"), resource("a:4:5")], **sharded),
        "format-shard-overlap": statement([resource("a:0:3"), resource("a:2:4")], **sharded),
        "format-shard-late": statement([resource("a:3:5")], **sharded),
        "format-shard-long": statement([resource("a:0:4")], **sharded),
        "format-shard-name": statement([resource("a")], **sharded),
        "format-shard-digits": statement([resource("a:0:x")], **sharded),
        "format-shard-size": statement([], method="shards", shard_size=0.5),
        "format-ignore": statement(two, ignore_paths="x"),
        "format-ignore-number": statement(two, ignore_paths=[1]),
        "format-symlinks": statement(two, allow_symlinks="no"),
        "format-modes": statement(two, annotations={"modes": []}),
        "format-mode-digits": statement(two, annotations={"modes": {"a": "0888"}}),
        "format-mode-length": statement(two, annotations={"modes": {"a": "644"}}),
        "format-mode-path": statement(two, annotations={"modes": {"/a": "0644"}}),
        "limit-deep": b"[" * 100,
        "unsupported-method": statement(two, method="lines"),
        "unsupported-hash": statement(two, hash_type="blake3"),
        "unsupported-predicate": statement(two, predicate_type="https://model_signing/Digests/v0.1"),
    }


# ---- PEM ----


def pem_cases():
    return {
        "ok-one": pem("root"),
        "ok-chain": pem("alice", "between"),
        "ok-text-between": b"Subject: alice\n" + pem("alice") + b"then\n" + pem("between"),
        "ok-key-between": b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n" + pem("root"),
        "format-empty": b"",
        "format-text": b"no certificate",
        "format-cut": pem("alice")[:300],
        "format-der": b"-----BEGIN CERTIFICATE-----\nAAECAwQ=\n-----END CERTIFICATE-----\n",
        "format-base64": b"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n",
        "format-other-end": pem("root").replace(b"END CERTIFICATE", b"END PUBLIC KEY"),
        "format-encrypted": b"-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n"
        b"DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\nAAECAwQFBgcICQoLDA0ODw==\n-----END CERTIFICATE-----\n",
        "format-key": b"-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=\n"
        b"-----END PUBLIC KEY-----\n",
        "limit-many": pem(*["root"] * 17),
    }


# ---- private keys ----


def element(tag, *contents):
    data = b"".join(contents)
    size = bytes([len(data)]) if len(data) < 128 else bytes([0x81, len(data)])
    return bytes([tag]) + size + data


CURVES = {"p256": ("06082a8648ce3d030107", 32), "p384": ("06052b81040022", 48), "p521": ("06052b81040023", 66)}
EC, ED25519, RSA = bytes.fromhex("06072a8648ce3d0201"), bytes.fromhex("06032b6570"), bytes.fromhex("06092a864886f70d010101")
ZERO, ONE = element(2, b"\0"), element(2, b"\1")


def curve(name):
    return bytes.fromhex(CURVES[name][0])


def number(size, first=0):
    return element(4, bytes([first]) + bytes(range(1, size)))


def sec1(name, *more, size=None):
    return element(0x30, ONE, number(size or CURVES[name][1]), *more)


def pkcs8(algorithm, inner):
    return element(0x30, ZERO, element(0x30, *algorithm), element(4, inner))


def block(label, data, headers=""):
    text = base64.encodebytes(data).decode()
    return f"-----BEGIN {label}-----\n{headers}{text}-----END {label}-----\n".encode()


def private_key_cases():
    named = {name: element(0xA0, curve(name)) for name in CURVES}
    cases = {f"ok-{name}": block("PRIVATE KEY", pkcs8((EC, curve(name)), sec1(name))) for name in CURVES}
    cases |= {f"ok-sec1-{name}": block("EC PRIVATE KEY", sec1(name, named[name])) for name in CURVES}
    plain, old = cases["ok-p256"], cases["ok-sec1-p256"]
    encrypted = "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n"
    return cases | {
        "ok-ed25519": block("PRIVATE KEY", pkcs8((ED25519,), number(32))),
        "ok-parameters": block("EC PARAMETERS", curve("p256")) + old,
        "ok-text-before": b"my key\n" + plain,
        "format-empty": b"",
        "format-text": b"no key",
        "format-cut": plain[:90],
        "format-public": block("PUBLIC KEY", b"\0"),
        "format-der": block("PRIVATE KEY", b"\0\1\2\3"),
        "format-sec1-der": block("EC PRIVATE KEY", b"\0\1\2\3"),
        "format-sec1-end": block("EC PRIVATE KEY", element(0x30, ONE)),
        "format-sec1-length": block("EC PRIVATE KEY", b"\x30\x84" + sec1("p256")[1:]),
        "format-short": block("PRIVATE KEY", pkcs8((EC, curve("p256")), sec1("p256", size=31))),
        "format-long": block("PRIVATE KEY", pkcs8((EC, curve("p256")), sec1("p256", size=33))),
        "format-ed25519-short": block("PRIVATE KEY", pkcs8((ED25519,), number(31))),
        "format-zero": block("PRIVATE KEY", pkcs8((EC, curve("p256")), element(0x30, ONE, element(4, bytes(32))))),
        "format-beyond": block("PRIVATE KEY", pkcs8((EC, curve("p256")), element(0x30, ONE, element(4, b"\xff" * 32)))),
        "format-encrypted": block("ENCRYPTED PRIVATE KEY", b"\0\1\2\3"),
        "limit-long": b"\n" * 20000,
        "unsupported-curve": block("PRIVATE KEY", pkcs8((EC, bytes.fromhex("06052b8104000a")), sec1("p256"))),
        "unsupported-no-curve": block("PRIVATE KEY", pkcs8((EC,), sec1("p256"))),
        "unsupported-rsa": block("PRIVATE KEY", pkcs8((RSA, element(5)), b"\0")),
        "unsupported-encrypted": block("EC PRIVATE KEY", bytes(16), encrypted),
    }


def main(folder):
    for target, cases in (("base64", base64_cases), ("bundle", bundle_cases), ("manifest", manifest_cases), ("pem", pem_cases),
                          ("private_key", private_key_cases)):
        (folder / target).mkdir(parents=True, exist_ok=True)
        for name, data in cases().items():
            (folder / target / name).write_bytes(data)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "corpus")
