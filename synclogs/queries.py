"""What a log row meant for its record: before and after, reconstructed from the changes.

A create writes no change row and an update writes one: the record as it was at some position is
its present state with all later changes undone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from connections.kit.codes import Outcome
from connections.models import Connection
from objects.models import Change, ConnectField, Record
from objects.records.changes import ChangeOp
from objects.showing import shown
from syncapp.tenants.models import Tenant
from synclogs.models import RecordLog, RunPage, SyncLog

Values = dict[str, Any]
HIDDEN = "•••"


@dataclass(frozen=True, slots=True)
class Cell:
    """One field of a record, before and after.

    Attributes:
        before, after: None also where the field was absent.
        known: False where one side is not known and only the other is shown.
    """

    name: str
    label: str
    before: Any
    after: Any

    @property
    def differs(self) -> bool:
        """The two are not the same."""
        return bool(self.before != self.after)

    @property
    def texts(self) -> tuple[str | None, str | None]:
        """Give both as people read them."""
        return shown(None, self.before), shown(None, self.after)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Before and after of one log row.

    Attributes:
        cells: fields in the order of the object.
        has_before, has_after: whether that side existed (a create has no before).
    """

    cells: list[Cell]
    has_before: bool
    has_after: bool

    @property
    def changed(self) -> list[str]:
        """Labels of the fields that differ."""
        return [cell.label for cell in self.cells if cell.differs]


def logs_of(tenant: Tenant) -> QuerySet[RecordLog]:
    """Give the tenant's record logs."""
    return RecordLog.objects.filter(tenant_id=tenant.pk)


def evidence(log: RecordLog, run: SyncLog, *, reveal: bool) -> Evidence:
    """Say what the record was before and after.

    Args:
        log: the row.
        run: its run.
        reveal: show sensitive fields too.
    """
    before, after = _sides(log)
    fields = _fields(run)
    names = [field.name for field in fields] + sorted(
        {*(before or {}), *(after or {})} - {field.name for field in fields}
    )
    labels = {field.name: field.label for field in fields}
    hidden = {field.name for field in fields if field.sensitivity != "none" and not reveal}
    cells = [
        Cell(
            name,
            labels.get(name, name),
            _shown(name, before, hidden, other=after),
            _shown(name, after, hidden, other=before),
        )
        for name in names
        if name in (before or {}) or name in (after or {})
    ]
    return Evidence(cells, before is not None, after is not None)


def _shown(name: str, side: Values | None, hidden: set[str], *, other: Values | None) -> Any:
    value = (side or {}).get(name)
    if name not in hidden or value is None:
        return value
    return HIDDEN if value == (other or {}).get(name) else f"{HIDDEN} (changed)"


def _fields(run: SyncLog) -> list[ConnectField]:
    rows = ConnectField.objects.for_tenant(run.tenant).filter(object_id=run.object_id)
    return list(rows.order_by("position", "pk"))


def _sides(log: RecordLog) -> tuple[Values | None, Values | None]:
    detail = log.detail or {}
    if "diff" in detail:
        diff: Mapping[str, list[Any]] = detail["diff"]
        return (
            {name: pair[0] for name, pair in diff.items()},
            {name: pair[1] for name, pair in diff.items()},
        )
    if "before" in detail or "after" in detail:
        return detail.get("before"), detail.get("after")
    if log.seq is None or log.record_id is None:
        return None, None
    return _at(log.record_id, log.seq)


def _at(record_id: int, seq: int) -> tuple[Values | None, Values | None]:
    """Give the record just before and just after the write at `seq`."""
    record = Record.objects.filter(pk=record_id).first()
    if record is None:
        return None, None
    later = list(
        Change.objects.filter(object_id=record.object_id, record_id=record_id, seq__gte=seq)
        .order_by("-seq")
        .values_list("seq", "op", "diff")
    )
    after: Values | None = None if record.deleted_at else dict(record.values)
    for change_seq, op, diff in later:
        if change_seq == seq:
            return _undone(after, op, diff), after
        after = _undone(after, op, diff)
    return None, after


def _undone(values: Values | None, op: int, diff: Mapping[str, list[Any]]) -> Values | None:
    if op == ChangeOp.RESURRECT:
        return None
    earlier = dict(values or {})
    for name, (old, _new) in diff.items():
        if old is None:
            earlier.pop(name, None)
        else:
            earlier[name] = old
    return earlier


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour of a connection: how many records came to a good and to a bad end."""

    well: int
    bad: int


def sparklines(
    connections: Iterable[Connection], now: datetime, *, hours: int = 24
) -> dict[int, list[Bar]]:
    """Sum the outcomes of the last hours, hour by hour, for many connections at once."""
    ids = [row.pk for row in connections]
    bars = {pk: [Bar(0, 0)] * hours for pk in ids}
    if not ids:
        return bars
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT connection_id,
                   width_bucket(extract(epoch FROM queued_at), %s, %s, %s) - 1,
                   sum(n_read - n_rejected - n_conflict - n_retryable - n_unknown),
                   sum(n_rejected + n_conflict + n_retryable + n_unknown
                       + (state = 'failed')::integer)
            FROM run
            WHERE connection_id = ANY(%s) AND queued_at > %s AND kind <> 'dry'
            GROUP BY 1, 2
            """,
            [
                (now - timedelta(hours=hours)).timestamp(),
                now.timestamp(),
                hours,
                ids,
                now - timedelta(hours=hours),
            ],
        )
        for pk, bucket, well, bad in cursor.fetchall():
            bars[pk][min(max(bucket, 0), hours - 1)] = Bar(int(well), int(bad))
    return bars


def last_runs(tenant: Tenant, connections: Iterable[Connection]) -> dict[int, SyncLog]:
    """Give the newest run of each connection, dry runs left out."""
    ids = [row.pk for row in connections]
    newest = (
        SyncLog.objects.for_tenant(tenant)
        .filter(connection_id__in=ids)
        .exclude(kind=SyncLog.Kind.DRY)
        .order_by("connection_id", "-pk")
        .distinct("connection_id")
    )
    return {run.connection_id: run for run in newest if run.connection_id is not None}


def equation(run: SyncLog) -> list[tuple[Outcome, int]]:
    """Give the terms of read = …, those that are not zero."""
    return [(outcome, count) for outcome, count in _counts(run) if count]


def _counts(run: SyncLog) -> list[tuple[Outcome, int]]:
    return [(Outcome(name), count) for name, count in run.counts.items()]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A bar as the picture needs it, in units of the picture.

    Attributes:
        x: left edge; each bar is 3 wide and 1 apart.
        well, bad: heights, stacked; bad stands on top.
    """

    x: int
    well: float
    bad: float

    @property
    def well_y(self) -> float:
        """Upper edge of the good part."""
        return SPARK_HEIGHT - self.well

    @property
    def bad_y(self) -> float:
        """Upper edge of the bad part."""
        return SPARK_HEIGHT - self.well - self.bad


SPARK_HEIGHT = 20.0


@dataclass(frozen=True, slots=True)
class Spark:
    """A day of a connection as a small picture, with its text for those who cannot see it."""

    bars: list[Drawn]
    well: int
    bad: int


def drawn(bars: list[Bar]) -> Spark:
    """Scale the hours to the picture; an hour with anything at all is at least visible."""
    most = max((bar.well + bar.bad for bar in bars), default=0)
    scale = (SPARK_HEIGHT - 2) / most if most else 0.0
    return Spark(
        [
            Drawn(
                index * 4,
                round(bar.well * scale + 1, 1) if bar.well else 0.0,
                round(bar.bad * scale + 1, 1) if bar.bad else 0.0,
            )
            for index, bar in enumerate(bars)
        ],
        sum(bar.well for bar in bars),
        sum(bar.bad for bar in bars),
    )


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One page of a run as the ledger tells it."""

    page: RunPage
    counts: list[tuple[Outcome, int]]
    total_ms: int


def ledger_line(page: RunPage) -> LedgerLine:
    """Name the ledger's numbers."""
    counts = [(Outcome.of(number), count) for number, count in enumerate(page.counts) if count]
    return LedgerLine(page, counts, sum(page.ms))


def neighbours(log: RecordLog) -> tuple[RecordLog | None, RecordLog | None]:
    """Give the log rows of the same key before and after this one."""
    if log.key is None:
        return None, None
    rows = RecordLog.objects.filter(tenant_id=log.tenant_id, key=log.key)
    before = rows.filter(at__lte=log.at, pk__lt=log.pk).order_by("-at", "-pk").first()
    after = rows.filter(at__gte=log.at, pk__gt=log.pk).order_by("at", "pk").first()
    return before, after
