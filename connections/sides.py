"""The two sides of a connection, whatever its direction: what is filled, and what is read.

    inbound     entity of another system  →  connect object
    outbound    connect object            →  entity of another system

The side that is filled is always an `ObjectShape`, so that mappings, their checks and the preview
need not ask for the direction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import objects.services
from connections.kit.codes import FieldType
from connections.models import Connection, RemoteEntity
from connections.sampled import Sampled
from formulas.language import paths
from objects.models import ConnectObject
from objects.shape import FieldShape, ObjectShape
from syncapp.errors import NotThere

ENTITY: Final = 0
"""The id of a shape that is no connect object's."""

_DEPTH: Final = 3
_OF_VALUES: Final = ((bool, "boolean"), (str, "text"), (Mapping, "object"), (list, "list"))


@dataclass(frozen=True, slots=True)
class SourceField:
    """Something that a mapping can read.

    Attributes:
        path: as a mapping names it: `Address.City`, `Lines[0].Code`.
        label: how the other system calls it, or its path.
        type: a value of `FieldType`; by what samples hold, if nothing else tells.
    """

    path: str
    label: str
    type: str


def entity_shape(entity: RemoteEntity) -> ObjectShape:
    """Give an entity in the form of a connect object; one without known fields takes any."""
    schema = entity.schema or {}
    key = list(schema.get("key") or ())
    fields = tuple(_shaped(field, key) for field in schema.get("fields") or ())
    return ObjectShape(
        id=ENTITY,
        tenant_id=entity.tenant_id,
        type=entity.name,
        name=schema.get("label") or entity.name,
        fields=fields,
        key=next((field for field in fields if field.is_key), None),
    )


def target_shape(connection: Connection) -> ObjectShape | None:
    """Give what the connection fills, if it is chosen and known."""
    if connection.direction != Connection.Direction.OUTBOUND:
        return objects.services.load_shape(connection.object) if connection.object else None
    entity = _entity_of(connection)
    return entity_shape(entity) if entity is not None else None


def filled_by(document: Mapping[str, Any], tenant_id: int) -> ObjectShape:
    """Give what a published document fills, as it is now.

    Raises:
        NotThere: the object is gone, or the entity is no longer known.
    """
    if document["direction"] == Connection.Direction.OUTBOUND:
        entity = _entity(tenant_id, document["account_id"], document["entity"])
        if entity is None:
            raise NotThere(f"The other system has no “{document['entity']}” any more.")
        return entity_shape(entity)
    owned = ConnectObject.objects.for_tenant(tenant_id)
    stored = owned.filter(pk=document["object_id"]).first()
    if stored is None:
        raise NotThere("The connect object of this connection is gone.")
    return objects.services.load_shape(stored)


def source_fields(connection: Connection, samples: Sequence[Sampled] = ()) -> list[SourceField]:
    """List what mappings can read: what is known of the source, then what only samples show."""
    found = {field.path: field for field in _known(connection)}
    for sampled in samples:
        for path, kind in _seen(sampled.record, "", _DEPTH):
            known = found.get(path)
            if known is None or (known.type == "any" and kind != "any"):
                found[path] = SourceField(path, path, kind)
    return list(found.values())


def fields_of_line(fields: Iterable[SourceField], array: str) -> list[SourceField]:
    """Give the fields of one element of an array, as mappings of its lines name them."""
    prefix = f"{array}[0]."
    return [
        SourceField(field.path.removeprefix(prefix), field.label, field.type)
        for field in fields
        if field.path.startswith(prefix)
    ]


def _entity_of(connection: Connection) -> RemoteEntity | None:
    account = connection.config.account_id if connection.config is not None else None
    return _entity(connection.tenant_id, account, connection.entity)


def _entity(tenant_id: int, account_id: int | None, name: str) -> RemoteEntity | None:
    """Find an entity as discovery last saw it."""
    seen = RemoteEntity.objects.filter(tenant_id=tenant_id, seen_at__isnull=False)
    return seen.filter(account_id=account_id, name=name).first() if account_id else None


def _known(connection: Connection) -> Iterator[SourceField]:
    if connection.direction == Connection.Direction.INBOUND:
        entity = _entity_of(connection)
        yield from _described((entity.schema if entity else {}).get("fields") or (), "", _DEPTH)
    elif connection.object is not None:
        for field in objects.services.load_shape(connection.object).fields:
            yield SourceField(paths.spell(field.name), field.label or field.name, field.type)


def _described(
    fields: Iterable[Mapping[str, Any]], prefix: str, depth: int
) -> Iterator[SourceField]:
    for field in fields:
        path, kind = _joined(prefix, field["name"]), str(field["type"])
        yield SourceField(path, field.get("label") or path, kind)
        if depth > 1:
            inner = f"{path}[0]" if kind == FieldType.LIST else path
            yield from _described(field.get("fields") or (), inner, depth - 1)


def _seen(record: Mapping[str, Any], prefix: str, depth: int) -> Iterator[tuple[str, str]]:
    """Give path and type of each value."""
    for name, value in record.items():
        if not name or '"' in name:
            continue  # no path leads there
        path = _joined(prefix, name)
        yield path, _type_of(value)
        inner, place = value, path
        if isinstance(value, list) and value:
            inner, place = value[0], f"{path}[0]"
        if depth > 1 and isinstance(inner, Mapping):
            yield from _seen(inner, place, depth - 1)


def _type_of(value: Any) -> str:
    for kind, name in _OF_VALUES:
        if isinstance(value, kind):
            return name
    if value is None:
        return "any"
    return "integer" if isinstance(value, int) else "decimal"


@lru_cache(maxsize=4096)
def _joined(prefix: str, name: str) -> str:
    spelled = paths.spell(name)
    return f"{prefix}{'.' if prefix and not spelled.startswith('[') else ''}{spelled}"


def _shaped(field: Mapping[str, Any], key: Sequence[str]) -> FieldShape:
    """Give a field of an entity; what can never be written is read-only."""
    kind = str(field["type"])
    choices = tuple((value, label) for value, label in field.get("choices") or ())
    if kind == FieldType.REFERENCE or (kind == FieldType.CHOICE and not choices):
        kind = str(FieldType.TEXT)
    return FieldShape(
        id=ENTITY,
        name=field["name"],
        label=field.get("label") or field["name"],
        type=kind,
        required=bool(field.get("required")),
        is_key=list(key) == [field["name"]],
        is_unique=bool(field.get("unique")),
        choices=choices,
        max_length=field.get("max_length"),
        scale=field.get("scale"),
        read_only=not field.get("writable", True),
        fields=tuple(_shaped(inner, ()) for inner in field.get("fields") or ()),
    )
