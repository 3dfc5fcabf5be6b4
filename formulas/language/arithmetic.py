"""Calculation with decimals: exact, or an error that says why not."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, DecimalException, DivisionByZero, InvalidOperation
from functools import wraps
from typing import ParamSpec

from formulas.language import limits
from formulas.language.errors import FormulaValueError
from formulas.language.values import EXACT, ROUNDED

Given = ParamSpec("Given")


def refusal(error: DecimalException) -> FormulaValueError:
    """Say why a calculation has no result."""
    if isinstance(error, DivisionByZero):
        return FormulaValueError("A number is divided by zero.")
    if isinstance(error, InvalidOperation):
        message = "This calculation has no result, or one with too many digits."
        return FormulaValueError(message)
    return FormulaValueError(f"The result has more than {limits.DIGITS} digits.")


def guarded(operation: Callable[Given, Decimal]) -> Callable[Given, Decimal]:
    """Make an operation raise our errors.

    Raises:
        FormulaValueError: its result does not exist or is out of range.
    """

    @wraps(operation)
    def guard(*args: Given.args, **kwargs: Given.kwargs) -> Decimal:
        try:
            return operation(*args, **kwargs)
        except DecimalException as error:
            raise refusal(error) from None

    return guard


def divide(a: Decimal, b: Decimal) -> Decimal:
    """Divide, to 34 digits; a quotient that ends is written without trailing zeros.

    Raises:
        decimal.DecimalException: as the operations of a context do.
    """
    if not b:
        raise DivisionByZero
    return ROUNDED.divide(a, b)


def remainder(a: Decimal, b: Decimal) -> Decimal:
    """Give what is left of a division, with the sign of `a`.

    Raises:
        decimal.DecimalException: as the operations of a context do.
    """
    if not b:
        raise DivisionByZero
    return EXACT.remainder(a, b)
