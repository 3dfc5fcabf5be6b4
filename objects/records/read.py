"""Reading records, in sets and by index only.

Under row-level security an index serves a query only if the operators are leakproof: equality
and order of text and integers. Nothing here filters by a pattern or looks into values.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final, NamedTuple

from django.db import connection
from django.db.models import IntegerField
from django.db.models.expressions import RawSQL

from objects import values
from objects.records.changes import ChangeOp, Listed, Origin, Past, Source, Stored
from syncapp import canonical
from syncapp.errors import NotThere

COUNT_BOUND: Final = 10_000
"""Nobody counts further: lists say "10 000+"."""

_STORED: Final = 'id, key, seq, rev, deleted_at IS NOT NULL, "values", parent_id'
_LISTED: Final = 'id, object_id, key, seq, rev, "values", created_at, updated_at, deleted_at, origin, origin_id'
# A set is looked up one by one inside of the statement. Comparing with a whole array, the planner
# sees a thousand keys against few records that it expects, and reads the object from end to end.
_EACH: Final = "FROM jsonb_array_elements_text(%s::jsonb) AS wanted(item) CROSS JOIN LATERAL"
_LAST_CHARACTER: Final = chr(0x10FFFF)


def lock(object_ids: Collection[int]) -> None:
    """Make other writers of these objects wait until this transaction ends.

    Raises:
        NotThere: one of them is not an object of this tenant.
    """
    wanted = sorted(set(object_ids))
    if _lock(wanted) == len(wanted):
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO object_seq (object_id, tenant_id)
            SELECT id, tenant_id FROM connect_object WHERE id = ANY(%s) ORDER BY id
            ON CONFLICT DO NOTHING
            """,
            [wanted],
        )
    if _lock(wanted) != len(wanted):
        raise NotThere


def _lock(object_ids: list[int]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT object_id FROM object_seq WHERE object_id = ANY(%s)"
            " ORDER BY object_id FOR NO KEY UPDATE",
            [object_ids],
        )
        return len(cursor.fetchall())


def position(object_id: int) -> int:
    """Give the position of the last change of an object that is locked."""
    rows = _rows("SELECT last FROM object_seq WHERE object_id = %s", [object_id])
    return int(rows[0][0])


def by_ids(object_id: int, ids: Iterable[int]) -> dict[int, Stored]:
    """Find records by id, deleted ones too."""
    sql = (
        f"SELECT found.* {_EACH} (SELECT object_id, {_STORED} FROM record"  # noqa: S608
        " WHERE id = wanted.item::bigint LIMIT 1) AS found"
    )
    # Asked by id alone, so that no index but the primary key's can look attractive.
    rows = _rows(sql, [canonical.text([one for one in ids if _is_id(one)])])
    return {row[1]: _stored(row[1:]) for row in rows if row[0] == object_id}


def by_keys(object_id: int, keys: Iterable[str]) -> dict[str, Stored]:
    """Find records by key, deleted ones too."""
    sql = (
        f"SELECT found.* {_EACH} (SELECT {_STORED} FROM record"  # noqa: S608
        " WHERE object_id = %s AND key >= wanted.item AND key <= wanted.item"
        " ORDER BY key LIMIT 1) AS found"  # the order speaks for the index by key
    )
    findable = canonical.text([key for key in keys if values.storable(key)])
    return {row[1]: _stored(row) for row in _rows(sql, [findable, object_id])}


def by_parents(object_id: int, parent_ids: Iterable[int]) -> dict[int, list[Stored]]:
    """Find the live records of a child object that belong to these records, by key."""
    sql = (
        f"SELECT found.* {_EACH} (SELECT object_id, {_STORED} FROM record"  # noqa: S608
        " WHERE parent_id = wanted.item::bigint AND deleted_at IS NULL OFFSET 0) AS found"
    )
    found: dict[int, list[Stored]] = {}
    for row in _rows(sql, [canonical.text([one for one in parent_ids if _is_id(one)])]):
        if row[0] == object_id:
            found.setdefault(row[-1], []).append(_stored(row[1:]))
    return {parent: sorted(ones, key=_by_key) for parent, ones in found.items()}


def by_field(field_id: int, texts: Iterable[str]) -> dict[str, list[int]]:
    """Find ids of live records by the value of a searched field.

    Args:
        field_id: a field whose shape says `searched`.
        texts: spelled by `values.index_text`.
    """
    sql = (
        f"SELECT found.* {_EACH} (SELECT value, record_id FROM field_value"  # noqa: S608
        " WHERE field_id = %s AND value = wanted.item OFFSET 0) AS found ORDER BY record_id"
    )
    findable = canonical.text([text for text in set(texts) if values.storable(text)])
    found: dict[str, list[int]] = {}
    for text, record_id in _rows(sql, [findable, field_id]):
        found.setdefault(text, []).append(record_id)
    return found


def feed(object_id: int, after: int, limit: int) -> list[Stored]:
    """Give records, tombstones too, whose last change comes after position `after`, in order.

    Positions are handed out in the order of commits: what was not there when a later one was
    read will not appear before it.
    """
    return [
        _stored(row)
        for row in _rows(
            f"SELECT {_STORED} FROM record WHERE object_id = %s AND seq > %s"  # noqa: S608
            " ORDER BY seq LIMIT %s",
            [object_id, after, limit],
        )
    ]


class Wanted(NamedTuple):
    """Which part of an object's records a list shows, in which order.

    Attributes:
        by: key or seq; by seq is by the time of the last change.
        after: show what follows this key or seq in this order.
        prefix: only keys that begin so.
        field_id: with `value`, only records whose searched field has this value.
        value: spelled by `values.index_text`.
        deleted: the deleted ones instead of the live ones; None for both.
    """

    by: str = "key"
    descending: bool = False
    after: str | int | None = None
    prefix: str = ""
    field_id: int | None = None
    value: str = ""
    deleted: bool | None = False


def page(object_id: int, wanted: Wanted, limit: int) -> list[Listed]:
    """Give the first `limit` records of what is wanted."""
    where, parameters = _where(object_id, wanted)
    column, order = (
        ("seq" if wanted.by == "seq" else "key"),
        ("DESC" if wanted.descending else "ASC"),
    )
    if wanted.after is not None:
        where += f" AND {column} {'<' if wanted.descending else '>'} %s"
        parameters.append(wanted.after)
    sql = f"SELECT {_LISTED} FROM record WHERE {where} ORDER BY {column} {order} LIMIT %s"  # noqa: S608
    return [_listed(row) for row in _rows(sql, [*parameters, limit])]


def count(object_id: int, wanted: Wanted) -> int:
    """Count what is wanted, but not beyond `COUNT_BOUND` + 1."""
    where, parameters = _where(object_id, wanted)
    sql = f"SELECT count(*) FROM (SELECT 1 FROM record WHERE {where} LIMIT %s) AS bounded"  # noqa: S608
    return int(_rows(sql, [*parameters, COUNT_BOUND + 1])[0][0])


def number_of_records() -> RawSQL:
    """Count the live records of each object of a queryset, as `count` does."""
    return RawSQL(
        "(SELECT count(*) FROM (SELECT FROM record WHERE object_id = connect_object.id"
        " AND deleted_at IS NULL LIMIT %s) AS bounded)",
        [COUNT_BOUND + 1],
        output_field=IntegerField(),
    )


def one(record_id: int) -> Listed | None:
    """Give one record, deleted or not."""
    if not _is_id(record_id):
        return None
    sql = f"SELECT {_LISTED} FROM record WHERE id = %s"  # noqa: S608
    return next((_listed(row) for row in _rows(sql, [record_id])), None)


def one_by_key(object_id: int, key: str) -> Listed | None:
    """Give the record with this key, deleted or not."""
    if not values.storable(key):
        return None
    sql = f"SELECT {_LISTED} FROM record WHERE object_id = %s AND key = %s"  # noqa: S608
    return next((_listed(row) for row in _rows(sql, [object_id, key])), None)


def history(record_id: int, *, before: int | None = None, limit: int = 50) -> list[Past]:
    """Give the changes of a record, newest first; its creation is not among them.

    Args:
        record_id: the record.
        before: only changes older than this position.
        limit: how many at most.
    """
    return [
        Past(seq, at, ChangeOp(op), Source(Origin(origin), origin_id), canonical.loads(diff))
        for seq, at, op, origin, origin_id, diff in _rows(
            "SELECT seq, at, op, origin, origin_id, diff FROM change"
            " WHERE record_id = %s AND seq < %s ORDER BY at DESC, seq DESC LIMIT %s",
            [record_id, 2**63 - 1 if before is None else before, limit],
        )
    ]


def _where(object_id: int, wanted: Wanted) -> tuple[str, list[Any]]:
    if not (values.storable(wanted.prefix) and values.storable(wanted.value)):
        return "FALSE", []
    where, parameters = "object_id = %s", list[Any]([object_id])
    if wanted.deleted is not None:
        where += f" AND deleted_at IS {'NOT ' if wanted.deleted else ''}NULL"
    if wanted.prefix:
        where += " AND key >= %s"
        parameters.append(wanted.prefix)
        if (end := after_prefix(wanted.prefix)) is not None:
            where += " AND key < %s"
            parameters.append(end)
    if wanted.field_id is not None:
        # Bounded, because a value that a million records share would have to be sorted.
        where += (
            " AND id IN (SELECT record_id FROM field_value"
            " WHERE field_id = %s AND value = %s LIMIT %s)"
        )
        parameters += [wanted.field_id, wanted.value, COUNT_BOUND + 1]
    return where, parameters


def after_prefix(prefix: str) -> str | None:
    """Give the first text that follows all texts with this prefix, in the order of code points."""
    cut = prefix.rstrip(_LAST_CHARACTER)
    if not cut:
        return None
    following = ord(cut[-1]) + 1
    return cut[:-1] + chr(0xE000 if following == 0xD800 else following)


def _is_id(number: int) -> bool:
    """Tell whether the database can hold this number; addresses may name any."""
    return 0 < number < 2**63


def _rows(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _by_key(stored: Stored) -> str:
    return stored.key


def _stored(row: tuple[Any, ...]) -> Stored:
    record_id, key, seq, rev, deleted, data, parent_id = row
    return Stored(record_id, key, seq, rev, deleted, canonical.loads(data), parent_id)


def _listed(row: tuple[Any, ...]) -> Listed:
    record_id, object_id, key, seq, rev, data, *times, origin, origin_id = row
    created_at, updated_at, deleted_at = times
    return Listed(
        id=record_id,
        object_id=object_id,
        key=key,
        seq=seq,
        rev=rev,
        values=canonical.loads(data),
        created_at=created_at,
        updated_at=updated_at,
        deleted_at=deleted_at,
        source=Source(Origin(origin), origin_id),
    )
