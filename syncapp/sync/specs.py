"""What a run follows: the published version, or for a rehearsal the draft as it was then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import xxhash

import connections.services
import objects.services
from connections import publish
from connections.compile import compile_version
from connections.lookups import load_maps
from connections.models import Connection, ConnectionConfig, Pair
from connections.sides import filled_by
from connections.spec import SyncSpec
from formulas.language.context import Context
from syncapp import canonical
from synclogs.models import SyncLog


@dataclass(slots=True)
class Draft:
    """A document that was never published, in the form of a version."""

    tenant_id: int
    connection_id: int
    spec: Mapping[str, Any]
    pk: int = 0


def draft_of(connection: Connection) -> dict[str, Any]:
    """Write down the draft, so that a rehearsal follows it to its end.

    Raises:
        Invalid: it has gaps; `fields` lists them.
    """
    mappings = publish.enabled(connection)
    publish.refuse(publish.gaps(connection, mappings, publish.shape_of(connection)))
    account_id = (connection.config.account_id if connection.config is not None else None) or 0
    pair = Pair.objects.filter(
        tenant_id=connection.tenant_id,
        object_id=connection.object_id,
        account_id=account_id,
        entity__name=connection.entity,
        label=connection.label,
    ).first()
    return {
        **publish.document(connection, mappings),
        "account_id": account_id,
        "pair_id": pair.pk if pair is not None else 0,
    }


def spec_of(run: SyncLog) -> SyncSpec:
    """Compile what a run follows.

    Raises:
        SyncAppError: it no longer fits its config or object, or one of them is gone.
    """
    assert run.connection_id is not None  # it was claimed through its connection
    document = run.window.get("draft")  # a dry run and an import bring their own
    if document is None:
        return connections.services.spec_for(run.connection_id, run.version_id)
    shape = filled_by(document, run.tenant_id)
    draft = Draft(run.tenant_id, run.connection_id, document)
    return compile_version(draft, shape, load_maps, objects.services.load_shapes)


def surrounded(
    run: SyncLog, spec: SyncSpec, config: ConnectionConfig
) -> tuple[SyncSpec, Context]:
    """Give what formulas have beside the records, and the spec as it is with that.

    What formulas and conditions can ask about connection, config and time zone decides about
    records as the mappings do, so it belongs to the fingerprint; the time does not.
    """
    if not spec.surrounded:
        return spec, Context()
    zone = ZoneInfo(run.tenant.time_zone)
    facts: dict[str, Any] = {
        "direction": spec.direction,
        "connection": {
            "name": run.name,
            "system": spec.system_type,
            "entity": spec.entity,
            "object": spec.shape.type,
        },
        "settings": config.settings,
    }
    told = canonical.dumps([zone.key, facts])
    fingerprint = xxhash.xxh3_128_digest(spec.fingerprint + told)
    moment = (run.started_at or run.queued_at).astimezone(zone)
    last = _last_success(run)
    facts["last_run"] = last.astimezone(zone) if last is not None else None
    context = Context(None, moment, facts)
    return replace(spec, fingerprint=fingerprint), context


def _last_success(run: SyncLog) -> datetime | None:
    """Tell when the last run of this connection began that succeeded."""
    before = SyncLog.objects.for_tenant(run.tenant_id).filter(
        connection_id=run.connection_id, state=SyncLog.State.SUCCEEDED
    )
    if run.pk is not None:  # a trial has no row
        before = before.filter(pk__lt=run.pk)
    began: datetime | None = (
        before.exclude(kind=SyncLog.Kind.DRY)
        .order_by("-pk")
        .values_list("started_at", flat=True)
        .first()
    )
    return began
