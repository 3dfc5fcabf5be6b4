"""How OData v4 spells things: values, keys, filters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Final
from urllib.parse import quote, unquote

from connections.kit.odata.csdl import EntitySet, Property

_whole: Final = frozenset({"Edm.Byte", "Edm.SByte", "Edm.Int16", "Edm.Int32", "Edm.Int64"})
_fractions: Final = frozenset({"Edm.Decimal", "Edm.Double", "Edm.Single"})
_patterns: Final = {
    "Edm.Guid": re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
    "Edm.Date": re.compile(r"-?\d{4,}-\d\d-\d\d"),
    "Edm.TimeOfDay": re.compile(r"\d\d:\d\d(:\d\d(\.\d+)?)?"),
    # Kept to the last digit, of which services have more than Python.
    "Edm.DateTimeOffset": re.compile(
        r"-?\d{4,}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)"
    ),
}
_part = re.compile(r"(?:(?P<name>[\w.]+)=)?(?P<value>'(?:[^']|'')*'|[^,']+)(?:,|$)")


def literal(found: Property, value: str) -> str:
    """Spell a value as OData spells it in keys and filters.

    Raises:
        ValueError: a value of this type cannot look like that.
    """
    kind = found.type
    if kind in _whole:
        return str(int(value))
    if kind in _fractions:
        return str(_decimal(value))
    if kind == "Edm.Boolean":
        return _boolean(value)
    if kind in _patterns:
        return _matching(_patterns[kind], value)
    quoted = "'" + value.replace("'", "''") + "'"
    return quoted if kind.startswith("Edm.") else f"{kind}{quoted}"


def stamp(found: Property, at: datetime) -> str:
    """Spell a moment for comparison with a change field."""
    return at.astimezone(UTC).date().isoformat() if found.type == "Edm.Date" else instant(at)


def instant(at: datetime) -> str:
    """Spell a moment in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def predicate(entity_set: EntitySet, parts: Sequence[str]) -> str:
    """Spell a key as it stands in an address: `('A')`, `(7)`, `(A='x',B=2)`.

    Raises:
        ValueError: the parts cannot be a key of this set.
    """
    spelled = [
        literal(entity_set.properties[name], part)
        for name, part in zip(entity_set.key, parts, strict=True)
    ]
    if len(spelled) > 1:
        pairs = zip(entity_set.key, spelled, strict=True)
        spelled = [f"{name}={text}" for name, text in pairs]
    # A slash in a key must not look like one between two parts of the path.
    return "(" + quote(",".join(spelled), safe="',=:-._~") + ")"


def key_in(address: str, count: int) -> list[str] | None:
    """Read the parts of a key out of an address such as `…/Set(A='x',B=2)`."""
    found = re.search(r"\((.*)\)/?$", unquote(address))
    if not found:
        return None
    values = [match["value"] for match in _part.finditer(found[1])]
    texts = [v[1:-1].replace("''", "'") if v.startswith("'") else v for v in values]
    return texts if len(texts) == count else None


def after(order: Sequence[tuple[str, str | None]]) -> str:
    """Filter what stands behind a record in an order; nulls stand first, None is null.

    Args:
        order: field and spelled value of the record, in order of weight.
    """
    ways: list[str] = []
    equal: list[str] = []
    for name, value in order:
        further = f"{name} ne null" if value is None else f"{name} gt {value}"
        ways.append(" and ".join([*equal, further]))
        equal.append(f"{name} eq {'null' if value is None else value}")
    return " or ".join(f"({way})" for way in ways)


def both(*filters: str) -> str:
    """Join filters by `and`; empty ones do not count."""
    given = [text for text in filters if text.strip()]
    return given[0] if len(given) == 1 else " and ".join(f"({text})" for text in given)


def batches(clauses: Sequence[str], longest: int, most: int) -> Iterator[list[int]]:
    """Pack clauses into filters of bounded length; yields their numbers."""
    batch: list[int] = []
    length = 0
    for number, clause in enumerate(clauses):
        size = len(quote(clause)) + len(quote(" or "))
        if batch and (length + size > longest or len(batch) >= most):
            yield batch
            batch, length = [], 0
        batch.append(number)
        length += size
    if batch:
        yield batch


def _decimal(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        message = f"{text!r} is no number"
        raise ValueError(message) from None
    if not number.is_finite():
        message = f"{text!r} is no number"
        raise ValueError(message)
    return number


def _boolean(text: str) -> str:
    if text.lower() not in {"true", "false"}:
        message = f"{text!r} is neither true nor false"
        raise ValueError(message)
    return text.lower()


def _matching(pattern: re.Pattern[str], text: str) -> str:
    if not pattern.fullmatch(text):
        message = f"{text!r} does not look like it should"
        raise ValueError(message)
    return text
