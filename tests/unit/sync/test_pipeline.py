"""Pages are settled one by one, as a whole or not at all; what the store refuses is halved."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connections.kit.codes import Outcome
from connections.kit.errors import ErrorKind, RemoteError
from connections.kit.values import Page
from syncapp.sync import pipeline
from syncapp.sync.pipeline import End
from tests.engine import Memory, make_spec, source


@pytest.fixture
def store() -> Memory:
    return Memory(make_spec())


def pages(n: int, size: int = 2) -> Iterator[Page]:
    for number in range(n):
        records = [source(f"{number}-{place}") for place in range(size)]
        yield Page(records, {"at": number + 1}, complete=number + 1 == n)


def test_every_page_is_settled_with_its_cursor(store: Memory) -> None:
    end = pipeline.run(pages(3), store.spec, store, should_stop=lambda: False)

    assert end is End.COMPLETE
    assert [settled.page.cursor for settled in store.pages] == [{"at": 1}, {"at": 2}, {"at": 3}]
    assert store.tally.by_name()["created"] == store.tally.read == 6
    assert len(store.pages[0].ms) == 3


def test_a_page_of_nothing_is_settled_too(store: Memory) -> None:
    end = pipeline.run(pages(1, 0), store.spec, store, should_stop=lambda: False)

    assert end is End.COMPLETE
    assert store.locks == 0
    assert [settled.tally.read for settled in store.pages] == [0]


def test_a_pause_comes_after_a_whole_page(store: Memory) -> None:
    end = pipeline.run(pages(3), store.spec, store, should_stop=lambda: len(store.pages) == 2)

    assert end is End.PAUSED
    assert len(store.values()) == 4


def test_after_the_last_page_there_is_nothing_to_pause(store: Memory) -> None:
    assert pipeline.run(pages(1), store.spec, store, should_stop=lambda: True) is End.COMPLETE


def test_pages_that_end_without_a_last_one_are_cut(store: Memory) -> None:
    cut = [Page([source("1")], {"at": 1}, complete=False)]

    assert pipeline.run(iter(cut), store.spec, store, should_stop=lambda: False) is End.CUT
    assert list(store.values()) == ["1"]


def test_what_was_stored_before_the_source_failed_stays(store: Memory) -> None:
    def failing() -> Iterator[Page]:
        yield Page([source("1")], {"at": 1}, complete=False)
        raise RemoteError(ErrorKind.TRANSIENT, "gone")

    with pytest.raises(RemoteError):
        pipeline.run(failing(), store.spec, store, should_stop=lambda: False)

    assert list(store.values()) == ["1"]


def test_a_page_without_bad_records_is_one_set(store: Memory) -> None:
    store.run(*(source(str(number)) for number in range(100)))

    assert store.sets == 1


def test_the_guilty_record_is_found_by_halving(store: Memory) -> None:
    store.poison = frozenset({"17", "18", "90"})

    decisions = store.run(*(source(str(number)) for number in range(100)))

    rejected = [one for one in decisions if one.outcome is Outcome.REJECTED]
    assert [one.key for one in rejected] == ["17", "18", "90"]
    assert {str(one.code) for one in rejected} == {"refused_by_database"}
    assert {one.record_id for one in rejected} == {None}
    assert len(store.values()) == 97
    assert store.tally.by_name() | {"created": 97, "rejected": 3} == store.tally.by_name()
    assert store.sets <= 2 + 3 * 2 * 7


def test_a_page_of_bad_records_alone_is_rejected_whole(store: Memory) -> None:
    store.poison = frozenset({"0", "1", "2"})

    assert (
        store.outcomes(*(source(str(number)) for number in range(3)))
        == [("rejected", "refused_by_database")] * 3
    )


def test_each_question_is_asked_once_a_page(store: Memory) -> None:
    store.run(*(source(str(number)) for number in range(50)))
    store.add("x", name="Here")
    store.asked.clear()

    store.run(*(source(str(number), city="Bonn") for number in range(60)), source("x"))

    assert sorted(store.asked) == ["by_ids", "by_keys", "holders", "links", "lock", "siblings"]
