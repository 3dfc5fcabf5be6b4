"""Servers that are not what the config says they are: each fails at its own line of the test."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pytest_django import Settings

from connections import configs, discovery
from connections.kit.base import RemoteError
from connections.models import ConnectionConfig
from syncapp.tenants import actors
from syncapp.tenants.models import Tenant
from tests import making
from tests.make import NOW

Serve = Callable[..., str]


class Page(BaseHTTPRequestHandler):
    """A login page for everything that is asked."""

    body, kind, location = b"<html><title>Sign in</title></html>", "text/html", ""

    def do_GET(self) -> None:
        self.send_response(302 if self.location else 200)
        self.send_header("Content-Type", self.kind)
        self.send_header("Content-Length", str(len(self.body)))
        if self.location:
            self.send_header("Location", self.location)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  theirs
        """Say nothing."""


@pytest.fixture
def serve(settings: Settings) -> Iterator[Serve]:
    """Start servers at addresses that this installation may reach."""
    settings.SYNCAPP_EGRESS_ALLOW = "127.0.0.1"
    running: list[ThreadingHTTPServer] = []

    def start(certificate: Path | None = None, **how: object) -> str:
        handler = type("Handler", (Page,), how)
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        running.append(server)
        return f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_port}/"

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate that signed itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "erp of our own")])
    today = datetime.now(UTC)  # noqa: TID251  certificates live in real time
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


def odata(tenant: Tenant, endpoint: str, **settings: str) -> ConnectionConfig:
    return making.make_config(
        tenant,
        system_type="odata",
        endpoint=endpoint,
        settings={"auth": "none", **settings},
    )


def last_line(config: ConnectionConfig) -> tuple[str, bool, str]:
    check = configs.run_checks(config, actor=actors.COMMAND, now=lambda: NOW)[-1]
    return check.name, check.ok, check.message


def test_a_web_page_with_200_is_no_service(in_acme: Tenant, serve: Serve) -> None:
    name, ok, message = last_line(odata(in_acme, serve()))

    assert (name, ok) == ("auth", False)
    assert "html" in message.lower() or "web page" in message.lower()


def test_an_answer_that_is_cut_off_is_told(in_acme: Tenant, serve: Serve) -> None:
    address = serve(body=b'{"value": [{"name": ', kind="application/json")

    name, ok, message = last_line(odata(in_acme, address))

    assert (name, ok) == ("auth", False)
    assert "JSON" in message


def test_a_certificate_that_signed_itself_is_not_trusted(
    in_acme: Tenant, serve: Serve, certificate: Path
) -> None:
    name, ok, message = last_line(odata(in_acme, serve(certificate)))

    assert (name, ok) == ("tls", False)
    assert "certificate" in message


def test_it_is_trusted_once_its_authority_is_entered(
    in_acme: Tenant, serve: Serve, certificate: Path
) -> None:
    authority = certificate.read_text().partition("-----BEGIN PRIVATE KEY-----")[0]
    config = odata(in_acme, serve(certificate), ca_certificate=authority)

    checks = configs.run_checks(config, actor=actors.COMMAND, now=lambda: NOW)

    assert {check.name: check.ok for check in checks}["tls"] is True


def test_a_redirect_to_another_host_is_not_followed(in_acme: Tenant, serve: Serve) -> None:
    target = serve(body=b'{"value": []}', kind="application/json")
    config = odata(in_acme, serve(location=target))

    _, ok, message = last_line(config)

    assert not ok
    assert "sends us on to" in message


def test_the_same_words_stand_in_a_test_query(in_acme: Tenant, serve: Serve) -> None:
    config = odata(in_acme, serve())

    with pytest.raises(RemoteError) as error:
        discovery.sample(config, discovery.sample_query("Items", ""), now=lambda: NOW)

    assert error.value.message
