"""The test of a config, line by line: how far do we get, and what stops us."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Final

import httpx

from connections.kit.base import Check, Context, RemoteError
from connections.kit.faults import StatusError, http_date

_skew_worth_a_word: Final = 60


@dataclass(frozen=True, slots=True)
class Found:
    """What a step found, and on the auth line whose system it is."""

    message: str
    account: tuple[str, str] | None = None


Step = tuple[str, Callable[[], Found]]


def lines(steps: Iterable[Step]) -> Iterator[Check]:
    """Take the steps one after the other, and stop behind the first that fails."""
    for name, probe in steps:
        started = monotonic()
        try:
            found = probe()
        except RemoteError as error:
            yield Check(name, ok=False, message=error.message, elapsed_ms=_ms(started))
            return
        yield Check(
            name,
            ok=True,
            message=found.message,
            elapsed_ms=_ms(started),
            account=found.account,
        )


class HttpSteps:
    """The steps that are the same for every system behind an address.

    Args:
        context: of the system that is tested.
        url: what is asked first, without login.
    """

    def __init__(self, context: Context, url: str) -> None:
        self._context = context
        self._url = url
        self._skew: int | None = None
        self.open = False
        """The address answered without a login."""

    def first(self) -> list[Step]:
        """Give the steps up to the first answer."""
        return [
            ("address", lambda: Found(self._context.http.address())),
            ("tls", lambda: Found(self._context.http.handshake())),
            ("reach", self._reach),
        ]

    def last(self, entities: Sequence[str], read: Callable[[str], Found]) -> list[Step]:
        """Give the steps after the login: one read per entity, and the clock."""
        reads: list[Step] = [(f"read:{name}", partial(read, name)) for name in entities]
        return [*reads, ("clock", self._clock)]

    def _reach(self) -> Found:
        try:
            response = self._context.http.send("GET", self._url)
        except StatusError as error:
            if error.passes:
                raise
            response = error.response
        self.open = response.status_code < 400
        there = http_date(response.headers.get("date", ""))
        if there is not None:
            self._skew = round((there - self._context.now()).total_seconds())
        ending = "" if self.open else " before the login"
        return Found(f"It answers with {response.status_code}{ending}.")

    def _clock(self) -> Found:
        skew = self._skew
        if skew is None:
            return Found("It does not tell its time.")
        if abs(skew) <= _skew_worth_a_word:
            return Found(f"Its clock and ours differ by {abs(skew)} seconds.")
        side = "ahead" if skew > 0 else "behind"
        return Found(
            f"Its clock is {abs(skew) // 60} minutes {side} of ours. Changes are found by its own "
            "times, so nothing is missed; logins with a time stamp may fail."
        )


def account_of(root: str) -> tuple[str, str]:
    """Make fingerprint and label of the company behind an address that stands for one."""
    url = httpx.URL(root)
    host = url.host if url.port is None else f"{url.host}:{url.port}"
    place = host.lower() + url.path.rstrip("/")
    return place, place


def _ms(started: float) -> int:
    return round((monotonic() - started) * 1000)
