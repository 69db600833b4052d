"""The project's examples of nginx and Caddy in front of a server, on free ports; nginx with a certificate of our own."""

import datetime
import http.client
import http.server
import os
import socket
import ssl
import subprocess
import threading
import time
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from .server import free_port

HOST = "meet.example.org"
DEPLOY = Path(__file__).parents[3] / "deploy"
EXAMPLE = DEPLOY / "nginx/omeet.conf"


def tool(name: str) -> str:
    """A program that tests/lib/install.sh unpacked, or one of this machine."""
    folders = [Path(os.environ.get("OMEET_TOOLS", "/nowhere")) / folder for folder in ("usr/sbin", "usr/bin", "bin")] + [Path("/usr/bin"), Path("/usr/sbin")]
    found = [folder / name for folder in folders if (folder / name).is_file()]
    assert found, f"{name} is not there: tests/lib/install.sh unpacks it, and OMEET_TOOLS names the folder"
    return str(found[0])


def certificate(folder: Path):
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    builder = builder.not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1))
    signed = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False).sign(key, hashes.SHA256())
    (folder / "fullchain.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "privkey.pem").write_bytes(private)


def stand_in(name: str) -> http.server.ThreadingHTTPServer:
    """A service that answers what it was asked with, so that it is seen who was asked; and leads on to where only its caller may go."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = f"{name} stand-in: {self.path} by {self.headers['Host']} {self.headers['X-Forwarded-Proto']}".encode()
            self.send_response(200)
            self.send_header("Location", "/led-on#canary-location")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


class Nginx:
    has_access_log = True

    def __init__(self, folder: Path, *omeet_ports: int):
        folder.mkdir(parents=True)
        certificate(folder)
        self.folder, self.plain, self.secure = folder, free_port(), free_port()
        self.log = folder / "omeet.log"
        self.odoo = stand_in("odoo")
        (folder / "omeet.conf").write_text(self.example(omeet_ports, self.odoo.server_port))
        (folder / "nginx.conf").write_text(self.main())
        self.process = None

    def example(self, omeet_ports: tuple, odoo: int) -> str:
        """The example as it stands, with other ports and files."""
        text = EXAMPLE.read_text()
        for old, new in [
            ("    listen [::]:80;\n", ""),
            ("    listen [::]:443 ssl http2;\n", ""),
            ("listen 80;", f"listen 127.0.0.1:{self.plain};"),
            ("listen 443 ssl", f"listen 127.0.0.1:{self.secure} ssl"),
            ("    server 127.0.0.1:7780 max_fails=0;\n", "".join(f"    server 127.0.0.1:{port} max_fails=0;\n" for port in omeet_ports)),
            ("127.0.0.1:8069", f"127.0.0.1:{odoo}"),
            ("127.0.0.1:8072", f"127.0.0.1:{odoo}"),
            ("/etc/ssl/omeet/", f"{self.folder}/"),
            ("/var/log/nginx/omeet.log", str(self.log)),
        ]:
            assert old in text, old
            text = text.replace(old, new)
        return text

    def main(self) -> str:
        temporary = "".join(f"  {kind}_temp_path {self.folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        user = "user root;\n" if os.geteuid() == 0 else ""
        return f"{user}pid {self.folder}/pid;\ndaemon off;\nerror_log stderr info;\nevents {{}}\nhttp {{\n  access_log off;\n{temporary}  include {self.folder}/omeet.conf;\n}}\n"

    def start(self) -> "Nginx":
        command = [tool("nginx"), "-e", "stderr", "-p", str(self.folder), "-c", str(self.folder / "nginx.conf")]
        checked = subprocess.run([*command, "-t"], capture_output=True, text=True, timeout=30)
        assert checked.returncode == 0, checked.stderr
        with (self.folder / "error.log").open("w") as log:
            self.process = subprocess.Popen(command, stderr=log)
        for _ in range(200):
            try:
                self.get("/healthz")
                return self
            except ConnectionError:
                assert self.process.poll() is None, (self.folder / "error.log").read_text()
                time.sleep(0.02)
        raise AssertionError("nginx does not answer")

    def stop(self):
        self.odoo.shutdown()
        if self.process:
            self.process.terminate()
            self.process.wait(timeout=20)

    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.folder / "fullchain.pem")

    def get(self, path: str, plain: bool = False, body: bytes | None = None, **headers):
        """Status, headers and body, over TLS that is verified."""
        raw = socket.create_connection(("127.0.0.1", self.plain if plain else self.secure), timeout=20)
        connection = http.client.HTTPConnection(HOST)
        connection.sock = raw if plain else self.context().wrap_socket(raw, server_hostname=HOST)
        try:
            connection.request("POST" if body is not None else "GET", path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()


class Caddy:
    """One of the Caddy examples, without certificates: those it gets from elsewhere."""

    def __init__(self, folder: Path, example: str, omeet_port: int):
        folder.mkdir(parents=True)
        self.folder, self.port, self.odoo = folder, free_port(), stand_in("odoo")
        self.log, name = folder / "caddy.log", f"http://{HOST}:{self.port}"
        text = (DEPLOY / example / "Caddyfile").read_text()
        if example == "caddy":
            text = text.replace(f"{HOST} {{", f"{name} {{")
        self.has_access_log = "\tlog {" in text
        for old, port in [("omeet:7780", omeet_port), ("odoo:8069", self.odoo.server_port), ("odoo:8072", self.odoo.server_port)]:
            new, old = f"127.0.0.1:{port}", old if example == "container" else f"127.0.0.1:{old.split(':')[1]}"
            assert old in text, old
            text = text.replace(old, new)
        (folder / "Caddyfile").write_text("{\n\tadmin off\n}\n" + text)
        self.names = {"OMEET_HOST": name, "JITSI_HOST": f"http://jitsi.example.org:{self.port}", "HOME": str(folder)}
        self.process = None

    def start(self) -> "Caddy":
        command = [tool("caddy"), "run", "--adapter", "caddyfile", "--config", self.folder / "Caddyfile"]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(command, stderr=log, stdout=log, env=os.environ | self.names)
        for _ in range(500):
            try:
                self.get("/healthz")
                return self
            except ConnectionError:
                assert self.process.poll() is None, self.log.read_text()
                time.sleep(0.02)
        raise AssertionError("Caddy does not answer")

    def stop(self):
        self.odoo.shutdown()
        if self.process:
            self.process.terminate()
            self.process.wait(timeout=20)

    def get(self, path: str, body: bytes | None = None, **headers):
        """Status, headers and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        named = {"Host": f"{HOST}:{self.port}"} | {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request("POST" if body is not None else "GET", path, body, named)
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()
