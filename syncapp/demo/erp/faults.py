"""The fault door: answers spoiled on demand, and a ledger of requests; for tests only.

`POST /_faults` with `{"kind": "limit", "count": 2, "after": 1}` lets one request pass and spoils
the next two; several posts queue up, `DELETE /_faults` forgets them. `GET /_ledger` lists the
requests seen. The door asks for no password and stands open only if the server was told so.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from syncapp import canonical
from syncapp.demo.erp import bodies
from syncapp.demo.erp.errors import ODataError
from syncapp.demo.erp.service import TEXT, Answer, Request

MAX_ENTRIES = 10_000
MAX_COUNT = 10_000
MAX_SECONDS = 120

_FOREIGN = "http://169.254.169.254/odata/v4/BusinessPartners"
_PAGE = b"<!DOCTYPE html><html><body><h1>Session expired</h1><p>Log in again.</p></body></html>"


class FaultKind(StrEnum):
    """How an answer is spoiled.

    `error` and `limit` refuse before anything happens; the others spoil the answer to a request
    that was granted: `drop` breaks the connection in mid-body, `cut` ends the JSON early,
    `repeat` leads back to the same page and `elsewhere` to another host.
    """

    ERROR = "error"
    LIMIT = "limit"
    HTML = "html"
    CUT = "cut"
    DROP = "drop"
    SLOW = "slow"
    REPEAT = "repeat"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Fault:
    """One answer to be spoiled; `seconds` is the delay of `slow` and the advice of `limit`."""

    kind: FaultKind
    seconds: float = 1.0


@dataclass(slots=True)
class Door:
    """The faults to come, and what was asked."""

    _faults: deque[Fault | None] = field(default_factory=deque)
    _ledger: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=MAX_ENTRIES))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, request: Request) -> Answer | None:
        """Answer a request to the door itself; None for any other."""
        try:
            if request.path == "/_ledger" and request.method == "GET":
                return Answer(200, canonical.dumps({"value": self.entries()}))
            if request.path == "/_faults" and request.method == "DELETE":
                with self._lock:
                    self._faults.clear()
                return Answer(204)
            if request.path == "/_faults" and request.method == "POST":
                self._order(bodies.read(request.body))
                return Answer(204)
        except ODataError as refusal:
            return Answer(refusal.status, refusal.body())
        return None

    def next_fault(self) -> Fault | None:
        """Take the fault that the present request shall meet."""
        with self._lock:
            return self._faults.popleft() if self._faults else None

    def note(self, **entry: Any) -> None:
        """Write a request into the ledger."""
        with self._lock:
            self._ledger.append(entry)

    def entries(self) -> list[dict[str, Any]]:
        """List the requests seen, the oldest first."""
        with self._lock:
            return list(self._ledger)

    def _order(self, given: dict[str, Any]) -> None:
        unknown = set(given) - {"kind", "count", "after", "seconds"}
        if unknown or given.get("kind") not in list(FaultKind):
            message = f"A fault has kind ({', '.join(FaultKind)}), count, after and seconds."
            raise ODataError(message, code="InvalidFault")
        seconds = _number(given, "seconds", 1, MAX_SECONDS)
        fault = Fault(FaultKind(given["kind"]), float(seconds))
        after = int(_number(given, "after", 0, MAX_COUNT))
        count = int(_number(given, "count", 1, MAX_COUNT))
        with self._lock:
            self._faults.extend([None] * after + [fault] * count)


def _number(given: dict[str, Any], name: str, default: int, most: int) -> Decimal:
    value = given.get(name, default)
    if (
        isinstance(value, bool)
        or not isinstance(value, int | Decimal)
        or not 0 <= value <= most
    ):
        message = f"{name} must be a number from 0 to {most}."
        raise ODataError(message, code="InvalidFault", target=name)
    return Decimal(value)


def refused(fault: Fault) -> Answer | None:
    """Give the answer of a fault that keeps a request from happening."""
    if fault.kind is FaultKind.ERROR:
        return Answer(500, ODataError("Something broke.", code="Internal").body())
    if fault.kind is FaultKind.LIMIT:
        advice = {"Retry-After": str(int(fault.seconds))}
        message = "Too many requests; come back later."
        return Answer(429, ODataError(message, code="TooManyRequests").body(), headers=advice)
    return None


def spoiled(fault: Fault, answer: Answer, address: str) -> Answer:
    """Spoil an answer; `address` is what was asked."""
    spoil = _SPOILERS.get(fault.kind)
    return answer if spoil is None else spoil(answer, address)


def _html(_answer: Answer, _address: str) -> Answer:
    return Answer(200, _PAGE, TEXT.replace("plain", "html"))


def _cut(answer: Answer, _address: str) -> Answer:
    return replace(answer, body=answer.body[: len(answer.body) // 2])


def _led(answer: Answer, link: str) -> Answer:
    page = canonical.loads(answer.body) if answer.body.startswith(b"{") else {}
    if "value" not in page:
        return answer
    return replace(answer, body=canonical.dumps(page | {"@odata.nextLink": link}))


_SPOILERS: dict[FaultKind, Callable[[Answer, str], Answer]] = {
    FaultKind.HTML: _html,
    FaultKind.CUT: _cut,
    FaultKind.REPEAT: _led,
    FaultKind.ELSEWHERE: lambda answer, _address: _led(answer, _FOREIGN),
}
