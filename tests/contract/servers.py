"""HTTP servers on loopback that answer as a test wants them to."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from syncapp import canonical


@dataclass(frozen=True)
class Request:
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return unquote(urlsplit(self.target).path)

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def json(self) -> Any:
        return canonical.loads(self.body)


@dataclass
class Reply:
    """An answer; `pieces` are sent as they come, with the connection closed behind them."""

    status: int = 200
    json: Any = None
    body: bytes = b""
    type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    pieces: Callable[[], Iterator[bytes]] | None = None


App = Callable[[Request], Reply]


class Server(ThreadingHTTPServer):
    """Answers with `app`, and remembers what it was asked."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 32

    def __init__(self, app: App, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.app = app
        self.requests: list[Request] = []
        self.connections = 0
        self._tls = tls
        thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        thread.start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://{self.host}"

    def get_request(self) -> Any:
        connection, address = super().get_request()
        self.connections += 1
        return connection, address

    def finish_request(self, request: Any, client_address: Any) -> None:
        if not self._tls:
            super().finish_request(request, client_address)
            return
        request.settimeout(5)
        with self._tls.wrap_socket(request, server_side=True) as encrypted:
            super().finish_request(encrypted, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up in the middle are what the tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def _answer(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length)
        request = Request(self.command, self.path, dict(self.headers.items()), body)
        self.server.requests.append(request)
        reply = self.server.app(request)
        if reply.pieces is not None:
            self.close_connection = True
            for piece in reply.pieces():
                self.wfile.write(piece)
            return
        content = reply.body if reply.json is None else canonical.dumps(reply.json)
        head = [f"HTTP/1.1 {reply.status} Said So", f"Date: {self.date_time_string()}"]
        if reply.type and content:
            head.append(f"Content-Type: {reply.type}")
        head += [f"{name}: {value}" for name, value in reply.headers.items()]
        if reply.status != 204:
            head.append(f"Content-Length: {len(content)}")
        text = "\r\n".join(head) + "\r\n\r\n"
        self.wfile.write(text.encode() + (b"" if self.command == "HEAD" else content))

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


@contextmanager
def serving(app: App, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Serve for the time of a block."""
    server = Server(app, tls)
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def dripping(first: bytes, piece: bytes = b" ", pause: float = 0.05, most: int = 200) -> Reply:
    """Send a beginning, and then a little at a time."""

    def pieces() -> Iterator[bytes]:
        yield first
        for _ in range(most):
            time.sleep(pause)
            yield piece

    return Reply(pieces=pieces)


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate with its key, in a directory."""

    pem: str
    context: ssl.SSLContext


def self_signed(
    directory: Path, *, name: str = "127.0.0.1", expired: bool = False
) -> Certificate:
    """Make a certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime(2026, 1, 1, tzinfo=UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    other: x509.GeneralName
    try:
        other = x509.IPAddress(ip_address(name))
    except ValueError:
        other = x509.DNSName(name)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=9000))
        .not_valid_after(now - timedelta(days=1) if expired else now + timedelta(days=36500))
        .add_extension(x509.SubjectAlternativeName([other]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (directory / "both.pem").write_bytes(pem + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "both.pem")
    return Certificate(pem.decode(), context)
