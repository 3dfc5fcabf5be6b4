"""Take a value for another kind, or translate it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from datetime import date
from decimal import Decimal
from typing import Any, Final

from formulas.language import limits, values
from formulas.language.context import Context, Wanted
from formulas.language.errors import FormulaTypeError, FormulaValueError
from formulas.language.signatures import (
    Any_,
    Integer,
    MapName,
    Number,
    Object,
    Text,
    example,
    function,
)
from formulas.language.values import Value

_YES: Final = frozenset({"true", "yes", "y", "on", "1", "tyes", "ja", "j", "wahr", "x"})
_NO: Final = frozenset({"false", "no", "n", "off", "0", "tno", "nein", "falsch"})


@function(example("tostring(12.50)", "12.50"), example("tostring(null)", ""), aliases=("text",))
def tostring(value: Text) -> Text:
    """Give the text form of a value: dates in ISO 8601, numbers with a point."""
    return value


@function(
    example("tonumber('1.234,56', ',')", Decimal("1234.56")),
    example("tonumber(' 12.5 ')", Decimal("12.5")),
    example("tonumber('')", None),
    aliases=("number",),
)
def tonumber(value: Any_, point: Text = ".") -> Number:
    """Read a number; a second argument tells its decimal mark, and then the other is left out."""
    if not isinstance(value, str) or point == ".":
        return values.number(value)  # type: ignore[return-value]  # null is a result here
    if point != ",":
        raise FormulaValueError("The decimal mark is a point or a comma.")
    plain = value.replace(".", "").replace("\u00a0", "").replace(" ", "").replace("'", "")
    return values.number(plain.replace(",", "."))  # type: ignore[return-value]  # as above


@function(example("tointeger('7.9')", 7), example("tointeger(null)", None))
def tointeger(value: Number) -> Number:
    """Read a number and cut off what is behind its point."""
    return value.to_integral_value("ROUND_DOWN")


@function(
    example("toboolean('tYES')", True),
    example("toboolean('N')", False),
    example("toboolean(null)", None),
    aliases=("boolean",),
)
def toboolean(value: Any_) -> Any_:
    """Read a boolean: true, yes, y, on, 1, tYES, ja, x; false, no, n, off, 0, tNO, nein."""
    if value is None or isinstance(value, bool):
        return value
    plain = values.text(value).strip().lower()
    if plain in _YES:
        return True
    if plain in _NO:
        return False
    if not plain:
        return None
    raise FormulaTypeError(f"{values.shown(value)} is neither true nor false.")


@function(
    example("tojson(['a' => 1, 'b' => [true, null]])", '{"a":1,"b":[true,null]}'),
    example("tojson(null)", "null"),
)
def tojson(ctx: Context, value: Any_) -> Text:
    """Write a value as JSON."""
    text = _written(values.result(value))
    ctx.room_for(len(text))
    return text


@function(
    example("get(fromjson('{\"a\": 1.10}'), 'a')", Decimal("1.10")),
    example("fromjson('')", None),
)
def fromjson(ctx: Context, text: Text) -> Value:
    """Read JSON; numbers stay exact."""
    ctx.room_for(len(text))
    if not text.strip():
        return None
    if text.count("[") + text.count("{") > limits.ELEMENTS:
        raise FormulaValueError("The JSON has too many elements.")
    try:
        return values.result(
            json.loads(text, parse_float=Decimal, parse_int=Decimal, parse_constant=_no_number)
        )
    except json.JSONDecodeError as error:
        raise FormulaValueError(f"This is not JSON: {error.msg}, at {error.pos}.") from None


@function(
    example("translate('01', ['01' => 'open', '02' => 'closed'], 'other')", "open"),
    example("translate('07', ['01' => 'open'])", None),
    example("translate(1, ['1' => 'one'])", "one"),
)
def translate(ctx: Context, value: Any_, map: Object, default: Any_ = None) -> Value:
    """Translate a value by a map: the text form of the value is the key."""
    ctx.spend(1)
    if value is None:
        return default
    key = values.text(value)
    return values.from_json(map[key]) if key in map else default


@function(
    example("translatemap('terms', '10', 'net14')", "net30"),
    example("translatemap('terms', '99', 'net14')", "net14"),
    example("translatemap('terms', null)", None),
)
def translatemap(ctx: Context, name: MapName, value: Any_, default: Any_ = None) -> Value:
    """Translate a value by one of the tenant's value maps.

    A value that the map does not have comes into the inbox of the map, and the default is given.
    """
    key = values.text(value)
    if not key:
        return default
    found = ctx.look_up(Wanted("map", name, key=key))
    return values.from_json(found[0]) if found else default


@function(example("typeof(data('BPAddresses'))", "array"), example("typeof(null)", "null"))
def typeof(value: Any_) -> Text:
    """Name the kind of a value: null, boolean, number, text, date, array or object."""
    return values.kind(value)


@function(example("base64encode('Köln')", "S8O2bG4="))
def base64encode(ctx: Context, text: Text) -> Text:
    """Write a text in Base64."""
    ctx.room_for(6 * len(text))
    return base64.b64encode(values.encodable(text).encode()).decode()


@function(example("base64decode('S8O2bG4=')", "Köln"))
def base64decode(text: Text) -> Text:
    """Read a text out of Base64."""
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        raise FormulaValueError("This is not the Base64 of a text.") from None


@function(
    example("sha256('abc')", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
)
def sha256(ctx: Context, text: Text) -> Text:
    """Give the SHA-256 hash of a text, in hexadecimal digits."""
    ctx.room_for(len(text))
    return hashlib.sha256(values.encodable(text).encode()).hexdigest()


@function(example("hex(255)", "ff"), example("hex(null)", None))
def hex_(number: Integer) -> Any_:
    """Write a whole number in hexadecimal digits."""
    return format(number, "x")


def _no_number(text: str) -> Any:
    raise FormulaValueError(f"{text} is not a number.")


def _written(value: Value) -> str:
    """Write JSON with exact numbers, which the standard encoder cannot."""
    match value:
        case Decimal():
            return values.text(value)
        case list():
            return f"[{','.join(map(_written, value))}]"
        case dict():
            pairs = (
                f"{json.dumps(k, ensure_ascii=False)}:{_written(v)}" for k, v in value.items()
            )
            return f"{{{','.join(pairs)}}}"
        case date():
            return json.dumps(value.isoformat())
        case _:
            return json.dumps(value, ensure_ascii=False)
