"""Brings a value to the type of its field, exactly or not at all.

What is stored, by type of field:

    text, long_text     text; whole and decimal numbers are written out, yes/no is refused
    integer             a whole number of 64 bits; "12" and 12.0 are whole, 12.5 is not
    decimal             an exact number of at most 38 digits; never rounded: more decimals than
                        the field's scale are refused unless they are zeros
    boolean             true or false; also understood: yes, no, 1, 0
    date                2026-11-21; a date with a time only if the time is midnight
    datetime            2026-11-21T14:05:00Z, always UTC; without an offset it is taken as UTC
    time                14:05:00, of no zone
    choice              one of the field's choices
    reference           the key of a record of the referenced object, as text
    object, list        JSON with exact numbers, at most 90 levels deep
    any                 any value of JSON, for members of an object

None is null in every type; so is '' in all but text and any. A required field takes neither.
Pure: knows no framework and no database.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from objects.conversions import (
    MAKERS,
    Coercer,
    ValueRefused as ValueRefused,  # noqa: PLC0414  part of the face
    storable as storable,  # noqa: PLC0414  part of the face
)
from objects.shape import KEY_LIMIT, FieldShape, ObjectShape


def coerce(field: FieldShape, value: Any) -> Any:
    """Bring one value to the type of its field; for many, keep a `coercer`.

    Raises:
        ValueRefused: it does not fit.
    """
    return coercer(field)(value)


def coercer(field: FieldShape) -> Coercer:
    """Make the function that brings values to this field's type; it raises `ValueRefused`."""
    make = MAKERS[field.type]
    if field.is_key:
        return _key(make(field))
    return _empties(field, make(field))


def key_text(value: Any) -> str:
    """Spell a coerced key value the way records are found by.

    Raises:
        ValueRefused: empty_key or key_too_long.
    """
    text = value if type(value) is str else "" if value is None else plain(value)
    if not text or text.isspace():
        raise ValueRefused("empty_key", "The key is empty.")
    if len(text) > KEY_LIMIT:
        raise ValueRefused("key_too_long", f"The key is longer than {KEY_LIMIT} characters.")
    return text


def index_text(field: FieldShape, value: Any) -> str | None:
    """Spell a coerced value the way `field_value` holds it; None if it is not held."""
    if value is None or isinstance(value, dict | list):
        return None
    text = value if type(value) is str else plain(value)
    return text.casefold() if field.indexed == "fold" else text


def plain(value: Any) -> str:
    """Write a coerced value of a simple type as text, one spelling for equal values."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        text = format(value, "f")
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return "0" if text in {"-0", ""} else text
    return str(value)


def completed(shape: ObjectShape, values: Mapping[str, Any]) -> dict[str, Any]:
    """Give a new record's coerced values, with the defaults of fields that it does not name."""
    return {**shape.defaults, **values}


def missing(shape: ObjectShape, values: Mapping[str, Any]) -> list[FieldShape]:
    """List fields that a new record must have and does not name; a null is refused earlier."""
    return [field for field in shape.needed if field.name not in values]


def _empties(field: FieldShape, convert: Coercer) -> Coercer:
    keeps_blank = field.type in {"text", "long_text", "any"}
    required = field.required

    def take(value: Any) -> Any:
        if value:
            return convert(value)
        if value is None or (value == "" and not (keeps_blank and not required)):
            if required:
                raise ValueRefused("required_missing", "A value is required.")
            return None
        return convert(value)

    return take


def _key(convert: Coercer) -> Coercer:
    def take(value: Any) -> Any:
        if value is None or value == "":
            raise ValueRefused("empty_key", "The key is empty.")
        value = convert(value)
        key_text(value)
        return value

    return take
