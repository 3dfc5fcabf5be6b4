"""What a tenant has, in the form of a file of definitions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import structs

from connections.declared import declared_secrets
from connections.definitions.parts import (
    VERSION,
    ColumnPart,
    ConfigPart,
    ConnectionPart,
    ConnectorPart,
    Definitions,
    FieldPart,
    MapPart,
    ObjectPart,
    SetPart,
)
from connections.document import (
    Condition,
    Conditions,
    FieldMapping,
    Group,
    read_conditions,
    read_mappings,
)
from connections.models import (
    Connection,
    ConnectionConfig,
    Connector,
    ConnectorSet,
    ConnectorSetMember,
)
from formulas.models import ValueMap, ValueMapEntry
from objects.models import ConnectField, ConnectObject, ListviewField
from syncapp.tenants.models import Tenant


def collect(tenant: Tenant) -> Definitions:
    """Read everything that files hold, in the order in which files hold it."""
    return Definitions(
        syncapp=VERSION,
        configs=tuple(_configs(tenant)),
        objects=tuple(_objects(tenant)),
        maps=tuple(_maps(tenant)),
        connectors=tuple(
            ConnectorPart(name=row.name, description=row.description)
            for row in _sorted(Connector.objects.for_tenant(tenant), "name")
        ),
        connections=tuple(_connections(tenant)),
        sets=tuple(_sets(tenant)),
    )


def bare_mappings(rows: Iterable[FieldMapping]) -> tuple[FieldMapping, ...]:
    """Give mappings without their uuids, which mean nothing in another tenant."""
    return tuple(structs.replace(row, uuid="", rows=bare_mappings(row.rows)) for row in rows)


def bare_conditions(conditions: Conditions) -> Conditions:
    """Give conditions without their uuids."""
    return Conditions(
        conditions.join,
        tuple(map(_bare, conditions.rows)),
        tuple(Group(one.join, rows=tuple(map(_bare, one.rows))) for one in conditions.groups),
    )


def _bare(row: Condition) -> Condition:
    return structs.replace(row, uuid="")


def _sorted(rows: Any, name: str) -> list[Any]:
    """Order by code points, which is the same in every database."""
    return sorted(rows, key=lambda row: getattr(row, name))


def _configs(tenant: Tenant) -> Iterable[ConfigPart]:
    for row in _sorted(ConnectionConfig.objects.for_tenant(tenant), "name"):
        hidden = declared_secrets(row.system_type)
        yield ConfigPart(
            name=row.name,
            system_type=row.system_type,
            environment=row.environment,
            endpoint=row.endpoint,
            settings={
                name: row.settings[name] for name in sorted(row.settings) if name not in hidden
            },
        )


def _objects(tenant: Tenant) -> Iterable[ObjectPart]:
    stores = ConnectObject.objects.for_tenant(tenant).filter(kind=ConnectObject.Kind.STORE)
    rows = _sorted(stores, "type")
    types = {row.pk: row.type for row in rows}
    fields: dict[int, list[FieldPart]] = {}
    names = {}
    for field in ConnectField.objects.for_tenant(tenant).order_by("position", "pk"):
        fields.setdefault(field.object_id, []).append(_field(field, types))
        names[field.pk] = field.name
    columns: dict[int, list[ColumnPart]] = {}
    for column in ListviewField.objects.for_tenant(tenant).order_by("position", "pk"):
        shown = ColumnPart(field=names[column.field_id], label=column.label)
        columns.setdefault(column.object_id, []).append(shown)
    for row in rows:
        yield ObjectPart(
            type=row.type,
            name=row.name,
            description=row.description,
            parent=types.get(row.parent_id, ""),
            fields=tuple(fields.get(row.pk, ())),
            columns=tuple(columns.get(row.pk, ())),
        )


def _field(row: ConnectField, types: Mapping[int, str]) -> FieldPart:
    return FieldPart(
        name=row.name,
        label=row.label,
        type=row.type,
        is_key=row.is_key,
        required=row.required,
        is_unique=row.is_unique,
        indexed=row.indexed,  # type: ignore[arg-type]  # one of the choices
        reference=types.get(row.reference_id or 0, ""),
        choices=dict(row.choices),
        max_length=row.max_length,
        scale=row.scale,
        default=row.default,
        sensitivity=row.sensitivity,  # type: ignore[arg-type]  # one of the choices
        read_only=row.read_only,
        formula=row.formula,
        description=row.description,
    )


def _maps(tenant: Tenant) -> Iterable[MapPart]:
    entries: dict[int, dict[str, str]] = {}
    rows = ValueMapEntry.objects.for_tenant(tenant).values_list("map_id", "key", "value")
    for map_id, key, value in sorted(rows):
        entries.setdefault(map_id, {})[key] = value
    for row in _sorted(ValueMap.objects.for_tenant(tenant), "name"):
        yield MapPart(
            name=row.name,
            description=row.description,
            value_type=row.value_type,
            entries=entries.get(row.pk, {}),
        )


def _connections(tenant: Tenant) -> Iterable[ConnectionPart]:
    """Give the connections that people make; those of imports belong to their files."""
    rows = Connection.objects.for_tenant(tenant).select_related("config", "object", "connector")
    made = rows.exclude(direction=Connection.Direction.IMPORT)
    same = [name for name in ConnectionPart.__struct_fields__ if name not in _OTHERWISE]
    for row in sorted(made, key=lambda row: (row.direction, row.name)):
        yield ConnectionPart(
            **{name: getattr(row, name) for name in same},
            connector=row.connector.name if row.connector else "",
            config=row.config.name if row.config else "",
            object=row.object.type if row.object else "",
            mapping=bare_mappings(read_mappings(row.mapping)),
            conditions=bare_conditions(read_conditions(row.conditions)),
        )


_OTHERWISE = frozenset({"connector", "config", "object", "mapping", "conditions"})


def _sets(tenant: Tenant) -> Iterable[SetPart]:
    members: dict[int, list[str]] = {}
    rows = ConnectorSetMember.objects.for_tenant(tenant).select_related("connector")
    for member in rows.order_by("position", "pk"):
        members.setdefault(member.set_id, []).append(member.connector.name)
    for row in _sorted(ConnectorSet.objects.for_tenant(tenant), "name"):
        yield SetPart(
            name=row.name,
            description=row.description,
            on_failure=row.on_failure,
            connectors=tuple(members.get(row.pk, ())),
        )
