"""What the options of mappings make of mapped values, now that it is known what is stored.

A mapping may count for new records only, for known ones only, or where nothing is stored yet; one
that fills a member of an object leaves the other members as they are. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connections.document import When
from connections.spec import Mapped, Plan, Refusal, Row

Values = Mapping[str, Any]


def counting(
    plan: Plan, mapped: Mapped, stored: Values | None
) -> tuple[dict[str, Any], Refusal | None]:
    """Give the values that count, target field by target field.

    Args:
        plan: the mappings.
        mapped: what they made of the source record.
        stored: values of the record that is there; None if it is a new one.

    Returns:
        The values, and what is wrong with one of the mappings that do count.
    """
    if plan.whole:
        return mapped.values, None
    values, parts, doubts = mapped.values.copy(), dict(mapped.parts or {}), mapped.doubts or {}
    for row in plan.sometimes:
        if counts(row, stored):
            if refusal := doubts.get(row.place):
                return values, refusal
        elif row.path:
            parts.pop(row.place, None)
        else:
            values.pop(row.target.name, None)
    if stored is None:
        _fall_back(plan, values, parts)
    for place, value in parts.items():
        _put(values, place, value, stored or {})
    return values, None


def counts(row: Row, stored: Values | None) -> bool:
    """Tell whether a mapping counts for a record: these values, or None for a new one."""
    if stored is None:
        return row.when is not When.UPDATE
    if row.when is When.CREATE:
        return False
    return not (row.keep_filled and _is_filled(row, stored))


def differing(
    plan: Plan, stored: Values, values: Values
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give what differs, and what is written along with it but is no reason to write."""
    found = difference(stored, values)
    if plan.volatile.isdisjoint(found):
        return found, {}
    patch: dict[str, Any] = {}
    also: dict[str, Any] = {}
    for name, value in found.items():
        if name not in plan.numbered:
            (also if name in plan.volatile else patch)[name] = value
        elif stored.get(name) is None:
            patch[name] = value  # a number stays as it was given, whoever gave it
    return patch, also


def difference(stored: Values, mapped: Values) -> dict[str, Any]:
    """Give the mapped fields whose stored value is another one.

    A field that is absent from `mapped` is left alone. A field that is absent from the stored
    record has no value, which is what null says; an empty text is a value.
    """
    get = stored.get
    return {
        name: value
        for name, value in mapped.items()
        if (old := get(name)) is not value and not same(old, value)
    }


def same(one: Any, other: Any) -> bool:
    """Tell whether two values are equal as values: 1.50 is 1.5, true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict):
        return (
            isinstance(other, dict)
            and one.keys() == other.keys()
            and all(same(value, other[name]) for name, value in one.items())
        )
    if isinstance(one, list):
        return isinstance(other, list) and len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def _fall_back(plan: Plan, values: dict[str, Any], parts: dict[tuple[str, ...], Any]) -> None:
    """Give a new record the defaults of mappings whose source has no such field."""
    for row in plan.defaults:
        if row.when is When.UPDATE:
            continue
        if row.path:
            parts.setdefault(row.place, row.default)
        else:
            values.setdefault(row.target.name, row.default)


def _put(values: dict[str, Any], place: tuple[str, ...], value: Any, stored: Values) -> None:
    """Set a member, in copies of the objects that lead to it; what is absent is null already."""
    top, *names, last = place
    held = values.get(top, stored.get(top))
    objects: list[dict[str, Any]] = []
    for name in (*names, None):
        objects.append(dict(held) if isinstance(held, dict) else {})
        held = objects[-1].get(name) if name is not None else None
    if value is None and last not in objects[-1]:
        return
    objects[-1][last] = value
    for name, outer, inner in zip(
        reversed(names), objects[-2::-1], objects[:0:-1], strict=True
    ):
        outer[name] = inner
    values[top] = objects[0]


def _is_filled(row: Row, stored: Values) -> bool:
    at: Any = stored
    for name in row.place:
        at = at.get(name) if isinstance(at, dict) else None
    return at is not None and at not in ("", [], {})
