"""What publishing a draft would do, decided on the kept sample by the stages that a run has.

Nothing is written and nobody is asked: the source records are those that the last runs left, the
records and links are as they are stored now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from math import ceil, floor, sqrt
from typing import Any, Final
from uuid import uuid4

from django.db import connection as database

import connections.services
from connections import kept
from connections.kit.codes import Outcome
from connections.kit.values import Page, Record
from connections.models import Connection
from connections.refusals import top
from connections.spec import SyncSpec
from objects.records.changes import ChangeOp
from syncapp.sync import pipeline, specs
from syncapp.sync.changes import Decision
from syncapp.sync.destination import Rehearsal
from syncapp.sync.pipeline import Prepared, Settled
from synclogs.models import SyncLog

_Z: Final = 2.576
"""How many standard errors the stated bounds are away: 99 of 100 times the truth is between."""

EXAMPLES: Final = 5


@dataclass(frozen=True, slots=True)
class Example:
    """A sample record that would be changed, or go no further.

    Attributes:
        diff: target field → before and after, for those that would be written.
        message: why it goes no further, for the others.
    """

    key: str
    record_id: int | None
    outcome: Outcome
    diff: Mapping[str, tuple[Any, Any]]
    message: str = ""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many of all records it is, judged by some of them; exact if low is high."""

    low: int
    likely: int
    high: int

    @property
    def exact(self) -> bool:
        """Every record was looked at."""
        return self.low == self.high


@dataclass(frozen=True, slots=True)
class Impact:
    """What the next run would do with the stored records.

    Attributes:
        stored: how many records are linked to the source.
        tried: how many of them were looked at.
        changed: how many of the stored would get other values.
        stopped: how many of the stored would be rejected or be a conflict.
        counts: what became of those that were tried, by outcome.
        examples: some of those that would change or be stopped.
        lacking: source fields that the draft reads and no kept record has, so that nothing can
            be told before a dry run has brought them.
    """

    stored: int
    tried: int
    changed: Bounds
    stopped: Bounds
    counts: Mapping[Outcome, int]
    examples: Sequence[Example]
    lacking: Sequence[str] = ()


def of_draft(connection: Connection, *, now: Callable[[], datetime]) -> Impact:
    """Try an inbound draft on the kept sample, inside the tenant's door.

    Raises:
        Invalid: the draft has gaps; `fields` lists them.
        Refused: it does not fit its object.
    """
    run = SyncLog(
        tenant=connection.tenant,
        connection=connection,
        name=connection.name,
        kind=SyncLog.Kind.DRY,
        window={"draft": specs.draft_of(connection)},
        queued_at=now(),
    )
    spec = specs.spec_of(run)
    config = connections.services.config_for(spec.config_id)
    spec, context = specs.surrounded(run, spec, config)
    trial = Trial(spec, run, now)
    new = _new_fields(connection, spec)
    samples = kept.whole(connection) if new or not spec.reads else kept.samples(connection)
    records = [Record.of(sampled.label, sampled.record) for sampled in samples]
    page = Page(records, cursor={}, complete=True)
    pipeline.settle(Prepared(page, None), spec, trial, context)
    found = judged(trial.decisions, stored=_linked(spec.pair_id))
    return found if records else replace(found, lacking=new)


class Trial(Rehearsal):
    """A rehearsal that leaves not even a log: it keeps the decisions."""

    def __init__(self, spec: SyncSpec, run: SyncLog, clock: Callable[[], datetime]) -> None:
        super().__init__(spec, run, uuid4(), clock)
        self.decisions: Sequence[Decision] = ()

    @contextmanager
    def page(self) -> Iterator[None]:
        """Nobody's lease is needed, for nothing is stored."""
        self.answers.turn_page()
        yield

    def lock(self) -> None:
        """Let writers go on."""

    def keep(self, settled: Settled) -> None:
        """Keep the decisions in memory."""
        self.decisions = settled.decisions


def judged(decisions: Sequence[Decision], *, stored: int) -> Impact:
    """Conclude from some records to all; of those that are not linked yet nothing is concluded."""
    known = [one for one in decisions if one.link is not None and one.link.record_id]
    counts: dict[Outcome, int] = {}
    for one in decisions:
        counts[one.outcome] = counts.get(one.outcome, 0) + 1
    changed = sum(one.outcome in _CHANGING for one in known)
    stopped = sum(one.outcome in _STOPPING for one in known)
    telling = [one for one in decisions if one.outcome in _CHANGING | _STOPPING]
    return Impact(
        stored,
        len(known),
        bounds(changed, len(known), stored),
        bounds(stopped, len(known), stored),
        counts,
        [_example(one) for one in telling[:EXAMPLES]],
    )


_CHANGING: Final = frozenset({Outcome.UPDATED, Outcome.DELETED})
_STOPPING: Final = frozenset({Outcome.REJECTED, Outcome.CONFLICT})


def bounds(found: int, tried: int, stored: int) -> Bounds:
    """Give Wilson's interval for a share that was seen in a sample without repetition.

    Args:
        found: how many of those that were tried are meant.
        tried: how many were tried.
        stored: how many there are in all.
    """
    if tried >= stored:
        return Bounds(found, found, found)
    if not tried:
        return Bounds(0, 0, stored)
    n = tried * (stored - 1) / (stored - tried)  # a part of a finite whole tells more
    share, z2 = found / tried, _Z * _Z
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    width = _Z * sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    low = max(found, floor((middle - width) * stored))
    high = min(stored - tried + found, ceil((middle + width) * stored))
    return Bounds(low, round(share * stored), high)


def _example(one: Decision) -> Example:
    diff: dict[str, tuple[Any, Any]] = {}
    change = one.change
    if change is not None and change.op is ChangeOp.UPDATE and change.existing is not None:
        old = change.existing.values
        diff = {name: (old.get(name), value) for name, value in change.values.items()}
    message = one.verdict.message if one.verdict is not None else ""
    return Example(
        one.key or one.record.remote_id or "", one.record_id, one.outcome, diff, message
    )


def _new_fields(connection: Connection, spec: SyncSpec) -> list[str]:
    """List what the draft reads and the live version does not: runs did not ask for it."""
    live = connection.live_version
    known = {top(one["reads"]) for one in live.reads} if live is not None else set()
    return [] if "*" in known else [name for name in spec.reads if name not in known]


def _linked(pair_id: int) -> int:
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM link"
            " WHERE pair_id = %s AND record_id IS NOT NULL AND dead_at IS NULL",
            [pair_id],
        )
        found: int = cursor.fetchone()[0]
    return found
