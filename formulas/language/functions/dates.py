"""Work with dates and times. Null in, null out.

A time keeps the offset that it came with until `totimezone` changes it; one without is a time of
the tenant's zone.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from formulas.language import arithmetic, dateformats, values
from formulas.language.context import Context
from formulas.language.errors import FormulaTypeError, FormulaValueError
from formulas.language.signatures import (
    Any_,
    Integer,
    Moment,
    Number,
    Text,
    example,
    function,
)

_divide: Final = arithmetic.guarded(arithmetic.divide)

_UNITS: Final = {
    "second": "seconds", "seconds": "seconds", "s": "seconds", "sec": "seconds",
    "minute": "minutes", "minutes": "minutes", "min": "minutes", "i": "minutes",
    "hour": "hours", "hours": "hours", "h": "hours",
    "day": "days", "days": "days", "d": "days",
    "week": "weeks", "weeks": "weeks", "w": "weeks",
    "month": "months", "months": "months", "m": "months",
    "quarter": "quarters", "quarters": "quarters", "q": "quarters",
    "year": "years", "years": "years", "y": "years",
}  # fmt: skip
_SECONDS: Final = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400, "weeks": 604_800}
_MONTHS: Final = {"months": 1, "quarters": 3, "years": 12}


@function(example("now()", datetime(2026, 11, 21, 9, 30, tzinfo=UTC)), volatile=True)
def now(ctx: Context) -> Moment:
    """Give the time at which the run started, the same for all of its records."""
    return ctx.now


@function(example("today()", date(2026, 11, 21)), volatile=True)
def today(ctx: Context) -> Moment:
    """Give the day on which the run started."""
    return ctx.now.date()


@function(
    example("formatdate('2024-01-27', 'd.m.Y')", "27.01.2024"),
    example("formatdate('01/27/2024', 'Y-m-d', 'm/d/Y')", "2024-01-27"),
    example("formatdate('2024-01-27T10:05:00', 'DD.MM.YYYY HH:mm')", "27.01.2024 10:05"),
    example("formatdate(null, 'Y')", None),
    aliases=("date",),
)
def formatdate(ctx: Context, value: Any_, format: Text = "Y-m-d", in_format: Text = "") -> Any_:
    """Write a date in a format; a third argument tells in which format it is given.

    Formats are those of PHP (`d.m.Y H:i`) or, with doubled letters, of ISO (`DD.MM.YYYY HH:mm`);
    `c` is ISO 8601 and `U` the seconds since 1970.
    """
    moment = _moment(ctx, value, in_format)
    return (
        None if moment is None else dateformats.write(values.instant(moment, ctx.zone), format)
    )


@function(
    example("todate('27.01.2024', 'd.m.Y')", date(2024, 1, 27)),
    example("todate('2024-01-27T10:05:00Z')", date(2024, 1, 27)),
    example("todate('')", None),
)
def todate(ctx: Context, value: Any_, format: Text = "") -> Any_:
    """Read a date, without its time; a second argument tells in which format it is given."""
    moment = _moment(ctx, value, format)
    return moment.date() if isinstance(moment, datetime) else moment


@function(
    example(
        "todatetime('27.01.2024 10:05', 'd.m.Y H:i')", datetime(2024, 1, 27, 10, 5, tzinfo=UTC)
    ),
    example("todatetime(1580605267, 'U')", datetime(2020, 2, 2, 1, 1, 7, tzinfo=UTC)),
    example("todatetime(null)", None),
)
def todatetime(ctx: Context, value: Any_, format: Text = "") -> Any_:
    """Read a date with its time; a date alone is its midnight."""
    moment = _moment(ctx, value, format)
    return None if moment is None else values.instant(moment, ctx.zone)


@function(
    example("dateadd('2024-01-31', 1, 'month')", date(2024, 2, 29)),
    example("dateadd('2024-01-27', -1, 'week')", date(2024, 1, 20)),
    example("dateadd(null, 1, 'day')", None),
)
def dateadd(ctx: Context, value: Moment, number: Integer, unit: Text) -> Moment:
    """Add units of time to a date: `second`, `minute`, `hour`, `day`, `week`, `month`, `year`.

    Days and longer units keep the time of day when the clocks change; hours and shorter ones are
    really so long. From the 31st, a month leads to the last day of a shorter month.
    """
    name = _unit(unit)
    try:
        if name in _MONTHS:
            return _months_later(value, number * _MONTHS[name])
        step = timedelta(seconds=number * _SECONDS[name])
        if not isinstance(value, datetime):
            if name in {"days", "weeks"}:
                return value + step
            value = values.instant(value, ctx.zone)
        if name in {"days", "weeks"}:
            return _existing(value + step)
        return (value.astimezone(UTC) + step).astimezone(value.tzinfo)
    except (OverflowError, ValueError):
        raise FormulaValueError(_out_of_range) from None


_out_of_range: Final = "The date lies outside of the years 1 to 9999."


@function(
    example("datediff('2024-01-01', '2024-03-01', 'day')", 60),
    example("datediff('2024-01-31', '2024-02-29', 'month')", 0),
    example("datediff('2024-01-01T10:00:00Z', '2024-01-01T11:30:00Z', 'hour')", Decimal("1.5")),
    example("datediff(null, '2024-01-01', 'day')", None),
)
def datediff(ctx: Context, start: Moment, end: Moment, unit: Text = "day") -> Any_:
    """Count the units of time from one date to another.

    Months and years are counted when they are full; shorter units may have a fraction. Days are
    those of the calendar when two dates without times are given.
    """
    name = _unit(unit)
    a, b = values.instant(start, ctx.zone), values.instant(end, ctx.zone)
    if name in _MONTHS:
        return Decimal(_full_months(a, b.astimezone(a.tzinfo), _MONTHS[name]))
    if not isinstance(start, datetime) and not isinstance(end, datetime):
        seconds = Decimal((end - start).days * 86_400)
    else:
        passed = b.astimezone(UTC) - a.astimezone(UTC)
        seconds = Decimal(passed.days * 86_400 + passed.seconds) + Decimal(
            passed.microseconds
        ).scaleb(-6)
    return _divide(seconds, Decimal(_SECONDS[name]))


@function(example("year('2024-01-27')", 2024))
def year(value: Moment) -> Number:
    """Give the year of a date."""
    return Decimal(value.year)


@function(example("quarter('2024-05-01')", 2))
def quarter(value: Moment) -> Number:
    """Give the quarter of a date, from 1 to 4."""
    return Decimal((value.month + 2) // 3)


@function(example("month('2024-01-27')", 1))
def month(value: Moment) -> Number:
    """Give the month of a date, from 1 to 12."""
    return Decimal(value.month)


@function(example("week('2024-12-30')", 1), aliases=("weeknumber",))
def week(value: Moment) -> Number:
    """Give the week of a date by ISO 8601, from 1 to 53."""
    return Decimal(value.isocalendar().week)


@function(example("day('2024-01-27')", 27))
def day(value: Moment) -> Number:
    """Give the day of the month."""
    return Decimal(value.day)


@function(example("weekday('2024-01-27')", 6))
def weekday(value: Moment) -> Number:
    """Give the day of the week, from Monday (1) to Sunday (7)."""
    return Decimal(value.isoweekday())


@function(example("hour('2024-01-27T10:05:30')", 10), example("hour('2024-01-27')", 0))
def hour(ctx: Context, value: Moment) -> Number:
    """Give the hour of a time, from 0 to 23."""
    return Decimal(values.instant(value, ctx.zone).hour)


@function(example("minute('2024-01-27T10:05:30')", 5))
def minute(ctx: Context, value: Moment) -> Number:
    """Give the minute of a time."""
    return Decimal(values.instant(value, ctx.zone).minute)


@function(example("second('2024-01-27T10:05:30')", 30))
def second(ctx: Context, value: Moment) -> Number:
    """Give the second of a time."""
    return Decimal(values.instant(value, ctx.zone).second)


@function(example("startof('2024-05-17', 'month')", date(2024, 5, 1)))
def startof(value: Moment, unit: Text) -> Moment:
    """Give the first day of the week, month, quarter or year of a date."""
    return _bounds(value, unit)[0]


@function(example("endof('2024-02-10', 'month')", date(2024, 2, 29)))
def endof(value: Moment, unit: Text) -> Moment:
    """Give the last day of the week, month, quarter or year of a date."""
    return _bounds(value, unit)[1]


@function(
    example("totimezone('2024-07-01T10:00:00Z', 'Europe/Berlin')",
            datetime(2024, 7, 1, 12, tzinfo=ZoneInfo("Europe/Berlin"))),
)  # fmt: skip
def totimezone(ctx: Context, value: Moment, zone: Text) -> Moment:
    """Give the same point in time as the clocks of another zone show it."""
    try:
        return values.instant(value, ctx.zone).astimezone(_zone(zone))
    except OverflowError:
        raise FormulaValueError(_out_of_range) from None


@function(example("timestamp('2020-02-02T01:01:07Z')", 1580605267))
def timestamp(ctx: Context, value: Moment) -> Number:
    """Give the seconds since the beginning of 1970 in UTC."""
    moment = values.instant(value, ctx.zone)
    passed = moment - datetime(1970, 1, 1, tzinfo=UTC)
    whole = Decimal(passed.days * 86_400 + passed.seconds)
    return whole + Decimal(passed.microseconds).scaleb(-6) if passed.microseconds else whole


@function(example("minutestohours(90)", Decimal("1.5")), example("minutestohours(null)", None))
def minutestohours(number: Number) -> Number:
    """Give minutes in hours."""
    return _divide(number, Decimal(60))


def _moment(ctx: Context, value: Any, format: str) -> date | None:
    if not format or value is None or isinstance(value, date):
        return values.moment(value, ctx.zone)
    text = values.text(value).strip()
    return dateformats.read(text, format, ctx.zone) if text else None


def _unit(unit: str) -> str:
    try:
        return _UNITS[unit.strip().lower()]
    except KeyError:
        known = "second, minute, hour, day, week, month, quarter or year"
        message = f"{values.shown(unit)} is no unit of time: {known}."
        raise FormulaValueError(message) from None


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = f"{values.shown(name)} is no time zone; write it like Europe/Berlin."
        raise FormulaValueError(message) from None


def _months_later(value: date, number: int) -> date:
    years, index = divmod(value.year * 12 + value.month - 1 + number, 12)
    if not 1 <= years <= 9999:
        raise OverflowError
    last = monthrange(years, index + 1)[1]
    moved = value.replace(year=years, month=index + 1, day=min(value.day, last))
    return _existing(moved) if isinstance(moved, datetime) else moved


def _existing(moment: datetime) -> datetime:
    """Move a time that the clocks leap over to the one that they show then."""
    return moment.astimezone(UTC).astimezone(moment.tzinfo)


def _full_months(a: datetime, b: datetime, unit: int) -> int:
    if b < a:
        return -_full_months(b, a, unit)
    months = (b.year - a.year) * 12 + b.month - a.month
    if (b.day, b.time()) < (a.day, a.time()):
        months -= 1
    return months // unit


def _bounds(value: date, unit: str) -> tuple[date, date]:
    day = value.date() if isinstance(value, datetime) else value
    name = _unit(unit)
    try:
        if name == "weeks":
            first = day - timedelta(days=day.weekday())
            return first, first + timedelta(days=6)
        if name in _MONTHS:
            months = _MONTHS[name]
            month = (day.month - 1) // months * months + 1
            last = month + months - 1
            return (
                day.replace(month=month, day=1),
                day.replace(month=last, day=monthrange(day.year, last)[1]),
            )
    except OverflowError:
        raise FormulaValueError(_out_of_range) from None
    raise FormulaTypeError("A week, month, quarter or year is needed.")
