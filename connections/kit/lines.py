"""Lines: the connections to one account's system, shared by all that this process does there."""

from __future__ import annotations

import os
import threading
import weakref
from collections import OrderedDict
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final

import httpx

from connections.kit.egress import EgressPolicy
from connections.kit.transport import USER_AGENT, BoundedTransport, GuardedTransport

MAX_BYTES: Final = 50_000_000
"""Largest answer, unpacked."""
_most_lines: Final = 64


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long and how often.

    Attributes:
        connect_s: until a connection stands.
        read_s: until the next byte arrives.
        total_s: until the whole answer is there, repetitions included.
        tries: how often a safe request is sent at most.
        wait_s: longest wait between two tries; who asks for more gets an error and a later run.
    """

    connect_s: float = 10.0
    read_s: float = 60.0
    total_s: float = 120.0
    tries: int = 3
    wait_s: float = 5.0


class Line:
    """A pool of connections under one set of rules; keeps no cookies, follows no redirects."""

    def __init__(self, below: httpx.BaseTransport, max_bytes: int = MAX_BYTES) -> None:
        self._below = below
        self.client = httpx.Client(
            transport=BoundedTransport(below, max_bytes),
            headers={"User-Agent": USER_AGENT},
            trust_env=False,
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        )
        # Whoever still holds the line keeps it open; the last one to let go hangs up.
        weakref.finalize(self, self.client.close)

    def locate(self, host: str, port: int) -> list[str]:
        """Give the addresses that may be reached under this name."""
        below = self._below
        return below.locate(host, port) if isinstance(below, GuardedTransport) else []

    def handshake(self, host: str, port: int, seconds: float) -> str:
        """Connect, agree on TLS, hang up; says what was agreed."""
        below = self._below
        if isinstance(below, GuardedTransport):
            return below.handshake(host, port, seconds)
        return "Recorded exchanges: nothing to agree on."


_Key = tuple[str, EgressPolicy, str]
_lines: Final[OrderedDict[_Key, Line]] = OrderedDict()
_lock = threading.Lock()


def line_for(account: str, policy: EgressPolicy, ca_certificate: str = "") -> Line:
    """Give the line of an account, made on first use; without an account, a new one."""
    if not account:
        return Line(GuardedTransport(policy, ca_certificate))
    key = (account, policy, ca_certificate)
    with _lock:
        line = _lines.get(key)
        if line is None:
            line = _lines[key] = Line(GuardedTransport(policy, ca_certificate))
        _lines.move_to_end(key)
        # Who fell out stays open until its last user lets go.
        while len(_lines) > _most_lines:
            _lines.popitem(last=False)
    return line


def close_lines() -> None:
    """Let go of all lines, at the end of a process or of a test."""
    with _lock:
        _lines.clear()


def _after_fork() -> None:
    global _lock  # noqa: PLW0603  the parent's lock may have been held by a thread that is gone
    _lock = threading.Lock()
    _lines.clear()


os.register_at_fork(after_in_child=_after_fork)
