# SPDX-License-Identifier: Apache-2.0
"""The cases of the age test suite (c2sp.org/CCTV/age), under its names, made anew by a second implementation of the format.

As there, each is a file that is right but for one thing. What a case must answer is one of that suite's words:
success, no match, header failure, HMAC failure, armor failure, payload failure.
"""

import base64
import dataclasses
import hashlib
import hmac

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

CHUNK = 64 * 1024
FILE_KEY = b"YELLOW SUBMARINE"
SECRET, OTHER = bytes(range(1, 33)), bytes(range(33, 65))
ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
# A point of order 8, as that suite has it.
LOW_ORDER = bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f11d7")
BEGIN, END = b"-----BEGIN AGE ENCRYPTED FILE-----\n", b"-----END AGE ENCRYPTED FILE-----\n"


# ---- the format ----


def hkdf(secret, salt, info):
    return HKDF(hashes.SHA256(), 32, salt or None, info).derive(secret)


def bech32(prefix, data):
    def checksum(values):
        c = 1
        for value in values:
            top, c = c >> 25, (c & 0x1FFFFFF) << 5 ^ value
            for i, g in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
                c ^= g if top >> i & 1 else 0
        return c

    bits = "".join(f"{byte:08b}" for byte in data)
    values = [int(bits[i : i + 5].ljust(5, "0"), 2) for i in range(0, len(bits), 5)]
    expanded = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    last = checksum(expanded + values + [0] * 6) ^ 1
    return prefix + "1" + "".join("qpzry9x8gf2tvdw0s3jn54khce6mua7l"[v] for v in values + [last >> 5 * (5 - i) & 31 for i in range(6)])


def identity(secret):
    return bech32("age-secret-key-", secret).upper()


def public(secret):
    return X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()


def recipient(secret):
    return bech32("age", public(secret))


def b64(data):
    return base64.b64encode(data).rstrip(b"=")


def not_canonical(text):
    """The same bytes, with a bit set that belongs to none."""
    return text[:-1] + ALPHABET[ALPHABET.index(text[-1]) + 1 :][:1]


def body(data):
    lines = [b64(data[i : i + 48]) for i in range(0, len(data) + 1, 48)]
    return b"".join(line + b"\n" for line in lines)


def stanza(*arguments, data=b""):
    return b" ".join((b"->", *arguments)) + b"\n" + body(data)


def seal(key, plain, nonce=bytes(12)):
    return ChaCha20Poly1305(key).encrypt(nonce, plain, None)


def x25519(secret=SECRET, file_key=FILE_KEY, kind=b"X25519", ephemeral=b"ephemeral secret, of 32 bytes ..", share=None, more=()):
    peer = X25519PrivateKey.from_private_bytes(ephemeral)
    shared = peer.exchange(X25519PublicKey.from_public_bytes(public(secret))) if share is None else bytes(32)
    share = peer.public_key().public_bytes_raw() if share is None else share
    key = hkdf(shared, share + public(secret), b"age-encryption.org/v1/X25519")
    return stanza(kind, b64(share), *more, data=seal(key, file_key))


def scrypt(password=b"password", work=10, told=None, file_key=FILE_KEY, kind=b"scrypt", salt=b"sixteen of salt!", more=()):
    key = hashlib.scrypt(password, salt=b"age-encryption.org/v1/scrypt" + salt, n=1 << work, r=8, p=1, maxmem=1 << 29)
    work_text = str(work).encode() if told is None else told
    return stanza(kind, b64(salt), *([work_text] if work_text else []), *more, data=seal(key[:32], file_key))


def header(*stanzas, version=b"v1", file_key=FILE_KEY, mark=b"---"):
    text = b"age-encryption.org/" + version + b"\n" + b"".join(stanzas) + mark
    mac = hmac.new(hkdf(file_key, b"", b"header"), text, hashlib.sha256).digest()
    return text + b" " + b64(mac) + b"\n"


NONCE = b"nonce of 16 byte"


def chunk(plain, index=0, last=True, file_key=FILE_KEY):
    return seal(hkdf(file_key, NONCE, b"payload"), plain, index.to_bytes(11, "big") + bytes([last]))


def file(*stanzas, plain=b"age", **more):
    return header(*(stanzas or [x25519()]), **more) + NONCE + chunk(plain)


def armor(data, begin=BEGIN, end=END):
    return begin + b"".join(base64.b64encode(data[i : i + 48]) + b"\n" for i in range(0, len(data), 48)) + end


# ---- the cases ----


@dataclasses.dataclass
class Vector:
    expect: str
    data: bytes
    payload: bytes = b""  # all that may come out, also before a failure
    identities: tuple = (SECRET,)
    passphrase: bytes | None = None


def good(data, payload=b"age", **more):
    return Vector("success", data, payload, **more)


def bad(data, what="header failure", payload=b"", **more):
    return Vector(what, data, payload, **more)


def flip_last(text):
    """A stanza whose body has another tag."""
    head, line = text.rstrip(b"\n").rsplit(b"\n", 1)
    data = base64.b64decode(line + b"=")
    return head + b"\n" + b64(data[:-1] + bytes([data[-1] ^ 0xFF])) + b"\n"


def header_cases():
    right = header(x25519())
    mac = right.rstrip(b"\n").rsplit(b" ", 1)[1]
    start, rest = right[: -len(mac) - 2], NONCE + chunk(b"age")
    return {
        "empty": bad(b""),
        "version_unsupported": bad(file(version=b"v1234")),
        "header_crlf": bad(right.replace(b"\n", b"\r\n") + rest),
        "hmac_bad": bad(start + b" " + b64(bytes(32)) + b"\n" + rest, "HMAC failure"),
        "hmac_extra_space": bad(start + b"  " + mac + b"\n" + rest),
        "hmac_garbage": bad(start + b" " + mac + b"AAA\n" + rest),
        "hmac_missing": bad(start + b"\n" + rest),
        "hmac_no_space": bad(start + mac + b"\n" + rest),
        "hmac_not_canonical": bad(start + b" " + not_canonical(mac) + b"\n" + rest),
        "hmac_trailing_space": bad(start + b" " + mac + b" \n" + rest),
        "hmac_truncated": bad(start + b" " + mac[:-1] + b"\n" + rest),
    }


def stanza_cases():
    visible = bytes(range(0x21, 0x7F))
    words = [visible[i : i + 8] for i in range(0, len(visible), 8)]
    return {
        "stanza_bad_start": bad(file(x25519(), b"-- stanza\n\n")),
        "stanza_base64_padding": bad(file(x25519(), b"-> stanza\nAAAAAAA=\n")),
        "stanza_empty_argument": bad(file(x25519(), b"-> stanza  argument\n\n")),
        "stanza_empty_body": good(file(stanza(b"empty"), x25519())),
        "stanza_empty_last_line": good(file(x25519(), stanza(b"stanza", data=b"A" * 96))),
        "stanza_invalid_character": bad(file(x25519(), "-> stanza è\n\n".encode())),
        "stanza_long_line": bad(file(x25519(), b"-> stanza\n" + b"A" * 68 + b"\n\n")),
        "stanza_missing_body": bad(file(x25519(), b"-> stanza\n")),
        "stanza_missing_final_line": bad(file(x25519(), b"-> stanza\n" + b"A" * 64 + b"\n")),
        "stanza_multiple_short_lines": bad(file(x25519(), b"-> stanza\n" + b"A" * 32 + b"\n" + b"A" * 32 + b"\n")),
        "stanza_no_arguments": bad(file(x25519(), b"->\n\n")),
        "stanza_not_canonical": bad(file(x25519(), b"-> stanza\n" + not_canonical(b64(b"body")) + b"\n")),
        "stanza_spurious_cr": bad(file(x25519(), b"-> stanza\nAAAA\r\n")),
        "stanza_valid_characters": good(file(stanza(*words[:6]), stanza(*words[6:]), x25519())),
    }


def x25519_cases():
    right = x25519()
    share = right.split(b"\n")[0].split(b" ")[2]
    return {
        "x25519": good(file()),
        "x25519_bad_tag": bad(file(flip_last(right)), "no match"),
        "x25519_extra_argument": bad(file(x25519(more=(b"1234",)))),
        "x25519_grease": good(file(stanza(b"grease"), right, stanza(b"grease"))),
        "x25519_identity": bad(file(x25519(share=bytes(32)))),
        "x25519_long_file_key": bad(file(x25519(file_key=b"A LONGER YELLOW SUBMARINE"), file_key=b"A LONGER YELLOW SUBMARINE")),
        "x25519_long_share": bad(file(x25519(share=bytes(31) + b"\1\0"))),
        "x25519_low_order": bad(file(x25519(share=LOW_ORDER))),
        "x25519_lowercase": bad(file(x25519(kind=b"x25519")), "no match"),
        "x25519_multiple_recipients": good(file(x25519(OTHER), right)),
        "x25519_no_match": bad(file(x25519(OTHER)), "no match"),
        "x25519_not_canonical_body": bad(file(not_canonical(right.rstrip(b"\n")) + b"\n")),
        "x25519_not_canonical_share": bad(file(right.replace(share, not_canonical(share)))),
        "x25519_short_share": bad(file(x25519(share=bytes(30) + b"\1"))),
    }


def scrypt_cases():
    def told(work):
        return bad(file(scrypt(told=work)))

    right = scrypt()
    salt = right.split(b" ")[2]
    cases = {
        "scrypt": good(file(right)),
        "scrypt_and_x25519": bad(file(right, x25519())),
        "scrypt_bad_tag": bad(file(flip_last(right)), "no match"),
        "scrypt_double": bad(file(right, scrypt(b"hunter2"))),
        "scrypt_extra_argument": bad(file(scrypt(more=(b"1234",)))),
        "scrypt_long_file_key": bad(file(scrypt(file_key=b"A LONGER YELLOW SUBMARINE"), file_key=b"A LONGER YELLOW SUBMARINE")),
        "scrypt_no_match": bad(file(scrypt(b"hunter2")), "no match"),
        "scrypt_not_canonical_body": bad(file(not_canonical(right.rstrip(b"\n")) + b"\n")),
        "scrypt_not_canonical_salt": bad(file(right.replace(salt, not_canonical(salt)))),
        "scrypt_salt_long": bad(file(scrypt(salt=b"seventeen of salt"))),
        "scrypt_salt_missing": bad(file(right.replace(salt + b" ", b""))),
        "scrypt_salt_short": bad(file(scrypt(salt=b"fifteen of salt"))),
        "scrypt_uppercase": bad(file(scrypt(kind=b"Scrypt")), "no match"),
        "scrypt_work_factor_23": told(b"23"),
        "scrypt_work_factor_hex": told(b"0xA"),
        "scrypt_work_factor_leading_garbage": told(b"aaaa10"),
        "scrypt_work_factor_leading_plus": told(b"+10"),
        "scrypt_work_factor_leading_zero_decimal": told(b"010"),
        "scrypt_work_factor_leading_zero_octal": told(b"012"),
        "scrypt_work_factor_missing": told(b""),
        "scrypt_work_factor_negative": told(b"-10"),
        "scrypt_work_factor_overflow": told(str((1 << 63) + 10).encode()),
        "scrypt_work_factor_trailing_garbage": told(b"10aaaa"),
        "scrypt_work_factor_wrong": bad(file(scrypt(work=12, told=b"10")), "no match"),
        "scrypt_work_factor_zero": told(b"0"),
    }
    return {name: dataclasses.replace(case, passphrase=b"password", identities=()) for name, case in cases.items()}


def stream_cases():
    start = header(x25519())
    zero, one, two = bytes(CHUNK), b"\1" * CHUNK, b"\2" * CHUNK

    def made(*parts):
        return start + NONCE + b"".join(parts)

    def flip(data):
        return data[:-1] + bytes([data[-1] ^ 1])

    def failing(data, payload=b""):
        return bad(data, "payload failure", payload)

    first, garbage = chunk(zero, 0, False), b"twenty bytes garbage"
    return {
        "stream_bad_tag": failing(made(flip(chunk(b"age")))),
        "stream_bad_tag_second_chunk": failing(made(first, flip(chunk(b"age", 1))), zero),
        "stream_bad_tag_second_chunk_full": failing(made(first, flip(chunk(one, 1))), zero),
        "stream_empty_payload": good(made(chunk(b"")), b""),
        "stream_last_chunk_empty": failing(made(first, chunk(b"", 1)), zero),
        "stream_last_chunk_full": good(made(chunk(zero)), zero),
        "stream_last_chunk_full_second": good(made(first, chunk(one, 1)), zero + one),
        "stream_missing_tag": failing(made(chunk(b"age")[:-16])),
        "stream_no_chunks": failing(made()),
        "stream_no_final": failing(made(chunk(b"age", 0, False))),
        "stream_no_final_full": failing(made(first), zero),
        "stream_no_final_two_chunks": failing(made(first, chunk(b"age", 1, False)), zero),
        "stream_no_final_two_chunks_full": failing(made(first, chunk(one, 1, False)), zero + one),
        "stream_no_nonce": bad(start),
        "stream_short_nonce": bad(start + NONCE[:12]),
        "stream_short_chunk": failing(made(garbage[:12])),
        "stream_short_second_chunk": failing(made(first, garbage[:12]), zero),
        "stream_three_chunks": good(made(first, chunk(one, 1, False), chunk(two, 2)), zero + one + two),
        "stream_trailing_garbage_long": failing(made(chunk(zero), garbage), zero),
        "stream_trailing_garbage_short": failing(made(chunk(zero), garbage[:12]), zero),
        "stream_two_chunks": good(made(first, chunk(b"age", 1)), zero + b"age"),
        "stream_two_final_chunks": failing(made(chunk(zero), chunk(b"age", 1)), zero),
        "stream_two_final_chunks_full": failing(made(chunk(zero), chunk(one, 1)), zero),
        # Not in that suite: what the issue of moved chunks is about.
        "stream_swapped": failing(made(chunk(one, 1, False), first, chunk(two, 2))),
        "stream_repeated": failing(made(first, first, chunk(two, 2)), zero),
        "stream_removed": failing(made(first, chunk(two, 2)), zero),
    }


def armor_cases():
    data = file()
    text = armor(data)
    long = b"age" + b"!" * (-len(data) % 48)
    full_text = armor(file(plain=long))
    two = next(file(plain=b"a" * n) for n in range(1, 4) if len(file(plain=b"a" * n)) % 3 == 1)
    lines = text.split(b"\n")

    def failing(wrong, what="armor failure", payload=b""):
        return bad(wrong, what, payload)

    return {
        "armor": good(text),
        "armor_crlf": good(text.replace(b"\n", b"\r\n")),
        "armor_empty": bad(BEGIN + END),
        "armor_empty_last_line": failing(full_text.replace(END, b"\n" + END)),
        "armor_empty_line_begin": failing(text.replace(BEGIN, BEGIN + b"\n")),
        "armor_empty_line_end": failing(text.replace(END, b"\n" + END)),
        "armor_eol_between_padding": failing(armor(two).replace(b"==", b"=\n=")),
        "armor_full_last_line": good(full_text, long),
        "armor_garbage_encoded": failing(armor(header(x25519()) + NONCE + chunk(bytes(CHUNK)) + b"garbage"), "payload failure", bytes(CHUNK)),
        "armor_garbage_leading": bad(b"garbage\n" + text),
        "armor_garbage_trailing": failing(text + b"garbage\n"),
        "armor_header_crlf": bad(armor(header(x25519()).replace(b"\n", b"\r\n") + NONCE + chunk(b"age"))),
        "armor_headers": failing(text.replace(BEGIN, BEGIN + b"Headers: are\nNot: allowed\n\n")),
        "armor_invalid_character_header": failing(text.replace(lines[1], b"*" + lines[1][1:])),
        "armor_invalid_character_payload": failing(text.replace(lines[-3], b"*" + lines[-3][1:])),
        "armor_long_line": failing(text.replace(b"\n".join(lines[1:3]), lines[1] + lines[2][:4] + b"\n" + lines[2][4:])),
        "armor_lowercase": failing(text.replace(BEGIN, BEGIN.lower()).replace(END, END.lower())),
        "armor_no_end_line": failing(text.replace(END, b"")),
        "armor_no_eol": good(text[:-1]),
        "armor_no_match": bad(armor(file(x25519(OTHER))), "no match"),
        "armor_no_padding": failing(armor(two).replace(b"==", b"")),
        "armor_not_canonical": failing(not_canonical(armor(two).split(b"==")[0]) + b"==\n" + END),
        "armor_pgp_checksum": failing(text.replace(END, b"=AAAA\n" + END)),
        "armor_scrypt": good(armor(file(scrypt())), passphrase=b"password", identities=()),
        "armor_short_line": failing(text.replace(BEGIN + lines[1], BEGIN + lines[1][:16] + b"\n" + lines[1][16:])),
        "armor_whitespace_begin": failing(text.replace(BEGIN, b"----- BEGIN AGE ENCRYPTED FILE -----\n")),
        "armor_whitespace_end": failing(text.replace(END, b"----- END AGE ENCRYPTED FILE -----\n")),
        "armor_whitespace_eol": failing(text.replace(lines[1], lines[1] + b" ")),
        "armor_whitespace_last_line": failing(text.replace(lines[-3], lines[-3] + b" ")),
        "armor_whitespace_line_start": failing(text.replace(lines[1], b" " + lines[1])),
        "armor_whitespace_outside": good(b"\n   \t\n" + text + b"\n   \t\n"),
        "armor_wrong_type": failing(text.replace(b"FILE", b"MESSAGE")),
    }


def cases():
    parts = (header_cases(), stanza_cases(), x25519_cases(), scrypt_cases(), stream_cases(), armor_cases())
    return {name: case for part in parts for name, case in part.items()}
