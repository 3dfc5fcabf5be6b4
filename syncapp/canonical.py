"""Canonical JSON: exact numbers, ISO dates with offset, one spelling for equal values.

Numbers with a fraction are read as `Decimal` and written as they were; nothing passes through
a float. This is the only JSON codec for data of customers, and it knows no framework.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import xxhash

type_errors = (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError)

_decoder = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")
_sorted = msgspec.json.Encoder(decimal_format="number", order="sorted")

loads = _decoder.decode
"""Decode JSON text or bytes; raises one of `type_errors` on malformed input."""

dumps = _encoder.encode
"""Encode to JSON bytes; dates become ISO text, `Decimal` stays a number."""


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
        plain = value.normalize()
        return int(plain) if plain == plain.to_integral_value() else plain
    if isinstance(value, dict):
        return {key: normal(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [normal(item) for item in value]
    return value
