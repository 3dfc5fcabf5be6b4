from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from django.utils import timezone as zone

from syncapp.ui import formats
from tests.every import every

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def read(text: str) -> str:
    return text.replace("\N{NARROW NO-BREAK SPACE}", " ")


@every(
    ("number", "text"),
    [(0, "0"), (999, "999"), (1000, "1 000"), (-12480, "-12 480"), (10**9, "1 000 000 000")],
)
def test_counts_are_grouped(number: int, text: str) -> None:
    assert read(formats.count(number)) == text


@every(
    ("seconds", "text"),
    [
        (0, "0 ms"),
        (0.34, "340 ms"),
        (0.9996, "1 s"),
        (4.24, "4.2 s"),
        (4.02, "4 s"),
        (59.6, "1 m"),
        (72, "1 m 12 s"),
        (3600, "1 h"),
        (3605, "1 h"),
        (7500, "2 h 5 m"),
        (86400 * 3 + 4 * 3600 + 59, "3 d 4 h"),
    ],
)
def test_durations_have_two_units_at_most(seconds: float, text: str) -> None:
    assert read(formats.duration(seconds)) == text
    assert read(formats.duration(timedelta(seconds=seconds))) == text


@every(
    ("before", "text"),
    [
        (timedelta(0), "just now"),
        (timedelta(seconds=44), "just now"),
        (timedelta(seconds=-44), "in a moment"),
        (timedelta(seconds=50), "1 min ago"),
        (timedelta(minutes=3), "3 min ago"),
        (timedelta(minutes=59, seconds=40), "1 h ago"),
        (timedelta(hours=-2), "in 2 h"),
        (timedelta(hours=23, minutes=40), "1 d ago"),
        (timedelta(days=44), "44 d ago"),
        (timedelta(days=100), "3 months ago"),
        (timedelta(days=800), "2 years ago"),
    ],
)
def test_moments_are_seen_from_now(before: timedelta, text: str) -> None:
    assert read(formats.ago(NOW - before, NOW)) == text


def test_absolute_times_are_in_the_zone_of_the_page() -> None:
    with zone.override(timezone(timedelta(hours=1), "CET")):
        assert formats.absolute(NOW) == "2026-11-21 13:00:00 CET"
