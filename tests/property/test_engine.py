"""Whatever a source shows, each record has one outcome, and the store ends as the source is."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from connections.kit.values import Page, Record
from syncapp.sync import pipeline
from tests.engine import ROWS, Memory, make_spec, tombstone

KEYS = st.sampled_from(["1", "2", "3", "4", "", None, "x" * 513, "a\0"])
IDS = st.sampled_from(["a", "b", "c", "d", "e", "", None, "r\0"])
VALUES: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.decimals(-2, 2, places=2),
    st.sampled_from(["", "x", "y", "DE1", "2.50"]),
    st.lists(st.integers(0, 1), max_size=2),
)


@st.composite
def records(draw: st.DrawFn) -> Record:
    """A record that may be anything: whole, half, twice, deleted, unreadable."""
    remote_id = draw(IDS)
    kind = draw(st.integers(0, 9))
    if kind == 0:
        return tombstone(remote_id or "a")
    if kind == 1:
        return Record(remote_id, draw(st.sampled_from([b"", b"{", b"[]", b"\xff", b"null"])))
    names = draw(
        st.lists(st.sampled_from(["city", "price", "vat", "tags", "active"]), unique=True)
    )
    values = {name: draw(VALUES) for name in names}
    return Record.of(remote_id, {"number": draw(KEYS), "name": "Name", **values})


PAGES = st.lists(st.lists(records(), max_size=6), min_size=1, max_size=5)
CITY = "textvlookup(data('vat'), 'place', 'code', 'city')"
FORMULAS = {
    "city": (
        CITY,
        "concat('N', sequence('n'))",
        "if(data('active'), tostring(now()), skip('No'))",
    ),
    "price": ("number(data('price')) * 2", f"if(isnull({CITY}), data('price'), fail('Found'))"),
    "tags": ("[uuid(), today()]", "flatten([data('tags')])"),
}


@st.composite
def mappings(draw: st.DrawFn) -> list[dict[str, Any]]:
    """All fields copied, or some of them calculated."""
    made = []
    for row in ROWS:
        text = draw(st.sampled_from((None, *FORMULAS.get(str(row["target"]), ()))))
        made.append(row if text is None else {**row, "kind": "formula", "formula": text})
    return made


OPTIONS = st.fixed_dictionaries(
    {
        "rows": mappings(),
        "allow_create": st.booleans(),
        "allow_update": st.booleans(),
        "deletes": st.sampled_from(["ignore", "delete"]),
        "primary_key": st.sampled_from(["number", "vat"]),
    }
)


def run(store: Memory, pages: list[list[Record]]) -> None:
    given_pages = (
        Page(page, {"at": number}, complete=number == len(pages))
        for number, page in enumerate(pages, 1)
    )
    pipeline.run(given_pages, store.spec, store, should_stop=lambda: False)


@pytest.mark.slow  # 150 sources are synced
@settings(max_examples=150, deadline=None)
@given(PAGES, OPTIONS, st.frozensets(st.sampled_from(["1", "2"])))
def test_every_record_read_has_exactly_one_outcome(
    pages: list[list[Record]], options: dict[str, Any], poison: frozenset[str]
) -> None:
    store = Memory(make_spec(**options), poison=poison)

    run(store, pages)

    read = [record for page in pages for record in page]
    assert [decision.record for decision in store.log] == read
    assert store.tally.read == sum(store.tally.by_name().values()) == len(read)
    for settled in store.pages:
        assert settled.tally.read == len(settled.page.records)
        assert [one.index for one in settled.decisions] == list(range(len(settled.decisions)))


@pytest.mark.slow  # 150 sources are synced
@settings(max_examples=150, deadline=None)
@given(PAGES, OPTIONS)
def test_a_second_look_at_the_same_records_changes_nothing(
    pages: list[list[Record]], options: dict[str, Any]
) -> None:
    """Applying what was decided makes the next decision *none*, once each record comes once."""
    store = Memory(make_spec(**options))
    run(store, pages)
    # Twins within a page are settled by their order, so that each id and key is shown once now.
    seen: dict[Any, Record] = {}
    for page in pages:
        for record in page:
            seen.pop(record.remote_id, None)
            seen[record.remote_id] = record
    last = [[record] for record in seen.values()]
    run(store, last)
    before = dict(store.records)

    store.log.clear()
    run(store, last)

    assert store.records == before
    assert [one.change for one in store.log if one.change is not None] == []


@given(st.lists(st.sampled_from("1234"), unique=True), st.decimals(0, 9, places=3))
def test_the_store_ends_as_the_source_is(numbers: list[str], price: Decimal) -> None:
    store = Memory(make_spec(deletes="delete"))
    values = {number: {"number": number, "name": "N", "price": price} for number in numbers}

    run(store, [[Record.of(number, one) for number, one in values.items()]])
    assert store.values() == values

    run(store, [[tombstone(number) for number in numbers]])
    assert store.values() == {}
