"""The formulas of a connection, made ready to fill their fields of one record after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from connections import refusals
from connections.spec import Refusal, Row, Surroundings
from formulas.language import FormulaError, Missing, Program
from formulas.language.context import Context
from objects.values import ValueRefused, coercer

Calculation = Callable[[Mapping[str, Any], dict[str, Any], Surroundings | None], Refusal | None]
Filler = Callable[[Mapping[str, Any], dict[str, Any], Context], Refusal | None]

_DATED: Final = frozenset({"date", "datetime"})


def calculation(rows: Sequence[Row], connection_id: int) -> Calculation | None:
    """Make the function that adds what formulas give to the values of one record.

    It gives the refusal of the first formula that has no value, and raises `Missing` if answers
    must be fetched first; all formulas have asked for theirs by then.

    Args:
        rows: mappings; those that are no formulas say which source fields are sensitive.
        connection_id: a part of what `uuid()` depends on.

    Returns:
        None if there are no formulas.
    """
    hidden = _hidden(rows)
    plan = [
        (row.numbered, row.target.name, _filler(row, row.program, hidden))
        for row in rows
        if row.program is not None
    ]
    if not plan:
        return None

    def calculate(
        values: Mapping[str, Any], mapped: dict[str, Any], around: Surroundings | None
    ) -> Refusal | None:
        around = around or Surroundings(Context())
        context, seed = around.context, f"{connection_id}:{around.remote_id}:"
        missing: Missing | None = None
        for numbered, name, fill in plan:
            if numbered and around.linked:
                continue
            context.seed = seed + name
            try:
                refusal = fill(values, mapped, context)
            except Missing as absent:
                missing = missing or absent
            else:
                if refusal is not None and missing is None:
                    return refusal
        if missing is not None:
            raise missing
        return None

    return calculate


def _filler(row: Row, program: Program, hidden: frozenset[str]) -> Filler:
    target, convert, dated = row.target, coercer(row.target), row.target.type in _DATED
    name, evaluate = target.name, program.evaluate

    def fill(
        values: Mapping[str, Any], mapped: dict[str, Any], context: Context
    ) -> Refusal | None:
        try:
            value = evaluate(values, context)
        except FormulaError as error:
            return refusals.of_formula(error, target, program, values, hidden)
        try:
            mapped[name] = convert(value if dated else _plain(value))
        except ValueRefused as error:
            return refusals.of_value(error, target, _plain(value))
        return None

    return fill


def _hidden(rows: Sequence[Row]) -> frozenset[str]:
    """List the source fields that are copied into sensitive ones."""
    return frozenset(
        refusals.top(row.source)
        for row in rows
        if row.kind == "field" and row.target.sensitivity != "none"
    )


def _plain(value: Any) -> Any:
    """Write dates out, as JSON does; a field of a date or time takes them as they are."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return value
