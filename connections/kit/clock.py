"""Time as the kit sees it: clocks and waiting are arguments, a deadline holds for one request."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Clock:
    """The clocks of a process; tests bring their own.

    Attributes:
        monotonic: seconds that never jump, for measuring.
        wall: seconds since 1970, for dates in headers.
        sleep: waits so many seconds.
        random: a number from 0 to below 1, for jitter.
    """

    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[], float] = random.random


@dataclass(frozen=True, slots=True)
class Deadline:
    """The moment at which a request must be over, whatever trickles in until then."""

    at: float
    monotonic: Callable[[], float]

    def left(self) -> float:
        """Give the seconds left, below zero when it is over."""
        return self.at - self.monotonic()


_deadline: Final[ContextVar[Deadline | None]] = ContextVar("deadline", default=None)


@contextmanager
def until(deadline: Deadline) -> Iterator[None]:
    """Let `deadline` bind every network operation of this thread inside the block."""
    token = _deadline.set(deadline)
    try:
        yield
    finally:
        _deadline.reset(token)


def allowed(timeout: float | None) -> float | None:
    """Shorten the timeout of one operation to what the deadline leaves; below zero: over."""
    deadline = _deadline.get()
    if deadline is None:
        return timeout
    left = deadline.left()
    return left if timeout is None else min(timeout, left)
