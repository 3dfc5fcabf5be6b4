"""Connector templates: which fit a kind of system, and what one becomes there."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from msgspec import structs

from connections import discovery
from connections.definitions.parts import ConnectionPart
from connections.document import Conditions, FieldMapping, Kind, plain
from connections.models import Connection, ConnectionConfig
from connections.templates.files import SystemPart, TemplateFile, connector_files

Known = Mapping[str, Collection[str]]
"""Entities that a system has, as far as it was asked, and names of their fields."""

_NONE: Final = frozenset({"internal", "upload"})
"""Kinds of systems that have no words of their own: the tenant's objects, and files."""


@dataclass(frozen=True, slots=True)
class Template:
    """A connector template, as it is offered.

    Attributes:
        name: by which it is chosen.
        label, help: for people.
        direction: of its one connection.
        object_type: connect object that it fills or reads; there is a template of it.
    """

    name: str
    label: str
    help: str
    direction: str
    object_type: str


@dataclass(frozen=True, slots=True)
class Side:
    """What a template becomes for a system: one side of a connector, ready to be a draft.

    Attributes:
        entity: what is read or written there; it need not be among those that are known.
        object_type: the connect object.
        primary_key: target field by which existing records are found.
        rows, conditions: mappings and conditions in the form of `connections.document`, as JSON
            values. Mappings of fields that the entity is known not to have are switched off.
        options: other fields of the connection, those that are not as usual.
    """

    direction: str
    entity: str
    object_type: str
    primary_key: str
    query_filter: str
    rows: list[dict[str, Any]]
    conditions: dict[str, Any]
    options: dict[str, Any]


def offered(system_type: str) -> list[Template]:
    """List the templates for a kind of system: those in its words, for generic kinds all."""
    return [_shown(file) for file in connector_files() if _ways(file, system_type)]


def named(name: str) -> Template | None:
    """Find a template by name."""
    found = (file for file in connector_files() if file.template.name == name)
    return next(map(_shown, found), None)


def entities_of(config: ConnectionConfig | None) -> dict[str, frozenset[str]]:
    """Give what discovery knows of a config's system, in the form that `adapt` takes."""
    rows = discovery.known_entities(config) if config is not None else []
    return {
        row.name: frozenset(field["name"] for field in row.schema.get("fields") or ())
        for row in rows
    }


def adapt(template: Template, system_type: str, entities: Known | None = None) -> Side:
    """Say a template in the words of a system.

    Args:
        template: one of `offered`.
        system_type: kind of the system.
        entities: what it has; a generic kind of system gets the words that fit this best.
    """
    file = next(one for one in connector_files() if one.template.name == template.name)
    known = entities or {}
    sides = [_side(file.connections[0], way) for way in _ways(file, system_type)]
    best = max(sides, key=lambda side: _fit(side, known))  # of equal ones the first
    return _switched(best, known.get(best.entity, ()))


def _shown(file: TemplateFile) -> Template:
    about, connection = file.template, file.connections[0]
    return Template(
        about.name, about.label, about.help, connection.direction, connection.object
    )


def _ways(file: TemplateFile, system_type: str) -> Sequence[SystemPart | None]:
    """Give the words to choose from; None are those of the file itself."""
    systems = file.template.systems
    if system_type in _NONE:
        return ()
    if system_type in systems:
        return (systems[system_type],)
    if system_type in _named_systems():
        return ()
    return (None, *systems.values())


def _named_systems() -> frozenset[str]:
    return frozenset(name for file in connector_files() for name in file.template.systems)


def _side(base: ConnectionPart, way: SystemPart | None) -> Side:
    inbound = base.direction == "inbound"
    rows = base.mapping
    if way is not None:
        rows = way.mapping or tuple(_renamed(rows, way.fields, inbound=inbound))
    options = {name: getattr(base, name) for name in _OPTIONS}
    usual = ConnectionPart(base.name, base.direction, base.system_type)
    return Side(
        direction=base.direction,
        entity=way.entity if way else base.entity,
        object_type=base.object,
        primary_key=(way.primary_key if way else "") or base.primary_key,
        query_filter=way.query_filter if way else base.query_filter,
        rows=plain(rows),
        conditions=plain(base.conditions) if base.conditions != Conditions() else {},
        options={name: to for name, to in options.items() if to != getattr(usual, name)},
    )


_OPTIONS: Final = (
    "allow_create",
    "allow_update",
    "deletes",
    "enrolment",
    "key_from",
    "only_changes",
)


def _renamed(
    rows: Sequence[FieldMapping],
    words: Mapping[str, str | None],
    *,
    inbound: bool,
    within: str = "",
) -> Iterator[FieldMapping]:
    """Say mappings in other words; what has none is left out."""
    for row in rows:
        word = words[f"{within}{row.target}"]
        if word is None:
            continue
        nested = tuple(_renamed(row.rows, words, inbound=inbound, within=f"{row.target}."))
        if not inbound:
            yield structs.replace(row, target=word, rows=nested)
        elif word.startswith("="):
            yield FieldMapping(row.target, Kind.FORMULA, formula=word[1:])
        else:
            kind = Kind.FIELD if row.kind == Kind.FORMULA else row.kind
            yield structs.replace(row, kind=kind, source=word, formula="", rows=nested)


def _fit(side: Side, known: Known) -> tuple[bool, float]:
    """Weigh how well a side fits what a system has: by its entity, then by its fields."""
    fields = known.get(side.entity)
    named = {_top(row, side.direction) for row in side.rows} - {""}
    share = len(named & set(fields or ())) / len(named) if named else 0.0
    return fields is not None, share


def _switched(side: Side, fields: Collection[str]) -> Side:
    """Switch mappings off whose field the entity does not have, if its fields are known."""
    rows = [
        {**row, "enabled": False}
        if fields and (top := _top(row, side.direction)) and top not in fields
        else row
        for row in side.rows
    ]
    return replace(side, rows=rows)


def _top(row: Mapping[str, Any], direction: str) -> str:
    """Name their field that a mapping is about, without what is inside of it."""
    path = row.get("source", "") if direction == Connection.Direction.INBOUND else row["target"]
    return str(path).partition(".")[0].partition("[")[0]
