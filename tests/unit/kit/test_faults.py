"""Statuses and network faults become errors that say who must act and what to do."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from connections.kit import faults
from connections.kit.errors import ErrorKind, RemoteError
from connections.kit.redact import Redactor
from connections.kit.transport import UnreadableError
from tests.every import every

URL = httpx.URL("https://erp.example/x?key=abc")
WALL = datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp()


def refused(status: int, *, safe: bool = True, **more: Any) -> faults.StatusError:
    response = httpx.Response(status, request=httpx.Request("GET", URL), **more)
    return faults.of_status(response, redact=Redactor(["hush-hush"]), wall=WALL, safe=safe)


def failed(error: Exception, *, safe: bool = False) -> RemoteError:
    return faults.of_exception(error, URL, safe=safe, seconds=60)


@every(
    ("status", "kind", "sent"),
    [
        (400, "validation", False),
        (401, "auth", False),
        (402, "quota", False),
        (403, "permission", False),
        (404, "not_found", False),
        (407, "auth", False),
        (408, "transient", False),
        (409, "conflict", False),
        (410, "not_found", False),
        (412, "conflict", False),
        (418, "validation", False),
        (422, "validation", False),
        (423, "conflict", False),
        (425, "transient", False),
        (428, "conflict", False),
        (429, "rate", False),
        (500, "transient", True),
        (501, "unsupported", False),
        (502, "transient", True),
        (503, "transient", False),
        (504, "transient", True),
        (599, "transient", True),
    ],
)
def test_statuses(status: int, kind: str, sent: bool) -> None:
    assert refused(status).kind == kind
    assert not refused(status).sent
    assert refused(status, safe=False).sent is sent


@every(
    ("body", "said"),
    [
        ({"error": {"message": "No  stock\nleft"}}, "No stock left."),
        ({"error": {"message": {"lang": "en", "value": "No stock!"}}}, "No stock!"),
        ({"error": "invalid", "error_description": "Expired"}, "Expired."),
        ({"title": "Bad", "detail": "No stock"}, "No stock."),
        ({"errors": [{"message": "First"}, {"message": "Second"}]}, "First."),
        ({"errors": []}, None),
        ([{"message": "No stock"}], "No stock."),
        ("No stock", "No stock."),
        ({"a": {"b": 1}}, None),
    ],
)
def test_the_sentence_for_people_is_found(body: Any, said: str | None) -> None:
    message = refused(422, json=body).message

    expected = "erp.example answered 422 Unprocessable Entity."
    assert message == (f"{expected} It says: {said}" if said else expected)


@every("more", [{"html": "<p>Error</p>"}, {"content": b"{"}, {"text": "x"}])
def test_what_is_no_json_is_not_quoted(more: Any) -> None:
    assert "It says" not in refused(400, **more).message


def test_secrets_are_hidden_in_message_and_detail() -> None:
    error = refused(400, json={"message": "hush-hush is wrong"})

    assert "••• is wrong" in error.message
    assert "hush-hush" not in str(error.detail)
    assert error.detail["url"] == "https://erp.example/x?key=…"


def test_advice_comes_with_what_a_person_must_do() -> None:
    assert refused(401).message.endswith("Check the login in the connection config.")


@every(
    ("headers", "seconds"),
    [
        ({"Retry-After": "17"}, 17),
        ({"Retry-After": " 0 "}, 0),
        ({"Retry-After": "Sat, 21 Nov 2026 12:01:00 GMT"}, 60),
        ({"Retry-After": "Sat, 21 Nov 2026 11:00:00 GMT"}, 0),
        (
            {
                "Retry-After": "Sat, 21 Nov 2026 15:00:30 GMT",
                "Date": "Sat, 21 Nov 2026 15:00:00 GMT",
            },
            30,
        ),
        ({"Retry-After": "Sat, 21 Nov 2026 12:01:00 -0000"}, 60),
        ({"Retry-After": "99999999999"}, 31 * 86400),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-5"}, None),
        ({}, None),
    ],
)
def test_retry_after_in_both_forms(headers: dict[str, str], seconds: int | None) -> None:
    expected = None if seconds is None else timedelta(seconds=seconds)

    assert refused(429, headers=headers).retry_after == expected


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


def certificate(code: int, text: str = "odd") -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "failed")
    error.verify_code, error.verify_message = code, text
    return error


def tls(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, "failed")
    error.reason = reason
    return error


@every(
    ("error", "kind", "sent", "words"),
    [
        (httpx.ConnectError("x"), "transient", False, "refused the connection"),
        (httpx.ConnectTimeout("x"), "transient", False, "does not answer"),
        (httpx.PoolTimeout("x"), "transient", False, "Too many requests"),
        (httpx.ReadTimeout("x"), "transient", True, "within 60 seconds"),
        (httpx.WriteTimeout("x"), "transient", True, "within 60 seconds"),
        (httpx.ReadError("x"), "transient", True, "broke"),
        (httpx.WriteError("x"), "transient", True, "broke"),
        (httpx.RemoteProtocolError("x"), "transient", True, "does not speak HTTP"),
        (httpx.LocalProtocolError("secret header"), "config", False, "not a valid one"),
        (httpx.InvalidURL("x"), "config", False, "not a valid one"),
        (UnreadableError("too much"), "bad_response", True, "too much"),
        (caused(httpx.ConnectError("x"), certificate(18)), "config", False, "self-signed"),
        (caused(httpx.ConnectError("x"), certificate(10)), "config", False, "has expired"),
        (caused(httpx.ConnectError("x"), certificate(20)), "config", False, "not known here"),
        (caused(httpx.ConnectError("x"), certificate(62)), "config", False, "another name"),
        (caused(httpx.ConnectError("x"), certificate(99)), "config", False, "refused: odd"),
        (
            caused(httpx.ConnectError("x"), tls("WRONG_VERSION_NUMBER")),
            "config", False, "does not speak TLS",
        ),
        (
            caused(httpx.ConnectError("x"), tls("TLSV1_ALERT_PROTOCOL_VERSION")),
            "config", False, "TLSV1_ALERT_PROTOCOL_VERSION",
        ),
        (caused(httpx.ReadError("x"), tls("BAD_RECORD")), "transient", True, "broke"),
    ],
)  # fmt: skip
def test_network_faults(error: Exception, kind: str, sent: bool, words: str) -> None:
    found = failed(error)

    assert found.kind == kind
    assert found.sent is sent
    assert words in found.message
    assert "secret header" not in found.message
    assert not failed(error, safe=True).sent


def test_a_chain_of_causes_in_a_circle_ends() -> None:
    one, other = httpx.ConnectError("x"), OSError("y")
    one.__cause__, other.__context__ = other, one

    assert failed(one).kind is ErrorKind.TRANSIENT
