"""Brings what a file says to the form in which it is stored, so that equal things compare equal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from msgspec import structs

from connections import registry
from connections.definitions.parts import (
    ConfigPart,
    ConnectionPart,
    ConnectorPart,
    Definitions,
    FieldPart,
    MapPart,
    SetPart,
)
from connections.definitions.present import bare_conditions, bare_mappings
from formulas.services import maps
from objects.services import rules
from objects.shape import FieldShape
from objects.values import ValueRefused
from syncapp.errors import Invalid

Described = TypeVar("Described", ConnectorPart, SetPart)


def normal(definitions: Definitions) -> Definitions:
    """Fill in what follows from the rest, in everything; what is wrong stays as it is."""
    return structs.replace(
        definitions,
        configs=tuple(map(_config, definitions.configs)),
        objects=tuple(
            structs.replace(one, fields=tuple(map(_field, one.fields)))
            for one in definitions.objects
        ),
        maps=tuple(map(_map, definitions.maps)),
        connections=tuple(map(_connection, definitions.connections)),
        connectors=tuple(map(_stripped, definitions.connectors)),
        sets=tuple(map(_stripped, definitions.sets)),
    )


def values_of(part: FieldPart) -> dict[str, Any]:
    """Give a field as `objects.services.fields` takes it, but for its reference."""
    values = {name: getattr(part, name) for name in part.__struct_fields__}
    return values | {"choices": [list(pair) for pair in part.choices.items()]}


def _stripped(part: Described) -> Described:
    return structs.replace(part, description=part.description.strip())


def _config(part: ConfigPart) -> ConfigPart:
    try:
        kind = registry.system_type(part.system_type)
    except registry.UnknownSystemType:
        return part
    usual: Mapping[str, Any] = {
        setting.name: setting.default
        for setting in kind.settings
        if not setting.secret and setting.default is not None
    }
    settings = {**usual, **part.settings}
    kept = {name: settings[name] for name in sorted(settings) if settings[name] is not None}
    return structs.replace(part, endpoint=part.endpoint.strip(), settings=kept)


def _field(part: FieldPart) -> FieldPart:
    kept = rules.settled(values_of(part))
    shape = FieldShape(
        0,
        part.name,
        type=part.type,
        choices=tuple(part.choices.items()),
        max_length=kept["max_length"],
        scale=kept["scale"],
    )
    try:
        kept["default"] = rules.default_of(shape, kept["default"])
    except (ValueRefused, KeyError):  # told at its place when it is applied
        pass
    return FieldPart(
        **{**kept, "choices": dict(kept["choices"]), "reference": kept["reference"] or ""}
    )


def _map(part: MapPart) -> MapPart:
    try:
        entries = maps.judged(part.entries, part.value_type)
    except Invalid:
        return part
    return structs.replace(part, entries=entries)


def _connection(part: ConnectionPart) -> ConnectionPart:
    return structs.replace(
        part,
        mapping=bare_mappings(part.mapping),
        conditions=bare_conditions(part.conditions),
    )
