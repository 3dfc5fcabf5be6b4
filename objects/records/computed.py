"""Calculated fields: made of other fields of the same record, whenever it is written.

The language of their formulas is handed in by a room above this one: `speak` says what compiles
them. Nothing else writes such a field; what cannot be calculated is null.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from objects.records.changes import ChangeOp, RecordChange
from objects.shape import FieldShape, ObjectShape
from objects.values import ValueRefused, coercer


class Formula(Protocol):
    """A compiled formula of a calculated field."""

    fields: frozenset[str]
    """Names of the fields that it reads."""

    def __call__(self, values: Mapping[str, Any], /) -> Any:
        """Give the value for a record, None if it has none; raises nothing."""


Compile = Callable[[str], Formula]
"""Compiles a text; raises ValueError, whose text says what is wrong with it."""

_compile: list[Compile] = []


def speak(compiler: Compile) -> None:
    """Say what compiles formulas of calculated fields; called once, when the process starts."""
    _compile[:] = [compiler]


def calculated(shape: ObjectShape, values: Mapping[str, Any]) -> dict[str, Any]:
    """Give the calculated fields of a record with these values."""
    return {field.name: _value(field, values) for field in shape.calculated}


def complete(shape: ObjectShape, changes: Sequence[RecordChange]) -> Sequence[RecordChange]:
    """Add the calculated fields to changes of records; whatever they say of those is replaced."""
    if not shape.calculated:
        return changes
    return [
        change if change.op is ChangeOp.DELETE else _complete(shape, change)
        for change in changes
    ]


def stale(shape: ObjectShape, values: Mapping[str, Any]) -> bool:
    """Tell whether a stored record has other calculated values than it should."""
    return any(
        name not in values or values[name] != value
        for name, value in calculated(shape, values).items()
    )


def problem(name: str, fields: Iterable[FieldShape]) -> str:
    """Say why a calculated field of an object cannot be calculated; nothing if it can.

    Args:
        name: the field's.
        fields: all of the object, in the form in which they are to be.
    """
    known = {field.name: field for field in fields}
    try:
        reads = _formula(known[name].formula).fields
    except ValueError as error:
        return str(error)
    if absent := sorted(reads - known.keys()):
        return f"There is no field “{absent[0]}” in this object."
    if chained := sorted(one for one in reads if known[one].formula):
        return f"“{chained[0]}” is calculated itself; write its formula out."
    return ""


def _complete(shape: ObjectShape, change: RecordChange) -> RecordChange:
    """Add them to one change; to an update only those that become others."""
    names = {field.name for field in shape.calculated}
    given = {name: value for name, value in change.values.items() if name not in names}
    if change.op is not ChangeOp.UPDATE:
        return change._replace(values={**given, **calculated(shape, given)})
    stored = change.existing.values if change.existing is not None else {}
    fresh = calculated(shape, {**stored, **given})
    differing = {
        name: value
        for name, value in fresh.items()
        if name not in stored or stored[name] != value
    }
    return change._replace(values={**given, **differing})


def _value(field: FieldShape, values: Mapping[str, Any]) -> Any:
    try:
        return coercer(field)(_formula(field.formula)(values))
    except ValueRefused:
        return None


def _formula(text: str) -> Formula:
    assert _compile, "nothing compiles calculated fields: `computed.speak` was not called"
    return _compile[0](text)
