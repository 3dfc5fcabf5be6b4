"""Reads a file of definitions, and refuses what it does not know, at its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct

from connections.definitions import advice
from connections.definitions.parts import VERSION, Definitions, Part, key_of
from connections.definitions.places import Lines, Place, wrong
from connections.definitions.reading import parse
from connections.document import read_conditions, read_mappings
from syncapp.errors import Invalid

MOST_THINGS: Final = 5000
"""Configs, objects, fields, mappings and so on, all together; entries of maps have their own limit."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file that was read.

    Attributes:
        definitions: what it holds.
        lines: where in the file each of it is; empty for what comes from elsewhere.
    """

    definitions: Definitions
    lines: Lines = field(default_factory=dict, repr=False)


Some = TypeVar("Some", bound=Definitions)


def read(text: str) -> Document:
    """Read a file of definitions.

    Raises:
        WrongFile: something in it will not do; says line, place and what to do.
    """
    definitions, lines = converted(text, Definitions)
    return Document(definitions, lines)


def converted(text: str, kind: type[Some]) -> tuple[Some, Lines]:
    """Read a file of some kind of definitions.

    Raises:
        WrongFile: as `read`.
    """
    plain, lines = parse(text)
    if not isinstance(plain, dict) or "syncapp" not in plain:
        raise wrong(f"A file of definitions begins with `syncapp: {VERSION}`.")
    if plain["syncapp"] != VERSION:
        text = f"This is version {plain['syncapp']} of the form; this installation reads {VERSION}."
        raise wrong(text, ("syncapp",), lines)
    try:
        found = msgspec.convert(plain, kind)
    except msgspec.ValidationError as error:
        message, _, way = str(error).partition(" - at `$")
        place = _place(way.rstrip("`"), plain)
        sentence, inner = advice.on(message, _kind_at(kind, place))
        raise wrong(sentence, (*place, *inner), lines) from error
    _check(found, lines)
    return found, lines


def _check(found: Definitions, lines: Lines) -> None:
    """Refuse what is there twice or too often, and what the mappings' own rules refuse."""
    count = 0
    for section in ("configs", "objects", "maps", "connectors", "connections", "sets"):
        parts: tuple[Part, ...] = getattr(found, section)
        _once([key_of(part) for part in parts], (section,), lines)
        count += len(parts)
    for number, one in enumerate(found.objects):
        place: Place = ("objects", number)
        _once([part.name for part in one.fields], (*place, "fields"), lines)
        _once([part.field for part in one.columns], (*place, "columns"), lines)
        count += len(one.fields) + len(one.columns)
    if count > MOST_THINGS:
        raise wrong(f"The file holds more than {MOST_THINGS} things. Export in parts.")
    for number, connection in enumerate(found.connections):
        place = ("connections", number)
        try:
            read_mappings(msgspec.to_builtins(connection.mapping))
            read_conditions(msgspec.to_builtins(connection.conditions))
        except Invalid as error:
            name, message = next(iter(error.fields.items()))
            inner = _numbered(name.replace("mappings", "mapping").split("."))
            raise wrong(message, (*place, *inner), lines) from error
    _check_parents(found, lines)


def _check_parents(found: Definitions, lines: Lines) -> None:
    """Refuse objects that would belong to themselves."""
    parents = {one.type: one.parent for one in found.objects}
    for number, one in enumerate(found.objects):
        way = [one.type]
        while parent := parents.get(way[-1], ""):
            if parent in way:
                if parent == one.type:
                    text = f"These objects are each other's parents: {', '.join(way)}."
                    raise wrong(text, ("objects", number, "parent"), lines)
                break
            way.append(parent)


def _once(names: Iterable[str], place: Place, lines: Lines) -> None:
    seen: set[str] = set()
    for number, name in enumerate(names):
        if name in seen:
            raise wrong(f"“{name}” is there twice.", (*place, number), lines)
        seen.add(name)


def _numbered(parts: Iterable[str]) -> Iterator[str | int]:
    for part in parts:
        yield int(part) if part.isdecimal() else part


def _place(way: str, plain: Any) -> Place:
    """Turn the way that the decoder tells into a place.

    Of a mapping with free keys it does not tell which: it is the first that is no text.
    """
    before, free, _ = way.partition("[...]")
    found = re.findall(r"\.(\w+)|\[(\d+)\]", before)
    place: Place = tuple(name or int(number) for name, number in found)
    if free:
        for step in place:
            plain = plain[step]
        place += tuple(key for key, value in plain.items() if not isinstance(value, str))[:1]
    return place


def _kind_at(kind: Any, place: Place) -> Any:
    """Find the type that belongs at a place."""
    for step in place:
        if get_origin(kind) in {tuple, dict}:
            kind = get_args(kind)[0 if isinstance(step, int) else 1]
        elif isinstance(kind, type) and issubclass(kind, Struct):
            kind = get_type_hints(kind).get(str(step))
        else:
            return None
    return kind
