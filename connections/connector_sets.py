"""What can be done with connector sets: create, edit, delete; running one is the engine's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from connections.models import Connector, ConnectorSet, ConnectorSetMember
from syncapp.errors import Changed, Invalid
from syncapp.tenants import audit
from syncapp.tenants.actors import Actor
from syncapp.tenants.integrity import clean, unique
from syncapp.tenants.models import Tenant

NAME_TAKEN: Final = "A connector set of this name is there already."
MOST: Final = 100
"""How many connectors a set has at most."""


def create(
    tenant: Tenant,
    *,
    name: str,
    description: str = "",
    on_failure: str = ConnectorSet.OnFailure.STOP,
    connectors: Sequence[Connector] = (),
    actor: Actor,
) -> ConnectorSet:
    """Make a set.

    Args:
        tenant: whose.
        name: what no other set is called.
        description: what it is for.
        on_failure: stop, or go on with the next.
        connectors: in the order in which they run; each once.
        actor: who does it.

    Raises:
        Invalid: a value is wrong, the name is taken, or a connector is named twice.
    """
    made = ConnectorSet(
        tenant=tenant,
        name=name.strip(),
        description=description.strip(),
        on_failure=on_failure,
    )
    clean(made)
    with unique("name", NAME_TAKEN):
        made.save()
    _place(made, connectors)
    audit.record(tenant, actor, "create", made, diff=audit.diff({}, _plain(made)))
    return made


def edit(
    row: ConnectorSet,
    *,
    name: str | None = None,
    description: str | None = None,
    on_failure: str | None = None,
    connectors: Sequence[Connector] | None = None,
    actor: Actor,
    etag: int | None = None,
) -> ConnectorSet:
    """Change a set; what is None stays. A set that runs goes on with the order it began with.

    Raises:
        Changed: somebody else changed it meanwhile.
        Invalid: as with `create`.
    """
    row = _locked(row, etag)
    before = _plain(row)
    row.name = row.name if name is None else name.strip()
    row.description = row.description if description is None else description.strip()
    row.on_failure = row.on_failure if on_failure is None else on_failure
    clean(row)
    if connectors is not None:
        _place(row, connectors)
    if changes := audit.diff(before, _plain(row)):
        row.etag += 1
        with unique("name", NAME_TAKEN):
            row.save()
        audit.record(row.tenant, actor, "edit", row, diff=changes)
    return row


def delete(row: ConnectorSet, *, actor: Actor, etag: int | None = None) -> None:
    """Delete a set; its connectors stay, and a run of it stops after the present one.

    Raises:
        Changed: somebody else changed it meanwhile.
    """
    row = _locked(row, etag)
    audit.record(row.tenant, actor, "delete", row)
    row.delete()


def connectors_of(row: ConnectorSet) -> list[Connector]:
    """List the connectors of a set in their order."""
    members = row.members.select_related("connector").order_by("position", "pk")
    return [member.connector for member in members]


def _place(row: ConnectorSet, connectors: Sequence[Connector]) -> None:
    if len({connector.pk for connector in connectors}) < len(connectors):
        raise Invalid(fields={"connectors": "A connector is in a set once."})
    if len(connectors) > MOST:
        raise Invalid(fields={"connectors": f"At most {MOST} connectors."})
    row.members.all().delete()
    ConnectorSetMember.objects.bulk_create(
        ConnectorSetMember(
            tenant_id=row.tenant_id, set=row, connector=connector, position=position
        )
        for position, connector in enumerate(connectors)
    )


def _plain(row: ConnectorSet) -> dict[str, Any]:
    shown = audit.snapshot(row, ("name", "description", "on_failure"))
    return shown | {"connectors": [str(connector) for connector in connectors_of(row)]}


def _locked(row: ConnectorSet, etag: int | None) -> ConnectorSet:
    found: ConnectorSet = ConnectorSet.objects.select_for_update().get(
        tenant_id=row.tenant_id, pk=row.pk
    )
    if etag is not None and found.etag != etag:
        raise Changed
    return found
