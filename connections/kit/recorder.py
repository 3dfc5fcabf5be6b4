"""The last exchanges with a system: what was asked, what came, how long it took; no contents."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what became of it.

    Attributes:
        method: HTTP method.
        url: address without the values of its query.
        status: status of the answer, None if none came.
        elapsed_ms: time until the whole answer was there.
        size_bytes: size of the answer's body.
        error: the kind of the error that it ended in.
    """

    method: str
    url: str
    status: int | None
    elapsed_ms: int
    size_bytes: int = 0
    error: str = ""


class Recorder:
    """Keeps the last exchanges; old ones fall out."""

    def __init__(self, limit: int = 50) -> None:
        self._exchanges: deque[Exchange] = deque(maxlen=limit)

    def add(self, exchange: Exchange) -> None:
        """Keep one more."""
        self._exchanges.append(exchange)

    @property
    def exchanges(self) -> Sequence[Exchange]:
        """Oldest first."""
        return tuple(self._exchanges)
