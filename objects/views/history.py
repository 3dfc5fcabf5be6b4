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


def past_of(shape: ObjectShape, past: Past, names: Mapping[Source, str]) -> Entry:
    """Give one change with the differences in the order of the fields; gone fields come last."""
    order = {name: number for number, name in enumerate(shape.by_name)}
    changed = sorted(
        past.diff.items(), key=lambda item: (order.get(item[0], len(order)), item[0])
    )
    differences = [_difference(shape.by_name.get(name), name, pair) for name, pair in changed]
    return Entry(past.at, _WORDS[past.op], names[past.source], differences)


def _difference(field: FieldShape | None, name: str, pair: list[Any]) -> Difference:
    before, after = (shown(field, value, limit=4 * SHORT) for value in pair)
    return Difference(field.label if field else name, before, after)
