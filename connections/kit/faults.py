"""What went wrong, in the words of the house: statuses and network faults become RemoteError.

Nothing above this module sees an exception of the HTTP library.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final

import httpx

from connections.kit.errors import ErrorKind, RemoteError
from connections.kit.redact import Redactor
from connections.kit.transport import UnreadableError
from syncapp import canonical

LONGEST_SAYING: Final = 300

_kinds: Final = {
    400: ErrorKind.VALIDATION,
    401: ErrorKind.AUTH,
    402: ErrorKind.QUOTA,
    403: ErrorKind.PERMISSION,
    404: ErrorKind.NOT_FOUND,
    405: ErrorKind.UNSUPPORTED,
    406: ErrorKind.UNSUPPORTED,
    407: ErrorKind.AUTH,
    408: ErrorKind.TRANSIENT,
    409: ErrorKind.CONFLICT,
    410: ErrorKind.NOT_FOUND,
    412: ErrorKind.CONFLICT,
    415: ErrorKind.UNSUPPORTED,
    422: ErrorKind.VALIDATION,
    423: ErrorKind.CONFLICT,
    425: ErrorKind.TRANSIENT,
    428: ErrorKind.CONFLICT,
    429: ErrorKind.RATE,
    501: ErrorKind.UNSUPPORTED,
    505: ErrorKind.UNSUPPORTED,
}
_advice: Final = {
    ErrorKind.AUTH: "Check the login in the connection config.",
    ErrorKind.PERMISSION: "Give the login the permission there, or use another login.",
    ErrorKind.NOT_FOUND: "Check the address and the name of the entity.",
    ErrorKind.RATE: "It asked us to slow down; work goes on by itself.",
    ErrorKind.QUOTA: "Its quota is used up; raise it there, or wait until it renews.",
    ErrorKind.TRANSIENT: "It is tried again by itself.",
    ErrorKind.UNSUPPORTED: "The system does not offer this operation at this address.",
}
_refused_unread: Final = frozenset({501, 503, 505})


class StatusError(RemoteError):
    """An answer with a status of 400 or more.

    Who knows the system's dialect reads more out of `response`, and sends it through `redact`.
    """

    response: httpx.Response
    redact: Callable[[Any], Any]


def of_status(
    response: httpx.Response, *, redact: Redactor, wall: float, safe: bool
) -> StatusError:
    """Make an error of an answer that refuses.

    Args:
        response: the whole answer.
        redact: hides what must not be shown.
        wall: our clock, for a `Retry-After` that names a date.
        safe: the request had no effect, whatever was answered.
    """
    status = response.status_code
    kind = _kinds.get(status, ErrorKind.TRANSIENT if status >= 500 else ErrorKind.VALIDATION)
    said = redact.text(saying(response))[:LONGEST_SAYING]
    what = f"{response.request.url.host} answered {status} {_phrase(response)}."
    message = told(what, said, kind)
    error = StatusError(
        kind,
        message,
        http_status=status,
        retry_after=retry_after(response, wall),
        # A gateway that gave up, or a fault in mid-work, tells nothing about what was done.
        sent=not safe and status >= 500 and status not in _refused_unread,
        detail={
            "url": redact.url(str(response.request.url)),
            "content_type": response.headers.get("content-type", ""),
            "bytes": len(response.content),
        },
    )
    error.response = response
    error.redact = redact.value
    return error


def told(what: str, said: str, kind: ErrorKind) -> str:
    """Put a message together: what happened, what the system says, what to do."""
    if said:
        what += f" It says: {said}"
        what += "" if said[-1] in ".!?" else "."
    return f"{what} {_advice[kind]}" if kind in _advice else what


def of_exception(
    error: Exception, url: httpx.URL, *, safe: bool, seconds: float
) -> RemoteError:
    """Make an error of a network fault.

    Args:
        error: what httpx or the transport raised.
        url: where the request went.
        safe: the request had no effect, whatever happened to its answer.
        seconds: how long it was waited.
    """
    if isinstance(error, UnreadableError):
        return RemoteError(ErrorKind.BAD_RESPONSE, str(error), sent=not safe)
    where = f"{url.host}:{_port(url)}"
    tls = next((one for one in _chain(error) if isinstance(one, ssl.SSLError)), None)
    if tls is not None and isinstance(error, httpx.ConnectError):
        return RemoteError(ErrorKind.CONFIG, _tls_message(tls, where))
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout):
        return RemoteError(ErrorKind.TRANSIENT, _connect_message(error, where))
    if isinstance(
        error, httpx.TimeoutException | httpx.NetworkError | httpx.RemoteProtocolError
    ):
        message = _lost_message(error, where, seconds)
        return RemoteError(ErrorKind.TRANSIENT, message, sent=not safe)
    message = f"The request to {where} is not a valid one. Check the address."
    return RemoteError(ErrorKind.CONFIG, message, detail={"error": type(error).__name__})


def retry_after(response: httpx.Response, wall: float) -> timedelta | None:
    """Read `Retry-After` in both its forms: seconds, or a date."""
    text = response.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), 86400 * 31))
    until = http_date(text)
    if until is None:
        return None
    # The server's date is measured by the server's clock, if it tells that.
    base = http_date(response.headers.get("date", "")) or datetime.fromtimestamp(wall, UTC)
    return min(max(until - base, timedelta()), timedelta(days=31))


def http_date(text: str) -> datetime | None:
    """Read a date of a header; None if it is none."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, IndexError, TypeError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def saying(response: httpx.Response) -> str:
    """Find the sentence for people in an answer's body, in the shapes that are in use."""
    if "json" not in response.headers.get("content-type", "json"):
        return ""
    try:
        body = canonical.loads(response.content)
    except canonical.type_errors:
        return ""
    return next(_sentences(body), "")


def _sentences(body: object, depth: int = 3) -> Iterator[str]:
    if isinstance(body, str):
        yield " ".join(body.split())
    elif isinstance(body, list) and body and depth:
        yield from _sentences(body[0], depth - 1)
    elif isinstance(body, dict) and depth:
        for name in (
            "message",
            "error_description",
            "detail",
            "title",
            "value",
            "error",
            "errors",
        ):
            if body.get(name):
                yield from _sentences(body[name], depth - 1)


def _phrase(response: httpx.Response) -> str:
    try:
        return HTTPStatus(response.status_code).phrase
    except ValueError:
        return "(an unusual status)"


def _port(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _connect_message(error: Exception, where: str) -> str:
    if isinstance(error, httpx.PoolTimeout):
        return f"Too many requests to {where} are under way. It is tried again by itself."
    if isinstance(error, httpx.ConnectTimeout):
        return f"{where} does not answer. Check address and port, and whether it is running."
    return f"{where} refused the connection. Check address and port, and whether it is running."


def _lost_message(error: Exception, where: str, seconds: float) -> str:
    if isinstance(error, httpx.TimeoutException):
        advice = "Smaller pages may help."
        return f"{where} did not finish its answer within {seconds:.0f} seconds. {advice}"
    if isinstance(error, httpx.RemoteProtocolError):
        return f"{where} broke off or does not speak HTTP. It is tried again by itself."
    return f"The connection to {where} broke. It is tried again by itself."


_certificate_problems: Final = {
    9: "is not valid yet: the clock there or here is wrong",
    10: "has expired: it must be renewed there",
    18: "is self-signed",
    19: "comes from an authority of its own",
    20: "comes from an authority that is not known here",
    21: "cannot be verified, for the server does not send the certificates in between",
    62: "is made out to another name than the one in the address",
    64: "is made out to another address",
}


def _tls_message(error: ssl.SSLError, where: str) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        problem = _certificate_problems.get(
            error.verify_code, f"is refused: {error.verify_message}"
        )
        message = f"The certificate of {where} {problem}."
        if error.verify_code in {18, 19, 20, 21}:
            message += " Enter the CA certificate in the connection config to trust it."
        return message
    if error.reason in {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"}:
        return f"{where} does not speak TLS. Check the port, or whether it is http:// there."
    return f"No secure connection to {where} came about: {error.reason or 'TLS failed'}."
