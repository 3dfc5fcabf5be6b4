"""Makes or changes one thing of a file after the other, through the services that people use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from msgspec import structs

from connections import configs, connector_sets, connectors, document, services
from connections.declared import Given
from connections.definitions.normal import values_of
from connections.definitions.parts import (
    ConfigPart,
    ConnectionPart,
    ConnectorPart,
    MapPart,
    ObjectPart,
    SetPart,
)
from connections.definitions.places import Spot
from connections.definitions.present import bare_conditions
from connections.document import FieldMapping
from connections.models import Connection, ConnectionConfig, Connector, ConnectorSet
from formulas.models import ValueMap
from formulas.services import maps
from objects.models import ConnectField, ConnectObject
from objects.services import columns, fields, objects, rules
from syncapp.errors import Invalid
from syncapp.tenants.actors import Actor
from syncapp.tenants.models import Tenant

Step = Callable[[Any, Spot], None]


class Maker:
    """Makes what is not there, and changes what is; each method takes a part of a file."""

    def __init__(self, tenant: Tenant, actor: Actor) -> None:
        self.tenant = tenant
        self.actor = actor

    def steps(self) -> Iterator[tuple[str, Step]]:
        """Give what is done, in order: section, and what happens to each part of it.

        Objects refer to each other, and formulas to fields, so they are made in rounds.
        """
        yield "configs", self.config
        yield "maps", self.map
        yield "objects", self.object
        yield "objects", self.fields
        yield "objects", self.formulas
        yield "objects", self.columns
        yield "connectors", self.connector
        yield "connections", self.connection
        yield "sets", self.set

    def config(self, part: ConfigPart, _spot: Spot) -> None:
        """Make or change a config; secrets that are saved stay."""
        rows = ConnectionConfig.objects.for_tenant(self.tenant)
        row: ConnectionConfig | None = rows.filter(name=part.name).first()
        given = Given(part.name, part.endpoint, part.environment, part.settings)
        if row is None:
            configs.create(self.tenant, part.system_type, given, actor=self.actor)
        elif row.system_type != part.system_type:
            text = f"The config here is of type {row.system_type}, which stays."
            raise Invalid(fields={"system_type": text})
        else:
            configs.edit(row, given, actor=self.actor)

    def map(self, part: MapPart, _spot: Spot) -> None:
        """Make a value map, or set its entries; others stay."""
        row = ValueMap.objects.for_tenant(self.tenant).filter(name=part.name).first()
        details: dict[str, Any] = {
            "description": part.description,
            "value_type": part.value_type,
        }
        if row is None:
            maps.create_map(
                tenant=self.tenant,
                name=part.name,
                entries=part.entries,
                actor=self.actor,
                **details,
            )
            return
        entries = {**maps.entries_of(row), **part.entries}
        maps.edit_map(row, entries=entries, actor=self.actor, **details)

    def object(self, part: ObjectPart, _spot: Spot) -> None:
        """Make an object without fields, or change its name and description."""
        row = self._object(part.type)
        given = {"object_type": part.type, "name": part.name, "description": part.description}
        if row is None:
            objects.create_object(tenant=self.tenant, actor=self.actor, **given)
        else:
            objects.edit_object(row, actor=self.actor, **given)

    def fields(self, part: ObjectPart, spot: Spot) -> None:
        """Say to whom an object belongs; make and change its fields, but for their formulas."""
        row = self._object(part.type)
        assert row is not None
        objects.set_parent(row, self._object(part.parent), actor=self.actor)
        known = {field.name: field for field in row.fields.select_related("reference")}
        for number, field in enumerate(part.fields):
            values = values_of(field) | {"reference": self._object(field.reference)}
            present = known.get(field.name)
            values["formula"] = present.formula if present else ""
            with spot.at("fields", number).blamed():
                if present is None:
                    fields.create_field(row, values, actor=self.actor)
                elif any(getattr(present, name) != values[name] for name in rules.EDITABLE):
                    fields.edit_field(present, values, actor=self.actor)

    def formulas(self, part: ObjectPart, spot: Spot) -> None:
        """Set formulas, now that the fields are there."""
        rows = ConnectField.objects.for_tenant(self.tenant).filter(object__type=part.type)
        known = {field.name: field for field in rows.select_related("object__tenant")}
        for number, field in enumerate(part.fields):
            row = known[field.name]
            if row.formula != field.formula:
                given = {"formula": field.formula, "read_only": field.read_only}
                with spot.at("fields", number).blamed():
                    fields.edit_field(row, given, actor=self.actor)

    def columns(self, part: ObjectPart, spot: Spot) -> None:
        """Make and label the columns of the record list; others stay."""
        row = self._object(part.type)
        assert row is not None
        present = {one.field.name: one for one in row.columns.select_related("field")}
        by_name = {field.name: field for field in row.fields.all()}
        for number, column in enumerate(part.columns):
            known, field = present.get(column.field), by_name[column.field]
            with spot.at("columns", number).blamed():
                if known is None:
                    columns.create_column(
                        row, field=field, label=column.label, actor=self.actor
                    )
                elif known.label != column.label:
                    columns.edit_column(
                        known, field=field, label=column.label, actor=self.actor
                    )

    def connector(self, part: ConnectorPart, _spot: Spot) -> None:
        """Make or change a connector; its connections come to it later."""
        row = self._connector(part.name)
        if row is None:
            connectors.create(
                self.tenant, name=part.name, description=part.description, actor=self.actor
            )
        else:
            connectors.edit(row, description=part.description, actor=self.actor)

    def connection(self, part: ConnectionPart, _spot: Spot) -> None:
        """Make a connection, switched off, or change its draft; what runs goes on."""
        rows = Connection.objects.for_tenant(self.tenant)
        row = rows.filter(direction=part.direction, name=part.name).first()
        if row is None:
            row = services.create(
                self.tenant,
                direction=part.direction,
                name=part.name,
                system_type=part.system_type,
                actor=self.actor,
            )
        elif row.system_type != part.system_type:
            text = f"The connection here is of type {row.system_type}, which stays."
            raise Invalid(fields={"system_type": text})
        same = [name for name in services.EDITABLE if name not in {"config", "object"}]
        values: dict[str, Any] = {name: getattr(part, name) for name in same}
        configs_here = ConnectionConfig.objects.for_tenant(self.tenant)
        values["config"] = configs_here.filter(name=part.config).first()
        values["object"] = self._object(part.object)
        services.edit(
            row,
            values,
            mappings=document.plain(_known_again(part.mapping, row)),
            conditions=_same_conditions(part, row),
            actor=self.actor,
        )
        self._join(row, part.connector)

    def set(self, part: SetPart, _spot: Spot) -> None:
        """Make or change a connector set."""
        row = ConnectorSet.objects.for_tenant(self.tenant).filter(name=part.name).first()
        given: dict[str, Any] = {
            "description": part.description,
            "on_failure": part.on_failure,
            "connectors": [self._connector(name) for name in part.connectors],
        }
        if row is None:
            connector_sets.create(self.tenant, name=part.name, actor=self.actor, **given)
        else:
            connector_sets.edit(row, actor=self.actor, **given)

    def _join(self, row: Connection, name: str) -> None:
        connector = self._connector(name)
        if connector is None or row.connector_id == connector.pk:
            return
        if row.connector is not None:
            others = row.connector.connections.exclude(pk=row.pk)
            connectors.edit(row.connector, connections=others, actor=self.actor)
        held = [*connector.connections.all(), row]
        connectors.edit(connector, connections=held, actor=self.actor)

    def _object(self, type_: str) -> ConnectObject | None:
        rows = ConnectObject.objects.for_tenant(self.tenant).select_related("tenant", "parent")
        found: ConnectObject | None = rows.filter(type=type_).first() if type_ else None
        return found

    def _connector(self, name: str) -> Connector | None:
        rows = Connector.objects.for_tenant(self.tenant)
        found: Connector | None = rows.filter(name=name).first() if name else None
        return found


def _known_again(
    rows: tuple[FieldMapping, ...], connection: Connection
) -> tuple[FieldMapping, ...]:
    """Give mappings the uuids that those of the same targets have here already."""
    return _named(rows, document.read_mappings(connection.mapping))


def _named(
    rows: tuple[FieldMapping, ...], here: tuple[FieldMapping, ...]
) -> tuple[FieldMapping, ...]:
    waiting: dict[str, list[FieldMapping]] = {}
    for row in here:
        waiting.setdefault(row.target, []).append(row)
    found = []
    for row in rows:
        known = waiting.get(row.target)
        same = known.pop(0) if known else None
        inner = _named(row.rows, same.rows if same else ())
        found.append(structs.replace(row, uuid=same.uuid if same else "", rows=inner))
    return tuple(found)


def _same_conditions(part: ConnectionPart, row: Connection) -> Any:
    """Give conditions, with the uuids that they have here if they say the same."""
    here = document.read_conditions(row.conditions)
    same = bare_conditions(here) == part.conditions
    return document.plain(here if same else part.conditions)
