"""Where a mapping's target leads to: a field, or a member of one that holds an object.

Pure: no database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from formulas.language import paths
from objects.shape import FieldShape, ObjectShape

_HOLDING: Final = frozenset({"object", "any"})


class NoTarget(Exception):
    """There is nothing that could be filled there.

    Attributes:
        message: for people.
    """

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Target:
    """What is filled.

    Attributes:
        top: the field.
        path: names that lead on from there; () for the field itself.
        leaf: what is at their end, named by the whole path; the field itself without one.
    """

    top: FieldShape
    path: tuple[str, ...]
    leaf: FieldShape


def find(shape: ObjectShape, text: str) -> Target:
    """Find what a target names; a field of just this name goes before a path.

    Raises:
        NoTarget: there is no such field or member.
    """
    is_open = not shape.id and not shape.fields  # an entity of which nothing is known
    return _find(shape.by_name, text, f"“{shape.name}”", is_open=is_open)


def member(array: FieldShape, text: str) -> Target:
    """Find what the target of a mapping inside of lines names: a member of each line.

    Raises:
        NoTarget: it is no name or path, or the lines are known and have no such member.
    """
    members = {field.name: field for field in array.fields}
    found = _find(members, text, f"A line of {array.name}", is_open=not members)
    if array.sensitivity == "none":
        return found
    return replace(found, leaf=replace(found.leaf, sensitivity=array.sensitivity))


def _find(by_name: Mapping[str, FieldShape], text: str, owner: str, *, is_open: bool) -> Target:
    if text in by_name:
        return Target(by_name[text], (), by_name[text])
    try:
        names = paths.parse(text)
    except paths.PathError as error:
        raise NoTarget(str(error)) from None
    steps = [step for step in names if isinstance(step, str)]
    if len(steps) < len(names):
        raise NoTarget(f"{text}: a target has no numbers; map an array with lines.")
    top = by_name.get(steps[0])
    if top is None and is_open:
        top = FieldShape(0, steps[0], type="any")
    if top is None:
        raise NoTarget(f"{owner} has no field “{steps[0]}”.")
    path = tuple(steps[1:])
    return Target(top, path, _leaf(top, path, text) if path else top)


def _leaf(top: FieldShape, path: tuple[str, ...], text: str) -> FieldShape:
    """Follow the members as far as they are known; the rest takes any value."""
    at = top
    for name in path:
        if at.type not in _HOLDING:
            raise NoTarget(f"{text}: {at.label or at.name} holds no object.")
        inner = {field.name: field for field in at.fields}
        if inner and name not in inner:
            raise NoTarget(f"{text}: {at.label or at.name} has no member “{name}”.")
        at = inner.get(name) or FieldShape(0, name, type="any")
    return replace(at, name=text, is_key=False, sensitivity=top.sensitivity)
