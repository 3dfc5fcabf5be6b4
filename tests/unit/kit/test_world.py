"""Worlds change, tell their changes, and fail to order, the same way each time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connections.kit.base import (
    CLEAR,
    UNSET,
    Capabilities,
    Entity,
    ErrorKind,
    Op,
    Outcome,
    Query,
    Record,
    RemoteError,
    WriteItem,
)
from connections.kit.world import CAPABILITIES, Fault, World, worlds
from connections.systems.sandbox import Sandbox
from tests.unit.kit.talking import Talk

E = "Item"


@pytest.fixture
def world() -> Iterator[World]:
    made = World("test", (Entity(E, key=("id",), caps=CAPABILITIES),))
    yield made
    del worlds["test"]


def sandbox(**settings: Any) -> Sandbox:
    def nowhere(request: Any) -> Any:
        raise AssertionError

    made: Sandbox = Talk(nowhere).open(Sandbox, {"world": "test", **settings})
    return made


def read(cursor: Any = None, size: int = 2) -> Any:
    return list(sandbox().read(Query(E, page_size=size), cursor))


def ids(pages: Any) -> list[str]:
    return [record.remote_id for page in pages for record in page.records]


def write(op: Op, key: str, **values: Any) -> Any:
    return sandbox().write(E, [WriteItem(0, op, {"id": key}, values)])[0]


def test_an_unknown_world_is_named() -> None:
    with pytest.raises(RemoteError, match="no world nowhere"):
        sandbox(world="nowhere")


def test_changes_come_again_and_removals_as_tombstones(world: World) -> None:
    world.put(E, {"id": "a"}, {"id": "b"}, {"id": "c"})
    last = read()[-1].cursor
    world.change(E, "a", n=1)
    world.remove(E, "b")

    changed, removed = [record for page in read(last) for record in page.records]

    assert (changed.remote_id, changed.values) == ("a", {"id": "a", "n": 1})
    assert (removed.remote_id, removed.deleted) == ("b", True)
    assert removed.changed_at > changed.changed_at


def test_what_offers_no_changes_gives_everything_each_time(world: World) -> None:
    world.entities = (Entity(E, key=("id",), caps=Capabilities()),)
    world.put(E, {"id": "a"}, {"id": "b"}, {"id": "c"})
    world.remove(E, "b")

    pages = read()

    assert ids(pages) == ["a", "c"]
    assert ids(read(pages[-1].cursor)) == ["a", "c"]


def test_records_without_key_get_an_id(world: World) -> None:
    world.put(E, {"n": 1})

    assert ids(read()) == ["Item-1"]


def test_a_fault_strikes_at_its_page_and_as_often_as_it_says(world: World) -> None:
    world.put(E, *({"id": str(number)} for number in range(6)))
    lost = RemoteError(ErrorKind.TRANSIENT, "gone")
    world.faults.append(Fault("read", at=2, entity=E, error=lost, times=2))
    world.faults.append(Fault("read", at=2, entity="Other", error=lost, times=None))

    for _ in range(2):
        with pytest.raises(RemoteError, match="gone"):
            read()
    assert len(read()) == 3


def test_a_fault_may_strike_for_ever(world: World) -> None:
    world.faults.append(
        Fault("find", error=RemoteError(ErrorKind.QUOTA, "used up"), times=None)
    )

    for _ in range(3):
        with pytest.raises(RemoteError, match="used up"):
            sandbox().find(E, [])


def test_a_page_can_hold_twins_and_broken_records(world: World) -> None:
    world.put(E, {"id": "a"}, {"id": "b"})
    broken = Record("x", b"{")
    world.faults.append(Fault("read", at=1, add=[Record.of("a", {"id": "a"}), broken]))

    (page,) = read()

    assert ids([page]) == ["a", "b", "a", "x"]
    with pytest.raises(ValueError, match="truncated"):
        _ = page.records[3].values


def test_the_world_can_change_between_two_pages(world: World) -> None:
    world.put(E, *({"id": str(number)} for number in range(4)))
    world.faults.append(Fault("read", at=2, call=lambda: world.put(E, {"id": "new"})))

    assert ids(read()) == ["0", "1", "2", "3", "new"]


def test_a_page_can_repeat(world: World) -> None:
    world.put(E, *({"id": str(number)} for number in range(4)))
    world.faults.append(Fault("read", at=2, repeat=True))

    with pytest.raises(RemoteError, match="the same page again"):
        read()


def test_writing(world: World) -> None:
    assert write(Op.CREATE, "a", n=1, m=2).outcome is Outcome.CREATED
    assert write(Op.CREATE, "a").outcome is Outcome.CONFLICT
    assert write(Op.UPDATE, "a", n=CLEAR, m=UNSET).outcome is Outcome.UPDATED
    assert write(Op.UPDATE, "a", n=None).outcome is Outcome.UNCHANGED
    assert write(Op.UPSERT, "b", n=1).outcome is Outcome.CREATED
    assert write(Op.UPSERT, "b", n=2).outcome is Outcome.UPDATED
    assert write(Op.UPDATE, "c").outcome is Outcome.REJECTED
    assert write(Op.DELETE, "b").outcome is Outcome.DELETED
    assert write(Op.DELETE, "b").outcome is Outcome.DELETED
    assert write(Op.CREATE, "b", n=3).outcome is Outcome.CREATED

    assert world.values(E) == {"a": {"id": "a", "n": None, "m": 2}, "b": {"id": "b", "n": 3}}
    assert world.calls[0] == ("write", E, 1)


@pytest.mark.parametrize("applied", [True, False])
def test_a_lost_write_may_have_taken_effect_or_not(world: World, applied: bool) -> None:
    lost = RemoteError(ErrorKind.TRANSIENT, "lost", sent=True)
    world.faults.append(Fault("item", at=2, error=lost, applied=applied))
    items = [WriteItem(number, Op.CREATE, {"id": str(number)}) for number in range(3)]

    results = sandbox().write(E, items)

    assert [result.outcome for result in results] == ["created", "unknown", "created"]
    assert ("1" in world.values(E)) is applied


def test_a_refused_item_and_a_refused_call(world: World) -> None:
    refused = RemoteError(ErrorKind.VALIDATION, "no")
    world.faults += [Fault("item", error=refused), Fault("write", error=refused, times=2)]

    for _ in range(2):
        with pytest.raises(RemoteError):
            write(Op.CREATE, "a")
    assert write(Op.CREATE, "a").outcome is Outcome.REJECTED
    assert write(Op.CREATE, "a").outcome is Outcome.CREATED


def test_looking_up_by_any_field(world: World) -> None:
    world.put(E, {"id": "a", "n": 1}, {"id": "b", "n": 1}, {"id": "c", "n": 1}, {"id": "d"})

    found = sandbox().find(E, [{"n": "1"}, {"n": "2"}, {"id": "d"}])

    assert [[record.remote_id for record in records] for records in found] == [
        ["a", "b"],
        [],
        ["d"],
    ]


def test_everything_can_fail(world: World) -> None:
    for method in ("check", "entities", "find"):
        world.faults.append(Fault(method, error=RemoteError(ErrorKind.PERMISSION, "no")))

    assert [line.ok for line in sandbox().check()] == [False]
    with pytest.raises(RemoteError):
        sandbox().entities()
    with pytest.raises(RemoteError):
        sandbox().find(E, [])
    assert [line.ok for line in sandbox().check()] == [True, True]
