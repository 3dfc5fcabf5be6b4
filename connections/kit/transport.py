"""The transport under the client: guarded connections below, bounded and unpacked answers above.

An answer is read to its end right here, counted while it arrives and again while it is unpacked,
so neither an endless body nor a small one that unpacks into a huge one reaches anybody.
"""

from __future__ import annotations

import ssl
import zlib
from collections.abc import Iterator
from typing import Final

import httpcore
import httpx

from connections.kit.egress import EgressPolicy, Resolver, resolve
from connections.kit.wire import GuardedBackend, tls_context

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
USER_AGENT: Final = "syncapp"
ACCEPTED: Final = "gzip, deflate"
_packings: Final = {"gzip": 31, "x-gzip": 31, "deflate": 15}


class UnreadableError(httpx.TransportError):
    """An answer came and cannot be taken; the message says why, for people."""


class GuardedTransport(httpx.HTTPTransport):
    """httpx's own transport on our connections."""

    def __init__(
        self, policy: EgressPolicy, ca_certificate: str = "", resolver: Resolver = resolve
    ) -> None:
        self._context = tls_context(ca_certificate)
        super().__init__(verify=self._context, trust_env=False)
        self._backend = GuardedBackend(policy, resolver)
        # httpx gives no way to hand the network in; the pool is all that its transport makes.
        self._pool = httpcore.ConnectionPool(
            ssl_context=self._context,
            max_connections=20,
            max_keepalive_connections=10,
            keepalive_expiry=15.0,
            network_backend=self._backend,
        )

    def locate(self, host: str, port: int) -> list[str]:
        """Give the addresses that may be reached under this name."""
        return self._backend.locate(host, port)

    def handshake(self, host: str, port: int, seconds: float) -> str:
        """Connect, agree on TLS, hang up; says what was agreed.

        Raises:
            httpx.TransportError: as for a request.
        """
        try:
            plain = self._backend.connect_tcp(host, port, seconds)
            secure = plain.start_tls(self._context, host, seconds)
        except httpcore.TimeoutException as error:
            raise httpx.ConnectTimeout(str(error)) from error
        except httpcore.NetworkError as error:
            raise httpx.ConnectError(str(error)) from error
        agreed: ssl.SSLSocket = secure.get_extra_info("ssl_object")
        certificate = agreed.getpeercert() or {}
        secure.close()
        return f"{agreed.version()}, certificate valid until {certificate['notAfter']}."


class BoundedTransport(httpx.BaseTransport):
    """Gives whole answers, unpacked, and none above the limit."""

    def __init__(self, below: httpx.BaseTransport, max_bytes: int) -> None:
        self._below = below
        self._max_bytes = max_bytes

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send, and read the answer to its end.

        Raises:
            UnreadableError: it is too large or wrongly packed.
        """
        request.headers.setdefault("User-Agent", USER_AGENT)
        response = self._below.handle_request(request)
        try:
            content = self._content(request, response)
        finally:
            response.close()
        headers = [
            (name, value)
            for name, value in response.headers.raw
            if name.lower() not in _about_packing
        ]
        return httpx.Response(
            response.status_code,
            headers=headers,
            content=content,
            extensions=response.extensions,
        )

    def close(self) -> None:
        """Hang up all connections."""
        self._below.close()

    def _content(self, request: httpx.Request, response: httpx.Response) -> bytes:
        if request.method == "HEAD":
            return b""
        announced = response.headers.get("content-length", "")
        if announced.isdigit() and int(announced) > self._max_bytes:
            raise self._too_large(request)
        unpack = _unpacker(response.headers.get("content-encoding", ""), request)
        pieces: list[bytes] = []
        room = received = self._max_bytes
        try:
            for packed in _stream(response):
                received -= len(packed)
                for piece in unpack.feed(packed, room + 1):
                    pieces.append(piece)
                    room -= len(piece)
                if room < 0 or received < 0:
                    raise self._too_large(request)
        except zlib.error as error:
            raise _unreadable(request, "answered with damaged compression.") from error
        if not unpack.whole:
            raise _unreadable(request, "answered with a compressed body that is cut off.")
        return b"".join(pieces)

    def _too_large(self, request: httpx.Request) -> UnreadableError:
        size = f"{self._max_bytes / 1_000_000:.0f} MB"
        advice = "Ask for smaller pages, for fewer fields, or use a query filter."
        return _unreadable(request, f"answered with more than {size}, too much. {advice}")


def _stream(response: httpx.Response) -> Iterator[bytes]:
    # Not `iter_raw`: it refuses an answer that a recorded exchange has at hand as a whole.
    stream = response.stream
    assert isinstance(stream, httpx.SyncByteStream)
    yield from stream


class _Plain:
    """No packing."""

    whole = True

    def feed(self, data: bytes, room: int) -> list[bytes]:  # noqa: ARG002  as the other
        return [data]


class _Inflater:
    """Unpacks gzip and deflate, never more than there is room for."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._stream = zlib.decompressobj(window)
        self._begun = False

    @property
    def whole(self) -> bool:
        """The packed body came to its end, or there was none."""
        return self._stream.eof or not self._begun

    def feed(self, data: bytes, room: int) -> list[bytes]:
        pieces: list[bytes] = []
        while data and room > 0:
            if self._stream.eof:  # several packed bodies in a row are one
                self._stream = zlib.decompressobj(self._window)
            piece = self._inflate(data, room)
            self._begun = True
            pieces.append(piece)
            room -= len(piece)
            data = self._stream.unused_data or self._stream.unconsumed_tail
        return pieces

    def _inflate(self, data: bytes, room: int) -> bytes:
        try:
            return self._stream.decompress(data, room)
        except zlib.error:
            if self._begun or self._window != _packings["deflate"]:
                raise
            self._window = -15  # servers disagree on what "deflate" is
            self._stream = zlib.decompressobj(self._window)
            return self._stream.decompress(data, room)


_about_packing = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})


def _unpacker(encoding: str, request: httpx.Request) -> _Plain | _Inflater:
    name = encoding.strip().lower()
    if name in {"", "identity"}:
        return _Plain()
    if name in _packings:
        return _Inflater(_packings[name])
    raise _unreadable(request, f"answered packed as {name[:40]!r}, which was not asked for.")


def _unreadable(request: httpx.Request, what: str) -> UnreadableError:
    return UnreadableError(f"{request.url.host} {what}", request=request)
