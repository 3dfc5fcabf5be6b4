"""Answers are unpacked within bounds, however they are packed."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator

import httpx
import pytest

from connections.kit.transport import BoundedTransport, UnreadableError
from tests.every import every

LIMIT = 10_000
PLAIN = b'{"a":"' + b"x" * 3000 + b'"}'


class Packets(httpx.SyncByteStream):
    """A body that arrives in pieces of a size."""

    def __init__(self, body: bytes, size: int = 7) -> None:
        self.body = body
        self.size = size
        self.read = 0

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, len(self.body), self.size):
            self.read += self.size
            yield self.body[start : start + self.size]


def answer(
    body: bytes, encoding: str = "", method: str = "GET", **headers: str
) -> httpx.Response:
    named = {"Content-Encoding": encoding} if encoding else {}
    response = httpx.Response(200, headers={**named, **headers}, stream=Packets(body))
    transport = BoundedTransport(httpx.MockTransport(lambda _: response), LIMIT)
    return transport.handle_request(httpx.Request(method, "https://erp.example/"))


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


@every(
    ("body", "encoding"),
    [
        (PLAIN, ""),
        (PLAIN, "identity"),
        (gzip.compress(PLAIN), "gzip"),
        (gzip.compress(PLAIN[:9]) + gzip.compress(PLAIN[9:]), "X-GZIP"),
        (zlib.compress(PLAIN), "deflate"),
        (raw_deflate(PLAIN), "deflate"),
    ],
)
def test_bodies_are_unpacked(body: bytes, encoding: str) -> None:
    response = answer(body, encoding)

    assert response.content == PLAIN
    assert "content-encoding" not in response.headers
    assert response.headers["content-length"] == str(len(PLAIN))


def test_an_empty_body_is_no_damage() -> None:
    assert answer(b"", "gzip").content == b""


def test_a_head_has_no_body() -> None:
    assert answer(b"ignored", "gzip", "HEAD", **{"Content-Length": "99999999"}).content == b""


@every(
    ("body", "encoding", "words"),
    [
        (b"x" * (LIMIT + 1), "", "more than"),
        (gzip.compress(b" " * 3_000_000), "gzip", "more than"),
        (zlib.compress(b" " * 3_000_000), "deflate", "more than"),
        (gzip.compress(b"x" * 5000)[:-12], "gzip", "cut off"),
        (b"no gzip at all", "gzip", "damaged"),
        (zlib.compress(PLAIN)[:40] + b"\xff" * 40, "deflate", "damaged"),
        (PLAIN, "br", "not asked for"),
        (PLAIN, "gzip, gzip", "not asked for"),
    ],
)
def test_what_cannot_be_taken_is_named(body: bytes, encoding: str, words: str) -> None:
    with pytest.raises(UnreadableError, match=words):
        answer(body, encoding)


def test_an_announced_size_is_believed_before_anything_is_read() -> None:
    stream = Packets(b"x" * 100)
    response = httpx.Response(200, headers={"Content-Length": "99999999"}, stream=stream)
    transport = BoundedTransport(httpx.MockTransport(lambda _: response), LIMIT)

    with pytest.raises(UnreadableError):
        transport.handle_request(httpx.Request("GET", "https://erp.example/"))

    assert stream.read == 0


def test_a_bomb_is_not_read_to_its_end() -> None:
    bomb = Packets(gzip.compress(b" " * 3_000_000), size=64)
    response = httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=bomb)
    transport = BoundedTransport(httpx.MockTransport(lambda _: response), LIMIT)

    with pytest.raises(UnreadableError):
        transport.handle_request(httpx.Request("GET", "https://erp.example/"))

    assert bomb.read < 1000


def test_every_request_names_us() -> None:
    seen: list[str] = []

    def app(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["User-Agent"])
        return httpx.Response(204)

    transport = BoundedTransport(httpx.MockTransport(app), LIMIT)
    transport.handle_request(httpx.Request("POST", "https://login.example/"))
    transport.close()

    assert seen == ["syncapp"]
