"""What an import would do with the first rows of its file, decided here and now and not written.

The same stages as in a run, with a destination that reads what a run reads and keeps nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

import connections.services
import objects.services
from connections.compile import compile_version
from connections.kit.values import Query
from connections.lookups import load_maps
from connections.models import Upload
from connections.spec import SyncSpec
from connections.uploads import plan as planning
from connections.uploads.plan import Plan
from formulas.language.context import Context
from objects.showing import SHORT, shown
from syncapp.sync import imports, pipeline, specs
from syncapp.sync.changes import Decision, Tally
from syncapp.sync.importing import Imported
from syncapp.sync.pipeline import Prepared, Settled
from synclogs.models import SyncLog
from synclogs.sentences import sentence

ROWS = 200
"""So many rows are judged."""
SHOWN = 10


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the file with what would become of it.

    Attributes:
        values: texts of the fields that the plan fills, in their order; None for nothing.
        why: what is wrong with it, or what its outcome means.
    """

    number: str
    outcome: str
    why: str
    values: list[str | None]


@dataclass(frozen=True, slots=True)
class Glance:
    """What would become of the first rows.

    Attributes:
        labels: the fields that the plan fills.
        lines: those that go wrong first, then the others, at most `SHOWN`.
        counts: (outcome, number) of all rows that were judged.
        read: how many were.
    """

    labels: list[str]
    lines: list[Line]
    counts: list[tuple[str, int]]
    read: int


class _Nowhere(Imported):
    """Reads what a run reads, in the caller's transaction, and keeps what was decided."""

    settled: Settled

    @contextmanager
    def page(self) -> Iterator[None]:
        self.answers.turn_page()
        yield

    def lock(self) -> None:
        """Let others write: nothing is decided for good."""

    def keep(self, settled: Settled) -> None:
        self.settled = settled


def take(upload: Upload, plan: Plan, *, now: datetime, rows: int = ROWS) -> Glance:
    """Judge the first rows of a file.

    Raises:
        Invalid: the plan has gaps.
        RemoteError: the file cannot be read.
    """
    run = SyncLog(
        tenant_id=upload.tenant_id,
        name=upload.name[:100],
        kind=SyncLog.Kind.DRY,
        window={"upload": planning.settings_of(upload, plan)},
        queued_at=now,
    )
    shape = objects.services.load_shape(upload.object)
    draft = specs.Draft(upload.tenant_id, 0, planning.document(upload, plan))
    spec = compile_version(draft, shape, load_maps)
    destination = _Nowhere(spec, run, uuid4(), lambda: now)
    config = imports.config_of(run, spec)
    with connections.services.open_system(config, now=lambda: now) as system:
        start = {"v": 1, "row": 0, "of": None}  # so that the rest of the file is not read
        page = next(system.read(Query(spec.entity, page_size=rows), start))
    pipeline.settle(Prepared(page, None), spec, destination, Context())
    return _told(spec, plan, destination.settled.decisions)


def _told(spec: SyncSpec, plan: Plan, decisions: Any) -> Glance:
    fields = planning.named(spec.shape, plan)
    worst = sorted(decisions, key=lambda one: one.verdict is None)[:SHOWN]
    counts = Tally.of(decisions).by_name()
    return Glance(
        [field.label or field.name for field in fields],
        [_line(spec, one, fields) for one in sorted(worst, key=lambda one: one.index)],
        [(name, number) for name, number in counts.items() if number],
        len(decisions),
    )


def _line(spec: SyncSpec, decision: Decision, fields: Any) -> Line:
    values: dict[str, Any] = {}
    if decision.verdict is None:
        mapped = spec.map(decision.record.values)
        values = mapped.values
    why = decision.verdict.message if decision.verdict is not None else sentence(decision.code)
    texts = [shown(field, values.get(field.name), limit=SHORT) for field in fields]
    return Line(decision.record.remote_id or "", str(decision.outcome), why, texts)
