"""Request bodies: JSON → a record, or a refusal that names the field."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from syncapp import canonical
from syncapp.demo.erp.errors import ODataError
from syncapp.demo.erp.model import EntitySet, Kind, Property, Values, member

_INT_LIMIT = 1 << 31


def read(body: bytes) -> Values:
    """Decode a body that must be a JSON object; annotations in it are passed over."""
    try:
        values = canonical.loads(body)
    except canonical.type_errors as error:
        message = "The body is not JSON."
        raise ODataError(message, code="InvalidBody") from error
    if not isinstance(values, dict):
        message = "The body is not a JSON object."
        raise ODataError(message, code="InvalidBody")
    return {name: value for name, value in values.items() if "@" not in name}


def created(entity_set: EntitySet, given: Values) -> Values:
    """Make a new record; what is not given is empty."""
    changes = _changes(entity_set.properties, given, {}, "")
    if changes.get(entity_set.key) == "":
        raise _wrong(entity_set.key, "must not be empty")
    return _filled(entity_set.properties, changes, "")


def changed(entity_set: EntitySet, before: Values, given: Values) -> Values:
    """Merge changes into a record; a complex value merges too, a collection is replaced.

    Raises:
        ODataError: a value does not fit, or the key would change.
    """
    changes = _changes(entity_set.properties, given, before, "")
    if changes.get(entity_set.key, before[entity_set.key]) != before[entity_set.key]:
        raise _wrong(entity_set.key, "is the key and cannot change")
    return before | changes


def _changes(
    properties: tuple[Property, ...], given: Values, before: Values, path: str
) -> Values:
    changes = {}
    for name, value in given.items():
        found = member(properties, name, path + name)
        if not found.computed:
            changes[name] = _checked(found, value, before.get(name), path + name)
    return changes


def _checked(found: Property, value: Any, before: Any, path: str) -> Any:
    if value is None:
        if not found.nullable:
            raise _wrong(path, "must not be null")
        return None
    if found.collection:
        if not isinstance(value, list):
            raise _wrong(path, "must be a list")
        places = enumerate(value)
        return [_complex(found, element, None, f"{path}/{place}") for place, element in places]
    if found.kind is Kind.COMPLEX:
        return _complex(found, value, before, path)
    return _CHECKS[found.kind](found, value, path)


def _complex(found: Property, value: Any, before: Values | None, path: str) -> Values:
    if not isinstance(value, dict):
        raise _wrong(path, "must be an object")
    changes = _changes(found.fields, value, before or {}, f"{path}/")
    return _filled(found.fields, (before or {}) | changes, f"{path}/")


def _filled(properties: tuple[Property, ...], values: Values, path: str) -> Values:
    return {
        found.name: values[found.name] if found.name in values else _empty(found, path)
        for found in properties
    }


def _empty(found: Property, path: str) -> Any:
    if found.collection:
        return []
    if found.nullable:
        return None
    if found.kind is Kind.BOOL:
        return False
    if found.kind is Kind.DECIMAL:
        return Decimal(0)
    if found.computed:
        return ""
    raise _wrong(path + found.name, "is missing")


def _text(found: Property, value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise _wrong(path, "must be text")
    if found.max_length is not None and len(value) > found.max_length:
        raise _wrong(path, f"is longer than {found.max_length} characters")
    return value


def _choice(found: Property, value: Any, path: str) -> str:
    if value not in found.choices:
        raise _wrong(path, f"must be one of {', '.join(found.choices)}")
    return str(value)


def _flag(_found: Property, value: Any, path: str) -> bool:
    if not isinstance(value, bool):
        raise _wrong(path, "must be true or false")
    return value


def _whole(_found: Property, value: Any, path: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wrong(path, "must be a whole number")
    if not -_INT_LIMIT <= value < _INT_LIMIT:
        raise _wrong(path, "does not fit into 32 bits")
    return value


def _decimal(found: Property, value: Any, path: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise _wrong(path, "must be a number")
    precision, scale = found.precision or 0, found.scale or 0
    number = Decimal(value)
    _sign, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int) or len(digits) + exponent > precision - scale:
        raise _wrong(path, f"has more than {precision - scale} digits before the point")
    if number != 0 and exponent < -scale and any(digits[exponent + scale :]):
        raise _wrong(path, f"has more than {scale} digits after the point")
    return number


def _day(_found: Property, value: Any, path: str) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except (TypeError, ValueError) as error:
        raise _wrong(path, "must be a date such as 2026-01-31") from error


_CHECKS: dict[Kind, Callable[[Property, Any, str], Any]] = {
    Kind.STRING: _text,
    Kind.ENUM: _choice,
    Kind.BOOL: _flag,
    Kind.INT: _whole,
    Kind.DECIMAL: _decimal,
    Kind.DATE: _day,
}


def _wrong(path: str, problem: str) -> ODataError:
    return ODataError(f"{path} {problem}.", code="InvalidValue", target=path)
