"""A run's record log as CSV, page by page, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Final

from synclogs.models import RecordLog
from synclogs.sentences import sentence

HEADER: Final = ("key", "remote id", "outcome", "code", "message", "at", "record", "position")
PAGE: Final = 1000
_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r")


def neutral(text: str) -> str:
    """Keep a spreadsheet from taking a text for a formula."""
    return f"'{text}" if text.startswith(_DANGEROUS) else text


def lines(run_id: int) -> Iterator[str]:
    """Give the file in parts, each made of one query; rows in the order in which they came."""
    yield _csv([HEADER])
    last = 0
    while page := list(
        RecordLog.objects.filter(run_id=run_id, pk__gt=last).order_by("pk")[:PAGE]
    ):
        yield _csv([_row(log) for log in page])
        last = page[-1].pk


def _row(log: RecordLog) -> tuple[str, ...]:
    return (
        neutral(log.key or ""),
        neutral(log.remote_id or ""),
        str(log.outcome_name),
        log.code,
        neutral(log.message or sentence(log.code)),
        log.at.isoformat(),
        str(log.record_id or ""),
        str(log.seq or ""),
    )


def _csv(rows: list[tuple[str, ...]]) -> str:
    part = io.StringIO()
    csv.writer(part).writerows(rows)
    return part.getvalue()
