"""What can be done with connectors: create, edit, delete, switch off; they only hold connections.

A connector has no state of its own: it is active while any of its connections is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from connections import services
from connections.models import Connection, Connector
from syncapp.errors import Changed, Invalid, Refused
from syncapp.tenants import audit
from syncapp.tenants.actors import Actor
from syncapp.tenants.integrity import clean, unique
from syncapp.tenants.models import Tenant

NAME_TAKEN: Final = "A connector of this name is there already."


def create(
    tenant: Tenant,
    *,
    name: str,
    description: str = "",
    connections: Iterable[Connection] = (),
    actor: Actor,
) -> Connector:
    """Make a connector.

    Args:
        tenant: whose.
        name: what nobody else's connector is called.
        description: what it is for.
        connections: what belongs to it; each belongs to one connector at most.
        actor: who does it.

    Raises:
        Invalid: the name is empty, too long or taken; or a connection belongs elsewhere.
    """
    connector = Connector(tenant=tenant, name=name.strip(), description=description.strip())
    clean(connector)
    with unique("name", NAME_TAKEN):
        connector.save()
    _hold(connector, list(connections))
    audit.record(tenant, actor, "create", connector, diff=audit.diff({}, _plain(connector)))
    return connector


def edit(
    connector: Connector,
    *,
    name: str | None = None,
    description: str | None = None,
    connections: Iterable[Connection] | None = None,
    actor: Actor,
    etag: int | None = None,
) -> Connector:
    """Change a connector; what is None stays.

    Raises:
        Changed: somebody else changed it meanwhile.
        Invalid: as with `create`.
    """
    connector = _locked(connector, etag)
    before = _plain(connector)
    connector.name = connector.name if name is None else name.strip()
    if description is not None:
        connector.description = description.strip()
    clean(connector)
    if connections is not None:
        _hold(connector, list(connections))
    if changes := audit.diff(before, _plain(connector)):
        connector.etag += 1
        with unique("name", NAME_TAKEN):
            connector.save()
        audit.record(connector.tenant, actor, "edit", connector, diff=changes)
    return connector


def delete(
    connector: Connector, *, with_connections: bool, actor: Actor, etag: int | None = None
) -> None:
    """Delete a connector; its connections stay by themselves, or go with it.

    Raises:
        Refused: one of its connections is active.
        Changed: somebody else changed it meanwhile.
    """
    connector = _locked(connector, etag)
    if is_active(connector):
        raise Refused("Deactivate this connector before you delete it.", code="active")
    held = connections_of(connector)
    audit.record(connector.tenant, actor, "delete", connector)
    for connection in held if with_connections else ():
        services.delete(connection, actor=actor)
    connector.connections.update(connector=None)
    connector.delete()


def deactivate(connector: Connector, *, actor: Actor) -> list[Connection]:
    """Switch off what is active of a connector; give what that was."""
    active = [connection for connection in connections_of(connector) if connection.active]
    return [services.deactivate(connection, actor=actor) for connection in active]


def connections_of(connector: Connector) -> list[Connection]:
    """List its connections, inbound first, by name; with what pages say about them."""
    found = connector.connections.select_related("config", "object", "live_version")
    return list(found.order_by("direction", "name"))


def is_active(connector: Connector) -> bool:
    """Tell whether any of its connections runs by itself."""
    return connector.connections.filter(active=True).exists()


def free_connections(tenant: Tenant, connector: Connector | None = None) -> Any:
    """Give the connections that may belong to a connector: its own, and those of none."""
    rows = Connection.objects.for_tenant(tenant)
    free = rows.filter(connector__isnull=True)
    if connector is not None:
        free = free | rows.filter(connector=connector)
    return free.order_by("direction", "name")


def _hold(connector: Connector, wanted: Sequence[Connection]) -> None:
    ids = {connection.pk for connection in wanted}
    rows = Connection.objects.for_tenant(connector.tenant).select_for_update()
    found = list(rows.filter(pk__in=ids))
    elsewhere = [one for one in found if one.connector_id not in {None, connector.pk}]
    if elsewhere:
        names = ", ".join(f"“{one}”" for one in elsewhere)
        text = f"Belongs to another connector already: {names}."
        raise Invalid(text, fields={"connections": text})
    connector.connections.exclude(pk__in=ids).update(connector=None)
    Connection.objects.for_tenant(connector.tenant).filter(
        pk__in=[one.pk for one in found]
    ).update(connector=connector)


def _plain(connector: Connector) -> dict[str, Any]:
    held = connector.connections.order_by("direction", "name")
    names = [f"{one.direction} {one.name}" for one in held]
    return audit.snapshot(connector, ("name", "description")) | {"connections": names}


def _locked(connector: Connector, etag: int | None) -> Connector:
    row: Connector = Connector.objects.select_for_update().get(
        tenant_id=connector.tenant_id, pk=connector.pk
    )
    if etag is not None and row.etag != etag:
        raise Changed
    return row
