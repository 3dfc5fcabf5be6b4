"""What keeps conditions from being published, row by row, and what is merely strange about them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from connections import checking
from connections.checking import Known
from connections.conditions import CHANGES
from connections.document import Condition, Conditions, Group, Join, Operator
from connections.operators import Operand
from connections.refusals import top
from formulas.language import FormulaError, Program, compile_formula, paths, patterns

_MOST_DAYS: Final = 36_500
_BARE: Final = frozenset(
    {
        Operator.IS_EMPTY,
        Operator.IS_NOT_EMPTY,
        Operator.IS_TRUE,
        Operator.IS_FALSE,
        Operator.CHANGED,
        Operator.CHANGED_FROM_TO,
    }
)
"""Operators that need nothing to compare with."""
_LISTS: Final = frozenset({Operator.IN_LIST, Operator.NOT_IN_LIST})
_DATED: Final = frozenset({Operator.BEFORE, Operator.AFTER})
_ALONE: Final = _BARE | _LISTS | {Operator.BETWEEN, Operator.MATCHES, Operator.IN_LAST_DAYS}
"""Operators that compare with no other field."""
_KINDS: Final = ("number", "moment")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about a condition or group.

    Attributes:
        uuid: of the row or group.
        message: what is wrong; it begins with what the row looks at.
        warning: it can run nevertheless.
    """

    uuid: str
    message: str
    warning: bool = False


def problems(
    conditions: Conditions, known: Known, fields: Collection[str] = ()
) -> list[Problem]:
    """List what is wrong with conditions that count, in their order.

    Args:
        conditions: of the draft.
        known: what formulas can name.
        fields: top-level fields that the source has; empty if nobody knows.
    """
    found: list[Problem] = []
    for row in conditions.rows:
        found += _of_row(row, known, fields)
    for group in conditions.groups:
        found += _of_group(group, conditions)
        for row in group.rows:
            found += _of_row(row, known, fields)
    return found


def _of_group(group: Group, whole: Conditions) -> Iterator[Problem]:
    """Find a group that passes because it is empty, where passing decides for all."""
    others = len(whole.groups) > 1 or any(row.enabled for row in whole.rows)
    if whole.join is Join.ANY and others and not any(row.enabled for row in group.rows):
        text = "A group without conditions lets every record pass: fill it or remove it."
        yield Problem(group.uuid, text)


def _of_row(row: Condition, known: Known, fields: Collection[str]) -> Iterator[Problem]:
    if not row.enabled:
        return
    name = row.field or "The formula"
    wrong = _of_left(row, known) or _of_right(row)
    if wrong:
        yield Problem(row.uuid, f"{name}: {wrong}" if row.field or row.formula else wrong)
        return
    for field in _read(row) if fields else ():
        if top(field) not in fields:
            text = f"{name}: the source has no field “{field}”, as far as is known."
            yield Problem(row.uuid, text, warning=True)


def _read(row: Condition) -> list[str]:
    named = [name for name in (row.field, row.other) if name]
    return named + (sorted(compile_formula(row.formula).fields) if row.formula else [])


def _of_left(row: Condition, known: Known) -> str:
    """Say what is wrong with what is looked at."""
    if row.field and row.formula:
        return "Look at a field or at a formula, not at both."
    if row.formula:
        if row.operator in CHANGES:
            return "Only of a field it is remembered what it was."
        wrong = checking.problem(row.formula, known)
        return wrong or _of_program(compile_formula(row.formula))
    return _of_path(row.field) if row.field else "Choose a field or write a formula."


def _of_program(program: Program) -> str:
    if any(use.function == "sequence" for use in program.lookups):
        return "A condition draws no numbers: records that it leaves out would use them up."
    return ""


def _of_path(path: str) -> str:
    try:
        paths.parse(path)
    except paths.PathError as error:
        return str(error)
    return ""


def _of_right(row: Condition) -> str:
    """Say what is wrong with what it is compared with."""
    operator = row.operator
    if row.other:
        return (
            "This comparison takes no other field."
            if operator in _ALONE
            else _of_path(row.other)
        )
    if operator is Operator.CHANGED_FROM_TO and not row.value and not row.to:
        return "Say what it changes from or to; for any change, choose “changed”."
    if operator in _LISTS and not row.values:
        return "The list is empty."
    if operator in _BARE or operator in _LISTS:
        return ""
    if not row.value:
        empty = operator in {Operator.EQUALS, Operator.NOT_EQUALS}
        hint = "; for nothing, choose “is empty”" if empty else ""
        return f"Say what it is compared with{hint}."
    return _of_value(row)


def _of_value(row: Condition) -> str:
    match row.operator:
        case Operator.MATCHES:
            try:
                patterns.compiled(row.value)
            except FormulaError as error:
                return error.message
        case Operator.IN_LAST_DAYS:
            if not (row.value.isascii() and row.value.isdigit()):
                return f"The number of days must be a whole number, not “{row.value[:40]}”."
            if len(row.value) > len(str(_MOST_DAYS)) or int(row.value) > _MOST_DAYS:
                return f"At most {_MOST_DAYS:,} days."
        case Operator.BETWEEN:
            return _of_ends(row)
        case operator if operator in _DATED and Operand(row.value).moment is None:
            return f"“{row.value[:40]}” is no date: write it like 2026-03-31."
    return ""


def _of_ends(row: Condition) -> str:
    if not row.to:
        return "Say where it ends."
    ends = Operand(row.value), Operand(row.to)
    for kind in _KINDS:
        if len({getattr(end, kind) is None for end in ends}) > 1:
            return "Both ends must be numbers, dates or texts."
    return ""
