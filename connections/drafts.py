"""Drafts that people work on: saved change by change, with steps that can be undone.

A draft belongs to a connection, or to one side of a connector that the wizard is making; the pages
of mappings and conditions ask a `Holder` and need not know which. What runs is the published
version, so saving a draft is always safe.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Protocol

from connections import kept, publish, samples, services, steps
from connections.document import (
    Conditions,
    FieldMapping,
    every,
    plain,
    read_conditions,
    read_mappings,
)
from connections.models import Connection, DraftStep
from connections.publish import Gap
from connections.sampled import Sampled
from connections.sides import SourceField, source_fields, target_shape
from objects.shape import ObjectShape
from syncapp.errors import Invalid, Refused
from syncapp.tenants.actors import Actor
from syncapp.tenants.models import Tenant

_TELLING: Final = 20
"""How many samples are asked for fields that discovery does not know."""

Rows = Sequence[FieldMapping]


class Holder(Protocol):
    """Who holds a draft.

    Attributes:
        tenant: whose it is.
        connection: its connection; of a wizard one that is not stored, with what is known so far.
        pages: how the names of its addresses begin: `connections:inbound_` for `…mapping`.
        arguments: what these addresses take.
        permission: without it the draft can only be looked at.
        fetches: its source can be asked for records to try mappings on.
        owner: what its steps belong to: {"connection": …} or {"wizard": …}.
    """

    tenant: Tenant
    connection: Connection
    pages: str
    arguments: Mapping[str, Any]
    permission: str
    fetches: bool
    owner: Mapping[str, Any]

    @property
    def etag(self) -> int:
        """State of the draft: another one after each change."""

    def shape(self) -> ObjectShape | None:
        """Give what the draft fills; None while nothing is chosen."""

    def sources(self) -> Sequence[SourceField]:
        """List what the draft reads, as far as discovery knows."""

    def samples(self) -> Sequence[Sampled]:
        """Give the source records that are kept to try mappings on."""

    def fetch(self, *, now: Callable[[], datetime]) -> int:
        """Ask the source for records and keep them; called with no transaction open.

        Returns:
            How many came.

        Raises:
            Refused: the draft does not say yet what is read.
            RemoteError: the source says why not.
        """

    def gaps(self) -> Sequence[Gap]:
        """List what keeps the draft from being published."""

    def document(self) -> dict[str, Any]:
        """Give the draft as it is stored: `mapping` and `conditions`."""

    def lock(self, etag: int | None) -> None:
        """Read the draft again and let nobody else change it before this transaction ends.

        Raises:
            Changed: it is no longer in this state.
        """

    def store(self, document: Mapping[str, Any], actor: Actor) -> None:
        """Write the draft, in the form of `document`; called after `lock`."""


class ConnectionDraft:
    """The draft of a connection."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.tenant: Tenant = connection.tenant
        self.pages = f"connections:{connection.direction}_"
        self.arguments: Mapping[str, Any] = {"pk": connection.pk}
        self.permission = f"{connection.direction}.edit"
        self.owner: Mapping[str, Any] = {"connection": connection}
        self.fetches = connection.direction == Connection.Direction.INBOUND
        self._samples: Sequence[Sampled] | None = None
        self._shape: list[ObjectShape | None] = []

    @property
    def etag(self) -> int:
        """State of the draft."""
        return self.connection.etag

    def shape(self) -> ObjectShape | None:
        """Give what the draft fills; read once."""
        if not self._shape:
            self._shape.append(target_shape(self.connection))
        return self._shape[0]

    def sources(self) -> Sequence[SourceField]:
        """List what the draft reads."""
        return source_fields(self.connection, self.samples()[:_TELLING])

    def samples(self) -> Sequence[Sampled]:
        """Give the source records that are kept, or the records that were changed last."""
        if self._samples is None:
            whole = self.connection.object
            if self.fetches:
                self._samples = kept.samples(self.connection)
            else:
                self._samples = samples.latest(whole) if whole else ()
        return self._samples

    def fetch(self, *, now: Callable[[], datetime]) -> int:
        """Ask the source for its first records and keep them."""
        found = kept.look(self.connection, now=now, limit=samples.MOST)
        return len(found.records)

    def gaps(self) -> Sequence[Gap]:
        """List what keeps the draft from being published."""
        connection = self.connection
        return publish.gaps(connection, publish.enabled(connection), self.shape())

    def document(self) -> dict[str, Any]:
        """Give the draft as it is stored."""
        return {"mapping": self.connection.mapping, "conditions": self.connection.conditions}

    def lock(self, etag: int | None) -> None:
        """Lock the connection's row."""
        self.connection = services.locked(self.connection, etag)

    def store(self, document: Mapping[str, Any], actor: Actor) -> None:
        """Write it, and say so in the audit."""
        services.write_draft(self.connection, document, actor=actor)


def rows_of(holder: Holder) -> tuple[FieldMapping, ...]:
    """Give the mappings of a draft."""
    return read_mappings(holder.document()["mapping"])


def conditions_of(holder: Holder) -> Conditions:
    """Give the conditions of a draft."""
    return read_conditions(holder.document()["conditions"])


def change(
    holder: Holder,
    *,
    said: str,
    rows: Rows | Callable[[tuple[FieldMapping, ...]], Rows] | None = None,
    conditions: Conditions | None = None,
    actor: Actor,
    etag: int | None = None,
) -> bool:
    """Change a draft and remember how it was; tell whether anything changed.

    Args:
        holder: whose draft.
        said: what is done, in words: "Map name". It is what *Undo* offers.
        rows: the whole mappings as they are from now on, or what makes them of the present ones.
        conditions: likewise, the whole of them.
        actor: who does it.
        etag: refuse if the draft is no longer in this state.

    Raises:
        Changed: somebody else changed it meanwhile.
        Invalid: a target is mapped twice, there are too many rows, or a text is too long.
    """
    holder.lock(etag)
    before = holder.document()
    after = dict(before)
    if rows is not None:
        wanted = rows(rows_of(holder)) if callable(rows) else rows
        after["mapping"] = plain(once_each(read_mappings(plain(list(wanted)))))
    if conditions is not None:
        after["conditions"] = plain(read_conditions(plain(conditions)))
    if after == before:
        return False
    side = holder.connection.direction
    steps.remember(holder.tenant.pk, side, holder.owner, before=before, said=said, actor=actor)
    holder.store(after, actor)
    return True


def undo(holder: Holder, *, actor: Actor, etag: int | None = None) -> str:
    """Take the last change of a draft back; give what it was, in words.

    Raises:
        Changed: somebody else changed the draft meanwhile.
        Refused: there is nothing to undo.
    """
    holder.lock(etag)
    step = last_step(holder)
    if step is None:
        raise Refused("There is nothing to undo.", code="nothing_to_undo")
    holder.store(step.before, actor)
    step.delete()
    return str(step.said)


def last_step(holder: Holder) -> DraftStep | None:
    """Give what *Undo* would take back."""
    return steps.of(holder.tenant.pk, holder.connection.direction, holder.owner).first()


def once_each(rows: tuple[FieldMapping, ...]) -> tuple[FieldMapping, ...]:
    """Give the rows, if no target is filled twice.

    Raises:
        Invalid: one is.
    """
    seen: set[tuple[bool, str]] = set()
    for row in rows:
        place = row.kind == "children", row.target
        if place in seen:
            raise Invalid(f"{row.target} is mapped twice.", fields={"target": "Mapped twice."})
        seen.add(place)
        once_each(row.rows)
    return rows


def find(rows: Rows, uuid: str) -> FieldMapping | None:
    """Give the row of this name, nested ones included."""
    return next((row for row in every(rows) if row.uuid == uuid), None) if uuid else None
