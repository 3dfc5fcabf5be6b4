"""Fields that nobody describes, guessed from records: good enough to choose from in a form."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final

from connections.kit.base import Field, FieldType, Json

_long: Final = 255
_deepest: Final = 4
_forms: Final = (
    (
        FieldType.DATETIME,
        re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?"),
    ),
    (FieldType.DATE, re.compile(r"\d{4}-\d\d-\d\d")),
    (FieldType.TIME, re.compile(r"\d\d:\d\d(:\d\d(\.\d+)?)?")),
)
_plain: Final = {bool: FieldType.BOOLEAN, int: FieldType.INTEGER, Decimal: FieldType.DECIMAL}


def fields_of(
    records: Iterable[Mapping[str, Json]], key: Sequence[str] = (), depth: int = _deepest
) -> tuple[Field, ...]:
    """Describe the fields that occur in some records, in the order of their occurrence."""
    seen: dict[str, list[Json]] = {}
    for record in records:
        for name, value in record.items():
            seen.setdefault(name, []).append(value)
    return tuple(
        _field(name, [value for value in values if value is not None], name in key, depth)
        for name, values in seen.items()
    )


def _field(name: str, values: Sequence[Json], in_key: bool, depth: int) -> Field:  # noqa: FBT001  private
    kinds = {_kind(value) for value in values}
    kind = kinds.pop() if len(kinds) == 1 else _common(kinds)
    inner: tuple[Field, ...] = ()
    if depth and kind in {FieldType.OBJECT, FieldType.LIST}:
        items = (
            values if kind is FieldType.OBJECT else [item for value in values for item in value]
        )
        inner = fields_of([item for item in items if isinstance(item, Mapping)], (), depth - 1)
    return Field(name, kind, key=in_key, fields=inner)


def _kind(value: Json) -> FieldType:
    if isinstance(value, Mapping):
        return FieldType.OBJECT
    if isinstance(value, list):
        return FieldType.LIST
    if not isinstance(value, str):
        return _plain.get(type(value), FieldType.TEXT)
    if len(value) > _long:
        return FieldType.LONG_TEXT
    return next((kind for kind, form in _forms if form.fullmatch(value)), FieldType.TEXT)


def _common(kinds: set[FieldType]) -> FieldType:
    if kinds == {FieldType.INTEGER, FieldType.DECIMAL}:
        return FieldType.DECIMAL
    return FieldType.LONG_TEXT if FieldType.LONG_TEXT in kinds else FieldType.TEXT
