"""The wire: connections that go where the egress guard said and end when the deadline says.

Timeouts of HTTP libraries hold for one operation each, so a server that sends one byte a second
could keep a worker for hours; here every operation gets what the deadline of the whole request
leaves. Everything above (TLS, HTTP, redirects, login flows) goes through this.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Final

import certifi
import httpcore

from connections.kit.clock import allowed
from connections.kit.egress import EgressPolicy, Resolver, resolve
from connections.kit.errors import ErrorKind, RemoteError

_write_bytes: Final = 65536
_most_addresses: Final = 4


class BoundStream(httpcore.NetworkStream):
    """A connection whose every operation ends with the deadline of the request."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Receive some bytes."""
        return self._stream.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all bytes, in pieces so that a slow reader meets the deadline too."""
        for start in range(0, len(buffer), _write_bytes):
            piece = buffer[start : start + _write_bytes]
            self._stream.write(piece, _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        """Hang up."""
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Encrypt, for the name in the address and not for the number behind it."""
        limit = _left(timeout, httpcore.ConnectTimeout)
        return BoundStream(self._stream.start_tls(ssl_context, server_hostname, limit))

    def get_extra_info(self, info: str) -> Any:
        """Tell about the socket or its encryption."""
        return self._stream.get_extra_info(info)


class GuardedBackend(httpcore.NetworkBackend):
    """Resolves, asks the egress policy, and connects to the very address that was judged."""

    def __init__(self, policy: EgressPolicy, resolver: Resolver = resolve) -> None:
        self.policy = policy
        self._resolver = resolver
        self._below = httpcore.SyncBackend()

    def locate(self, host: str, port: int) -> list[str]:
        """Give the addresses that may be reached under this name.

        Raises:
            RemoteError: there is no such host, or all its addresses are refused.
        """
        return self.policy.admitted(host, port, self._resolver(host, port))

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address that answers."""
        addresses = self.locate(host, port)[:_most_addresses]
        options = list(socket_options or ())
        for address in addresses[:-1]:
            try:
                return self._connect(address, port, timeout, local_address, options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return self._connect(addresses[-1], port, timeout, local_address, options)

    def _connect(
        self,
        address: str,
        port: int,
        timeout: float | None,
        local_address: str | None,
        options: Sequence[httpcore.SOCKET_OPTION],
    ) -> httpcore.NetworkStream:
        limit = _left(timeout, httpcore.ConnectTimeout)
        return BoundStream(
            self._below.connect_tcp(address, port, limit, local_address, options)
        )


@lru_cache(maxsize=64)
def tls_context(ca_certificate: str = "") -> ssl.SSLContext:
    """Make the rules for TLS: always verified, against public authorities and perhaps one more.

    Raises:
        RemoteError: CONFIG if `ca_certificate` is no certificate in PEM form.
    """
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    # Certificates of in-house authorities seldom keep to every letter of RFC 5280.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if ca_certificate.strip():
        try:
            context.load_verify_locations(cadata=ca_certificate)
        except (ssl.SSLError, ValueError) as error:
            message = (
                "The CA certificate is not readable. Paste it as text that begins with "
                "-----BEGIN CERTIFICATE-----."
            )
            raise RemoteError(ErrorKind.CONFIG, message) from error
    return context


def _left(timeout: float | None, over: type[httpcore.TimeoutException]) -> float | None:
    left = allowed(timeout)
    if left is not None and left <= 0:
        raise over("the deadline of the request is over")
    return left
