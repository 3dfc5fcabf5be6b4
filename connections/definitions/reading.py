"""YAML text → plain values, and the line of each of them.

Of YAML this takes what definitions need: mappings, lists and scalars of the core schema. There are
no anchors, aliases and tags, so nothing can refer to itself or grow; a key is there once; a number
with a fraction is exact; dates are texts. What is larger or deeper than a file of definitions can
be is refused while it is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

import yaml
from yaml import events

from connections.definitions.places import MOST_BYTES, Lines, Place, wrong
from objects.values import storable

MOST_VALUES: Final = 250_000
"""Scalars, lists and mappings of a file."""
MOST_LEVELS: Final = 40

_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORDS: Final = {"true": True, "false": False, "null": None, "~": None, "": None}
_WHOLE: Final = re.compile(r"-?(0|[1-9][0-9]{0,37})")
_FRACTION: Final = re.compile(r"-?(0|[1-9][0-9]{0,37})\.[0-9]{1,37}")


def parse(text: str) -> tuple[Any, Lines]:
    """Read one document.

    Raises:
        WrongFile: it is not of this form; says where.
    """
    if len(text) > MOST_BYTES or len(text.encode(errors="replace")) > MOST_BYTES:
        raise wrong(f"The file is larger than {MOST_BYTES // 1_000_000} MB. Export in parts.")
    reader = _Reader(text)
    try:
        return reader.document(), reader.lines
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f"Line {mark.line + 1}: " if mark else ""
        raise wrong(f"{line}This is not YAML: {error.problem or error.context}.") from error
    except yaml.YAMLError as error:
        said = " ".join(str(error).split())
        raise wrong(f"This is not YAML: {said}.") from error


def scalar(text: str, *, quoted: bool = False) -> Any:
    """Give what a scalar means: text, unless it is unquoted and a number, truth value or null."""
    if quoted:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    return Decimal(text) if _FRACTION.fullmatch(text) else text


class _Reader:
    """Goes through a document once."""

    def __init__(self, text: str) -> None:
        self.lines: dict[Place, int] = {}
        self._events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)
        self._count = 0

    def document(self) -> Any:
        next(self._events)  # the stream's beginning
        first = next(self._events)
        if isinstance(first, events.StreamEndEvent):
            raise wrong("The file is empty.")
        value = self._value(next(self._events), ())
        next(self._events)  # the document's end
        following = next(self._events)
        if not isinstance(following, events.StreamEndEvent):
            line = following.start_mark.line + 1
            raise wrong(f"Line {line}: a second document begins here; a file holds one.")
        return value

    def _value(self, event: Any, place: Place) -> Any:
        line = event.start_mark.line + 1
        self.lines.setdefault(place, line)
        self._count += 1
        if self._count > MOST_VALUES:
            text = f"The file holds more than {MOST_VALUES} values. Export in parts."
            raise wrong(text, place, self.lines)
        if isinstance(event, events.AliasEvent):
            text = "Aliases are not supported; write the value out."
            raise wrong(text, place, self.lines)
        if event.anchor is not None:
            raise wrong("Anchors are not supported; leave it out.", place, self.lines)
        if event.tag is not None and event.tag != "!":
            raise wrong("Tags are not supported; leave it out.", place, self.lines)
        if len(place) > MOST_LEVELS:
            text = f"This is nested deeper than {MOST_LEVELS} levels."
            raise wrong(text, place[:3], self.lines)
        if isinstance(event, events.ScalarEvent):
            if not storable(event.value):
                text = "This holds a character that cannot be stored."
                raise wrong(text, place, self.lines)
            return scalar(event.value, quoted=not event.implicit[0])
        if isinstance(event, events.SequenceStartEvent):
            return list(self._items(place))
        return self._mapping(place)

    def _items(self, place: Place) -> Iterator[Any]:
        number = 0
        while not isinstance(event := next(self._events), events.SequenceEndEvent):
            yield self._value(event, (*place, number))
            number += 1

    def _mapping(self, place: Place) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := next(self._events), events.MappingEndEvent):
            key = self._key(event, place)
            if key in found:
                line = self.lines[*place, key]
                text = f"“{key}” is there twice, first in line {line}."
                raise wrong(text, place, {place: event.start_mark.line + 1})
            self.lines[*place, key] = event.start_mark.line + 1
            found[key] = self._value(next(self._events), (*place, key))
        return found

    def _key(self, event: Any, place: Place) -> str:
        line = {place or ("file",): event.start_mark.line + 1}
        where = place or ("file",)
        if not isinstance(event, events.ScalarEvent):
            raise wrong("A key is a text here, not a list or mapping.", where, line)
        key = self._value(event, (*place, "a key"))
        if not isinstance(key, str):
            text = f"The key {event.value} reads as a number or as true, false or null. "
            raise wrong(f"{text}Put it in quotes.", where, line)
        return key
