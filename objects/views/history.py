"""A record's values and its past, ready for the template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from objects.records.changes import ChangeOp, Listed, Past, Source
from objects.shape import FieldShape, ObjectShape
from objects.showing import SHORT, shown

_WORDS = {
    ChangeOp.CREATE: "created",
    ChangeOp.UPDATE: "updated",
    ChangeOp.DELETE: "deleted",
    ChangeOp.RESURRECT: "restored",
}


class Value(NamedTuple):
    """One field of the record's page; `nested` values are shown as a block."""

    field: FieldShape
    text: str | None
    nested: bool


class Difference(NamedTuple):
    """One changed field."""

    label: str
    before: str | None
    after: str | None


class Entry(NamedTuple):
    """One change of the record."""

    at: datetime
    word: str
    who: str
    differences: Sequence[Difference]


def values_of(shape: ObjectShape, record: Listed) -> list[Value]:
    """Give the record's fields in their order."""
    return [
        Value(field, shown(field, value), nested=isinstance(value, dict | list))
        for field in shape.fields
        for value in (record.values.get(field.name),)
    ]


def entries_of(
    shape: ObjectShape, changes: Sequence[Past], names: Mapping[Source, str]
) -> list[Entry]:
    """Give changes, newest first, each with what it did to the fields.

    Deleting does nothing to them worth telling: the page still shows what the record held. Coming
    back is told by what is different since the deletion, which stands next in the list.
    """
    entries = []
    for number, past in enumerate(changes):
        diff, earlier = past.diff, next(iter(changes[number + 1 :]), None)
        if past.op is ChangeOp.DELETE:
            diff = {}
        elif past.op is ChangeOp.RESURRECT and earlier is not None:
            diff = {
                name: [earlier.diff.get(name, [None])[0], pair[1]]
                for name, pair in diff.items()
            }
        entries.append(
            Entry(past.at, _WORDS[past.op], names[past.source], _differences(shape, diff))
        )
    return entries


def _differences(shape: ObjectShape, diff: Mapping[str, list[Any]]) -> list[Difference]:
    """Give the differences in the order of the fields; fields that are gone come last."""
    order = {name: number for number, name in enumerate(shape.by_name)}
    changed = sorted(diff.items(), key=lambda item: (order.get(item[0], len(order)), item[0]))
    return [
        _difference(shape.by_name.get(name), name, before, after)
        for name, (before, after) in changed
        if before != after
    ]


def _difference(field: FieldShape | None, name: str, before: Any, after: Any) -> Difference:
    return Difference(
        field.label if field else name,
        shown(field, before, limit=4 * SHORT),
        shown(field, after, limit=4 * SHORT),
    )
