"""How conditions compare: one small test per operator, on values as a source record has them.

Null and absent values never pass, but `is_empty`. Texts are compared without case. Two numbers are
compared as numbers, exactly, and a text that spells a number is one: for order any spelling, for
being equal only one without leading zeros, so that the code 007 is not 7. Two dates are compared in
the tenant's zone, a date alone with a date and time by the day. A number has no order with other
texts, nor a date with what is none. Only a pattern minds case; it may say `(?i)`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

from connections.document import Operator
from formulas.language import FormulaError, comparing, patterns, values
from formulas.language.context import Context
from syncapp import canonical

_PLAIN: Final = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?", re.ASCII)
_DATED: Final = re.compile(r"\s*(\d{4}-|/Date\()")
_TRUTHS: Final = {
    **dict.fromkeys(("true", "yes", "1"), True),
    **dict.fromkeys(("false", "no", "0"), False),
}


class Operand:
    """One side of a comparison; what it spells is worked out once, and only if it is asked for.

    Attributes:
        value: null, boolean, number, text, date, array or object.
    """

    def __init__(self, value: Any) -> None:
        self.value = value

    @cached_property
    def text(self) -> str | None:
        """Its text; None for null, arrays and objects."""
        value = self.value
        if isinstance(value, str):
            return value
        if value is None or isinstance(value, list | Mapping):
            return None
        try:
            return values.text(value)
        except FormulaError:
            return str(value)

    @cached_property
    def folded(self) -> str | None:
        """Its text without case."""
        return None if self.text is None else self.text.casefold()

    @cached_property
    def number(self) -> Decimal | None:
        """The number that it is or spells in any way."""
        if isinstance(self.value, bool | date):
            return None
        try:
            return values.number(self.value)
        except FormulaError:
            return None

    @cached_property
    def plain(self) -> Decimal | None:
        """The number that it is or spells without leading zeros."""
        if isinstance(self.value, str) and not _PLAIN.fullmatch(self.value.strip()):
            return None
        return self.number

    @cached_property
    def moment(self) -> date | None:
        """The date, or date and time, that it is or spells; it may be without a zone."""
        if isinstance(self.value, date):
            return self.value
        if isinstance(self.value, str) and _DATED.match(self.value):
            return values.read_moment(self.value.strip())
        return None

    @cached_property
    def truth(self) -> bool | None:
        """What it says as yes or no, as a field of that type understands it."""
        if isinstance(self.value, bool):
            return self.value
        return _TRUTHS.get(self.folded.strip()) if self.folded is not None else None


@dataclass(frozen=True, slots=True)
class Against:
    """What a value is compared with.

    Attributes:
        one: the value of most operators, the lower end of `between`, the days of `in_last_days`.
        to: the upper end.
        several: of lists.
        pattern: compiled.
    """

    one: Operand
    to: Operand
    several: Sequence[Operand] = ()
    pattern: Any = None


Test = Callable[[Operand, Against, Context], bool]


def empty(value: Any) -> bool:
    """Tell whether there is nothing: null, an empty text, array or object."""
    return value is None or (isinstance(value, str | list | Mapping) and not value)


def equal(a: Operand, b: Operand, zone: tzinfo) -> bool:
    """Compare two values that are not null."""
    if type(a.value) is str and type(b.value) is str and a.value.casefold() == b.folded:
        return True  # most often it is this, and nothing else needs to be worked out
    if isinstance(a.value, bool) or isinstance(b.value, bool):
        return a.truth is not None and a.truth is b.truth
    if a.folded is None or b.folded is None:
        return comparing.equal(a.value, b.value, zone)
    if a.folded == b.folded:
        return True
    if a.plain is not None and b.plain is not None:
        return a.plain == b.plain
    return a.moment is not None and b.moment is not None and _by_time(a, b, zone) == 0


def order(a: Operand, b: Operand, zone: tzinfo) -> int | None:
    """Tell whether `a` is before (-1), at (0) or behind (1) `b`; None without an order."""
    if a.number is not None or b.number is not None:
        if a.number is None or b.number is None:
            return None
        return (a.number > b.number) - (a.number < b.number)
    if a.moment is not None or b.moment is not None:
        return _by_time(a, b, zone)
    if isinstance(a.value, str) and isinstance(b.value, str) and a.folded and b.folded:
        return (a.folded > b.folded) - (a.folded < b.folded)
    return None


def spelled(value: Any) -> Any:
    """Bring a value to the form in which `changed_from_to` compares what it was with a text."""
    operand = Operand(value)
    if isinstance(value, bool):
        return operand.folded
    if operand.plain is not None:
        return operand.plain
    return value if operand.folded is None else operand.folded


def _by_time(a: Operand, b: Operand, zone: tzinfo) -> int | None:
    """Compare two dates; if one is a date alone, by the day in the zone."""
    if a.moment is None or b.moment is None:
        return None
    try:
        if isinstance(a.moment, datetime) and isinstance(b.moment, datetime):
            x, y = _zoned(a.moment, zone), _zoned(b.moment, zone)
            return (x > y) - (x < y)
        m, n = _day(a.moment, zone), _day(b.moment, zone)
    except OverflowError:
        return None
    return (m > n) - (m < n)


def _zoned(moment: datetime, zone: tzinfo) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _day(moment: date, zone: tzinfo) -> date:
    if isinstance(moment, datetime):
        return _zoned(moment, zone).astimezone(zone).date()
    return moment


def _in_last_days(value: Operand, days: Decimal | None, context: Context) -> bool:
    """Whether it lies between the beginning of the day, so many days ago, and now."""
    if value.moment is None or days is None:
        return False
    now = context.now
    try:
        day = _day(value.moment, context.zone)
        first = now.date() - timedelta(days=int(days))
    except OverflowError:
        return False
    if isinstance(value.moment, datetime) and _zoned(value.moment, context.zone) > now:
        return False
    return first <= day <= now.date()


def _within(value: Operand, against: Against, zone: tzinfo) -> bool:
    lower, upper = order(value, against.one, zone), order(value, against.to, zone)
    return lower is not None and upper is not None and lower >= 0 >= upper


def _contains(value: Operand, part: Operand, zone: tzinfo) -> bool:
    if isinstance(value.value, list):
        return any(
            item is not None and equal(Operand(item), part, zone) for item in value.value
        )
    return value.folded is not None and (part.folded or "") in value.folded


def _matches(value: Operand, pattern: Any) -> bool:
    if value.text is None:
        return False
    try:
        return pattern.search(value.text) is not None
    except UnicodeEncodeError:  # half a character, which no pattern can mean
        return False


def _ordered(*signs: int) -> Test:
    return lambda value, against, context: order(value, against.one, context.zone) in signs


def _timed(sign: int) -> Test:
    return lambda value, against, context: _by_time(value, against.one, context.zone) == sign


TESTS: Final[Mapping[Operator, Test]] = {
    Operator.EQUALS: lambda v, a, c: equal(v, a.one, c.zone),
    Operator.NOT_EQUALS: lambda v, a, c: not equal(v, a.one, c.zone),
    Operator.GREATER: _ordered(1),
    Operator.GREATER_OR_EQUAL: _ordered(0, 1),
    Operator.LESS: _ordered(-1),
    Operator.LESS_OR_EQUAL: _ordered(-1, 0),
    Operator.BETWEEN: lambda v, a, c: _within(v, a, c.zone),
    Operator.CONTAINS: lambda v, a, c: _contains(v, a.one, c.zone),
    Operator.NOT_CONTAINS: lambda v, a, c: not _contains(v, a.one, c.zone),
    Operator.STARTS_WITH: lambda v, a, _: bool(
        v.folded and v.folded.startswith(a.one.folded or "")
    ),
    Operator.ENDS_WITH: lambda v, a, _: bool(
        v.folded and v.folded.endswith(a.one.folded or "")
    ),
    Operator.IN_LIST: lambda v, a, c: any(equal(v, one, c.zone) for one in a.several),
    Operator.NOT_IN_LIST: lambda v, a, c: not any(equal(v, one, c.zone) for one in a.several),
    Operator.IS_NOT_EMPTY: lambda v, _a, _c: not empty(v.value),
    Operator.IS_TRUE: lambda v, _a, _c: v.truth is True,
    Operator.IS_FALSE: lambda v, _a, _c: v.truth is False,
    Operator.MATCHES: lambda v, a, _: _matches(v, a.pattern),
    Operator.BEFORE: _timed(-1),
    Operator.AFTER: _timed(1),
    Operator.IN_LAST_DAYS: lambda v, a, c: _in_last_days(v, a.one.number, c),
}
"""The operators that judge a value that is not null by what it is; the others are about emptiness
or about what the value was before."""


def against(condition: Any) -> Against:
    """Make ready what a condition compares with.

    Raises:
        FormulaError: its pattern cannot be used.
    """
    pattern = None
    if condition.operator is Operator.MATCHES:
        pattern = patterns.compiled(condition.value)
    several = tuple(Operand(one) for one in condition.values)
    return Against(Operand(condition.value), Operand(condition.to), several, pattern)


# --- in words -----------------------------------------------------------------------------

_SHOWN: Final = 60
_LISTED: Final = 5

_WORDS: Final[Mapping[Operator, str]] = {
    Operator.EQUALS: "must be equal to {one}",
    Operator.NOT_EQUALS: "must not be equal to {one}",
    Operator.GREATER: "must be greater than {one}",
    Operator.GREATER_OR_EQUAL: "must be at least {one}",
    Operator.LESS: "must be less than {one}",
    Operator.LESS_OR_EQUAL: "must be at most {one}",
    Operator.BETWEEN: "must be between {one} and {to}",
    Operator.CONTAINS: "must contain {one}",
    Operator.NOT_CONTAINS: "must not contain {one}",
    Operator.STARTS_WITH: "must start with {one}",
    Operator.ENDS_WITH: "must end with {one}",
    Operator.IN_LIST: "must be one of {several}",
    Operator.NOT_IN_LIST: "must be none of {several}",
    Operator.IS_EMPTY: "must be empty",
    Operator.IS_NOT_EMPTY: "must not be empty",
    Operator.IS_TRUE: "must be true",
    Operator.IS_FALSE: "must be false",
    Operator.MATCHES: "must match {one}",
    Operator.BEFORE: "must be before {one}",
    Operator.AFTER: "must be after {one}",
    Operator.IN_LAST_DAYS: "must be within the last {days} days",
    Operator.CHANGED: "must have changed since the last sync",
    Operator.CHANGED_FROM_TO: "must have changed{came} since the last sync",
}


def wanted(condition: Any, other: str = "") -> str:
    """Say what a condition asks for: “must be equal to 'completed'”.

    Args:
        condition: the row.
        other: says of the field that it is compared with which one and what it holds.
    """
    listed = [shown(one) for one in condition.values[:_LISTED]]
    more = len(condition.values) - len(listed)
    came = f" from {shown(condition.value)}" if condition.value else ""
    came += f" to {shown(condition.to)}" if condition.to else ""
    return _WORDS[condition.operator].format(
        one=other or shown(condition.value),
        to=shown(condition.to),
        several=", ".join(listed) + (f" and {more} more" if more else ""),
        days=condition.value,
        came=came,
    )


def shown(value: Any) -> str:
    """Write a value for people, shortened: text in quotes, everything else as JSON has it."""
    quoted = isinstance(value, str | date)
    text = str(value) if quoted else canonical.text(canonical.normal(value))
    text = text.replace("\0", "␀").encode(errors="replace").decode()
    text = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return f"'{text}'" if quoted else text
