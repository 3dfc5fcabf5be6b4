"""Formats of dates: those of PHP (`d.m.Y H:i`) and those of ISO and Unicode (`DD.MM.YYYY HH:mm`).

A format with a doubled letter is of the second kind; in the first, none means anything. A
backslash makes the next character stand for itself; in ISO formats, so do quotes: `'T'`.
Sources: php.net, "DateTimeInterface::format"; unicode.org, UTS 35, "Date Field Symbol Table".
"""

from __future__ import annotations

import re
from calendar import isleap, monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any, Final, NamedTuple

from formulas.language.errors import FormulaValueError
from formulas.language.values import shown

_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_LONGEST: Final = 100
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Write = Callable[[datetime], str]


class Symbol(NamedTuple):
    """What a letter of a format stands for: how it is written, and how it is read.

    Attributes:
        pattern: regular expression of its texts, or "" if it cannot be read.
        part: what is read, or "" if it is read over.
    """

    write: Write
    pattern: str = ""
    part: str = ""


def _offset(moment: datetime, colon: str) -> str:
    minutes = round((moment.utcoffset() or timedelta()).total_seconds() / 60)
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02d}{colon}{abs(minutes) % 60:02d}"


def _suffix(moment: datetime) -> str:
    if 11 <= moment.day <= 13:
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(moment.day % 10, "th")


def _days_of_month(moment: datetime) -> int:
    return monthrange(moment.year, moment.month)[1]


_two, _some = r"\d{2}", r"\d{1,2}"
_month_names = "|".join(_MONTHS)
_day_names = "|".join(_DAYS)
_short = "[A-Za-z]{3}"

_PHP: Final[dict[str, Symbol]] = {
    "d": Symbol(lambda m: f"{m.day:02d}", _some, "day"),
    "j": Symbol(lambda m: str(m.day), _some, "day"),
    "D": Symbol(lambda m: _DAYS[m.weekday()][:3], _short),
    "l": Symbol(lambda m: _DAYS[m.weekday()], _day_names),
    "N": Symbol(lambda m: str(m.isoweekday())),
    "S": Symbol(_suffix, "st|nd|rd|th"),
    "w": Symbol(lambda m: str(m.isoweekday() % 7)),
    "z": Symbol(lambda m: str(m.timetuple().tm_yday - 1)),
    "W": Symbol(lambda m: f"{m.isocalendar().week:02d}"),
    "F": Symbol(lambda m: _MONTHS[m.month - 1], _month_names, "month_name"),
    "M": Symbol(lambda m: _MONTHS[m.month - 1][:3], _short, "month_name"),
    "m": Symbol(lambda m: f"{m.month:02d}", _some, "month"),
    "n": Symbol(lambda m: str(m.month), _some, "month"),
    "t": Symbol(lambda m: str(_days_of_month(m))),
    "L": Symbol(lambda m: str(int(isleap(m.year)))),
    "o": Symbol(lambda m: str(m.isocalendar().year)),
    "Y": Symbol(lambda m: f"{m.year:04d}", r"\d{4}", "year"),
    "y": Symbol(lambda m: f"{m.year % 100:02d}", _two, "short_year"),
    "a": Symbol(lambda m: "am" if m.hour < 12 else "pm", "am|pm", "half"),
    "A": Symbol(lambda m: "AM" if m.hour < 12 else "PM", "am|pm", "half"),
    "g": Symbol(lambda m: str(m.hour % 12 or 12), _some, "hour"),
    "h": Symbol(lambda m: f"{m.hour % 12 or 12:02d}", _some, "hour"),
    "G": Symbol(lambda m: str(m.hour), _some, "hour"),
    "H": Symbol(lambda m: f"{m.hour:02d}", _some, "hour"),
    "i": Symbol(lambda m: f"{m.minute:02d}", _some, "minute"),
    "s": Symbol(lambda m: f"{m.second:02d}", _some, "second"),
    "v": Symbol(lambda m: f"{m.microsecond // 1000:03d}", r"\d{1,6}", "fraction"),
    "u": Symbol(lambda m: f"{m.microsecond:06d}", r"\d{1,6}", "fraction"),
    "e": Symbol(lambda m: str(m.tzinfo)),
    "T": Symbol(lambda m: m.tzname() or ""),
    "P": Symbol(lambda m: _offset(m, ":"), r"Z|[+-]\d{2}:?\d{2}", "offset"),
    "p": Symbol(
        lambda m: "Z" if not m.utcoffset() else _offset(m, ":"), r"Z|[+-]\d{2}:?\d{2}", "offset"
    ),
    "O": Symbol(lambda m: _offset(m, ""), r"Z|[+-]\d{2}:?\d{2}", "offset"),
    "U": Symbol(lambda m: str((m - _EPOCH) // timedelta(seconds=1)), r"-?\d{1,12}", "epoch"),
    "c": Symbol(lambda m: m.isoformat(timespec="seconds")),
}

_ISO: Final[dict[str, Symbol]] = {
    "YYYY": _PHP["Y"],
    "yyyy": _PHP["Y"],
    "YY": _PHP["y"],
    "yy": _PHP["y"],
    "MMMM": _PHP["F"],
    "MMM": _PHP["M"],
    "MM": _PHP["m"],
    "M": _PHP["n"],
    "DD": _PHP["d"],
    "dd": _PHP["d"],
    "D": _PHP["j"],
    "d": _PHP["j"],
    "EEEE": _PHP["l"],
    "EEE": _PHP["D"],
    "HH": _PHP["H"],
    "H": _PHP["G"],
    "hh": _PHP["h"],
    "h": _PHP["g"],
    "mm": _PHP["i"],
    "m": Symbol(lambda m: str(m.minute), _some, "minute"),
    "ss": _PHP["s"],
    "s": Symbol(lambda m: str(m.second), _some, "second"),
    "SSS": _PHP["v"],
    "SSSSSS": _PHP["u"],
    "a": _PHP["A"],
    "XXX": _PHP["P"],
    "X": _PHP["p"],
    "Z": _PHP["O"],
}

_DOUBLED: Final = re.compile(r"YY|yy|MM|DD|dd|HH|hh|mm|ss")
_RUN: Final = re.compile(
    r"\\(?P<escaped>.)|'(?P<quoted>[^']*)'|(?P<run>([A-Za-z])\4*)|(?P<other>.)", re.DOTALL
)


@lru_cache(maxsize=512)
def _parts(format: str) -> tuple[Symbol | str, ...]:
    """Take a format apart into symbols and what stands for itself.

    Raises:
        FormulaValueError: it is too long, or a letter has no meaning.
    """
    if len(format) > _LONGEST:
        raise FormulaValueError(f"A format of dates may have at most {_LONGEST} characters.")
    return tuple(_of_iso(format) if _DOUBLED.search(format) else _of_php(format))


def _of_php(format: str) -> list[Symbol | str]:
    parts: list[Symbol | str] = []
    characters = iter(format)
    for character in characters:
        if character == "\\":
            parts.append(next(characters, "\\"))
        else:
            parts.append(_PHP.get(character, character))
    return parts


def _of_iso(format: str) -> list[Symbol | str]:
    parts: list[Symbol | str] = []
    for match in _RUN.finditer(format):
        run = match["run"]
        if run in _ISO:
            parts.append(_ISO[run])
        elif run and len(run) > 1:
            raise FormulaValueError(f"{shown(run)} has no meaning in a format of dates.")
        else:
            own = match["escaped"] or match["quoted"] or run or match["other"]
            parts.append(own if own is not None else "'")
    return parts


def write(moment: datetime, format: str) -> str:
    """Write a time in a format."""
    return "".join(
        part if isinstance(part, str) else part.write(moment) for part in _parts(format)
    )


@lru_cache(maxsize=512)
def _reader(format: str) -> tuple[re.Pattern[str], tuple[str, ...]]:
    pattern, names = [], []
    for part in _parts(format):
        if isinstance(part, str):
            pattern.append(re.escape(part))
        elif not part.pattern:
            raise FormulaValueError(f"Nothing can be read by the format {shown(format)}.")
        elif part.part:
            pattern.append(f"({part.pattern})")
            names.append(part.part)
        else:
            pattern.append(f"(?:{part.pattern})")
    return re.compile("".join(pattern), re.IGNORECASE | re.ASCII), tuple(names)


def read(text: str, format: str, zone: tzinfo) -> date:
    """Read a date, or a date with a time if the format has one.

    Raises:
        FormulaValueError: the text is not in this format, or there is no such date.
    """
    pattern, names = _reader(format)
    match = pattern.fullmatch(text) if len(text) <= 2 * _LONGEST else None
    if match is None:
        raise FormulaValueError(f"{shown(text)} does not have the format {shown(format)}.")
    found: dict[str, Any] = dict(zip(names, match.groups(), strict=True))
    try:
        return _made(found, zone)
    except (ValueError, OverflowError):
        raise FormulaValueError(f"{shown(text)} is no date that exists.") from None


def _made(found: dict[str, Any], zone: tzinfo) -> date:
    if "epoch" in found:
        return (_EPOCH + timedelta(seconds=int(found["epoch"]))).astimezone(zone)
    day = date(_year(found), _month(found), int(found.get("day", 1)))
    if not {"hour", "minute", "second"} & found.keys():
        return day
    return datetime(
        day.year,
        day.month,
        day.day,
        _hour(found),
        int(found.get("minute", 0)),
        int(found.get("second", 0)),
        int(found.get("fraction", "0").ljust(6, "0")),
        tzinfo=_zone(found.get("offset"), zone),
    )


def _year(found: dict[str, Any]) -> int:
    if "year" in found:
        return int(found["year"])
    if "short_year" not in found:
        raise ValueError
    short = int(found["short_year"])
    return short + (1900 if short >= 70 else 2000)  # as PHP and POSIX


def _month(found: dict[str, Any]) -> int:
    if "month_name" in found:
        names = [name[:3].lower() for name in _MONTHS]
        return names.index(found["month_name"][:3].lower()) + 1
    return int(found.get("month", 1))


def _hour(found: dict[str, Any]) -> int:
    hour = int(found.get("hour", 0))
    if "half" not in found:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError
    return hour % 12 + (12 if found["half"].lower() == "pm" else 0)


def _zone(offset: str | None, zone: tzinfo) -> tzinfo:
    if offset is None:
        return zone
    if offset in "Zz":
        return UTC
    hours, minutes = int(offset[1:3]), int(offset[-2:])
    sign = -1 if offset[0] == "-" else 1
    return timezone(sign * timedelta(hours=hours, minutes=minutes))
