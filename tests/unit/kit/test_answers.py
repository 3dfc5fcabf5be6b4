"""An answer is JSON in UTF-8, or an error says what it is instead."""

from __future__ import annotations

from decimal import Decimal

import httpx
import pytest

from connections.kit.answers import body_of, json_of
from connections.kit.errors import ErrorKind, RemoteError
from tests.every import every


def answer(
    content: bytes, kind: str = "application/json", method: str = "GET"
) -> httpx.Response:
    request = httpx.Request(method, "https://erp.example/x")
    headers = {"Content-Type": kind} if kind else {}
    return httpx.Response(200, content=content, headers=headers, request=request)


@every(
    ("content", "kind"),
    [
        (b'{"a":1.10}', "application/json"),
        (b'{"a":1.10}', "application/problem+json; charset=UTF-8"),
        (b'{"a":1.10}', "text/plain"),
        (b'{"a":1.10}', ""),
        (b'\xef\xbb\xbf{"a":1.10}', "application/json"),
        ('{"a":1.10}'.encode("utf-16"), "application/json; charset=utf-16"),
    ],
)
def test_json_is_decoded_exactly(content: bytes, kind: str) -> None:
    assert json_of(answer(content, kind)) == {"a": Decimal("1.10")}


def test_a_named_character_set_is_obeyed() -> None:
    latin = answer('["Müller"]'.encode("latin-1"), "application/json; charset=iso-8859-1")

    assert body_of(latin) == '["Müller"]'.encode()


@every(
    ("content", "kind", "words"),
    [
        (b"<p>Log in", "text/html; charset=utf-8", "web page (text/html)"),
        (b"<!DOCTYPE html><p>", "", "web page (no content type)"),
        (b'["M\xfcller"]', "application/json", "not valid utf-8"),
        (b"[]", "application/json; charset=klingon", "unknown character set 'klingon'"),
        (b"[]", "application/json; charset=base64", "unknown character set"),
        (b"", "application/json", "nothing where data was expected"),
        (b'{"a":', "application/json", "cut off in the middle"),
        (b"{a}", "application/json", "broken JSON"),
        (b"[" * 200 + b"]" * 200, "application/json", "nested deeper"),
        (b"9" * 5000, "application/json", "another shape"),
    ],
)
def test_everything_else_is_named(content: bytes, kind: str, words: str) -> None:
    with pytest.raises(RemoteError) as caught:
        json_of(answer(content, kind))

    assert caught.value.kind is ErrorKind.BAD_RESPONSE
    assert caught.value.message.startswith("erp.example answered")
    assert words in caught.value.message
    assert not caught.value.sent


def test_the_unreadable_answer_of_a_write_leaves_its_outcome_open() -> None:
    with pytest.raises(RemoteError) as caught:
        json_of(answer(b"<html>", "text/html", "POST"))

    assert caught.value.sent
