"""When a connection is due by itself: every N minutes, counted from the start of a run."""

from __future__ import annotations

from datetime import datetime, timedelta


def next_after(due_at: datetime, every_minutes: int, now: datetime) -> datetime:
    """Give the time of the next run.

    Args:
        due_at: when the run that begins now was due.
        every_minutes: the interval.
        now: its start. What was missed while nobody worked is made up for by this one run.
    """
    interval = timedelta(minutes=every_minutes)
    planned = due_at + interval
    return planned if planned > now else now + interval
