"""XML, read as a stream by expat: no tree, no document types, no entities, no network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, BinaryIO, Final, Protocol
from xml.parsers import expat

from connections.uploads.form import Form, Line
from connections.uploads.limits import (
    MAX_CELL,
    MAX_COLUMNS,
    MAX_DEPTH,
    MAX_ELEMENTS,
    FileRefused,
)

_BLOCK: Final = 64 * 1024
_LOOK: Final = 1024 * 1024
_SAMPLES: Final = 200


class Handler(Protocol):
    """Takes what a stream of XML holds; names come without their prefix."""

    def start(self, name: str, attributes: dict[str, str], /) -> None:
        """An element begins."""

    def end(self, name: str, /) -> None:
        """It ends."""

    def text(self, text: str, /) -> None:
        """Characters of it."""


def feed(file: BinaryIO, handler: Handler, *, limit: int | None = None) -> Iterator[None]:
    """Read a stream into a handler, block by block.

    Raises:
        FileRefused: it is no XML, or XML of a kind that nobody needs for data.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = lambda name, attributes: handler.start(
        _local(name), attributes
    )
    parser.EndElementHandler = lambda name: handler.end(_local(name))
    parser.CharacterDataHandler = handler.text
    left = limit
    try:
        while block := file.read(_BLOCK):
            parser.Parse(block, False)  # noqa: FBT003  expat's own interface
            yield
            left = None if left is None else left - len(block)
            if left is not None and left <= 0:
                return
        parser.Parse(b"", True)  # noqa: FBT003  as above
        yield
    except expat.ExpatError as error:
        raise FileRefused(
            f"The file is not well-formed XML: {expat.ErrorString(error.code)} "
            f"in line {error.lineno}."
        ) from error
    except (LookupError, ValueError) as error:
        raise FileRefused(f"The file is not readable as XML: {error}.") from error


def _refuse_doctype(*_: Any) -> None:
    raise FileRefused(
        "The file declares a document type (<!DOCTYPE …>). Files with declarations of entities "
        "are not read; leave the declaration out."
    )


def _local(name: str) -> str:
    return name.rpartition(":")[2]


class _Outline:
    """Counts elements by their path."""

    def __init__(self) -> None:
        self.path: list[str] = []
        self.counts: Counter[str] = Counter()
        self.nested: Counter[str] = Counter()

    def start(self, name: str, attributes: dict[str, str]) -> None:
        _check_depth(self.path)
        if self.path:
            self.nested["/".join(self.path)] += 1
        self.path.append(name)
        path = "/".join(self.path)
        self.counts[path] += 1
        self.nested[path] += len(attributes)

    def end(self, _name: str) -> None:
        self.path.pop()

    def text(self, _text: str) -> None:
        pass


def records_of(file: BinaryIO) -> tuple[str, ...]:
    """List paths of elements that may be records, the likeliest first.

    Records are the outermost elements that come more than once and hold others.
    """
    outline = _Outline()
    for _ in feed(file, outline, limit=_LOOK):
        pass
    inner = [path for path in outline.counts if "/" in path and outline.nested[path]]
    if not inner:
        raise FileRefused("The file holds no elements that could be records.")
    inner.sort(key=lambda path: (outline.counts[path] < 2, path.count("/")))
    return tuple(inner[:20])


class _Records:
    """Collects the elements of one path as dicts: path below the record → text."""

    def __init__(self, part: str) -> None:
        self.wanted = part.split("/")
        self.path: list[str] = []
        self.inside = 0
        self.number = 0
        self.values: dict[str, str] = {}
        self.texts: list[str] = []
        self.length = 0
        self.elements = 0
        self.done: list[tuple[int, dict[str, str]]] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        _check_depth(self.path)
        self.path.append(name)
        if self.inside:
            self.elements += 1
            if self.elements > MAX_ELEMENTS:
                raise FileRefused(
                    f"Record {self.number} has more than {MAX_ELEMENTS:,} elements."
                )
        elif len(self.path) == len(self.wanted) and self.path == self.wanted:
            self.inside = len(self.path)
            self.number += 1
            self.values, self.elements = {}, 0
        if self.inside:
            self._forget_text()
            for key, value in attributes.items():
                self._put(f"@{_local(key)}", value)

    def end(self, _name: str) -> None:
        if self.inside:
            text = "".join(self.texts).strip()
            if len(self.path) > self.inside and text:
                self._put("", text)
            self._forget_text()
            if len(self.path) == self.inside:
                self.done.append((self.number, self.values))
                self.inside = 0
        self.path.pop()

    def text(self, text: str) -> None:
        if self.inside:
            self.length += len(text)
            if self.length > MAX_CELL:
                raise FileRefused(
                    f"Record {self.number} has a text of more than {MAX_CELL:,} characters."
                )
            self.texts.append(text)

    def _forget_text(self) -> None:
        self.texts, self.length = [], 0

    def _put(self, attribute: str, value: str) -> None:
        below = [*self.path[self.inside :], *([attribute] if attribute else [])]
        name = base = ".".join(below)
        number = 2
        while name in self.values:
            name, number = f"{base} ({number})", number + 1
        self.values[name] = value


def _check_depth(path: list[str]) -> None:
    if len(path) >= MAX_DEPTH:
        raise FileRefused(f"The file is nested deeper than {MAX_DEPTH} elements.")


def records(file: BinaryIO, form: Form) -> Iterator[tuple[int, dict[str, str]]]:
    """Give the records with their numbers."""
    handler = _Records(form.part)
    for _ in feed(file, handler):
        yield from handler.done
        handler.done = []


def columns_of(file: BinaryIO, form: Form) -> tuple[str, ...]:
    """List what the first records hold, in the order in which it comes."""
    names: dict[str, None] = {}
    for number, values in records(file, form):
        names |= dict.fromkeys(values)
        if len(names) > MAX_COLUMNS:
            raise FileRefused(
                f"The records hold more than {MAX_COLUMNS} different elements. "
                "Are the right elements taken for records?"
            )
        if number >= _SAMPLES:
            break
    return tuple(names)


def rows(file: BinaryIO, form: Form) -> Iterator[Line]:
    """Give the records as rows of cells."""
    columns = form.columns
    for number, values in records(file, form):
        yield Line(number, [values.get(name, "") for name in columns])
