"""Canonical JSON: exact numbers, ISO dates with offset, one spelling for equal values.

Numbers with a fraction are read as `Decimal` and written as they were; nothing passes through
a float. This is the only JSON codec for data of customers, and it knows no framework.
"""

from __future__ import annotations

from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal
from typing import Any, Final

import msgspec
import xxhash

MAX_DEPTH: Final = 100
"""Deeper documents are refused: nobody means them, and they cost the stack of every reader."""

type_errors = (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError)

_decoder = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")
_sorted = msgspec.json.Encoder(decimal_format="number", order="sorted")
_exact = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)
_longest_whole: Final = 400  # digits up to which 1E+3 is spelled 1000

dumps = _encoder.encode
"""Encode to JSON bytes; dates become ISO text, `Decimal` stays a number."""


def loads(data: bytes | str) -> Any:
    """Decode JSON; raises one of `type_errors` on malformed or absurdly nested input."""
    try:
        value = _decoder.decode(data)
    except RecursionError:
        raise msgspec.DecodeError(_too_deep) from None
    if _brackets(data) > MAX_DEPTH:
        _refuse_depth(value)
    return value


def text(value: Any) -> str:
    """Encode to a JSON string, the form in which sets travel to the database."""
    return _encoder.encode(value).decode()


def digest(value: Any) -> int:
    """Hash a value to 64 bits: equal values, equal hash, whatever the order of keys."""
    return xxhash.xxh3_64_intdigest(_sorted.encode(normal(value)))


def normal(value: Any) -> Any:
    """Bring numbers to one spelling: 1.50, 1.5 and 15E-1 are the same value."""
    if isinstance(value, Decimal):
        if not value.is_finite():
            return str(value)
        plain = value.normalize(_exact)
        # A number like 1E+999999999 would fill the memory if it were written out.
        return int(plain) if value == 0 or 0 <= _exponent(plain) <= _longest_whole else plain
    if isinstance(value, dict):
        return {key: normal(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [normal(item) for item in value]
    return value


_too_deep = f"nested deeper than {MAX_DEPTH} levels"


def _brackets(data: bytes | str) -> int:
    """Count what opens a level: cheap, and never less than the depth."""
    if isinstance(data, str):
        return data.count("[") + data.count("{")
    return data.count(b"[") + data.count(b"{")


def _refuse_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for item in level
            if isinstance(item, dict | list)
            for child in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return
    raise msgspec.DecodeError(_too_deep)


def _exponent(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return exponent if isinstance(exponent, int) else -1
