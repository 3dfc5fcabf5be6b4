"""Paths into a record: `CardName`, `Address.City`, `Lines[0].ItemCode`, `["odd.name"]`.

A path that leads nowhere is no error: absent is a fact about the record.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

Path = tuple[str | int, ...]
Getter = Callable[[Any], Any]

_STEP: Final = re.compile(
    r"""(?P<name>[^.\[\]"]+) | \[(?P<index>\d{1,6})\] | \["(?P<quoted>[^"]+)"\]""", re.VERBOSE
)


class PathError(ValueError):
    """The text is not a path."""


def parse(text: str) -> Path:
    """Split a path into names and indexes.

    Raises:
        PathError: names the place that cannot be read.
    """
    path: list[str | int] = []
    at = 0
    while at < len(text):
        if path and text[at] == ".":
            at += 1
        elif path and text[at] != "[":
            raise PathError(_unreadable(text, at))
        step = _STEP.match(text, at)
        if step is None:
            raise PathError(_unreadable(text, at))
        path.append(int(step["index"]) if step["index"] else step["name"] or step["quoted"])
        at = step.end()
    if not path or isinstance(path[0], int):
        message = "A path begins with the name of a field."
        raise PathError(message)
    return tuple(path)


def spell(name: str) -> str:
    """Write a field's name so that `parse` reads it as one step."""
    step = _STEP.fullmatch(name)
    return name if step is not None and step["name"] else f'["{name}"]'


def getter(path: Path, absent: Any = None) -> Getter:
    """Make the function that follows the path into a record, or gives `absent`."""

    def follow(value: Any) -> Any:
        for step in path:
            if isinstance(step, int):
                if not isinstance(value, Sequence) or isinstance(value, str):
                    return absent
                if step >= len(value):
                    return absent
                value = value[step]
            elif isinstance(value, Mapping):
                value = value.get(step, absent)
                if value is absent:
                    return absent
            else:
                return absent
        return value

    return follow


def _unreadable(text: str, at: int) -> str:
    return f"Cannot read “{text[:80]}” from “{text[at:][:40]}” on; write it like Address.City or Lines[0].Code."
