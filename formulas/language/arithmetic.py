"""Calculation with decimals: exact, or an error that says why not."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, DecimalException, DivisionByZero, Inexact, InvalidOperation
from typing import Any

from formulas.language import limits
from formulas.language.errors import FormulaValueError
from formulas.language.values import EXACT, ROUNDED


def rounded(operation: Callable[..., Decimal], *arguments: Any) -> Decimal:
    """Do an operation.

    Raises:
        FormulaValueError: its result does not exist or is out of range.
    """
    try:
        return operation(*arguments)
    except DivisionByZero:
        raise FormulaValueError("A number is divided by zero.") from None
    except (Inexact, DecimalException) as error:
        raise FormulaValueError(_why(error)) from None


def _why(error: DecimalException) -> str:
    if isinstance(error, InvalidOperation):
        return "This calculation has no result, or one with too many digits."
    return f"The result has more than {limits.DIGITS} digits."


def add(a: Decimal, b: Decimal) -> Decimal:
    """Add exactly."""
    return rounded(EXACT.add, a, b)


def subtract(a: Decimal, b: Decimal) -> Decimal:
    """Subtract exactly."""
    return rounded(EXACT.subtract, a, b)


def multiply(a: Decimal, b: Decimal) -> Decimal:
    """Multiply exactly."""
    return rounded(EXACT.multiply, a, b)


def divide(a: Decimal, b: Decimal) -> Decimal:
    """Divide, to 34 digits; a quotient that ends is written without trailing zeros."""
    if not b:
        raise FormulaValueError("A number is divided by zero.")
    return rounded(ROUNDED.divide, a, b)


def remainder(a: Decimal, b: Decimal) -> Decimal:
    """Give what is left of a division, with the sign of `a`."""
    if not b:
        raise FormulaValueError("A number is divided by zero.")
    return rounded(EXACT.remainder, a, b)
