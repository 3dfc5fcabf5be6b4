"""Where decisions go in the database: the record store of one connection, in one transaction a page.

1 the run's lease is proved, its row stays locked        `leases.prove`
2 links of the page; what the bytes tell is settled, the rest mapped
3 the object's lock: from here nobody else writes its records
4 facts, decisions, writing                               `objects.records`
5 links, trouble, log, ledger, cursor, counters           `recorder`, `ledger`
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from django import db
from django.db import transaction

import formulas.services
from connections.lookups import Answers, Numbers, drawn, foreseen
from connections.spec import SyncSpec
from objects.records import index, read
from objects.records.changes import Origin, RecordChange, Source, Stored, Written
from objects.records.write import write
from objects.shape import FieldShape, ObjectShape
from syncapp.sync import leases, ledger, recorder, state, writing
from syncapp.sync.changes import Decision, Family, LinkFact
from syncapp.sync.pipeline import Settled
from syncapp.sync.sampling import Sampling
from syncapp.tenants import door
from synclogs.models import SyncLog


class Store:
    """The record store, as the pages of one slice of a run see it.

    Attributes:
        answers: what formulas look up, page by page.
        sampling: keeps samples of what passes by, if it should.
        remembers: what became of a record is kept with its link.
        stop_requested: somebody asked the run to stop; known after each page.
        pages: number of the last stored page.
    """

    remembers = True

    def __init__(
        self,
        spec: SyncSpec,
        run: SyncLog,
        token: UUID,
        clock: Callable[[], datetime],
        pages: int = 0,
    ) -> None:
        self.spec = spec
        self.run = run
        self.stop_requested = False
        self.pages = pages
        self._token = token
        self._clock = clock
        self._now = clock()
        self._siblings: list[int] | None = None
        self.sampling: Sampling | None = None
        self.answers = Answers(spec.tenant_id, spec.maps, self._numbers())

    @contextmanager
    def page(self) -> Iterator[None]:
        """Open the page's transaction, in which the lease holds."""
        with door.tenant(self.spec.tenant_id):
            self._now = self._clock()
            self.answers.turn_page()
            self.stop_requested = leases.prove(self.run.pk, self._token, self._now)
            yield
        self.pages += 1

    def links(self, remote_ids: Collection[str]) -> Mapping[str, LinkFact]:
        """Find the links of this pair by remote id."""
        return state.links(self.spec.pair_id, remote_ids)

    def lock(self) -> None:
        """Make other writers of the object and its child objects wait."""
        children = (child.shape.id for _, child in self.spec.children)
        read.lock([self.spec.shape.id, *children])

    def by_ids(self, ids: Collection[int]) -> Mapping[int, Stored]:
        """Find records by id."""
        return read.by_ids(self.spec.shape.id, list(ids))

    def by_keys(self, keys: Collection[str]) -> Mapping[str, Stored]:
        """Find records by key."""
        return read.by_keys(self.spec.shape.id, keys)

    def matches(self, texts: Collection[str]) -> Mapping[str, list[int]]:
        """Find live records by the primary key field, where it is not the key."""
        return read.by_field(self.spec.primary_key.id, texts)

    def siblings(self, remote_ids: Collection[str]) -> Mapping[str, int]:
        """Find records that sibling pairs have linked."""
        if self._siblings is None:
            self._siblings = state.sibling_pairs(self.spec.pair_id)
        return state.siblings(self._siblings, remote_ids)

    def holders(self, record_ids: Collection[int]) -> Mapping[int, LinkFact]:
        """Find the links of this pair by record."""
        return state.holders(self.spec.pair_id, record_ids)

    def family(
        self, child: ObjectShape, keys: Collection[str], parents: Collection[int]
    ) -> Family:
        """Find child records by key and by parent."""
        by_key = read.by_keys(child.id, keys) if keys else {}
        return Family(by_key, read.by_parents(child.id, parents) if parents else {})

    def write(self, decisions: Sequence[Decision], *, halving: bool) -> None:
        """Write what was decided."""
        changing = writing.refuse_clashes(self.spec, decisions, _clashes)
        attempt = self._attempt_inside if halving else self._attempt
        writing.apply(changing, attempt, halving=halving)

    def keep(self, settled: Settled) -> None:
        """Store links, trouble, log rows, ledger, cursor and counters."""
        unchanged = recorder.keep(self.spec, self.run.pk, settled, self._now)
        self._turn(settled, unchanged)

    def _turn(self, settled: Settled, unchanged: list[int]) -> None:
        """Close the page; what its formulas found unmapped goes to the inboxes, rehearsed or not."""
        if unmapped := self.answers.unmapped:
            formulas.services.note_unmapped(self.spec.tenant_id, unmapped, self._now)
        if self.sampling is not None:
            self.sampling.look(settled, self._now)
        ledger.turn_page(self.spec, self.run, self.pages + 1, settled, unchanged, self._now)

    @property
    def _source(self) -> Source:
        return Source(Origin.SYNC, self.spec.pair_id)

    def _numbers(self) -> Numbers:
        return drawn(self.spec.tenant_id)

    def _attempt(self, decisions: Sequence[Decision]) -> None:
        """Write a set; a refusal leaves the transaction broken, so the page begins anew."""
        try:
            writing.write(self.spec, decisions, self._write)
        except (db.DataError, db.IntegrityError) as error:
            raise writing.SetRefused(_said(error)) from error

    def _attempt_inside(self, decisions: Sequence[Decision]) -> None:
        """Write a set inside a savepoint, which a refusal leads back to."""
        with transaction.atomic():
            self._attempt(decisions)

    def _write(self, shape: ObjectShape, changes: Sequence[RecordChange]) -> list[Written]:
        return write(shape, changes, self._source, self._now)


class Rehearsal(Store):
    """The same on a dry run: reads what a run reads, writes nothing but the log of the run.

    Except that values which no map has are noted: to meet them before they do harm is what a
    rehearsal is for. Numbers are shown as they would be given, and not taken.
    """

    def _numbers(self) -> Numbers:
        return foreseen(self.spec.tenant_id)

    def write(self, decisions: Sequence[Decision], *, halving: bool) -> None:  # noqa: ARG002  a port
        """Reject what a run would reject before it writes."""
        writing.refuse_clashes(self.spec, decisions, _clashes)

    def keep(self, settled: Settled) -> None:
        """Store log rows, ledger and counters."""
        unchanged = recorder.rehearse(self.spec, self.run.pk, settled, self._now)
        self._turn(settled, unchanged)


def _clashes(shape: ObjectShape, changes: Sequence[RecordChange]) -> Mapping[int, FieldShape]:
    return index.clashes(shape, changes) if shape.unique else {}


def _said(error: db.Error) -> str:
    """Give what PostgreSQL said, without the statement."""
    diagnosis = getattr(error.__cause__, "diag", None)
    return str(getattr(diagnosis, "message_primary", None) or error).strip()
