"""How far a run is, how fast, and how long it may still take."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from synclogs.models import SyncLog

_STEADY = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Progress:
    """What the page shows while a run is open.

    Attributes:
        done: records that were read.
        expected: what the other system says there is, or None.
        rate: records a second, None while too little is known.
        left: time that the rest will take at this rate.
    """

    done: int
    expected: int | None
    rate: int | None
    left: timedelta | None

    @classmethod
    def of(cls, run: SyncLog, now: datetime) -> Progress:
        """Work it out; the rate is that of the whole run, which is steadier than the last page."""
        done = run.done
        if run.started_at is None or (span := now - run.started_at) < _STEADY or not done:
            return cls(done, run.expected, None, None)
        rate = done / span.total_seconds()
        left = None
        if run.expected and run.expected > done:
            left = timedelta(seconds=round((run.expected - done) / rate))
        return cls(done, run.expected, round(rate), left)
