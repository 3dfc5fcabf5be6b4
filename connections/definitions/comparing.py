"""What a file would change, as data: for the page, the command and the API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import xxhash

from connections.definitions.normal import normal
from connections.definitions.parts import (
    ConnectionPart,
    Definitions,
    MapPart,
    ObjectPart,
    Part,
    key_of,
    plain,
)
from connections.definitions.present import collect
from connections.definitions.schema import Document
from connections.definitions.writing import write
from connections.document import FieldMapping
from syncapp import canonical
from syncapp.tenants.models import Tenant

SECTIONS: Final[Mapping[str, tuple[str, str]]] = {
    "configs": ("connection config", "configs"),
    "maps": ("value map", "value_maps"),
    "objects": ("connect object", "objects"),
    "connections": ("connection", ""),
    "connectors": ("connector", "connectors"),
    "sets": ("connector set", "connector_sets"),
}
"""Section of a file → what one thing of it is called, and its row in the permission matrix; a
connection's is its direction. In the order in which things are made."""

_NESTED: Final = frozenset(
    {"fields", "columns", "entries", "settings", "mapping", "conditions", "connectors"}
)


Way = tuple[str, ...]
_ORDER: Final[Way] = ("mapping",)


class State(StrEnum):
    """What becomes of a thing."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    ONLY_HERE = "only_here"


@dataclass(frozen=True, slots=True)
class Difference:
    """One detail that differs: its way inside of the thing, and its values."""

    field: str
    before: Any
    after: Any

    @property
    def said_before(self) -> str:
        """Say what is here now."""
        return _said(self.before)

    @property
    def said_after(self) -> str:
        """Say what will be here."""
        return _said(self.after)


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one thing.

    Attributes:
        section: of the file.
        key: name of the thing there.
        differences: for a thing that is changed.
        kept: details that are only here and stay: fields of an object, entries of a map.
    """

    section: str
    key: str
    state: State
    differences: tuple[Difference, ...] = ()
    kept: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """What such a thing is called."""
        return SECTIONS[self.section][0]

    @property
    def permission(self) -> str:
        """What somebody must hold to make it so; nothing if nothing happens."""
        action = {State.CREATED: "create", State.CHANGED: "edit"}.get(self.state)
        module = SECTIONS[self.section][1] or self.key.partition(" ")[0]
        return f"{module}.{action}" if action else ""


@dataclass(frozen=True, slots=True)
class Changes:
    """What becomes of everything, in the order in which it is done."""

    each: tuple[Change, ...]

    def of(self, state: State) -> list[Change]:
        """Give those of one state."""
        return [change for change in self.each if change.state is state]

    @property
    def counts(self) -> dict[str, int]:
        """How many there are of each state."""
        return {str(state): len(self.of(state)) for state in State}

    @property
    def any(self) -> bool:
        """Whether anything would happen."""
        return bool(self.of(State.CREATED) or self.of(State.CHANGED))

    @property
    def permissions(self) -> frozenset[str]:
        """What somebody must hold to apply them."""
        return frozenset(change.permission for change in self.each) - {""}

    @property
    def digest(self) -> str:
        """Names what would happen: what was shown is what is applied, or it is shown again."""
        told = [self.plain(change) for change in self.each if change.permission]
        return xxhash.xxh3_128_hexdigest(canonical.dumps(told))

    @staticmethod
    def plain(change: Change) -> dict[str, Any]:
        """Give one change as JSON values."""
        return {
            "kind": change.kind,
            "section": change.section,
            "name": change.key,
            "state": str(change.state),
            "differences": [
                {"field": one.field, "before": one.before, "after": one.after}
                for one in change.differences
            ],
            "kept": list(change.kept),
        }


def diff(tenant: Tenant, document: Document) -> Changes:
    """Compare a file with what a tenant has, inside of its door."""
    return compare(collect(tenant), document.definitions)


def compare(here: Definitions, file: Definitions) -> Changes:
    """Compare a file with what there is."""
    wanted = normal(file)
    return Changes(
        tuple(
            change
            for section in SECTIONS
            for change in _section(section, getattr(here, section), getattr(wanted, section))
        )
    )


def _section(section: str, here: Sequence[Part], wanted: Sequence[Part]) -> Iterator[Change]:
    known = {key_of(part): part for part in here}
    for part in wanted:
        key = key_of(part)
        present = known.pop(key, None)
        if present is None:
            yield Change(section, key, State.CREATED)
        else:
            yield _one(section, key, present, part)
    for key in known:
        yield Change(section, key, State.ONLY_HERE)


def _said(value: Any) -> str:
    """Write a value for people; text as it is, what is nested as files write it."""
    match value:
        case None | "":
            return "–"
        case bool():
            return "yes" if value else "no"
        case str():
            return value
        case dict():
            return write(value).rstrip("\n")
        case list() if all(isinstance(one, str) for one in value):
            return ", ".join(value) or "–"
    return canonical.text(value)


def _one(section: str, key: str, here: Part, wanted: Part) -> Change:
    before, after = _flat(here), _flat(wanted)
    kept: tuple[Way, ...] = ()
    if isinstance(wanted, ObjectPart | MapPart):  # of these, what is only here stays
        named = {way[:2] for way in after}
        kept = tuple(dict.fromkeys(way[:2] for way in before if way[:2] not in named))
        before = {way: value for way, value in before.items() if way[:2] not in kept}
    if isinstance(wanted, ConnectionPart) and not wanted.connector:
        after["connector",] = before["connector",]  # a file takes none out of a connector
    for way in [way for way in {**before, **after} if (way in before) != (way in after)]:
        if way[:2] == way and (before.get(way) or after.get(way)) is True:
            _whole(before, way)
            _whole(after, way)
    differing = tuple(
        Difference(".".join(way), before.get(way), after.get(way))
        for way in dict.fromkeys([*after, *before])
        if before.get(way) != after.get(way) and not _order_alone(way, before, after)
    )
    state = State.CHANGED if differing else State.UNCHANGED
    return Change(section, key, state, differing, tuple(".".join(way) for way in kept))


def _whole(found: dict[Way, Any], detail: Way) -> None:
    """Tell a detail that is only on one side in one piece."""
    inner = [way for way in found if way[:2] == detail and way != detail]
    told = {way[2]: found.pop(way) for way in inner}
    if detail in found:
        found[detail] = told or True


def _order_alone(way: Way, before: Mapping[Way, Any], after: Mapping[Way, Any]) -> bool:
    """Tell whether only the order of mappings differs because some are new or gone."""
    return way == _ORDER and sorted(before[way]) != sorted(after[way])


def _flat(part: Part) -> dict[Way, Any]:
    """Give every detail of a thing by its way: fields, city, max_length."""
    found: dict[Way, Any] = {}
    for name in part.__struct_fields__:
        value = getattr(part, name)
        if name in _NESTED:
            details = _mappings(value) if name == "mapping" else _details(value)
            found |= {(name, *way): detail for way, detail in details}
        else:
            found[name,] = plain(value)
    return found


def _details(value: Any) -> Iterator[tuple[Way, Any]]:
    """Give the details of what is nested in a thing."""
    if isinstance(value, dict):
        yield from (((name,), item) for name, item in value.items())
    elif isinstance(value, tuple) and value and isinstance(value[0], Part):
        for one in value:
            told = plain(one)
            name = told.pop("name", None) or told.pop("field")
            yield (name,), True
            yield from (((name, detail), item) for detail, item in told.items())
    else:
        yield (), plain(value) or None


def _mappings(rows: Sequence[FieldMapping]) -> Iterator[tuple[Way, Any]]:
    """Give mappings by their target, the second one of a target with a number, and their order."""
    seen: dict[str, int] = {}
    order = []
    for row in rows:
        seen[row.target] = count = seen.get(row.target, 0) + 1
        name = row.target if count == 1 else f"{row.target} ({count})"
        order.append(name)
        told = plain(row)
        del told["target"]
        yield (name,), True
        yield from (((name, detail), item) for detail, item in told.items())
    yield (), order
