# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of the fuzz targets for age: python make_age_corpus.py [folder, default: corpus beside this file].

They are the small cases of tests/parity/age/vectors.py (which needs the package cryptography). A name starts with what the
target must answer: ok, format, unsupported, limit, or untrusted.
"""

import pathlib
import sys

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "parity/age"))

import vectors  # noqa: E402

# The suite's words as the decryption answers them, and where it differs: a header is read without the nonce behind
# it, and files with a passphrase are for others.
ANSWERS = {"success": "ok", "no match": "untrusted", "HMAC failure": "untrusted", "header failure": "format",
           "armor failure": "format", "payload failure": "untrusted"}  # fmt: skip
DIFFERENT = {"version_unsupported": "unsupported", "stream_no_nonce": "untrusted", "stream_short_nonce": "untrusted"}
MIXED = ("scrypt_and_x25519", "scrypt_double", "scrypt_not_canonical_body")


def named(cases, answer):
    return {f"{answer(name, case)}-{name.replace('_', '-')}": case.data for name, case in cases.items() if len(case.data) < 2048}


def decryption(name, case):
    if case.passphrase is not None and name not in MIXED:
        return "untrusted"
    return DIFFERENT.get(name, ANSWERS[case.expect])


def parsing(name, case):
    return DIFFERENT.get(name, "format" if case.expect == "header failure" else "ok")


def armor(name, case):
    return "format" if case.expect == "armor failure" or name == "armor_garbage_leading" else "ok"


def bech32():
    key = vectors.recipient(vectors.SECRET).encode()
    return {
        "ok-lower": key,
        "ok-upper": key.upper(),
        "format-mixed": key[:-1] + key[-1:].upper() if key[-1:].isalpha() else key[:4] + key[4:].upper(),
        "format-mistyped": key.replace(key[20:21], b"q" if key[20:21] != b"q" else b"p", 1),
        "format-short": key[:-1],
        "format-long": key + b"q",
        "format-prefix": vectors.bech32("agf", vectors.SECRET).encode(),
        "format-character": key[:30] + b"b" + key[31:],
        "format-empty": b"",
        "format-bits": vectors.bech32("age", vectors.SECRET + b"\xff")[:58].encode() + b"qqqq",
    }


def main(folder):
    headers = vectors.header_cases() | vectors.stanza_cases()
    corpora = {
        "age": named(vectors.cases(), decryption),
        "age_header": named(headers, parsing),
        "age_armor": named(vectors.armor_cases(), armor),
        "bech32": bech32(),
    }
    for target, seeds in corpora.items():
        (folder / target).mkdir(parents=True, exist_ok=True)
        for name, data in seeds.items():
            (folder / target / name).write_bytes(data)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "corpus")
