"""What a run follows: the published version, or for a rehearsal the draft as it was then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import connections.services
import objects.services
from connections import publish
from connections.compile import compile_version
from connections.models import Connection, Pair
from connections.spec import SyncSpec
from objects.models import ConnectObject
from syncapp.errors import Refused
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
    if run.kind != SyncLog.Kind.DRY:
        return connections.services.spec_for(run.connection_id, run.version_id)
    document = run.window["draft"]
    owned = ConnectObject.objects.for_tenant(run.tenant_id)
    stored = owned.filter(pk=document["object_id"]).first()
    if stored is None:
        raise Refused("The connect object of this connection is gone.")
    draft = Draft(run.tenant_id, run.connection_id, document)
    return compile_version(
        draft, objects.services.load_shape(stored), connections.services.load_maps
    )
