"""One side of a draft as a connection that does not exist yet, for the pages of drafts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from connections import discovery, publish, samples
from connections.checking import Known
from connections.document import read_mappings, running
from connections.drafts import ConnectionDraft
from connections.models import Connection, ConnectionConfig, WizardDraft
from connections.publish import Gap
from connections.sampled import Sampled
from connections.sides import SourceField, source_fields, target_shape
from connections.wizard import drafting
from connections.wizard.plan import (
    INBOUND,
    NEW,
    SAME,
    Plan,
    SidePlan,
    planned_shape,
    read_plan,
)
from formulas.language import paths
from objects.models import ConnectObject
from objects.shape import ObjectShape
from syncapp import canonical
from syncapp.errors import Refused
from syncapp.tenants import door
from syncapp.tenants.actors import Actor
from syncapp.tenants.models import Tenant

SAMPLES: Final = 20
_LONGEST: Final = 20_000
"""Characters of a record that is kept in a draft; longer ones are left out."""


class WizardSide(ConnectionDraft):
    """The holder of one side's mappings and conditions while they are part of a draft."""

    def __init__(self, draft: WizardDraft, side: str) -> None:
        self.draft = draft
        self.side = side
        self.plan = read_plan(draft.data)
        self.own = self.plan.side(side)
        super().__init__(connection_of(draft.tenant, self.plan, side))
        self.pages = f"connections:wizard_{side}_"
        self.arguments = {"pk": draft.pk}
        self.permission = "connectors.create"
        self.owner = {"wizard": draft}

    @property
    def etag(self) -> int:
        """State of the whole draft."""
        return self.draft.etag

    @property
    def new_shape(self) -> ObjectShape | None:
        """The shape of the connect object, if it does not exist yet."""
        return new_shape(self.plan, self.side, self.tenant.pk)

    def shape(self) -> ObjectShape | None:
        """Give what this side fills."""
        if not self._shape:
            planned = self.new_shape if self.side == INBOUND else None
            self._shape.append(planned or target_shape(self.connection))
        return self._shape[0]

    def sources(self) -> Sequence[SourceField]:
        """List what this side reads."""
        planned = self.new_shape
        if self.side != INBOUND and planned is not None:
            return [
                SourceField(paths.spell(field.name), field.label, field.type)
                for field in planned.fields
            ]
        return source_fields(self.connection, self.samples())

    def samples(self) -> Sequence[Sampled]:
        """Give the records that were fetched into the draft, or the object's latest."""
        if self._samples is None:
            if self.fetches:
                texts = enumerate(self.own.samples, 1)
                self._samples = [Sampled(f"record {n}", canonical.loads(t)) for n, t in texts]
            else:
                whole = self.connection.object
                stored = whole is not None and whole.pk is not None
                self._samples = samples.latest(whole) if stored and whole else ()
        return self._samples

    def fetch(self, *, now: Callable[[], datetime]) -> int:
        """Ask the source for its first records and keep some in the draft."""
        connection = self.connection
        if connection.config is None or not connection.entity:
            raise Refused("Choose a connection config and an entity first.")
        query = discovery.sample_query(connection.entity, connection.query_filter, SAMPLES)
        found = discovery.sample(connection.config, query, now=now)
        texts = [canonical.text(dict(record)) for record in found.records]
        kept = [text for text in texts if len(text) <= _LONGEST]

        def keep(plan: Plan) -> None:
            plan.side(self.side).samples = kept

        with door.tenant(self.tenant.pk):
            self.draft = drafting.change(self.draft, keep, now=now())
        return len(kept)

    def gaps(self) -> Sequence[Gap]:
        """List what keeps this side from being published at the end."""
        rows = running(read_mappings(self.own.mapping))
        known = Known(self.tenant.pk)
        return publish.gaps(self.connection, rows, self.shape(), known)

    def document(self) -> dict[str, Any]:
        """Give mappings and conditions as they are stored."""
        return {"mapping": self.own.mapping, "conditions": self.own.conditions}

    def lock(self, etag: int | None) -> None:
        """Lock the draft's row and read it again."""
        self.__init__(drafting.locked(self.draft, etag), self.side)  # type: ignore[misc]

    def store(self, document: Mapping[str, Any], _actor: Actor) -> None:
        """Write them into the draft; a draft leaves no trace in the audit."""
        self.own.mapping = document["mapping"]
        self.own.conditions = document["conditions"]
        drafting.write(self.draft, self.plan, now=self.draft.updated_at)
        self.connection.mapping = document["mapping"]
        self.connection.conditions = document["conditions"]


def connection_of(tenant: Tenant, plan: Plan, side: str) -> Connection:
    """Make a connection of one side, as far as it is known; it is never stored."""
    own = plan.side(side)
    return Connection(
        tenant=tenant,
        direction=side,
        name=own.name or plan.name,
        system_type=own.system_type,
        config=config_of(tenant, own),
        entity=own.entity,
        object=object_of(tenant, plan, side),
        primary_key=own.primary_key,
        mapping=own.mapping,
        conditions=own.conditions,
        **own.options,
    )


def config_of(tenant: Tenant, own: SidePlan) -> ConnectionConfig | None:
    """Give the config of a side, if it is still there and of its type."""
    rows = ConnectionConfig.objects.for_tenant(tenant).select_related("account")
    found: ConnectionConfig | None = rows.filter(
        pk=own.config or 0, system_type=own.system_type
    ).first()
    return found


def object_of(tenant: Tenant, plan: Plan, side: str) -> ConnectObject | None:
    """Give the connect object of a side; a new one is not stored yet."""
    own = source_of(plan, side)
    if own.origin in NEW:
        known = bool(own.object_type and own.fields)
        return (
            ConnectObject(tenant=tenant, type=own.object_type, name=own.object_name)
            if known
            else None
        )
    rows = ConnectObject.objects.for_tenant(tenant)
    found: ConnectObject | None = rows.filter(pk=own.object or 0).first()
    return found


def source_of(plan: Plan, side: str) -> SidePlan:
    """Give the side that says what the connect object is."""
    own = plan.side(side)
    return plan.inbound if own.origin == SAME and not plan.inbound.skip else own


def new_shape(plan: Plan, side: str, tenant_id: int) -> ObjectShape | None:
    """Give the shape of a side's new object, if it is one."""
    own = source_of(plan, side)
    if own.origin not in NEW or not own.fields:
        return None
    return planned_shape(own, tenant_id)
