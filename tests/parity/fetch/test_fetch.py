# SPDX-License-Identifier: Apache-2.0
"""`bulwark fetch` against real TLS servers on loopback: what is right passes, and nothing else does.

Usage: test_fetch.py BULWARK [unittest arguments]
"""

import hashlib
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import warnings
from pathlib import Path

from server import BODY, DIGEST, Certificates, Server

BULWARK = ""


def setUpModule():
    if shutil.which("openssl") is None:
        raise unittest.SkipTest("SKIP fetch: the openssl program is not installed")
    global FOLDER, CERTIFICATES, PLAIN, GOOD
    FOLDER = tempfile.TemporaryDirectory()
    CERTIFICATES = Certificates(Path(FOLDER.name))
    PLAIN = Server()
    GOOD = Server(CERTIFICATES.good, plain_port=PLAIN.port)


def tearDownModule():
    FOLDER.cleanup()


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        GOOD.asked.clear()

    def fetch(self, url, *more, digest=DIGEST, ca=True, **environment):
        trust = ["--ca", CERTIFICATES.ca[0]] if ca else []
        command = [BULWARK, "fetch", url, "-q", "-o", "out", "--digest", digest, *trust, *more]
        return subprocess.run([str(word) for word in command], cwd=self.folder, capture_output=True, text=True, timeout=60,
                              env=os.environ | environment)  # fmt: skip

    def files(self):
        return sorted(path.name for path in self.folder.iterdir())

    def check_good(self, done):
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        self.assertEqual(self.files(), ["out"])
        self.assertEqual((self.folder / "out").read_bytes(), BODY)

    def check_failure(self, done, code, pattern, left=()):
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertRegex(done.stderr, pattern)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertEqual(self.files(), list(left))


class Servers(Case):
    def test_good(self):
        for path, more in (("good", ()), ("to-good", ()), ("good?a=b", ()), ("good", ("--pin", CERTIFICATES.pin(CERTIFICATES.good)))):
            with self.subTest(path=path):
                self.check_good(self.fetch(GOOD.url(path), *more))

    def test_one_of_several_pins(self):
        pins = [CERTIFICATES.pin(leaf) for leaf in (CERTIFICATES.other_key, CERTIFICATES.good)]
        self.check_good(self.fetch(GOOD.url("good"), "--pin", pins[0], "--pin", pins[1]))

    def test_other_digests(self):
        for name in ("sha384", "sha512"):
            self.check_good(self.fetch(GOOD.url("good"), digest=f"{name}:{hashlib.new(name, BODY).hexdigest()}"))

    def test_certificates(self):
        rows = [
            ("self_signed", "self-signed|self signed"),
            ("wrong_host", "does not match|no alternative certificate subject name"),
            ("expired", "expired"),
            ("early", "not yet valid"),
            ("untrusted", "unable to get local issuer"),
        ]
        for name, pattern in rows:
            with self.subTest(certificate=name):
                server = Server(getattr(CERTIFICATES, name))
                self.check_failure(self.fetch(server.url("good")), 1, pattern)
                self.assertEqual(server.asked, [], "no request before the certificate is verified")

    def test_only_the_authorities_named(self):
        self.check_failure(self.fetch(GOOD.url("good"), ca=False), 1, "unable to get local issuer")

    def test_wrong_pin(self):
        done = self.fetch(GOOD.url("good"), "--pin", CERTIFICATES.pin(CERTIFICATES.other_key))
        self.check_failure(done, 1, "public key is none of those pinned")
        self.assertEqual(GOOD.asked, [])

    def test_old_tls(self):
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
            server = Server(CERTIFICATES.good, most=ssl.TLSVersion.TLSv1_1)
        self.check_failure(self.fetch(server.url("good")), 3, "(?i)version|protocol")

    def test_bodies(self):
        rows = [
            ("truncated", 3, "truncated after 100000 bytes", [".out.part"], ()),
            ("flipped", 1, "its digest is sha256:[0-9a-f]{64}, not the one", [], ()),
            ("endless", 4, "more than 1000000 bytes, the limit", [], ("--limit", 1_000_000)),
            ("long", 4, "more than 1000000 bytes, the limit", [], ("--limit", 1_000_000)),
            ("good", 4, "more than 299999 bytes, the limit", [], ("--limit", len(BODY) - 1)),
            ("slow", 3, "less than 1024 bytes a second, for 2 s", [".out.part"], ("--stall", 2)),
            ("missing", 3, "the server answers 404", [], ()),
            ("to-http", 1, "a redirect leads away from HTTPS", [], ()),
            ("to-file", 1, "a redirect leads away from HTTPS", [], ()),
            ("loop", 4, "more than 3 redirects", [], ()),
        ]
        for path, code, pattern, left, more in rows:
            with self.subTest(path=path):
                self.check_failure(self.fetch(GOOD.url(path), *more), code, pattern, left)
                (self.folder / ".out.part").unlink(missing_ok=True)
        self.assertEqual(PLAIN.asked, [], "nothing is asked for without TLS")

    def test_exact_limit(self):
        self.check_good(self.fetch(GOOD.url("good"), "--limit", len(BODY)))

    def test_nobody_there(self):
        server = Server(CERTIFICATES.good)
        url = server.url("good")
        server.shutdown()
        server.server_close()
        self.check_failure(self.fetch(url), 3, "(?i)connect")

    def test_environment_is_ignored(self):
        self.check_good(self.fetch(GOOD.url("good"), https_proxy="http://127.0.0.1:1", ALL_PROXY="http://127.0.0.1:1",
                                   CURL_CA_BUNDLE="/nonexistent", SSL_CERT_FILE="/nonexistent"))  # fmt: skip

    def test_existing_file_stays_on_failure(self):
        (self.folder / "out").write_bytes(b"old")
        self.check_failure(self.fetch(GOOD.url("flipped")), 1, "digest", ["out"])
        self.assertEqual((self.folder / "out").read_bytes(), b"old")
        self.check_good(self.fetch(GOOD.url("good")))


class Resuming(Case):
    def part(self, data):
        (self.folder / ".out.part").write_bytes(data)

    def test_goes_on_where_it_broke_off(self):
        self.check_failure(self.fetch(GOOD.url("truncated")), 3, "truncated", [".out.part"])
        self.check_good(self.fetch(GOOD.url("good")))
        self.assertEqual(GOOD.asked[-1], ("/good", "bytes=100000-"))

    def test_what_was_there_counts(self):
        self.part(b"x" + BODY[1:200_000])
        self.check_good(self.fetch(GOOD.url("good")))
        self.assertEqual([asked for _, asked in GOOD.asked], ["bytes=200000-", None])

    def test_servers_without_ranges(self):
        self.part(BODY[:200_000])
        self.check_good(self.fetch(GOOD.url("no-range")))

    def test_more_than_there_is(self):
        for data in (BODY, BODY + b"x", BODY * 2):
            self.part(data)
            self.check_good(self.fetch(GOOD.url("good")))

    def test_more_than_the_limit(self):
        self.part(b"x" * (len(BODY) + 1))
        self.check_good(self.fetch(GOOD.url("good"), "--limit", len(BODY)))

    def test_flipped_rest(self):
        self.part(BODY[:200])
        self.check_failure(self.fetch(GOOD.url("flipped")), 1, "digest")

    def test_links_are_not_followed(self):
        (self.folder / "victim").write_bytes(b"precious")
        (self.folder / ".out.part").symlink_to("victim")
        self.check_failure(self.fetch(GOOD.url("good")), 3, "cannot create", [".out.part", "victim"])
        self.assertEqual((self.folder / "victim").read_bytes(), b"precious")

    def test_interrupted(self):
        command = [BULWARK, "fetch", GOOD.url("slow"), "-q", "-o", "out", "-d", DIGEST, "--ca", CERTIFICATES.ca[0]]
        running = subprocess.Popen([str(word) for word in command], cwd=self.folder, stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 30
        while not (self.folder / ".out.part").exists() or (self.folder / ".out.part").stat().st_size == 0:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        other = self.fetch(GOOD.url("good"))
        self.check_failure(other, 3, "written by another download", [".out.part"])
        running.send_signal(signal.SIGINT)
        _, error = running.communicate(timeout=30)
        self.assertEqual(running.returncode, 130, error)
        self.check_good(self.fetch(GOOD.url("good")))


class Usage(Case):
    def test_rows(self):
        url, zeros = GOOD.url("good"), "0" * 64
        rows = [
            ([url], "needs --digest"),
            ([url, "-d", "md5:00"], "the digest must be"),
            ([url, "-d", "sha256:" + zeros[1:]], "the digest must be"),
            ([url, "-d", "sha256:" + zeros + "0"], "the digest must be"),
            ([url, "-d", zeros], "the digest must be"),
            ([url.replace("https", "http"), "-d", DIGEST], "only https"),
            (["file:///etc/hostname", "-d", DIGEST], "only https"),
            ([url, "-d", DIGEST, "--pin", "sha256//AAAA"], "a pin must be"),
            ([url, "-d", DIGEST, "--pin", "sha1//" + "A" * 43 + "="], "a pin must be"),
            ([url, "-d", DIGEST, "--limit", "0"], "above 0"),
            (["https://localhost/", "-d", DIGEST], "ends in no name"),
            (["https://localhost/a/..", "-d", DIGEST], "ends in no name"),
        ]
        for arguments, pattern in rows:
            with self.subTest(arguments=arguments):
                done = subprocess.run([BULWARK, "fetch", *arguments], cwd=self.folder, capture_output=True, text=True)
                self.check_failure(done, 2, re.compile(pattern))

    def test_name_from_url(self):
        command = [BULWARK, "fetch", GOOD.url("good?query"), "-q", "-d", DIGEST, "--ca", CERTIFICATES.ca[0]]
        subprocess.run([str(word) for word in command], cwd=self.folder, check=True)
        self.assertEqual(self.files(), ["good"])


if __name__ == "__main__":
    BULWARK = str(Path(sys.argv[1]).resolve())
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
