"""Calculate with exact decimal numbers. Null in, null out."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Any, Final

from formulas.language import arithmetic, comparing, values
from formulas.language.arithmetic import guarded
from formulas.language.context import Context
from formulas.language.errors import FormulaValueError
from formulas.language.signatures import (
    Any_,
    Array,
    Integer,
    Number,
    Text,
    example,
    function,
)

_MOST_DIGITS: Final = 30
_QUANTA: Final = {n: Decimal(1).scaleb(-n) for n in range(-_MOST_DIGITS, _MOST_DIGITS + 1)}

_add = guarded(values.EXACT.add)
_subtract = guarded(values.EXACT.subtract)
_multiply = guarded(values.EXACT.multiply)
_divide = guarded(arithmetic.divide)
_remainder = guarded(arithmetic.remainder)
_power = guarded(values.ROUNDED.power)
_sqrt = guarded(values.ROUNDED.sqrt)


@function(example("add(0.1, 0.2)", Decimal("0.3")), example("add(null, 1)", None))
def add(a: Number, b: Number) -> Number:
    """Add two numbers, as `+` does."""
    return _add(a, b)


@function(example("sub(3, 1)", 2), aliases=("subtract",))
def sub(a: Number, b: Number) -> Number:
    """Take one number from another, as `-` does."""
    return _subtract(a, b)


@function(example("mul('2', 1.5)", 3), aliases=("multiply",))
def mul(a: Number, b: Number) -> Number:
    """Multiply two numbers, as `*` does."""
    return _multiply(a, b)


@function(example("div(10, 4)", Decimal("2.5")), aliases=("divide",))
def div(a: Number, b: Number) -> Number:
    """Divide one number by another, as `/` does: to 34 digits."""
    return _divide(a, b)


@function(example("mod(7, 3)", 1), example("mod(-7, 3)", -1))
def mod(a: Number, b: Number) -> Number:
    """Give what is left of a division, as `%` does; with the sign of the first number."""
    return _remainder(a, b)


@function(
    example("round(2.345, 2)", Decimal("2.35")),
    example("round(-2.5)", -3),
    example("round(1234, -2)", 1200),
    example("round(null)", None),
)
def round_(number: Number, digits: Integer = 0) -> Number:
    """Round a number to so many digits behind the point; halves go away from zero."""
    return _rounded(number, digits, ROUND_HALF_UP)


@function(example("floor(-1.5)", -2), example("floor(2.39, 1)", Decimal("2.3")))
def floor(number: Number, digits: Integer = 0) -> Number:
    """Round a number down."""
    return _rounded(number, digits, ROUND_FLOOR)


@function(
    example("ceil(1.2)", 2), example("ceil(2.31, 1)", Decimal("2.4")), aliases=("ceiling",)
)
def ceil(number: Number, digits: Integer = 0) -> Number:
    """Round a number up."""
    return _rounded(number, digits, ROUND_CEILING)


@function(example("trunc(-1.9)", -1))
def trunc(number: Number, digits: Integer = 0) -> Number:
    """Cut a number off behind so many digits."""
    return _rounded(number, digits, ROUND_DOWN)


@function(example("roundto(1.13, 0.05)", Decimal("1.15")), example("roundto(17, 5)", 15))
def roundto(number: Number, step: Number) -> Number:
    """Round a number to the nearest multiple of a step: to 5 cents, or to full packages."""
    times = _rounded(_divide(number, step), 0, ROUND_HALF_UP)
    return _multiply(times, step)


@function(example("abs(-3)", 3))
def abs_(number: Number) -> Number:
    """Give a number without its sign."""
    return abs(number)


@function(example("sign(-3)", -1), example("sign(0)", 0))
def sign(number: Number) -> Number:
    """Give -1 for a negative number, 0 for zero, 1 for a positive one."""
    return Decimal((number > 0) - (number < 0))


@function(example("power(1.1, 2)", Decimal("1.21")), example("power(2, -1)", Decimal("0.5")))
def power(number: Number, exponent: Integer) -> Number:
    """Raise a number to a whole power."""
    if abs(exponent) > 1000:
        raise FormulaValueError("A power may be at most 1,000.")
    return _power(number, Decimal(exponent))


@function(example("sqrt(16)", 4))
def sqrt(number: Number) -> Number:
    """Give the square root, to 34 digits."""
    if number < 0:
        raise FormulaValueError("A negative number has no square root.")
    return _sqrt(number)


@function(
    example("min(3, 1, 2)", 1),
    example("min([3, null, 2])", 2),
    example("min('2024-03-01', '2024-01-31')", "2024-01-31"),
)
def min_(ctx: Context, *items: Any_) -> Any_:
    """Give the smallest of several values, or of the elements of an array; null does not count."""
    return _extreme(ctx, items, -1)


@function(example("max(3, 1, 2)", 3), example("max([])", None))
def max_(ctx: Context, *items: Any_) -> Any_:
    """Give the largest of several values, or of the elements of an array; null does not count."""
    return _extreme(ctx, items, 1)


@function(
    example("sum([1, 2.5, null])", Decimal("3.5")),
    example("sum(data('Lines'), 'Quantity')", 7),
    example("sum(null)", 0),
)
def sum_(ctx: Context, array: Array, key: Text = "") -> Any_:
    """Add up the elements of an array, or one field of its objects; null does not count."""
    total = Decimal(0)
    for number in _numbers(ctx, array, key):
        total = _add(total, number)
    return total


@function(
    example("avg([1, 2, null])", Decimal("1.5")), example("avg([])", None), aliases=("average",)
)
def avg(ctx: Context, array: Array, key: Text = "") -> Any_:
    """Give the mean of the elements of an array, or of one field of its objects."""
    numbers = _numbers(ctx, array, key)
    total = Decimal(0)
    for number in numbers:
        total = _add(total, number)
    return _divide(total, Decimal(len(numbers))) if numbers else None


@function(
    example("numberformat(1234567.891, 2, ',', '.')", "1.234.567,89"),
    example("numberformat(1234.5)", "1,235"),
    example("numberformat(null, 2)", None),
)
def numberformat(
    number: Number, digits: Integer = 0, point: Text = ".", thousands: Text = ","
) -> Text:
    """Write a number with so many digits behind the point and marks between the thousands."""
    if digits < 0:
        raise FormulaValueError("The number of digits cannot be negative.")
    if max(len(point), len(thousands)) > 10:
        raise FormulaValueError("A mark may have at most 10 characters.")
    plain = format(_rounded(number, digits, ROUND_HALF_UP), f",.{digits}f")
    whole, _, fraction = plain.partition(".")
    grouped = thousands.join(whole.split(","))
    return f"{grouped}{point}{fraction}" if fraction else grouped


@guarded
def _rounded(number: Decimal, digits: int, rounding: str) -> Decimal:
    quantum = _QUANTA.get(digits)
    if quantum is None:
        raise FormulaValueError(f"Numbers are rounded to at most {_MOST_DIGITS} digits.")
    found = number.quantize(quantum, rounding, values.ROUNDED_WIDE)
    return found if digits >= 0 else found.quantize(_QUANTA[0], context=values.ROUNDED_WIDE)


def _numbers(ctx: Context, array: list[Any], key: str) -> list[Decimal]:
    ctx.spend(len(array))
    picked = [values.mapping(element).get(key) for element in array] if key else array
    return [number for item in picked if (number := values.number(item)) is not None]


def _extreme(ctx: Context, items: tuple[Any, ...], wanted: int) -> Any:
    elements = values.array(items[0]) if len(items) == 1 else items
    ctx.spend(len(elements))
    best: Any = None
    for element in elements:
        order = comparing.compare(element, best, ctx.zone)
        if best is None or order == wanted:
            best = element
    return values.from_json(best)
