"""Finding records by what they hold, for many questions in one statement each.

By the key or by a searched field an index answers. Under row-level security nothing else can be
indexed: other fields, and parts of texts, cost one walk over the object's live records, however
many questions there are. The order is that of `seq`, which numbers changes as they were committed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple

from django.db import connection

from objects.shape import FieldShape
from syncapp import canonical

_CHUNK: Final = 20_000
_MATCHES: Final = 'record.deleted_at IS NULL AND record."values" @> wanted.f'
_WANTED: Final = "jsonb_to_recordset(%(wanted)s::jsonb) AS wanted(n int, t text, f jsonb)"
_PLACES: Final = {
    "key": (
        "record WHERE record.object_id = %(object)s"
        " AND record.key >= wanted.t AND record.key <= wanted.t"
    ),
    "index": (
        "field_value JOIN record ON record.id = field_value.record_id"
        " WHERE field_value.field_id = %(field)s AND field_value.value = wanted.t"
    ),
    "any": "record WHERE record.object_id = %(object)s",
}
_EACH: Final = f"""
    SELECT wanted.n, found.given FROM {_WANTED} CROSS JOIN LATERAL (
        SELECT {{given}} AS given FROM {{place}} AND {_MATCHES}
        ORDER BY record.seq DESC LIMIT %(limit)s
    ) AS found"""  # noqa: S608  texts of this module
_WALK: Final = """
    SELECT "values" FROM record
    WHERE object_id = %s AND deleted_at IS NULL AND "values" -> %s = ANY(%s::jsonb[])
    ORDER BY seq DESC"""


class Match(NamedTuple):
    """A question: which records have all of these values?

    Attributes:
        text: what the key or the index has for the first of them.
        values: field → coerced value.
    """

    text: str
    values: Mapping[str, Any]


def newest(
    object_id: int,
    first: FieldShape | None,
    matches: Sequence[Match],
    *,
    returns: str | None,
    limit: int,
) -> list[list[Any]]:
    """Give the live records that match each question, those that changed last first.

    Args:
        object_id: where to look.
        first: the first field of all questions; None if they name no field.
        matches: the questions; all name the same fields.
        returns: the field whose value is given; None for all values of a record.
        limit: so many for each question.
    """
    if first is not None and not (first.is_key or first.searched):
        return _walked(object_id, first.name, matches, returns, limit)
    place = "any" if first is None else "key" if first.is_key else "index"
    given = 'record."values"' if returns is None else 'record."values" -> %(returns)s'
    wanted = [
        {"n": number, "t": match.text, "f": match.values}
        for number, match in enumerate(matches)
    ]
    parameters: dict[str, Any] = {
        "wanted": canonical.text(wanted),
        "object": object_id,
        "field": first.id if first is not None else 0,
        "returns": returns,
        "limit": limit,
    }
    sql = _EACH.replace("{given}", given).replace("{place}", _PLACES[place])
    found: list[list[Any]] = [[] for _ in matches]
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        for number, value in cursor.fetchall():
            found[number].append(None if value is None else canonical.loads(value))
    return found


def oldest_containing(
    object_id: int, name: str, parts: Collection[str], *, returns: str
) -> dict[str, Any]:
    """Give for each part of a text, in any case, the record that holds it and changed first.

    The walk ends with the last part that was found. A chunk of records is searched as one text,
    which is as fast as memory can be read.

    Args:
        object_id: where to look.
        name: the field that is searched, as text.
        parts: case-folded, not empty.
        returns: the field whose value is given.
    """
    sql = (
        'SELECT "values" ->> %s, "values" -> %s FROM record'
        " WHERE object_id = %s AND deleted_at IS NULL ORDER BY seq"
    )
    found: dict[str, Any] = {}
    left = set(parts)
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, [name, returns, object_id])
        while left and (rows := cursor.fetchmany(_CHUNK)):
            chunk = "\0".join([text or "" for text, _ in rows]).casefold()
            for part in tuple(left):
                at = chunk.find(part)
                if at >= 0:
                    value = rows[chunk.count("\0", 0, at)][1]
                    found[part] = None if value is None else canonical.loads(value)
                    left.discard(part)
    return found


def _walked(
    object_id: int, name: str, matches: Sequence[Match], returns: str | None, limit: int
) -> list[list[Any]]:
    """Look through all live records, until each question has as many as it may get.

    The database sorts out those that match no question; which one matches which is told here,
    because for a join with so many questions it would compare each record with each of them.
    """
    found: list[list[Any]] = [[] for _ in matches]
    asked: dict[Any, list[int]] = {}
    for number, match in enumerate(matches):
        asked.setdefault(match.values[name], []).append(number)
    wanted = [canonical.text(value) for value in asked]
    with connection.chunked_cursor() as cursor:
        cursor.execute(_WALK, [object_id, name, wanted])
        while asked and (rows := cursor.fetchmany(_CHUNK)):
            for (text,) in rows:
                values = canonical.loads(text)
                for number in tuple(asked.get(values[name], ())):
                    if not matches[number].values.items() <= values.items():
                        continue
                    found[number].append(values if returns is None else values.get(returns))
                    if len(found[number]) == limit:
                        asked[values[name]].remove(number)
            asked = {value: numbers for value, numbers in asked.items() if numbers}
    return found
