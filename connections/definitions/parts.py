"""What a file of definitions holds.

Defaults are left out of a file, so that what stands there was decided by somebody.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import NODEFAULT, UNSET, Meta, Struct, structs

from connections.document import Conditions, FieldMapping

VERSION: Final = 1
"""Of the form of these files; a file names the one that it was written in."""


Name = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^\S(.*\S)?$")]
"""What people call a thing: without blanks at its ends."""
Word = Annotated[str, Meta(max_length=60)]
Text = Annotated[str, Meta(max_length=500)]
Number = Annotated[int, Meta(ge=0, le=1_000_000)]


class Part(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A part of a file."""


class ConfigPart(Part, frozen=True):
    """A connection config without its secrets.

    Attributes:
        name: by which connections and other tenants know it.
        system_type: kind of system.
        environment: live, test or dev.
        endpoint: address.
        settings: as the kind of system declares them; secrets are left out.
    """

    name: Name
    system_type: Word
    environment: Literal["live", "test", "dev"] = "live"
    endpoint: Text = ""
    settings: dict[str, Any] = msgspec.field(default_factory=dict)


class FieldPart(Part, frozen=True):
    """A field of a connect object.

    Attributes:
        name: by which mappings and clients know it.
        label: shown to people; made of the name if absent.
        type: of its values.
        is_key: identifies records.
        required, is_unique, indexed, read_only, max_length, scale, sensitivity, description: as
            the form of a field explains them.
        reference: type of the connect object whose keys it holds.
        choices: value and label of each choice.
        default: what a new record gets.
        formula: calculates it from other fields of the same record.
    """

    name: Word
    label: Annotated[str, Meta(max_length=100)] = ""
    type: Word = "text"
    is_key: bool = False
    required: bool = False
    is_unique: bool = False
    indexed: Literal["none", "exact", "fold"] = "none"
    reference: Word = ""
    choices: dict[str, str] = msgspec.field(default_factory=dict)
    max_length: Number | None = None
    scale: Number | None = None
    default: Any = None
    sensitivity: Literal["none", "pii", "ephi"] = "none"
    read_only: bool = False
    formula: Annotated[str, Meta(max_length=2000)] = ""
    description: Annotated[str, Meta(max_length=200)] = ""


class ColumnPart(Part, frozen=True):
    """A column of a record list.

    Attributes:
        field: name of the field that it shows.
        label: heads the column; the field's own if absent.
    """

    field: Word
    label: Annotated[str, Meta(max_length=100)] = ""


class ObjectPart(Part, frozen=True):
    """A connect object.

    Attributes:
        type: by which everything else knows it.
        name: shown to people.
        description: what it is for.
        parent: type of the object to which its records belong, as lines belong to an order.
        fields: in their order.
        columns: of its record list, in their order.
    """

    type: Word
    name: Name
    description: Text = ""
    parent: Word = ""
    fields: tuple[FieldPart, ...] = ()
    columns: tuple[ColumnPart, ...] = ()


class MapPart(Part, frozen=True):
    """A value map.

    Attributes:
        name: by which formulas and mappings know it.
        description: what it is for.
        value_type: text, number or boolean.
        entries: key and value, both as text.
    """

    name: Name
    description: Text = ""
    value_type: Literal["text", "number", "boolean"] = "text"
    entries: dict[str, str] = msgspec.field(default_factory=dict)


class ConnectorPart(Part, frozen=True):
    """A connector; its connections name it.

    Attributes:
        name: by which they do.
        description: what it is for.
    """

    name: Name
    description: Text = ""


class ConnectionPart(Part, frozen=True):
    """A connection as it is being edited; whether it is switched on stays here.

    Attributes:
        name, direction: by which it is known.
        system_type: kind of system on the other side.
        connector: name of the connector that it belongs to.
        config: name of the config that leads to the other system.
        entity: what is read or written there.
        object: type of the connect object.
        label: tells connections of the same entity and object apart.
        primary_key: target field by which existing records are found.
        query_filter: what of the entity is read, in the system's own words.
        page_size, allow_create, allow_update, deletes, enrolment, key_from, only_changes,
            log_all, keep_days: options, as the form of a connection explains them.
        mapping: how target fields are filled.
        conditions: which records take part.
    """

    name: Name
    direction: Literal["inbound", "outbound"]
    system_type: Word
    connector: str = ""
    config: str = ""
    entity: Annotated[str, Meta(max_length=200)] = ""
    object: str = ""
    label: Word = ""
    primary_key: Word = ""
    query_filter: Annotated[str, Meta(max_length=10_000)] = ""
    page_size: Annotated[int, Meta(ge=1, le=10_000)] = 1000
    allow_create: bool = True
    allow_update: bool = True
    deletes: Literal["ignore", "deactivate", "delete"] = "ignore"
    enrolment: Literal["automatic", "by_hand"] = "automatic"
    key_from: Literal["us", "target"] = "us"
    only_changes: bool = True
    log_all: bool = True
    keep_days: Literal[30, 60, 180, 365] = 60
    mapping: tuple[FieldMapping, ...] = ()
    conditions: Conditions = msgspec.field(default_factory=Conditions)


class SetPart(Part, frozen=True):
    """A connector set.

    Attributes:
        name: by which it is known.
        description: what it is for.
        on_failure: stop, or go_on with the next.
        connectors: their names, in the order in which they run.
    """

    name: Name
    description: Text = ""
    on_failure: Literal["stop", "go_on"] = "stop"
    connectors: tuple[str, ...] = ()


class Definitions(Part, frozen=True):
    """A whole file; everything in it is there once.

    Attributes:
        syncapp: version of this form.
    """

    syncapp: int
    configs: tuple[ConfigPart, ...] = ()
    objects: tuple[ObjectPart, ...] = ()
    maps: tuple[MapPart, ...] = ()
    connectors: tuple[ConnectorPart, ...] = ()
    connections: tuple[ConnectionPart, ...] = ()
    sets: tuple[SetPart, ...] = ()


def key_of(part: Part) -> str:
    """Name a thing as files do."""
    if isinstance(part, ConnectionPart):
        return f"{part.direction} {part.name}"
    return str(part.type if isinstance(part, ObjectPart) else getattr(part, "name"))  # noqa: B009  each has one


def plain(value: Any) -> Any:
    """Give definitions as mappings, lists and scalars; what is as usual is left out."""
    match value:
        case Struct():
            usual = _usual(type(value))
            given = ((name, getattr(value, name)) for name in value.__struct_fields__)
            return {name: plain(item) for name, item in given if item != usual.get(name, UNSET)}
        case dict():
            return {name: plain(item) for name, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case StrEnum():
            return str(value)
    return value


@cache
def _usual(kind: type[Struct]) -> dict[str, Any]:
    """Give the values that a kind of part has where nothing is said."""
    found = {}
    for one in structs.fields(kind):
        if one.default is not NODEFAULT:
            found[one.name] = one.default
        elif one.default_factory is not NODEFAULT:
            found[one.name] = one.default_factory()
    return found
