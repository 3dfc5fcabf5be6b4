"""A world in memory: entities, records that change, and faults to order.

The sandbox system shows it to the engine; tests, demonstrations and fire drills make it. It is
found by its name, lives in one process, and the same acts in the same order give the same
pages, ids and versions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from connections.kit.base import (
    CLEAR,
    Capabilities,
    Entity,
    ErrorKind,
    Json,
    Op,
    Outcome,
    Record,
    RemoteError,
    Unset,
    WriteItem,
    WriteResult,
)
from connections.kit.outcomes import outcome_of
from connections.kit.slices import id_text, joined
from syncapp import canonical

CAPABILITIES: Final = Capabilities(
    since="sequence",
    deletes="feed",
    ops=frozenset({Op.CREATE, Op.UPDATE, Op.UPSERT, Op.DELETE}),
    batch_max=100,
    write_semantics="searchable",
    finds_batched=True,
)
"""What an entity of a world can do, if its maker has no other wishes."""

_begin: Final = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Fault:
    """Something that happens at one place, some times.

    Attributes:
        on: "check", "entities", "read", "find", "write" (a whole call) or "item" (one of it).
        at: at which page of a reading or item of a call, counted from 1; None for each.
        entity: only for this one; None for all.
        error: what is raised; on "item" it becomes the item's result.
        applied: an item whose answer got lost took effect.
        call: called before, such as to wait or to change the world between two pages.
        add: records that the page has in addition, such as twins or broken ones.
        repeat: the page before comes again in place of this one.
        times: how often it still happens; None for ever.
    """

    on: str
    at: int | None = None
    entity: str | None = None
    error: RemoteError | None = None
    applied: bool = True
    call: Callable[[], object] | None = None
    add: Sequence[Record] = ()
    repeat: bool = False
    times: int | None = 1

    def strikes(self, on: str, entity: str | None, at: int) -> bool:
        """Tell whether it happens here, and count it."""
        if self.times == 0 or self.on != on:
            return False
        if self.entity not in (None, entity) or self.at not in (None, at):
            return False
        if self.times is not None:
            self.times -= 1
        return True


@dataclass(slots=True)
class _Row:
    seq: int
    values: dict[str, Json] | None  # None: removed


@dataclass(slots=True)
class World:
    """Entities, their records, and what goes wrong.

    Attributes:
        name: by which a config finds it.
        entities: what there is.
        faults: what goes wrong, in order of precedence.
        password: the one right password; any is right if empty.
        calls: what was asked, in order: (method, entity, count).
    """

    name: str
    entities: tuple[Entity, ...] = ()
    faults: list[Fault] = field(default_factory=list)
    password: str = ""
    calls: list[tuple[str, str, int]] = field(default_factory=list)
    _rows: dict[str, dict[str, _Row]] = field(default_factory=dict)
    _seq: int = 0

    def __post_init__(self) -> None:
        worlds[self.name] = self

    def put(self, entity: str, *records: Mapping[str, Json]) -> None:
        """Create records, or change those whose key is there already."""
        for values in records:
            remote_id = self._id(entity, values)
            self._rows_of(entity).pop(remote_id, None)
            self._store(entity, remote_id, dict(values))

    def change(self, entity: str, remote_id: str, **values: Json) -> None:
        """Change fields of one record."""
        row = self._rows_of(entity)[remote_id]
        self._store(entity, remote_id, {**(row.values or {}), **values})

    def remove(self, entity: str, *remote_ids: str) -> None:
        """Remove records."""
        for remote_id in remote_ids:
            self._store(entity, remote_id, None)

    def values(self, entity: str) -> dict[str, dict[str, Json]]:
        """Give the live records: id → values."""
        rows = self._rows_of(entity)
        return {name: dict(row.values) for name, row in rows.items() if row.values is not None}

    def entity(self, name: str) -> Entity:
        """Give an entity by its name.

        Raises:
            RemoteError: CONFIG if there is none.
        """
        found = next((one for one in self.entities if one.name == name), None)
        if found is None:
            raise RemoteError(ErrorKind.CONFIG, f"There is no entity {name}.")
        return found

    def rows(self, entity: str, after: int) -> list[tuple[str, _Row]]:
        """Give the rows changed after a number, by number."""
        rows = self._rows_of(entity).items()
        return sorted(
            ((name, row) for name, row in rows if row.seq > after), key=lambda pair: pair[1].seq
        )

    def record(self, entity: str, remote_id: str) -> Record:
        """Give one record as the world tells it."""
        row = self._rows_of(entity)[remote_id]
        return Record(
            remote_id,
            canonical.dumps(row.values or {}),
            version=str(row.seq),
            changed_at=_begin + timedelta(seconds=row.seq),
            deleted=row.values is None,
        )

    def strike(self, on: str, entity: str | None = None, at: int = 1) -> list[Fault]:
        """Let happen what happens here, and give the faults that did.

        Raises:
            RemoteError: one of them says so.
        """
        striking = [fault for fault in self.faults if fault.strikes(on, entity, at)]
        for fault in striking:
            if fault.call:
                fault.call()
            if fault.error and on != "item":
                raise fault.error
        return striking

    def write(self, entity: str, item: WriteItem, number: int) -> WriteResult:
        """Do what the item at this place of a call says, or what a fault says instead."""
        fault = next((one for one in self.strike("item", entity, number) if one.error), None)
        if fault is None or fault.error is None:
            return self._write(entity, item)
        if fault.error.sent and fault.applied:
            self._write(entity, item)
        outcome = outcome_of(item.op, fault.error)
        return WriteResult(item.index, outcome, item.remote_id, error=fault.error)

    def _write(self, entity: str, item: WriteItem) -> WriteResult:
        remote_id = item.remote_id or self._find_id(entity, item.key)
        row = self._rows_of(entity).get(remote_id or "")
        before = row.values if row else None
        if item.op is Op.DELETE:
            if before is not None and remote_id:
                self._store(entity, remote_id, None)
            return WriteResult(item.index, Outcome.DELETED, remote_id)
        if item.op is Op.UPDATE and before is None:
            return _refused(
                item, Outcome.REJECTED, ErrorKind.NOT_FOUND, "There is no such record."
            )
        if item.op is Op.CREATE and before is not None:
            return _refused(item, Outcome.CONFLICT, ErrorKind.CONFLICT, "There is one already.")
        after = _merged(before, item)
        if before is not None and row is not None and after == before:
            return WriteResult(item.index, Outcome.UNCHANGED, remote_id, str(row.seq))
        remote_id = remote_id or self._id(entity, after)
        self._store(entity, remote_id, after)
        outcome = Outcome.CREATED if before is None else Outcome.UPDATED
        return WriteResult(item.index, outcome, remote_id, str(self._seq), answer=after)

    def _store(self, entity: str, remote_id: str, values: dict[str, Json] | None) -> None:
        self._seq += 1
        self._rows_of(entity)[remote_id] = _Row(self._seq, values)

    def _rows_of(self, entity: str) -> dict[str, _Row]:
        return self._rows.setdefault(entity, {})

    def _id(self, entity: str, values: Mapping[str, Json]) -> str:
        found = joined([id_text(values.get(name)) for name in self.entity(entity).key])
        return found or f"{entity}-{self._seq + 1}"

    def _find_id(self, entity: str, key: Mapping[str, str]) -> str | None:
        for remote_id, row in self._rows_of(entity).items():
            if key and row.values is not None and has(row.values, key):
                return remote_id
        return None


def has(values: Mapping[str, Json], key: Mapping[str, str]) -> bool:
    """Tell whether a record has these values, as text."""
    return all(id_text(values.get(name)) == value for name, value in key.items())


def _merged(before: Mapping[str, Json] | None, item: WriteItem) -> dict[str, Json]:
    given = {
        name: None if value is CLEAR else value
        for name, value in item.values.items()
        if not isinstance(value, Unset)
    }
    return {**(item.key if before is None else before), **given}


def _refused(item: WriteItem, outcome: Outcome, kind: ErrorKind, why: str) -> WriteResult:
    return WriteResult(item.index, outcome, item.remote_id, error=RemoteError(kind, why))


worlds: Final[dict[str, World]] = {}
"""The worlds of this process, by name."""
