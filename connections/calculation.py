"""Mappings made ready one by one: each fills its target of one record after the other.

What a mapping gives is converted to the type of its target; what it cannot give is a refusal.
Copied fields and constants with nothing more to them take a shorter way, see `mapping`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, Final

from connections import refusals
from connections.document import IfEmpty, Kind
from connections.kit.values import UNSET
from connections.spec import Mapped, Refusal, Row, Surroundings
from formulas.language import FormulaError, paths
from formulas.language.context import Context
from objects.conversions import Coercer
from objects.values import ValueRefused, coercer

Fill = Callable[[Mapping[str, Any], Mapped, Surroundings], Refusal | None]
"""Fills the target of one mapping: (source values, what is mapped so far, surroundings)."""

FillAll = Callable[[Mapping[str, Any], Mapped, Surroundings | None], Refusal | None]
"""Fills the targets of several."""

Produce = Callable[[Mapping[str, Any], Context], Any]
"""Gives the value of a mapping, or UNSET if the source has no such field."""

_DATED: Final = frozenset({"date", "datetime"})


def filler(row: Row, hidden: frozenset[str]) -> Fill:
    """Make the function that fills one target, of any kind but lines and children.

    Args:
        row: the mapping.
        hidden: top-level source fields whose values must not be seen.
    """
    target, produce, convert = row.filled, _producer(row), _converter(row)
    if_empty, default, needed = row.if_empty, row.default, is_needed(row)
    store, takes_empty = storer(row), row.if_empty is IfEmpty.TAKE

    def fill(values: Mapping[str, Any], mapped: Mapped, around: Surroundings) -> Refusal | None:
        try:
            value = produce(values, around.context)
        except FormulaError as error:
            assert row.program is not None
            return refusals.of_formula(error, target, row.program, values, hidden)
        if value is UNSET:
            return refusals.missing(target) if needed else None
        if not takes_empty and (value is None or value == ""):
            if if_empty is IfEmpty.SKIP:
                return None
            value = default if if_empty is IfEmpty.DEFAULT else None
        try:
            store(mapped, convert(value))
        except ValueRefused as error:
            return refusals.of_value(error, target, _plain(value))
        return None

    return fill


def is_needed(row: Row) -> bool:
    """Tell whether a source without this field must be refused."""
    needed = row.filled.required or row.filled.is_key
    return needed and row.if_empty not in {IfEmpty.SKIP, IfEmpty.DEFAULT}


def storer(row: Row) -> Callable[[Mapped, Any], None]:
    """Make the function that puts a value where it belongs."""
    name, place = row.target.name, row.place

    def whole(mapped: Mapped, value: Any) -> None:
        mapped.values[name] = value

    def member(mapped: Mapped, value: Any) -> None:
        if mapped.parts is None:
            mapped.parts = {}
        mapped.parts[place] = value

    return member if row.path else whole


def doubtful(row: Row, fill: Fill) -> Fill:
    """Keep a refusal for later: what is stored decides whether the mapping counts at all."""

    def fill_if_it_counts(
        values: Mapping[str, Any], mapped: Mapped, around: Surroundings
    ) -> None:
        refusal = fill(values, mapped, around)
        if refusal is not None:
            mapped.doubts = {**(mapped.doubts or {}), row.place: refusal}

    return fill_if_it_counts


def hidden_of(rows: Iterable[Row]) -> frozenset[str]:
    """List the source fields that are copied into sensitive ones."""
    return frozenset(
        refusals.top(row.source)
        for row in rows
        if row.source and row.filled.sensitivity != "none"
    )


def _producer(row: Row) -> Produce:
    if row.program is not None:
        return row.program.evaluate
    if row.kind == Kind.RAW:
        constant = row.value
        return lambda _values, _context: constant
    path = paths.parse(row.source)
    if len(path) > 1:
        deep = paths.getter(path, UNSET)
        return lambda values, _context: deep(values)
    top = str(path[0])
    return lambda values, _context: values.get(top, UNSET)


def _converter(row: Row) -> Coercer:
    convert = coercer(row.filled)
    if row.program is None or row.filled.type in _DATED:
        return convert
    return lambda value: convert(_plain(value))


def _plain(value: Any) -> Any:
    """Write dates out, as JSON does; a field of a date or time takes them as they are."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return value
