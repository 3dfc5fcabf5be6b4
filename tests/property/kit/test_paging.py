"""Whatever the source and the page size: every record once, in order, from any position on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given, settings, strategies as st

from connections.kit.base import Record, RemoteError
from connections.kit.paging import Ask, Counted, InBody, Keyset, Link, Pager, Sheet, walk
from syncapp import canonical

RESPONSE = httpx.Response(200, request=httpx.Request("GET", "https://erp.example/items"))

Fetch = Callable[[Ask], Sheet]


def sheet(numbers: list[int], total: int | None = None, **places: Any) -> Sheet:
    return Sheet([Record.of(str(n), {"id": n}) for n in numbers], RESPONSE, places, total)


def source(way: str, rows: list[int], size: int, told: bool) -> tuple[Pager, Fetch]:
    """Make a pager and a source that understands it; `told`: it says how many there are."""
    total = len(rows) if told else None

    def part(start: int) -> Sheet:
        following = start + size
        link = following if following < len(rows) else None
        following_link = f"?at={link}" if way == "link" and link else link
        return sheet(rows[start:following], total, next=following_link)

    ways: dict[str, tuple[Pager, Fetch]] = {
        "page": (
            Counted("page", first=1),
            lambda ask: part((int(ask.variables["page"]) - 1) * size),
        ),
        "offset": (Counted("offset"), lambda ask: part(int(ask.variables["offset"]))),
        "cursor": (InBody(), lambda ask: part(int(ask.variables["cursor"] or 0))),
        "link": (Link(), lambda ask: part(int((ask.url or "=0").rpartition("=")[2]))),
        "keyset": (
            Keyset(lambda record: record.values["id"]),
            lambda ask: sheet([n for n in rows if n > int(ask.variables["last"] or -1)][:size]),
        ),
    }
    return ways[way]


WAYS = st.sampled_from(["page", "offset", "cursor", "link", "keyset"])
ROWS = st.lists(st.integers(0, 10_000), max_size=40, unique=True).map(sorted)
SIZES = st.integers(1, 12)


def numbers(turned: Any) -> list[int]:
    return [record.values["id"] for page, _ in turned for record in page.records]


@given(way=WAYS, rows=ROWS, size=SIZES, told=st.booleans())
def test_every_record_comes_once_and_in_order(
    way: str, rows: list[int], size: int, told: bool
) -> None:
    pager, fetch = source(way, rows, size, told)

    turned = list(walk(pager, fetch))

    assert numbers(turned) == rows
    assert len(turned) <= len(rows) // size + 2


@given(way=WAYS, rows=ROWS, size=SIZES, told=st.booleans(), data=st.data())
def test_any_position_leads_to_the_rest(
    way: str, rows: list[int], size: int, told: bool, data: st.DataObject
) -> None:
    pager, fetch = source(way, rows, size, told)
    turned = list(walk(pager, fetch))
    place = data.draw(st.integers(0, len(turned) - 1))
    position = canonical.loads(canonical.dumps(turned[place][1]))

    rest = numbers(walk(pager, fetch, position)) if position is not None else []

    assert numbers(turned[: place + 1]) + rest == rows


@given(rows=ROWS.filter(lambda rows: len(rows) > 1))
@settings(max_examples=50)
def test_a_source_that_goes_in_circles_is_left(rows: list[int]) -> None:
    """However long the circle, reading ends with an error, and before anything is doubled."""
    circle = [rows[n : n + 2] for n in range(0, len(rows), 2)]

    def fetch(ask: Ask) -> Sheet:
        at = int(ask.variables["cursor"] or 0)
        return sheet(circle[at % len(circle)], next=at + 1)

    seen: list[int] = []

    def read() -> None:
        for page, _ in walk(InBody(), fetch):
            seen.extend(record.values["id"] for record in page.records)

    with pytest.raises(RemoteError, match="same page again"):
        read()
    assert seen == rows
