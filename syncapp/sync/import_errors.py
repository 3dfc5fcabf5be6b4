"""The error file of an import: rows that failed, as they were, with what is wrong with each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from connections.kit.codes import Outcome
from connections.models import Upload
from connections.uploads import reading, storage
from connections.uploads.form import Line
from connections.uploads.limits import FileRefused
from connections.uploads.plan import form_of
from connections.uploads.writing import csv_of
from synclogs.models import RecordLog, SyncLog
from synclogs.sentences import sentence

PAGE: Final = 500
FAILED: Final = (Outcome.REJECTED, Outcome.CONFLICT)


def failures(run: SyncLog) -> int:
    """Count the rows that failed."""
    return run.n_rejected + run.n_conflict


def file_of(upload: Upload, run: SyncLog) -> Iterator[bytes]:
    """Give the file in parts, each made of one query; rows in the order of the upload.

    Both are read side by side: the logs of a run come in the order of the rows.
    """
    form = form_of(upload)
    yield csv_of([[*form.columns, "Row", "Message"]])
    lines = reading.rows(storage.opened(upload.tenant_id, upload.pk), form)
    last = 0
    while logs := _logs(run, last):
        last = logs[-1].pk
        yield csv_of(_failed(lines, logs)).removeprefix(b"\xef\xbb\xbf")


def _failed(lines: Iterator[Line], logs: Sequence[RecordLog]) -> Iterator[list[str]]:
    wanted = {int(log.remote_id or 0): log.message or sentence(log.code) for log in logs}
    try:
        for line in lines:
            message = wanted.pop(line.number, None)
            if message is not None:
                yield [*line.cells, str(line.number), message]
            if not wanted:
                return
    except FileRefused as error:
        yield ["", error.message]


def _logs(run: SyncLog, after: int) -> list[RecordLog]:
    rows = RecordLog.objects.filter(
        run_id=run.pk, outcome__in=[outcome.number for outcome in FAILED], pk__gt=after
    )
    return list(rows.order_by("pk")[:PAGE])
