"""Decisions. Only the branch that is taken is evaluated."""

from __future__ import annotations

from typing import Any

from formulas.language import comparing, values
from formulas.language.context import Context
from formulas.language.errors import RECOVERABLE
from formulas.language.signatures import Any_, Array, Condition, Later, Run, example, function
from formulas.language.values import Value


def _null(_record: Any, _ctx: Context) -> None:
    """Stand in for an argument that was left out."""


@function(
    example("if(data('Balance') > 1000, 'high', 'low')", "high"),
    example("if(null, 'y')", None),
    aliases=("iif",),
)
def if_(
    record: Any, ctx: Context, condition: Later, then: Later, otherwise: Later = _null
) -> Value:
    """Give one value if a condition holds, else another, or null."""
    return (then if values.truth(condition(record, ctx)) else otherwise)(record, ctx)


@function(
    example("ifnull(data('Fax'), 'none')", "none"),
    example("coalesce(data('Fax'), data('Mobile'), data('Phone1'))", "+49 221 555-10"),
    aliases=("coalesce",),
)
def ifnull(record: Any, ctx: Context, *alternatives: Later) -> Value:
    """Give the first value that is not null."""
    for alternative in alternatives:
        value = alternative(record, ctx)
        if value is not None:
            return value
    return None


@function(
    example("ifempty(data('Notes'), 'no notes')", "no notes"), example("ifempty(null, 0)", 0)
)
def ifempty(record: Any, ctx: Context, *alternatives: Later) -> Value:
    """Give the first value that is neither null nor an empty text, array or object."""
    for alternative in alternatives:
        value = alternative(record, ctx)
        if not _empty(value):
            return value
    return None


@function(example("iferror(1 / 0, 'no ratio')", "no ratio"))
def iferror(record: Any, ctx: Context, value: Later, otherwise: Later = _null) -> Value:
    """Give a value, or another one if the first cannot be worked out.

    Limits, `fail` and `skip` are not caught.
    """
    try:
        return value(record, ctx)
    except RECOVERABLE:
        return otherwise(record, ctx)


@function(example("switch('B', 'A', 1, 'B', 2, 0)", 2), example("switch('Z', 'A', 1)", None))
def switch(
    record: Any, ctx: Context, value: Later, case: Later, result: Later, *more: Later
) -> Value:
    """Compare a value with case after case and give the result behind the one that is equal.

    A last argument without a case is the result of all others; without it they give null.
    """
    given = value(record, ctx)
    branches: list[Run] = [case, result, *more]
    for at in range(0, len(branches) - 1, 2):
        if comparing.equal(given, branches[at](record, ctx), ctx.zone):
            return branches[at + 1](record, ctx)
    return branches[-1](record, ctx) if len(branches) % 2 else None


@function(example("and(true, data('Balance') > 0)", True), example("and(true, null)", False))
def and_(record: Any, ctx: Context, *conditions: Later) -> bool:
    """Tell whether all conditions hold."""
    return all(values.truth(condition(record, ctx)) for condition in conditions)


@function(example("or(false, data('Balance') > 0)", True), example("or(false, null)", False))
def or_(record: Any, ctx: Context, *conditions: Later) -> bool:
    """Tell whether one of the conditions holds."""
    return any(values.truth(condition(record, ctx)) for condition in conditions)


@function(example("not(data('Active'))", False), example("not(null)", True))
def not_(condition: Condition) -> bool:
    """Turn a condition round."""
    return not condition


@function(example("isnull(data('Nope'))", True), example("isnull('')", False))
def isnull(value: Any_) -> bool:
    """Tell whether a value is null, or a field is absent."""
    return value is None


@function(
    example("isempty(data('Notes'))", True),
    example("isempty(' ')", False),
    example("isempty(null)", True),
)
def isempty(value: Any_) -> bool:
    """Tell whether a value is null or an empty text, array or object."""
    return _empty(value)


@function(
    example("isnumeric('12.50')", True),
    example("isnumeric('12 pieces')", False),
    example("isnumeric(null)", False),
)
def isnumeric(value: Any_) -> bool:
    """Tell whether a value is a number, or a text that is nothing but one."""
    try:
        return values.number(value) is not None
    except RECOVERABLE:
        return False


@function(
    example("isdate('2024-02-29')", True),
    example("isdate('2023-02-29')", False),
    example("isdate(null)", False),
)
def isdate(ctx: Context, value: Any_) -> bool:
    """Tell whether a value is a date, or a text in ISO form that is one."""
    try:
        return values.moment(value, ctx.zone) is not None
    except RECOVERABLE:
        return False


@function(
    example("equals(data('CardCode'), 'C20000')", True),
    example("equals(100, '100')", True),
    example("equals(null, '')", False),
)
def equals(ctx: Context, a: Any_, b: Any_) -> bool:
    """Tell whether two values are equal, as `==` does."""
    return comparing.equal(a, b, ctx.zone)


@function(
    example("in(data('City'), ['Köln', 'Wien'])", True),
    example("in('x', null)", False),
    example("in(null, ['x'])", False),
)
def in_(ctx: Context, value: Any_, array: Array) -> bool:
    """Tell whether a value is an element of an array."""
    ctx.spend(len(array))
    return any(comparing.equal(value, element, ctx.zone) for element in array)


@function(
    example("between(5, 1, 10)", True),
    example("between('2024-06-01', '2024-01-01', '2024-05-31')", False),
    example("between(null, 1, 10)", False),
)
def between(ctx: Context, value: Any_, low: Any_, high: Any_) -> bool:
    """Tell whether a value lies between two others or is one of them."""
    below, above = (
        comparing.compare(low, value, ctx.zone),
        comparing.compare(value, high, ctx.zone),
    )
    return below is not None and above is not None and below <= 0 and above <= 0


def _empty(value: Value) -> bool:
    return value is None or value in ("", [], {})
