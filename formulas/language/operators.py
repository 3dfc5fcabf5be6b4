"""What the operators do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal, DecimalException
from typing import Any, Final

from formulas.language import arithmetic, comparing, values
from formulas.language.context import Context
from formulas.language.errors import FormulaError, FormulaTypeError, Span
from formulas.language.signatures import Run
from formulas.language.values import Value

_ARITHMETIC: Final[dict[str, Callable[[Decimal, Decimal], Decimal]]] = {
    "+": values.EXACT.add,
    "-": values.EXACT.subtract,
    "*": values.EXACT.multiply,
    "/": arithmetic.divide,
    "%": arithmetic.remainder,
}

_ORDER: Final[dict[str, Callable[[int], bool]]] = {
    "<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
    ">": lambda order: order > 0,
    ">=": lambda order: order >= 0,
}


def chain_of(first: Run, rest: Sequence[tuple[str, Run]], span: Span) -> Run:
    """Make the closure of operators of one level, worked off from the left; null spreads."""
    number = values.number
    steps = [(sign, _ARITHMETIC[sign], run) for sign, run in rest]

    def run(record: Any, ctx: Context) -> Value:
        given, adding = first(record, ctx), steps[0][0] == "+"
        try:
            total = given if type(given) is Decimal else number(given)
            for sign, operate, part in steps:
                given, adding = part(record, ctx), sign == "+"
                if total is None or given is None:
                    return None
                other = given if type(given) is Decimal else number(given)
                total = None if other is None else operate(total, other)
        except DecimalException as error:
            raise arithmetic.refusal(error).at(span) from None
        except FormulaTypeError as error:
            if error.span is None and adding:
                error.message += " Texts are joined with concat()."
            raise error.at(span) from None
        except FormulaError as error:
            raise error.at(span) from None
        return total

    return run


def comparison_of(operator: str, left: Run, right: Run, span: Span) -> Run:
    """Make the closure of `left operator right`."""
    equal, compare = comparing.equal, comparing.compare
    if operator in {"==", "!="}:
        wanted = operator == "=="

        def same(record: Any, ctx: Context) -> bool:
            a, b = left(record, ctx), right(record, ctx)
            if type(a) is str and type(b) is str:
                return (a == b) is wanted
            try:
                return equal(a, b, ctx.zone) is wanted
            except FormulaError as error:
                raise error.at(span) from None

        return same
    test = _ORDER[operator]

    def ordered(record: Any, ctx: Context) -> bool:
        try:
            order = compare(left(record, ctx), right(record, ctx), ctx.zone)
        except FormulaError as error:
            raise error.at(span) from None
        return order is not None and test(order)

    return ordered
