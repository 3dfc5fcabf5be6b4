"""The tenant's own connect objects, as the internal system sees them: entities, records, writes.

Fits `connections.kit.base.RecordStore`. Each call is one short transaction of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import objects.services
from connections.kit.base import (
    CLEAR,
    UNSET,
    Capabilities,
    Entity,
    ErrorKind,
    Field,
    Op,
    Outcome,
    Record,
    RemoteError,
    WriteItem,
    WriteResult,
)
from connections.kit.codes import FieldType
from objects.models import ConnectObject
from objects.records import index, read
from objects.records.changes import ChangeOp, Origin, RecordChange, Source, Stored
from objects.records.write import write
from objects.shape import FieldShape, ObjectShape
from objects.values import ValueRefused, coerce, completed, key_text, missing
from syncapp.tenants import door

BATCH: Final = 200
_WRITES: Final = frozenset({Op.CREATE, Op.UPDATE, Op.UPSERT, Op.DELETE})
_SOURCE: Final = Source(Origin.SYNC)


class TenantRecords:
    """Records of one tenant's connect objects."""

    def __init__(self, tenant_id: int, now: Callable[[], datetime]) -> None:
        self._tenant_id = tenant_id
        self._now = now

    def entities(self) -> Sequence[Entity]:
        """Describe the tenant's connect objects, by their type."""
        with door.tenant(self._tenant_id):
            rows = ConnectObject.objects.filter(
                tenant_id=self._tenant_id, kind=ConnectObject.Kind.STORE
            ).order_by("type")
            return [_entity(objects.services.load_shape(row)) for row in rows]

    def page(self, entity: str, after: int, limit: int) -> Sequence[Record]:
        """Give records with seq > `after`, by seq, tombstones too; `version` is seq."""
        with door.tenant(self._tenant_id):
            return [
                _record(stored) for stored in read.feed(self._find(entity).pk, after, limit)
            ]

    def find(self, entity: str, keys: Sequence[str]) -> Mapping[str, Record]:
        """Give the live records with these keys."""
        with door.tenant(self._tenant_id):
            found = read.by_keys(self._find(entity).pk, keys)
        return {key: _record(stored) for key, stored in found.items() if not stored.deleted}

    def feed(self, entity: str) -> str:
        """Give the id of the object's numbering."""
        with door.tenant(self._tenant_id):
            return str(self._find(entity).feed)

    def write(self, entity: str, items: Sequence[WriteItem]) -> Sequence[WriteResult]:
        """Write in sets, one result per item, in their order."""
        with door.tenant(self._tenant_id):
            shape = objects.services.load_shape(self._find(entity))
            read.lock([shape.id])
            return _Writing(shape, items).results(self._now())

    def _find(self, entity: str) -> ConnectObject:
        row: ConnectObject | None = ConnectObject.objects.filter(
            tenant_id=self._tenant_id, type=entity
        ).first()
        if row is None:
            raise RemoteError(ErrorKind.CONFIG, f"There is no connect object “{entity}”.")
        return row


class _Writing:
    """One call of `write`, under the object's lock: decide on what is stored, then write."""

    def __init__(self, shape: ObjectShape, items: Sequence[WriteItem]) -> None:
        self._shape = shape
        self._items = items
        self._by_key = read.by_keys(shape.id, {key for key in map(_key, items) if key})
        ids = [found for item in items if (found := _id(item)) is not None]
        self._by_id = read.by_ids(shape.id, ids)

    def results(self, now: datetime) -> list[WriteResult]:
        done: dict[int, WriteResult] = {}
        decided: list[tuple[WriteItem, RecordChange]] = []
        taken: set[object] = set()
        for item in self._items:
            made = self._decide(item)
            if isinstance(made, WriteResult):
                done[item.index] = made
            elif taken & (names := {made.key, made.existing.id if made.existing else made.key}):
                text = "The record is twice in this batch; it is written by itself next time."
                done[item.index] = _failed(item, Outcome.RETRYABLE, ErrorKind.TRANSIENT, text)
            else:
                taken |= names
                decided.append((item, made))
        done |= self._write(decided, now)
        return [done[item.index] for item in self._items]

    def _write(
        self, decided: Sequence[tuple[WriteItem, RecordChange]], now: datetime
    ) -> dict[int, WriteResult]:
        clashes = index.clashes(self._shape, [change for _, change in decided])
        done = {}
        accepted = []
        for number, (item, change) in enumerate(decided):
            if field := clashes.get(number):
                text = f"{field.label or field.name}: another record has this value."
                done[item.index] = _refused(item, field.name, text)
            else:
                accepted.append((item, change))
        written = write(self._shape, [change for _, change in accepted], _SOURCE, now)
        for (item, change), (record_id, seq, _) in zip(accepted, written, strict=True):
            done[item.index] = WriteResult(
                item.index, _OUTCOMES[change.op], str(record_id), str(seq)
            )
        return done

    def _decide(self, item: WriteItem) -> RecordChange | WriteResult:
        existing = self._existing(item)
        alive = existing is not None and not existing.deleted
        if item.op in {Op.UPDATE, Op.DELETE} and (existing is None or not alive):
            return _failed(
                item, Outcome.REJECTED, ErrorKind.NOT_FOUND, "There is no such record."
            )
        if item.op is Op.CREATE and alive:
            text = "A record with this key exists already."
            return _failed(item, Outcome.CONFLICT, ErrorKind.CONFLICT, text)
        if item.op not in _WRITES:
            text = f"Connect objects know no “{item.op}”."
            return _failed(item, Outcome.REJECTED, ErrorKind.UNSUPPORTED, text)
        if item.op is Op.DELETE:
            assert existing is not None
            return RecordChange(ChangeOp.DELETE, existing.key, {}, existing)
        return self._filled(item, existing)

    def _existing(self, item: WriteItem) -> Stored | None:
        record_id = _id(item)
        return self._by_key.get(_key(item)) if record_id is None else self._by_id.get(record_id)

    def _filled(self, item: WriteItem, existing: Stored | None) -> RecordChange | WriteResult:
        name = ""
        values: dict[str, Any] = {}
        try:
            for name, given in item.values.items():
                if given is UNSET:
                    continue
                field = self._shape.by_name.get(name)
                if field is None:
                    return _refused(item, name, f"The object has no field “{name}”.")
                values[name] = coerce(field, None if given is CLEAR else given)
            return self._change(item, existing, values)
        except ValueRefused as error:
            return _refused(item, name, error.message)

    def _change(
        self, item: WriteItem, existing: Stored | None, values: dict[str, Any]
    ) -> RecordChange | WriteResult:
        own = self._shape.key
        if existing is None or existing.deleted:
            values = completed(self._shape, values)
            if lacking := missing(self._shape, values):
                name = lacking[0].name
                return _refused(item, name, f"{lacking[0].label or name} is required.")
            key = key_text(values[own.name] if own else _key(item))
            op = ChangeOp.RESURRECT if existing else ChangeOp.CREATE
            return RecordChange(op, key, values, existing)
        changed = {
            name: value for name, value in values.items() if existing.values.get(name) != value
        }
        if not changed:
            return WriteResult(
                item.index, Outcome.UNCHANGED, str(existing.id), str(existing.seq)
            )
        new_key = key_text(changed[own.name]) if own and own.name in changed else None
        return RecordChange(ChangeOp.UPDATE, existing.key, changed, existing, new_key)


_OUTCOMES: Final = {
    ChangeOp.CREATE: Outcome.CREATED,
    ChangeOp.RESURRECT: Outcome.CREATED,
    ChangeOp.UPDATE: Outcome.UPDATED,
    ChangeOp.DELETE: Outcome.DELETED,
}


def _key(item: WriteItem) -> str:
    return next(iter(item.key.values()), "")


def _id(item: WriteItem) -> int | None:
    return int(item.remote_id) if item.remote_id and item.remote_id.isdecimal() else None


def _failed(item: WriteItem, outcome: Outcome, kind: ErrorKind, text: str) -> WriteResult:
    return WriteResult(item.index, outcome, item.remote_id, error=RemoteError(kind, text))


def _refused(item: WriteItem, field: str, text: str) -> WriteResult:
    error = RemoteError(ErrorKind.VALIDATION, text, field_name=field)
    return WriteResult(item.index, Outcome.REJECTED, item.remote_id, error=error)


def _record(stored: Stored) -> Record:
    return Record.of(
        str(stored.id), stored.values, version=str(stored.seq), deleted=stored.deleted
    )


def _entity(shape: ObjectShape) -> Entity:
    key = (shape.key.name,) if shape.key else ()
    return Entity(
        name=shape.type,
        label=shape.name,
        fields=tuple(_field(field) for field in shape.fields),
        key=key,
        caps=Capabilities(
            since="sequence",
            deletes="feed",
            ops=_WRITES,
            upsert_by=key,
            batch_max=BATCH,
            write_semantics="idempotent",
            idempotency="natural",
            page_max=1000,
            finds_batched=True,
        ),
    )


def _field(field: FieldShape) -> Field:
    return Field(
        name=field.name,
        type=FieldType(field.type),
        label=field.label,
        required=field.required,
        key=field.is_key,
        unique=field.is_unique,
        max_length=field.max_length,
        scale=field.scale,
        choices=field.choices,
    )
