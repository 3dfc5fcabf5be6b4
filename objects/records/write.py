"""Writing records: every create, update and delete in the house goes through `write`.

Sets travel as one JSON parameter per statement, so that the number of statements is the same
for one record and for a thousand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from objects.records import computed, index
from objects.records.changes import (
    Announcement,
    ChangeOp,
    RecordChange,
    Source,
    Stored,
    Written,
)
from objects.shape import ObjectShape
from objects.signals import records_changing
from syncapp import canonical
from syncapp.errors import Changed

Row = dict[str, Any]


class FieldsChanged(Changed):
    """The fields of this object were changed meanwhile; load them again."""

    code = "fields_changed"


def write(
    shape: ObjectShape, changes: Sequence[RecordChange], source: Source, now: datetime
) -> list[Written]:
    """Write decided changes, at most one of each record, under `read.lock` of their object.

    Values are coerced and unique fields checked (`index.clashes`) before: what the database
    refuses nevertheless comes up as its error, with nothing of this call written once the
    caller has rolled back.

    Args:
        shape: the object.
        changes: decided on what was read under the lock.
        source: who writes; stored with each record and change.
        now: stored as the time of the change.

    Returns:
        One entry for each change, in the same order. Position n of the call is the object's
        last position before it, plus n.

    Raises:
        FieldsChanged: `shape` is an older picture; nothing is written.
        ValueError: two changes of one record, or a record that is not there (any more).
    """
    if not changes:
        return []
    changes = computed.complete(shape, changes)
    first = _take_positions(shape, len(changes))
    created = [pair for pair in enumerate(changes, first) if pair[1].op is ChangeOp.CREATE]
    changed = [pair for pair in enumerate(changes, first) if pair[1].op is not ChangeOp.CREATE]
    by_seq = _insert(shape, created, source, now) | _update(changed, source, now)
    written = [by_seq[seq] for seq in range(first, first + len(changes))]
    _remember(shape, changed, source, now)
    index.maintain(shape, changes, written)
    if records_changing.has_listeners(ObjectShape):
        records_changing.send(
            ObjectShape,
            shape=shape,
            announcements=Announcements(changes, written),
            source=source,
        )
    return written


def _take_positions(shape: ObjectShape, n: int) -> int:
    """Reserve the next n positions of the object and give the first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE object_seq SET last = last + %s FROM connect_object AS o"
            " WHERE object_seq.object_id = %s AND o.id = object_seq.object_id AND o.fields_rev = %s"
            " RETURNING object_seq.last",
            [n, shape.id, shape.rev],
        )
        if (row := cursor.fetchone()) is not None:
            return int(row[0]) - n + 1
        cursor.execute("SELECT FROM object_seq WHERE object_id = %s", [shape.id])
        if cursor.fetchone() is None:
            raise ValueError("Lock the object before writing to it.")
    raise FieldsChanged


def _insert(
    shape: ObjectShape, created: list[tuple[int, RecordChange]], source: Source, now: datetime
) -> dict[int, Written]:
    if not created:
        return {}
    rows = [
        {"k": change.key, "s": seq, "v": change.values, "p": change.parent_id}
        for seq, change in created
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO record (object_id, tenant_id, key, seq, rev, "values", parent_id,
                                created_at, updated_at, origin, origin_id)
            SELECT %s, %s, r.k, r.s, 1, r.v, r.p, %s, %s, %s, %s
            FROM jsonb_to_recordset(%s::jsonb) AS r(k text, s bigint, v jsonb, p bigint)
            RETURNING seq, id
            """,
            [shape.id, shape.tenant_id, now, now, *source, canonical.text(rows)],
        )
        return {seq: Written(record_id, seq, 1) for seq, record_id in cursor.fetchall()}


def _update(
    changed: list[tuple[int, RecordChange]], source: Source, now: datetime
) -> dict[int, Written]:
    if not changed:
        return {}
    rows = [
        {
            "i": _existing(change).id,
            "s": seq,
            "o": change.op,
            "k": change.new_key,
            "v": change.values,
            "p": change.parent_id,
        }
        for seq, change in changed
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE record SET
                key = coalesce(r.k, record.key),
                seq = r.s,
                rev = record.rev + 1,
                "values" = CASE r.o WHEN %s THEN r.v WHEN %s THEN record."values"
                           ELSE record."values" || r.v END,
                parent_id = coalesce(r.p, record.parent_id),
                deleted_at = CASE r.o WHEN %s THEN %s::timestamptz END,
                updated_at = %s, origin = %s, origin_id = %s
            FROM jsonb_to_recordset(%s::jsonb)
                AS r(i bigint, s bigint, o smallint, k text, v jsonb, p bigint)
            WHERE record.id = r.i
            RETURNING record.seq, record.id, record.rev
            """,
            [
                *(ChangeOp.RESURRECT, ChangeOp.DELETE, ChangeOp.DELETE),
                *(now, now, *source, canonical.text(rows)),
            ],
        )
        found = {seq: Written(record_id, seq, rev) for seq, record_id, rev in cursor.fetchall()}
    if len(found) != len(changed):
        raise ValueError("Two changes of one record, or a record that is not there.")
    return found


def _remember(
    shape: ObjectShape, changed: list[tuple[int, RecordChange]], source: Source, now: datetime
) -> None:
    """Write what each changed field was and is."""
    if not changed:
        return
    rows = [
        {"i": _existing(change).id, "s": seq, "o": change.op, "d": _diff(change)}
        for seq, change in changed
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO change (object_id, tenant_id, seq, record_id, at, op, origin, origin_id, diff)
            SELECT %s, %s, r.s, r.i, %s, r.o, %s, %s, r.d
            FROM jsonb_to_recordset(%s::jsonb) AS r(i bigint, s bigint, o smallint, d jsonb)
            """,
            [shape.id, shape.tenant_id, now, *source, canonical.text(rows)],
        )


def _existing(change: RecordChange) -> Stored:
    if change.existing is None:
        raise ValueError("Only a CREATE has nothing that exists.")
    return change.existing


def _before(change: RecordChange) -> dict[str, Any]:
    existing = change.existing
    return {} if existing is None or existing.deleted else existing.values


def _after(change: RecordChange) -> dict[str, Any]:
    if change.op is ChangeOp.DELETE:
        return {}
    if change.op is ChangeOp.UPDATE:
        return {**_before(change), **change.values}
    return dict(change.values)


def _diff(change: RecordChange) -> dict[str, list[Any]]:
    """Pair old and new of the changed fields; a deleted record counts as having no values."""
    if change.op is ChangeOp.UPDATE:
        before = _before(change)
        return {name: [before.get(name), value] for name, value in change.values.items()}
    before, after = _before(change), _after(change)
    return {name: [before.get(name), after.get(name)] for name in {**before, **after}}


class Announcements:
    """What a call of `write` tells its receivers, made while they look: a load has many changes."""

    def __init__(self, changes: Sequence[RecordChange], written: Sequence[Written]) -> None:
        self._changes = changes
        self._written = written

    def __iter__(self) -> Iterator[Announcement]:
        return map(_announcement, self._changes, self._written)

    def ids(self, *, without: ChangeOp) -> list[int]:
        """Give the ids of records that another thing happened to."""
        pairs = zip(self._changes, self._written, strict=True)
        return [written.id for change, written in pairs if change.op is not without]

    def parents(self) -> set[int]:
        """Give the ids of the records that these belong to, or belonged to before."""
        now = {change.parent_id for change in self._changes}
        before = {change.existing.parent_id for change in self._changes if change.existing}
        return {one for one in now | before if one is not None}


def _announcement(change: RecordChange, written: Written) -> Announcement:
    before, after = _before(change), _after(change)
    changed = (
        tuple(change.values) if change.op is ChangeOp.UPDATE else tuple({**before, **after})
    )
    return Announcement(written.id, change.op, changed, before, after)
