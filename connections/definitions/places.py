"""Where in a file something is, and how to say that it is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from syncapp.errors import Invalid, SyncAppError

Place = tuple[str | int, ...]
"""The way from the outside in: keys, and numbers of list items from 0."""

Lines = Mapping[Place, int]

MOST_BYTES: Final = 2_000_000
"""Size of a file."""


class WrongFile(Invalid):
    """This file of definitions will not do."""

    code = "wrong_file"


def wrong(message: str, place: Place = (), lines: Lines | None = None) -> WrongFile:
    """Make the error that tells line, place and what to do about it.

    Args:
        message: a sentence.
        place: where it is.
        lines: line of every place, as far as known; the innermost one that is counts.
    """
    said = ", ".join(part for part in (_line(place, lines or {}), spelled(place)) if part)
    text = f"{said}: {message}" if said else message
    return WrongFile(text, fields={spelled(place) or "file": text})


def spelled(place: Place) -> str:
    """Spell a place: `connections.0.mapping.3.target`."""
    return ".".join(map(str, place))


def _line(place: Place, lines: Lines) -> str:
    for length in range(len(place), -1, -1):
        if line := lines.get(place[:length]):
            return f"Line {line}"
    return ""


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a file while something is made of what stands there."""

    lines: Lines = field(repr=False)
    place: Place = ()

    def at(self, *way: str | int) -> Spot:
        """Go further inside."""
        return Spot(self.lines, (*self.place, *way))

    def refuse(self, message: str) -> WrongFile:
        """Make the error that names this place."""
        return wrong(message, self.place, self.lines)

    @contextmanager
    def blamed(self) -> Iterator[None]:
        """Blame this place, or one inside of it, for what services refuse."""
        try:
            yield
        except WrongFile:
            raise
        except SyncAppError as error:
            if not error.fields:
                raise self.refuse(error.message) from error
            name = next(iter(error.fields))
            way = _NAMES.get(name.partition(".")[0], name.partition(".")[0])
            rest = (int(part) if part.isdecimal() else part for part in name.split(".")[1:])
            raise self.at(way, *rest).refuse(" ".join(error.fields.values())) from error


_NAMES: Final[Mapping[str, str]] = {"mappings": "mapping", "connections": "connector"}
"""What services call otherwise than files."""
