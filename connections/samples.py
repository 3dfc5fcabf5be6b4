"""Records on which a formula is tried: stored ones, or those of a connection's source."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from connections import discovery, kept
from connections.models import Connection
from connections.sampled import Sampled as Sampled  # noqa: PLC0414  reached through here
from objects.models import ConnectObject
from objects.records import read
from objects.records.changes import Listed
from syncapp.errors import NotThere
from syncapp.tenants import door
from syncapp.tenants.models import Tenant

MOST: Final = 100


def stored(tenant: Tenant, record_id: int) -> Sampled:
    """Give one stored record of this tenant.

    Raises:
        NotThere: there is none, or it is deleted.
    """
    found = read.one(record_id)
    objects = ConnectObject.objects.for_tenant(tenant)
    if found is None or found.deleted_at or not objects.filter(pk=found.object_id).exists():
        raise NotThere
    return _of(found)


def by_key(whole: ConnectObject, key: str) -> Sampled | None:
    """Give an object's record with this key, the latest changed without one; None if none is."""
    if not key:
        return next(iter(latest(whole, 1)), None)
    found = read.one_by_key(whole.pk, key)
    return _of(found) if found is not None and found.deleted_at is None else None


def latest(whole: ConnectObject, limit: int = MOST) -> list[Sampled]:
    """Give the records of an object that changed last."""
    wanted = read.Wanted(by="seq", descending=True)
    return [_of(found) for found in read.page(whole.pk, wanted, limit)]


def of_source(
    connection: Connection, *, now: Callable[[], datetime], limit: int = MOST
) -> list[Sampled]:
    """Give kept records of a connection's source, or ask it for its first ones and keep them.

    Called with no transaction open.

    Raises:
        Refused: the connection is not that far yet.
        RemoteError: the system says why not.
    """
    with door.tenant(connection.tenant_id):
        if found := kept.samples(connection, limit):
            return found
    sample = kept.look(connection, now=now, limit=limit)
    with door.tenant(connection.tenant_id):
        entity = discovery.known_entity(connection.config, connection.entity)
    key = (entity.schema.get("key") if entity else None) or ()
    return [
        Sampled(_label(record, key) or f"record {number}", record)
        for number, record in enumerate(sample.records, 1)
    ]


def _of(found: Listed) -> Sampled:
    return Sampled(found.key, found.values, found.id)


def _label(record: Mapping[str, Any], key: Any) -> str:
    return " · ".join(cell for name in key if (cell := discovery.cell(record, name)))
