"""What a rehearsal would change, field by field: on pages, in files and for REST clients.

A dry run keeps the differences with its log rows; what a real run changed stands in the record's
own history.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from objects.models import ConnectField
from objects.showing import shown
from synclogs.export import PAGE, neutral
from synclogs.models import RecordLog, SyncLog
from synclogs.sentences import sentence

HIDDEN: Final = "•••"
HEADER: Final = ("key", "remote id", "outcome", "field", "before", "after", "message")
_SHOWN: Final = 60  # characters of a value in a table


@dataclass(frozen=True, slots=True)
class Cell:
    """One field that would change.

    Attributes:
        before, after: in words; None for no value.
    """

    name: str
    label: str
    before: str | None
    after: str | None


class Fields:
    """The fields of a connect object: what they are called, and whose values are hidden."""

    def __init__(self, fields: Sequence[ConnectField], *, reveal: bool) -> None:
        self._labels = {field.name: field.label or field.name for field in fields}
        self._hidden = {f.name for f in fields if f.sensitivity != "none" and not reveal}

    @classmethod
    def of_run(cls, run: SyncLog, *, reveal: bool) -> Fields:
        """Take the fields of the object that a run writes."""
        rows = ConnectField.objects.for_tenant(run.tenant_id).filter(object_id=run.object_id)
        return cls(list(rows.order_by("position", "pk")), reveal=reveal)

    @classmethod
    def of_connection(
        cls, tenant_id: int, connection_id: int | None, *, reveal: bool
    ) -> Fields:
        """Take the fields of a connection's object."""
        rows = ConnectField.objects.for_tenant(tenant_id)
        found = rows.filter(object__connections__id=connection_id).order_by("position", "pk")
        return cls(list(found) if connection_id else (), reveal=reveal)

    def cells(
        self, diff: Mapping[str, Sequence[Any]], *, limit: int | None = None
    ) -> list[Cell]:
        """Give the fields of a difference in words, in the order of the object."""
        order = {name: number for number, name in enumerate(self._labels)}
        names = sorted(diff, key=lambda name: (order.get(name, len(order)), name))
        return [self._cell(name, diff[name][0], diff[name][1], limit) for name in names]

    def _cell(self, name: str, before: Any, after: Any, limit: int | None) -> Cell:
        label = self._labels.get(name, name)
        if name in self._hidden:
            return Cell(name, label, before and HIDDEN, after and f"{HIDDEN} (changed)")
        return Cell(
            name, label, shown(None, before, limit=limit), shown(None, after, limit=limit)
        )


def planned(log: RecordLog) -> dict[str, Sequence[Any]]:
    """Give before and after of each field that a dry run would change; nothing for other rows."""
    detail = log.detail or {}
    if "diff" in detail:
        return dict(detail["diff"])
    before, after = detail.get("before") or {}, detail.get("after") or {}
    names = [*before, *(name for name in after if name not in before)]
    return {name: (before.get(name), after.get(name)) for name in names}


def cells_of(log: RecordLog, fields: Fields) -> list[Cell]:
    """Give what a row of a dry run would change, for a table."""
    return fields.cells(planned(log), limit=_SHOWN)


def lines(run: SyncLog, *, reveal: bool) -> Iterator[str]:
    """Give the differences of a dry run as CSV, a line per field, in parts of one query each."""
    fields = Fields.of_run(run, reveal=reveal)
    yield _csv([HEADER])
    last = 0
    while page := list(
        RecordLog.objects.filter(run_id=run.pk, pk__gt=last).order_by("pk")[:PAGE]
    ):
        yield _csv([row for log in page for row in _rows(log, fields)])
        last = page[-1].pk


def _rows(log: RecordLog, fields: Fields) -> Iterator[tuple[str, ...]]:
    start = (neutral(log.key or ""), neutral(log.remote_id or ""), str(log.outcome_name))
    message = neutral(log.message or sentence(log.code))
    cells = fields.cells(planned(log))
    for cell in cells:
        yield (
            *start,
            cell.name,
            neutral(cell.before or ""),
            neutral(cell.after or ""),
            message,
        )
    if not cells:
        yield (*start, "", "", "", message)


def _csv(rows: list[tuple[str, ...]]) -> str:
    part = io.StringIO()
    csv.writer(part).writerows(rows)
    return part.getvalue()
