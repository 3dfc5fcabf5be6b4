"""What a change of an object's fields means for its records; under the object's lock.

None of this changes a record: no position, revision or history. A new picture of the fields
makes every run look at its records again anyway.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from django.db import connection

from objects.records import index
from objects.shape import FieldShape, ObjectShape
from objects.values import index_text
from syncapp import canonical

_CHUNK: Final = 5_000


class Held(NamedTuple):
    """What one live record has in one field."""

    record_id: int
    key: str
    value: Any


def held(object_id: int, name: str) -> Iterator[Held]:
    """Walk over the live records and give what each has in this field; None for nothing."""
    after = 0
    while True:
        rows = _rows(
            'SELECT seq, id, key, "values" -> %s FROM record'
            " WHERE object_id = %s AND seq > %s AND deleted_at IS NULL ORDER BY seq LIMIT %s",
            [name, object_id, after, _CHUNK],
        )
        for _, record_id, key, value in rows:
            yield Held(record_id, key, None if value is None else canonical.loads(value))
        if len(rows) < _CHUNK:
            return
        after = rows[-1][0]


def any_record(object_id: int) -> bool:
    """Tell whether the object has records, deleted ones too."""
    return bool(_rows("SELECT FROM record WHERE object_id = %s LIMIT 1", [object_id]))


def reindex(shape: ObjectShape, field: FieldShape) -> None:
    """Write the rows of `field_value` of one field anew, or remove them."""
    _run("DELETE FROM field_value WHERE field_id = %s", [field.id])
    if not field.searched:
        return
    fresh: list[dict[str, Any]] = []
    for record_id, _, value in held(shape.id, field.name):
        if (text := index_text(field, value)) is not None:
            fresh.append({"f": field.id, "r": record_id, "v": text})
        if len(fresh) == _CHUNK:
            index.add(shape.tenant_id, fresh)
            fresh = []
    index.add(shape.tenant_id, fresh)


def shared(field_id: int, limit: int) -> list[tuple[str, list[str]]]:
    """Find values that several records share: each value with keys of two of them."""
    return [
        (value, sorted(keys))
        for value, keys in _rows(
            """
            SELECT value, (SELECT array_agg(key) FROM record WHERE id IN (first, last))
            FROM (SELECT value, min(record_id) AS first, max(record_id) AS last
                  FROM field_value WHERE field_id = %s GROUP BY value
                  HAVING count(*) > 1 ORDER BY value LIMIT %s) AS found
            """,
            [field_id, limit],
        )
    ]


def forget_field(object_id: int, field: FieldShape) -> None:
    """Remove a field's values from all records, deleted ones too."""
    _run("DELETE FROM field_value WHERE field_id = %s", [field.id])
    _run(
        'UPDATE record SET "values" = "values" - %s WHERE object_id = %s AND "values" ? %s',
        [field.name, object_id, field.name],
    )


def forget_object(shape: ObjectShape) -> None:
    """Remove all records of an object with their history."""
    field_ids = [field.id for field in shape.fields]
    _run("DELETE FROM field_value WHERE field_id = ANY(%s)", [field_ids])
    for table in ("change", "record", "object_seq"):
        _run(f"DELETE FROM {table} WHERE object_id = %s", [shape.id])  # noqa: S608


def _run(sql: str, parameters: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def _rows(sql: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
