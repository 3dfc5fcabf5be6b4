"""What can be done with connections: create, edit, delete, activate; and what the engine asks for.

The draft is edited freely; only `publish` and `activate` change what runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import objects.services
from connections import condition_gaps, drifted, mapping_gaps, registry, steps, wording
from connections.checking import Known
from connections.compile import compile_version
from connections.document import (
    FieldMapping,
    plain,
    read_conditions,
    read_mappings,
)
from connections.lookups import load_maps
from connections.models import (
    Connection,
    ConnectionConfig,
)
from connections.opening import open_system as open_system  # noqa: PLC0414  the room's door
from connections.publish import Gap, document, enabled, gaps, publish, row_gaps, shape_of
from connections.refusals import top
from connections.sides import filled_by, source_fields
from connections.spec import SyncSpec
from objects.shape import ObjectShape
from syncapp.errors import Changed, Invalid, NotThere, Refused
from syncapp.tenants import audit, door
from syncapp.tenants.actors import Actor
from syncapp.tenants.integrity import unique
from syncapp.tenants.models import Tenant

EDITABLE: Final = (
    "name",
    "config",
    "entity",
    "object",
    "label",
    "primary_key",
    "query_filter",
    "page_size",
    "allow_create",
    "allow_update",
    "deletes",
    "enrolment",
    "key_from",
    "only_changes",
    "log_all",
    "keep_days",
)
"""Fields of a connection that people edit; the mappings are edited as one table."""

_TAKEN: Final = "This name is taken."


def create(
    tenant: Tenant, *, direction: str, name: str, system_type: str, actor: Actor
) -> Connection:
    """Make a connection, switched off and empty.

    Raises:
        Invalid: an unknown type or a name that is taken.
    """
    registry.system_type(system_type)
    connection = Connection(
        tenant=tenant, direction=direction, name=name.strip(), system_type=system_type
    )
    with unique("name", _TAKEN):
        connection.save()
    audit.record(tenant, actor, "create", connection, diff=audit.diff({}, _plain(connection)))
    return connection


def edit(
    connection: Connection,
    values: Mapping[str, Any],
    *,
    mappings: Sequence[Mapping[str, Any]] | None = None,
    conditions: Mapping[str, Any] | None = None,
    actor: Actor,
    etag: int | None = None,
) -> Connection:
    """Change the draft; what runs stays as it was published.

    Args:
        connection: the row as the caller knows it.
        values: field of `EDITABLE` → new value; others stay.
        mappings: the whole mapping table in order, or None to leave it, in the form of
            `connections.document`.
        conditions: likewise.
        actor: who does it.
        etag: refuse if the row is no longer in this state.

    Raises:
        Changed: somebody else changed it meanwhile.
        Invalid: a value or row is wrong; rows as `mappings.<number from 0>`.
    """
    connection = locked(connection, etag)
    before, draft = _plain(connection), _draft(connection)
    for name in EDITABLE:
        if name in values:
            setattr(connection, name, values[name])
    connection.name = connection.name.strip()
    config = connection.config
    if config is not None and config.system_type != connection.system_type:
        raise Invalid(fields={"config": "This config is of another type."})
    if mappings is not None:
        rows = read_mappings(mappings)
        _check_rows(rows, shape_of(connection), Known(connection.tenant_id))
        connection.mapping = plain(rows)
    if conditions is not None:
        connection.conditions = plain(read_conditions(conditions))
    changes = audit.diff(before, _plain(connection))
    redrawn = draft != _draft(connection)
    if redrawn:
        owner = {"connection": connection}
        steps.remember(
            connection.tenant_id,
            connection.direction,
            owner,
            before=draft,
            said="Replace the mappings" if mappings is not None else "Change the conditions",
            actor=actor,
        )
    if changes or redrawn:
        connection.etag += 1
        with unique("name", _TAKEN):
            connection.save()
        audit.record(connection.tenant, actor, "edit", connection, diff=changes)
    return connection


def write_draft(connection: Connection, document: Mapping[str, Any], *, actor: Actor) -> None:
    """Write mappings and conditions, which somebody has judged, into a row that is locked."""
    before = _plain(connection)
    connection.mapping = document["mapping"]
    connection.conditions = document["conditions"]
    connection.etag += 1
    connection.save(update_fields=["mapping", "conditions", "etag"])
    changes = audit.diff(before, _plain(connection))
    audit.record(connection.tenant, actor, "edit", connection, diff=changes)


def delete(connection: Connection, *, actor: Actor, etag: int | None = None) -> None:
    """Delete a connection with its mappings and versions; records, links and logs stay.

    Raises:
        Refused: it is active.
        Changed: somebody else changed it meanwhile.
    """
    connection = locked(connection, etag)
    if connection.active:
        raise Refused("Deactivate this connection before you delete it.", code="active")
    audit.record(connection.tenant, actor, "delete", connection)
    Connection.objects.filter(tenant_id=connection.tenant_id, pk=connection.pk).update(
        live_version=None
    )
    connection.live_version = None
    connection.delete()


def activate(
    connection: Connection, *, actor: Actor, now: datetime, reason: str = ""
) -> Connection:
    """Publish the draft and switch the connection on.

    Raises:
        Invalid: the draft has gaps; `fields` lists them.
    """
    publish(connection, actor=actor, now=now, reason=reason)
    return _switch(connection, "activate", active=True, actor=actor)


def deactivate(connection: Connection, *, actor: Actor) -> Connection:
    """Switch the connection off: it is no longer due by itself."""
    return _switch(connection, "deactivate", active=False, actor=actor)


def gaps_of(connection: Connection) -> list[Gap]:
    """List what keeps the draft from being published."""
    return gaps(connection, enabled(connection), shape_of(connection))


def warnings_of(connection: Connection) -> list[str]:
    """List what speaks against switching the connection on, without forbidding it."""
    strange = [gap.message for gap in strange_fields(connection)]
    return [
        *_untested(connection.config),
        *drifted.of_draft(connection),
        *strange,
        *_strange_conditions(connection),
    ]


def _untested(config: ConnectionConfig | None) -> list[str]:
    if config is None or config.test_ok:
        return []
    if config.tested_at is None:
        return [f"The config “{config}” was never tested: open it and press Connect."]
    return [f"The last test of the config “{config}” failed."]


def strange_fields(connection: Connection) -> list[Gap]:
    """Say which source fields mappings read that discovery has not seen, or no longer sees."""
    inbound = connection.direction == Connection.Direction.INBOUND
    owner = connection.entity if inbound else str(connection.object or "")
    return mapping_gaps.strange(enabled(connection), source_fields(connection), owner)


def _strange_conditions(connection: Connection) -> list[str]:
    """Say which source fields conditions look at that the source is not known to have."""
    conditions = read_conditions(connection.conditions)
    if not any(row.enabled for row in conditions.each()):
        return []
    fields = {top(field.path) for field in source_fields(connection)}
    found = condition_gaps.problems(conditions, Known(connection.tenant_id), fields)
    return [problem.message for problem in found if problem.warning]


def draft_differs(connection: Connection) -> bool:
    """Tell whether the draft says something else than the published version."""
    live = connection.live_version
    if live is None:
        return True
    draft = document(connection, enabled(connection))
    account = connection.config.account_id if connection.config else None
    published = {name: value for name, value in live.spec.items() if name in draft}
    return published != draft or live.spec["account_id"] != account


def spec_for(connection_id: int, version_id: int | None = None) -> SyncSpec:
    """Compile what a connection runs, inside the tenant's door.

    Args:
        connection_id: the connection.
        version_id: a version of it; by default the live one.

    Raises:
        NotThere: there is no such connection or version.
        Refused: it was never published, or no longer fits its config or object.
    """
    tenant_id = _tenant_id()
    connection = Connection.objects.filter(tenant_id=tenant_id, pk=connection_id).first()
    if connection is None:
        raise NotThere("This connection is gone.")
    wanted = version_id or connection.live_version_id
    if wanted is None:
        raise Refused("Publish this connection first.", code="not_published")
    version = connection.versions.filter(pk=wanted).first()
    if version is None:
        raise NotThere("This version is gone.")
    config = config_for(version.spec["config_id"])
    if config.account_id is None:
        raise Refused(
            f"The address of the config “{config}” has changed. Open it and press Connect.",
            code="other_account",
        )
    if config.account_id != version.spec["account_id"]:
        raise Refused(
            f"The config “{config}” leads to another company than when this connection was "
            "published. Publish it again if that is right.",
            code="other_account",
        )
    shape = filled_by(version.spec, tenant_id)
    return compile_version(version, shape, load_maps, objects.services.load_shapes)


def config_for(config_id: int) -> ConnectionConfig:
    """Load the config that a spec names, inside the tenant's door.

    Raises:
        NotThere: it is gone.
    """
    config: ConnectionConfig | None = ConnectionConfig.objects.filter(
        tenant_id=_tenant_id(), pk=config_id
    ).first()
    if config is None:
        raise NotThere("The config of this connection is gone.")
    return config


def _tenant_id() -> int:
    tenant_id = door.current_tenant()
    assert tenant_id is not None, "open the tenant's door first"
    return tenant_id


def _switch(connection: Connection, verb: str, *, active: bool, actor: Actor) -> Connection:
    connection = locked(connection, None)
    if connection.active is not active:
        connection.active = active
        connection.etag += 1
        connection.save(update_fields=["active", "etag"])
        audit.record(
            connection.tenant, actor, verb, connection, diff={"active": [not active, active]}
        )
    return connection


def _check_rows(rows: Sequence[FieldMapping], shape: ObjectShape | None, known: Known) -> None:
    problems: dict[str, str] = {}
    seen: set[str] = set()
    for number, mapping in enumerate(rows):
        found = row_gaps(mapping, shape, known) if shape and mapping.enabled else []
        if mapping.target in seen:
            problems[f"mappings.{number}"] = f"{mapping.target} is mapped twice."
        elif found:
            problems[f"mappings.{number}"] = found[0].message
        seen.add(mapping.target)
    if problems:
        raise Invalid(fields=problems)


def _draft(connection: Connection) -> dict[str, Any]:
    """Give what a step of the draft restores."""
    return {"mapping": connection.mapping, "conditions": connection.conditions}


def _plain(connection: Connection) -> dict[str, Any]:
    """Give what the audit compares: the edited fields, and the mappings by target."""
    shown = audit.snapshot(connection, ("system_type", "direction", *EDITABLE))
    mappings = read_mappings(connection.mapping)
    shown |= {f"mapping {one.target}": wording.mapping(one) for one in mappings}
    shown["order of mappings"] = ", ".join(one.target for one in mappings)
    shown["conditions"] = wording.conditions(read_conditions(connection.conditions))
    return shown


def locked(connection: Connection, etag: int | None) -> Connection:
    """Read a connection again and let nobody else change it before this transaction ends.

    Raises:
        Changed: it is no longer in this state.
    """
    row: Connection = (
        Connection.objects.select_for_update(of=("self",))
        .select_related("config", "object", "live_version", "tenant")
        .get(tenant_id=connection.tenant_id, pk=connection.pk)
    )
    if etag is not None and row.etag != etag:
        raise Changed
    return row
