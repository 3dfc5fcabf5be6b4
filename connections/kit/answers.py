"""From an answer to its JSON: strict about what it is, plain about what it is not."""

from __future__ import annotations

import codecs
from typing import Any, Final

import httpx
import msgspec

from connections.kit.errors import ErrorKind, RemoteError
from syncapp import canonical

_utf8: Final = frozenset({"utf-8", "ascii"})
_bom: Final = b"\xef\xbb\xbf"


def json_of(response: httpx.Response) -> Any:
    """Decode an answer with exact numbers.

    Raises:
        RemoteError: BAD_RESPONSE if it is a web page, cut off, wrongly encoded or absurd.
    """
    body = body_of(response)
    try:
        return canonical.loads(body)
    except canonical.type_errors as error:
        raise not_json(response, error) from None


def body_of(response: httpx.Response) -> bytes:
    """Give the body of an answer that claims to be JSON, as UTF-8 that is proven to be UTF-8.

    Raises:
        RemoteError: BAD_RESPONSE if it is a web page or wrongly encoded.
    """
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = response.content.removeprefix(_bom)
    if kind in {"text/html", "application/xhtml+xml"} or body[:15].lower().startswith(
        (b"<!doctype html", b"<html")
    ):
        raise bad_response(
            response,
            f"answered with a web page ({kind or 'no content type'}) instead of data, often a "
            "login or maintenance page. Check the endpoint's address.",
        )
    charset = response.charset_encoding or "utf-8"
    try:
        name = codecs.lookup(charset).name
        if name in _utf8:
            body.decode("utf-8")
            return body
        return body.decode(name).encode()
    except LookupError:
        message = f"answered in the unknown character set {charset[:40]!r}."
    except UnicodeError:
        message = f"answered with text that is not valid {charset[:40]}."
    raise bad_response(response, message)


def not_json(response: httpx.Response, error: Exception) -> RemoteError:
    """Make the error of a body that was announced as JSON and is none."""
    if not response.content.strip():
        return bad_response(response, "answered with nothing where data was expected.")
    reason = str(error)
    if isinstance(error, RecursionError):
        reason = f"nested deeper than {canonical.MAX_DEPTH} levels"
    if isinstance(error, msgspec.ValidationError):
        return bad_response(response, f"answered with data of another shape: {reason}.")
    if "truncated" in reason:
        return bad_response(response, "answered with JSON that is cut off in the middle.")
    return bad_response(response, f"answered with broken JSON: {reason}.")


def bad_response(response: httpx.Response, what: str) -> RemoteError:
    """Make the error of an answer that is not what it should be."""
    return RemoteError(
        ErrorKind.BAD_RESPONSE,
        f"{response.request.url.host} {what}",
        http_status=response.status_code,
        sent=response.request.method not in {"GET", "HEAD", "OPTIONS"},
        detail={
            "content_type": response.headers.get("content-type", ""),
            "bytes": len(response.content),
        },
    )
