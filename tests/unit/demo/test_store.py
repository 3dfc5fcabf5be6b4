"""The journal: whatever a crash leaves of it, the store opens with every finished edit."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from syncapp.demo.erp.model import PARTNERS
from syncapp.demo.erp.service import Service
from syncapp.demo.erp.store import StateError, Store
from tests.unit.demo.conftest import Erp, make_store, partner


def notes(path: Path) -> str:
    store = make_store(path)
    try:
        return str(Erp(Service(store, "demo")).get("BusinessPartners('A')")["Notes"])
    finally:
        store.close()


def test_a_line_that_a_crash_cut_off_counts_for_nothing(
    state: Path, store: Store, erp: Erp
) -> None:
    erp.send("PATCH", "BusinessPartners('A')", {"Notes": "first"})
    first = state.read_bytes()
    erp.send("PATCH", "BusinessPartners('A')", {"Notes": "second"})
    both = state.read_bytes()
    store.close()

    for length in range(len(first), len(both), 23):
        state.write_bytes(both[:length])
        assert notes(state) == "first"
    state.write_bytes(both)
    assert notes(state) == "second"


def test_a_restart_keeps_one_line_for_each_record(state: Path, store: Store, erp: Erp) -> None:
    for place in range(5):
        erp.send("PATCH", "BusinessPartners('A')", {"Notes": str(place)})
    assert len(state.read_bytes().splitlines()) == 5
    store.close()

    assert notes(state) == "4"

    assert len(state.read_bytes().splitlines()) == 1
    assert {path.name for path in state.parent.iterdir()} == {"erp.json", "erp.json.lock"}


def test_a_journal_has_one_writer(state: Path, store: Store) -> None:
    with pytest.raises(StateError, match="Another demo ERP uses"):
        make_store(state)

    store.close()
    make_store(state).close()


@pytest.mark.parametrize(
    "line",
    [
        b"nonsense",
        b"5",
        b"{}",
        b'{"set":"Nothing","key":"A","values":null}',
        b'{"set":"Items","key":5,"values":null}',
        b'{"set":"Items","key":"A","values":5}',
        b'{"set":"Items","key":"A","values":{}}',
        b"\xff",
    ],
)
def test_a_file_that_is_no_journal_is_left_alone(state: Path, line: bytes) -> None:
    state.parent.mkdir()
    content = b'{"set":"Items","key":"I1","values":null}\n' + line + b"\n"
    state.write_bytes(content)

    with pytest.raises(StateError, match=r"Line 2 of .* is no edit"):
        make_store(state)

    assert state.read_bytes() == content


@contextmanager
def full_disk(*, after: int) -> Iterator[None]:
    """Let no file of this process grow beyond `after` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (after, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("room", [0, 10])
def test_an_edit_that_cannot_be_written_down_does_not_happen(
    state: Path, store: Store, erp: Erp, room: int
) -> None:
    erp.send("PATCH", "BusinessPartners('A')", {"Notes": "kept"})
    before = state.read_bytes()

    with (
        store.open(PARTNERS) as table,
        full_disk(after=len(before) + room),
        pytest.raises(OSError, match=r"only part|File too large"),
    ):
        store.put(table, "A", partner("A", Notes="lost"))

    assert state.read_bytes() == before
    assert erp.get("BusinessPartners('A')")["Notes"] == "kept"
    erp.send("PATCH", "BusinessPartners('A')", {"Notes": "after"})
    store.close()
    assert notes(state) == "after"
