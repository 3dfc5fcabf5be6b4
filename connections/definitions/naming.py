"""Everything that a file names must be in the file or here already."""

from __future__ import annotations

from collections.abc import Iterator

from connections.definitions.parts import Definitions, ObjectPart
from connections.definitions.places import Spot
from connections.definitions.schema import Document
from connections.document import Kind, every

_KINDS = {
    "configs": "config",
    "objects": "connect object",
    "maps": "value map",
    "connectors": "connector",
}
Use = tuple[Spot, str, str]
"""Where something is named, in which section it belongs, and the name."""


def check(here: Definitions, document: Document) -> None:
    """Refuse names that lead nowhere.

    Raises:
        WrongFile: names the first of them.
    """
    file = document.definitions
    known = {section: _names(here, section) | _names(file, section) for section in _KINDS}
    for spot, section, name in _uses(file, Spot(document.lines)):
        if name and name not in known[section]:
            raise spot.refuse(
                f"There is no {_KINDS[section]} “{name}”, neither here nor in the file."
            )
    fields = {one.type: {field.name for field in one.fields} for one in here.objects}
    for number, one in enumerate(file.objects):
        _check_columns(
            one, fields.get(one.type, set()), Spot(document.lines, ("objects", number))
        )


def _names(definitions: Definitions, section: str) -> set[str]:
    parts = getattr(definitions, section)
    return {part.type if section == "objects" else part.name for part in parts}


def _uses(file: Definitions, spot: Spot) -> Iterator[Use]:
    for number, one in enumerate(file.objects):
        place = spot.at("objects", number)
        yield place.at("parent"), "objects", one.parent
        for inner, field in enumerate(one.fields):
            yield place.at("fields", inner, "reference"), "objects", field.reference
    for number, connection in enumerate(file.connections):
        place = spot.at("connections", number)
        yield place.at("config"), "configs", connection.config
        yield place.at("object"), "objects", connection.object
        yield place.at("connector"), "connectors", connection.connector
        for inner, row in enumerate(connection.mapping):
            for each in every([row]):
                yield place.at("mapping", inner), "maps", each.map
            if row.kind == Kind.CHILDREN:
                yield place.at("mapping", inner, "target"), "objects", row.target
    for number, group in enumerate(file.sets):
        for inner, name in enumerate(group.connectors):
            yield spot.at("sets", number, "connectors", inner), "connectors", name


def _check_columns(one: ObjectPart, known: set[str], spot: Spot) -> None:
    names = known | {field.name for field in one.fields}
    for number, column in enumerate(one.columns):
        if column.field not in names:
            place = spot.at("columns", number, "field")
            raise place.refuse(f"The object has no field “{column.field}”.")
