"""Makes connect objects, configs and connections, through the services that people use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connections import configs, connector_sets, connectors, drafts, services
from connections.declared import Given
from connections.document import FieldMapping
from connections.kit.base import Entity, Field
from connections.kit.world import CAPABILITIES, World
from connections.models import (
    Connection,
    ConnectionConfig,
    Connector,
    ConnectorSet,
    WizardDraft,
)
from connections.wizard import drafting
from connections.wizard.plan import Plan
from objects.models import ConnectField, ConnectObject
from syncapp.tenants import actors, door
from syncapp.tenants.models import Membership, Tenant
from tests.make import NOW

PARTNER: tuple[dict[str, Any], ...] = (
    {"name": "code", "label": "Code", "is_key": True, "required": True, "max_length": 50},
    {"name": "name", "label": "Name", "required": True, "max_length": 100},
    {"name": "city", "label": "City"},
    {"name": "credit", "label": "Credit limit", "type": "decimal", "scale": 2},
    {"name": "vat", "label": "VAT number", "is_unique": True},
)
MAPPINGS: Mapping[str, str] = {"code": "CardCode", "name": "CardName", "city": "Address.City"}
ENTITY = "BusinessPartners"


def make_object(
    tenant: Tenant, type_: str = "partner", *, fields: Sequence[Mapping[str, Any]] = PARTNER
) -> ConnectObject:
    """A connect object with these fields."""
    with door.tenant(tenant.pk):
        made: ConnectObject = ConnectObject.objects.create(
            tenant=tenant, type=type_, name=type_.title()
        )
        for position, field in enumerate(fields):
            label = {"label": field["name"].title()}
            ConnectField.objects.create(
                tenant=tenant, object=made, position=position, **{**label, **field}
            )
    return made


def make_world(name: str = "erp", *, n: int = 3, password: str = "") -> World:
    """A sandbox world with business partners C0 … C<n-1>."""
    fields = (Field("CardCode", key=True, required=True), Field("CardName"))
    entity = Entity(ENTITY, "Business partners", fields, ("CardCode",), CAPABILITIES)
    world = World(name, (entity,), password=password)
    for number in range(n):
        address = {"City": f"City {number}"}
        world.put(
            ENTITY,
            {"CardCode": f"C{number}", "CardName": f"Partner {number}", "Address": address},
        )
    return world


def make_config(
    tenant: Tenant,
    name: str = "ERP",
    *,
    system_type: str = "sandbox",
    endpoint: str = "",
    settings: Mapping[str, Any] | None = None,
    secrets: Mapping[str, str] | None = None,
) -> ConnectionConfig:
    """A config; by default of the sandbox world `erp`."""
    if settings is None:
        settings = {"world": "erp"} if system_type == "sandbox" else {}
    given = Given(name, endpoint, settings=settings, secrets=secrets or {})
    with door.tenant(tenant.pk):
        return configs.create(tenant, system_type, given, actor=actors.COMMAND)


def make_outbound(
    tenant: Tenant,
    name: str = "Partners out",
    *,
    config: ConnectionConfig | None = None,
    object_: ConnectObject | None = None,
    **values: Any,
) -> Connection:
    """An outbound connection that writes partners to the sandbox; switched off."""
    config = config or make_config(tenant)
    object_ = object_ or make_object(tenant)
    sources = {"CardCode": "code", "CardName": "name"}
    rows = [FieldMapping(target, source=source) for target, source in sources.items()]
    draft = {"config": config, "object": object_, "entity": ENTITY, "primary_key": "CardCode"}
    with door.tenant(tenant.pk):
        made = services.create(
            tenant,
            direction=Connection.Direction.OUTBOUND,
            name=name,
            system_type=config.system_type,
            actor=actors.COMMAND,
        )
        made = services.edit(made, {**draft, **values}, actor=actors.COMMAND)
        holder = drafts.ConnectionDraft(made)
        drafts.change(holder, said="Map", rows=rows, actor=actors.COMMAND)
        return holder.connection


def make_connector(
    tenant: Tenant, name: str, connections: Sequence[Connection]
) -> tuple[Connector, ConnectorSet]:
    """A connector of these connections, and a set of it alone."""
    with door.tenant(tenant.pk):
        made = connectors.create(
            tenant, name=name, connections=connections, actor=actors.COMMAND
        )
        row = connector_sets.create(
            tenant, name=f"Set {name}", connectors=[made], actor=actors.COMMAND
        )
    return made, row


def make_wizard_draft(tenant: Tenant, like: Connection) -> WizardDraft:
    """A draft of the first member that has reached the end, both sides like this connection."""
    plan = Plan("Drafted", "What the wizard shows.")
    for name in ("inbound", "outbound"):
        side = plan.side(name)
        side.system_type, side.config = like.system_type, like.config_id
        side.entity, side.object, side.primary_key = like.entity, like.object_id, "code"
    plan.inbound.mapping = like.mapping
    with door.tenant(tenant.pk):
        member = Membership.objects.for_tenant(tenant).order_by("pk")[0]
        draft = drafting.begin(tenant, member, now=NOW)
        drafting.write(draft, plan, now=NOW, step=6)
    return draft


def make_connection(  # noqa: PLR0913  each has a default
    tenant: Tenant,
    name: str = "Partners",
    *,
    config: ConnectionConfig | None = None,
    object_: ConnectObject | None = None,
    entity: str = ENTITY,
    mappings: Mapping[str, str] = MAPPINGS,
    formulas: Mapping[str, str] | None = None,
    active: bool = False,
    **values: Any,
) -> Connection:
    """An inbound connection with a complete draft; published and switched on if `active`.

    Call it after `make_world`, unless config and object are given.
    """
    config = config or make_config(tenant)
    object_ = object_ or make_object(tenant)
    rows = [
        {"target": target, "kind": "field", "source": source}
        for target, source in mappings.items()
    ]
    rows += [
        {"target": target, "kind": "formula", "formula": text}
        for target, text in (formulas or {}).items()
    ]
    with door.tenant(tenant.pk):
        connection = services.create(
            tenant,
            direction=Connection.Direction.INBOUND,
            name=name,
            system_type=config.system_type,
            actor=actors.COMMAND,
        )
        draft = {"config": config, "object": object_, "entity": entity, "primary_key": "code"}
        connection = services.edit(
            connection, {**draft, **values}, mappings=rows, actor=actors.COMMAND
        )
        if active:
            connection = services.activate(connection, actor=actors.COMMAND, now=NOW)
    return connection
