"""How times, durations and numbers read. Pure: the clock is an argument."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

_THIN = "\N{NARROW NO-BREAK SPACE}"
_STEPS = ((86400, "d"), (3600, "h"), (60, "m"), (1, "s"))
# (below so many seconds, seconds of the unit, unit): below 59.5 minutes in minutes, and so on
_AGES = (
    (3570, 60, "min"),
    (84600, 3600, "h"),
    (86400 * 45, 86400, "d"),
    (86400 * 540, 86400 * 30.44, "months"),
    (float("inf"), 86400 * 365.25, "years"),
)


def count(number: int) -> str:
    """Group thousands by thin spaces: 12 480."""
    return f"{number:,}".replace(",", _THIN)


def duration(value: timedelta | float) -> str:
    """Say a span in at most two units: 340 ms, 4.2 s, 1 m 12 s, 3 d 4 h.

    Args:
        value: a timedelta, or seconds.
    """
    seconds = value.total_seconds() if isinstance(value, timedelta) else float(value)
    if seconds < 0.9995:
        return f"{round(seconds * 1000)}{_THIN}ms"
    if seconds < 9.95:
        return f"{seconds:.1f}{_THIN}s".replace(".0", "")
    left = round(seconds)
    parts: list[tuple[int, str]] = []
    for size, unit in _STEPS:
        number, left = divmod(left, size)
        if number or parts:
            parts.append((number, unit))
    return " ".join(f"{number}{_THIN}{unit}" for number, unit in parts[:2] if number)


def ago(moment: datetime, now: datetime) -> str:
    """Say when, seen from now: just now, 3 min ago, in 2 h, 5 d ago."""
    span = now - moment
    seconds = abs(span.total_seconds())
    if seconds < 45:
        return "just now" if span >= timedelta(0) else "in a moment"
    size, unit = next((size, unit) for limit, size, unit in _AGES if seconds < limit)
    words = f"{max(1, round(seconds / size))}{_THIN}{unit}"
    return f"{words} ago" if span > timedelta(0) else f"in {words}"


def absolute(moment: datetime) -> str:
    """Give date, time and zone in the zone of the page: 2026-11-21 14:20:05 CET."""
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M:%S %Z")
