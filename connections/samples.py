"""Records on which a formula is tried: stored ones, or what a connection's source gives now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from connections import discovery
from connections.models import Connection, SourceSample
from objects.models import ConnectObject
from objects.records import read
from objects.records.changes import Listed
from syncapp import canonical
from syncapp.errors import NotThere, Refused
from syncapp.tenants import door
from syncapp.tenants.models import Tenant

MOST: Final = 100


@dataclass(frozen=True, slots=True)
class Sampled:
    """One record.

    Attributes:
        label: its key, or its place if it has none.
        record: field → value.
        record_id: the stored record; None if it is another system's.
    """

    label: str
    record: Mapping[str, Any]
    record_id: int | None = None


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
    """Ask a connection's source for its first records; called with no transaction open.

    Raises:
        Refused: the connection is not that far yet.
        RemoteError: the system says why not.
    """
    if connection.config is None or not connection.entity:
        raise Refused("This connection has no config or no entity yet.")
    query = discovery.sample_query(connection.entity, connection.query_filter, limit)
    sample = discovery.sample(connection.config, query, now=now)
    with door.tenant(connection.tenant_id):
        entity = discovery.known_entity(connection.config, connection.entity)
    key = (entity.schema.get("key") if entity else None) or ()
    return [
        Sampled(_label(record, key) or f"record {number}", record)
        for number, record in enumerate(sample.records, 1)
    ]


def kept(connection: Connection) -> list[Sampled]:
    """Give the source records of a connection that were kept, those with the smallest ids first."""
    rows = SourceSample.objects.filter(tenant_id=connection.tenant_id, connection=connection)
    return [
        Sampled(one.remote_id, canonical.loads(bytes(one.raw)))
        for one in rows.order_by("remote_id")
    ]


def _of(found: Listed) -> Sampled:
    return Sampled(found.key, found.values, found.id)


def _label(record: Mapping[str, Any], key: Any) -> str:
    return " · ".join(cell for name in key if (cell := discovery.cell(record, name)))
