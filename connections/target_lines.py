"""The lines of the mapping editor: every field of the target, mapped or not, and what it gets.

Pure: a draft's rows and a shape go in. Required fields without a mapping come first, then what is
mapped, in order, then the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

import xxhash

from connections import wording
from connections.document import NESTED, FieldMapping, Kind
from connections.sides import SourceField
from formulas.language import paths
from objects.shape import FieldShape, ObjectShape

_DEPTH: Final = 3
"""How deep objects of the target are unfolded."""


@dataclass(slots=True)
class Line:
    """One target of the editor.

    Attributes:
        target: as a mapping names it.
        name: what stands in the first column.
        shape: the field; None if the target has no such field, or for child records.
        row: how it is filled, if anything says so.
        inside: uuid of the lines or children that it belongs to.
        child: the target is a child object, by its type.
        needed: a new record cannot do without it, and it is not filled.
        members: lines of it, if it holds lines or child records.
        problems: what keeps it from being published, in words.
        warnings: what is strange about it.
        changed: it differs from what runs.
        cell: what the sample record gives.
        source_type: type of the source field, where known.
        primary: it identifies records.
        fresh: it is about to be made, and its target is asked for.
        names: targets that one may choose for what is about to be made.
    """

    target: str
    name: str
    shape: FieldShape | None = None
    row: FieldMapping | None = None
    inside: str = ""
    child: bool = False
    needed: bool = False
    members: list[Line] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    changed: bool = False
    cell: Any = None
    source_type: str = ""
    primary: bool = False
    fresh: bool = False
    names: Sequence[str] = ()

    @property
    def key(self) -> str:
        """Name its place in the page; it stays when a mapping comes or goes."""
        place = f"{self.inside}/{self.child}/{self.target}"
        return f"m{xxhash.xxh3_64_hexdigest(place.encode())}"

    @property
    def named(self) -> dict[str, str]:
        """Give what an address says to name it."""
        if self.fresh:
            return {"new": self.target or "1", "inside": self.inside}
        told = {"row": self.row.uuid} if self.row is not None else {"at": self.target}
        told |= {"inside": self.inside} if self.inside else {}
        return told | {"child": "1"} if self.child else told

    @property
    def address(self) -> str:
        """Give the same, ready for an address."""
        return urlencode(self.named)

    @property
    def adds(self) -> str:
        """Give what an address says to make a member of it that is not listed by itself."""
        if self.row is not None and self.row.kind in NESTED:
            return urlencode({"new": "1", "inside": self.row.uuid})
        bare = self.shape is not None and self.shape.type == "object" and not self.shape.fields
        return urlencode({"new": f"{self.target}."}) if bare and self.row is None else ""

    @property
    def state(self) -> str:
        """Say how it stands: missing, wrong, suggested, off, mapped or free."""
        if self.row is None:
            return "missing" if self.needed else "free"
        if self.row.suggested:
            return "suggested"
        if not self.row.enabled:
            return "off"
        return "wrong" if self.problems else "mapped"

    @property
    def failing(self) -> bool:
        """Tell whether something is wrong here, in the draft or with the sample."""
        return bool(self.problems) or bool(self.cell and self.cell.problem)

    def plain(self, told: str) -> str:
        """Give a message without the name of the target, which stands beside it."""
        label = self.shape.label if self.shape else ""
        for name in (self.target, label):
            told = told.removeprefix(f"{name}: ") if name else told
        if self.inside and f".{self.target}: " in told:
            told = told.partition(f".{self.target}: ")[2]
        return told

    @property
    def trouble(self) -> str:
        """Say why the sample has no result."""
        return self.plain(str(self.cell.problem)) if self.cell else ""

    @property
    def type(self) -> str:
        """What the target holds, in words."""
        if self.child:
            return "child records"
        if self.shape is None:
            return "" if self.fresh else "no such field"
        kind = self.shape.type.replace("_", " ")
        return f"{kind} {self.shape.max_length}" if self.shape.max_length else kind

    @property
    def conversion(self) -> str:
        """Say which types are turned into each other: "text → decimal"."""
        if self.shape is None or self.row is None or self.row.kind is not Kind.FIELD:
            return ""
        here, there = self.source_type, self.shape.type
        differ = there != "any" and here not in {"", "any", there}
        return f"{here} → {there}".replace("_", " ") if differ else ""

    @property
    def text(self) -> str:
        """Say what fills it."""
        return wording.source(self.row) if self.row else ""

    @property
    def options(self) -> list[str]:
        """List what is set beyond the usual."""
        return [one for one in wording.options(self.row) if one != "off"] if self.row else []

    @property
    def found_by(self) -> str:
        """Give the text that a search looks into."""
        here = f"{self.target} {self.shape.label if self.shape else ''} {self.text}"
        return " ".join([here, *(member.found_by for member in self.members)]).casefold()

    def each(self) -> Iterator[Line]:
        """Give this line and those in it."""
        yield self
        for member in self.members:
            yield from member.each()


def lines_of(
    rows: Sequence[FieldMapping],
    shape: ObjectShape | None,
    children: Mapping[str, ObjectShape],
    *,
    creates: bool,
    primary_key: str = "",
) -> list[Line]:
    """Make the lines of a draft.

    Args:
        rows: the draft's mappings.
        shape: what they fill; without it only the rows themselves are lines.
        children: child objects of the target, by type.
        creates: new records are made, so that required fields are needed.
        primary_key: a field that is needed in any case.
    """
    needed = {primary_key}
    if shape is not None and creates:
        needed |= {one.name for one in shape.needed if not one.read_only or one.is_key}
    lines = _lines(rows, shape.fields if shape else (), needed)
    for line in lines:
        line.primary = line.target == primary_key
    by_type = {row.target: row for row in rows if row.kind is Kind.CHILDREN}
    for type_ in dict.fromkeys([*by_type, *children]):
        found, row = children.get(type_), by_type.get(type_)
        line = Line(type_, found.name if found else type_, row=row, child=True)
        if row is not None:
            line.members = _members(row, found.fields if found else ())
        lines.append(line)
    return _ordered(lines, rows)


def told(rows: Sequence[FieldMapping], around: str = "", inside: str = "") -> list[Line]:
    """Give the mappings alone, those inside of others behind them, to be read."""
    lines = []
    for row in rows:
        name = f"{around}{row.target}"
        lines.append(Line(row.target, name, row=row, inside=inside))
        lines += told(row.rows, f"{name} · ", row.uuid)
    return lines


def first_of(target: str) -> str:
    """Give the field that a target path begins with."""
    try:
        return str(paths.parse(target)[0])
    except paths.PathError:
        return target


def tell_types(lines: Sequence[Line], sources: Sequence[SourceField]) -> None:
    """Note at each line what its source holds; elements of arrays as their own lines see them."""
    types = {source.path: source.type for source in sources}
    for line in lines:
        _tell(line, types, "")


def tell_type(line: Line, sources: Sequence[SourceField]) -> None:
    """Note at a line what its source holds."""
    _tell(line, {source.path: source.type for source in sources}, "")


def _lines(
    rows: Sequence[FieldMapping],
    fields: Sequence[FieldShape],
    needed: set[str],
    inside: str = "",
) -> list[Line]:
    by_target = {row.target: row for row in rows if row.kind is not Kind.CHILDREN}
    begun = {first_of(target) for target in by_target} | set(by_target)
    lines = []
    for path, shape in _targets(fields, "", frozenset(by_target)):
        row = by_target.pop(path, None)
        line = Line(path, path, shape, row, inside, needed=path in needed - begun)
        if row is not None and row.kind is Kind.LINES:
            line.members = _members(row, shape.fields)
        lines.append(line)
    objects = {one.name for one in fields if one.type in {"object", "any"}}
    for name, row in by_target.items():
        anything = first_of(name) in objects or (inside and not fields)
        member = FieldShape(0, name, type="any") if anything else None
        lines.append(Line(name, name, member, row, inside))
    return lines


def _members(around: FieldMapping, fields: Sequence[FieldShape]) -> list[Line]:
    needed = {one.name for one in fields if one.required or one.is_key}
    return _ordered(_lines(around.rows, fields, needed, around.uuid), around.rows)


def _targets(
    fields: Sequence[FieldShape], prefix: str, mapped: frozenset[str], level: int = 0
) -> Iterator[tuple[str, FieldShape]]:
    """Give every field, and of objects that are not filled as a whole the members too."""
    for one in fields:
        path = f"{prefix}{paths.spell(one.name)}" if prefix else one.name
        yield path, one
        if one.type == "object" and one.fields and path not in mapped and level < _DEPTH:
            yield from _targets(one.fields, f"{path}.", mapped, level + 1)


def _ordered(lines: Sequence[Line], rows: Sequence[FieldMapping]) -> list[Line]:
    order = {row.uuid: number for number, row in enumerate(rows)}

    def place(line: Line) -> tuple[int, int]:
        if line.state == "missing":
            return 0, 0
        return (2, 0) if line.row is None else (1, order[line.row.uuid])

    return sorted(lines, key=place)


def _tell(line: Line, types: Mapping[str, str], prefix: str) -> None:
    if line.row is not None and line.row.source:
        line.source_type = types.get(f"{prefix}{line.row.source}", "")
        for member in line.members:
            _tell(member, types, f"{line.row.source}[0].")
