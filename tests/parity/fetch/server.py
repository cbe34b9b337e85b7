# SPDX-License-Identifier: Apache-2.0
"""HTTPS servers on loopback that do what servers should not, with certificates made here by openssl."""

import hashlib
import http.server
import itertools
import ssl
import subprocess
import threading
import time

BODY = bytes(i * 7 % 256 for i in range(300_000))
DIGEST = "sha256:" + hashlib.sha256(BODY).hexdigest()


def openssl(*arguments, **more):
    return subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, **more).stdout


class Certificates:
    """Two authorities, and leaves that are right or wrong in one way each."""

    def __init__(self, folder):
        self.folder = folder
        self.ca = self.authority("ca")
        self.other_ca = self.authority("other")
        here = "DNS:localhost,IP:127.0.0.1"
        self.good = self.leaf("good", self.ca, here)
        self.other_key = self.leaf("other-key", self.ca, here)
        self.wrong_host = self.leaf("wrong-host", self.ca, "DNS:elsewhere.example")
        self.expired = self.leaf("expired", self.ca, here, "20200101000000Z", "20200201000000Z")
        self.early = self.leaf("early", self.ca, here, "29980101000000Z", "29990101000000Z")
        self.untrusted = self.leaf("untrusted", self.other_ca, here)
        self.self_signed = self.authority("self-signed", here)

    def authority(self, name, san="DNS:ca.example"):
        """A certificate that signs itself; (certificate, key)."""
        files = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                "-days", 2, "-addext", f"subjectAltName={san}", "-out", files[0], "-keyout", files[1])  # fmt: skip
        return files

    def leaf(self, name, issuer, san, start=None, end=None):
        folder = self.folder / f"ca-{name}"
        folder.mkdir()
        (folder / "index").write_text("")
        config = folder / "config"
        config.write_text(f"[ca]\ndefault_ca=d\n[d]\ndatabase={folder}/index\nnew_certs_dir={folder}\nrand_serial=yes\n"
                          f"default_md=sha256\npolicy=p\nx509_extensions=x\n[p]\ncommonName=supplied\n"
                          f"[x]\nsubjectAltName={san}\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n")  # fmt: skip
        files = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                "-out", folder / "request", "-keyout", files[1])  # fmt: skip
        dates = ["-startdate", start, "-enddate", end] if start else ["-days", 2]
        openssl("ca", "-batch", "-config", config, "-cert", issuer[0], "-keyfile", issuer[1], "-in", folder / "request",
                "-out", files[0], "-notext", *dates)  # fmt: skip
        return files

    def pin(self, leaf):
        key = openssl("pkey", "-in", leaf[1], "-pubout", "-outform", "DER")
        return "sha256//" + openssl("base64", "-A", input=openssl("dgst", "-sha256", "-binary", input=key)).decode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def start(self, code=200, length=len(BODY), **headers):
        self.send_response(code)
        if length is not None:
            self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def do_GET(self):
        asked = self.headers.get("Range")
        self.server.asked.append((self.path, asked))
        self.close_connection = True
        try:
            getattr(self, "get_" + self.path.strip("/").replace("-", "_").split("?")[0])(asked)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            pass

    def get_good(self, asked):
        if asked is None:
            self.start()
            self.wfile.write(BODY)
            return
        first = int(asked.removeprefix("bytes=").removesuffix("-"))
        if first >= len(BODY):
            self.start(416, 0, Content_Range=f"bytes */{len(BODY)}")
            return
        self.start(206, len(BODY) - first, Content_Range=f"bytes {first}-{len(BODY) - 1}/{len(BODY)}")
        self.wfile.write(BODY[first:])

    def get_no_range(self, _):
        self.get_good(None)

    def get_truncated(self, _):
        self.start()
        self.wfile.write(BODY[:100_000])

    def get_flipped(self, _):
        self.start()
        self.wfile.write(BODY[:1000] + bytes([BODY[1000] ^ 1]) + BODY[1001:])

    def get_endless(self, _):
        self.start(length=None)
        while True:
            self.wfile.write(BODY)

    def get_long(self, _):
        self.start(length=1 << 40)
        self.wfile.write(BODY)

    def get_slow(self, _):
        self.start()
        for byte in BODY[:200]:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            time.sleep(0.05)

    def get_missing(self, _):
        self.start(404, 0)

    def get_to_http(self, _):
        self.start(302, 0, Location=f"http://127.0.0.1:{self.server.plain_port}/good")

    def get_to_file(self, _):
        self.start(302, 0, Location="file:///etc/hostname")

    def get_to_good(self, _):
        self.start(302, 0, Location="/good")

    def get_loop(self, _):
        self.start(302, 0, Location="/loop")


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, leaf=None, most=None, plain_port=0):
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked, self.plain_port = [], plain_port
        if leaf is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*leaf)
            if most is not None:
                context.set_ciphers("ALL:@SECLEVEL=0")
                context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, most
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        pass

    @property
    def port(self):
        return self.server_address[1]

    def url(self, path, host="localhost"):
        return f"https://{host}:{self.port}/{path}"
