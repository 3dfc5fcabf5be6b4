"""The tables of this room."""

from __future__ import annotations

from typing import Any, ClassVar

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from connections.kit.codes import Outcome
from syncapp.ui import formats, html
from syncapp.ui.tables import (
    CountColumn,
    DurationColumn,
    LinkColumn,
    StateColumn,
    Table,
    TextColumn,
    WhenColumn,
)
from synclogs.diffs import Fields, cells_of
from synclogs.models import RecordLog, SyncLog
from synclogs.sentences import sentence

_CELLS = 4
_TELLING = (Outcome.CREATED, Outcome.UPDATED, Outcome.DELETED)
_BAD = (Outcome.REJECTED, Outcome.CONFLICT, Outcome.UNKNOWN, Outcome.RETRYABLE)


class OutcomesColumn(TextColumn):
    """What a run brought about, in a few words; nothing where nothing happened."""

    def render(self, record: SyncLog) -> SafeString | str:
        """Give the outcomes that are worth a word."""
        parts = [
            f"{formats.count(count)} {name}"
            for name, count in record.counts.items()
            if count and name in (*_TELLING, *_BAD)
        ]
        return ", ".join(parts) or html.EMPTY


class KeyColumn(LinkColumn):
    """The key, or the remote id where no key is known."""

    def render(self, value: object, record: Any, table: Table) -> SafeString:
        """Give the link; `value` is empty where only the remote id is known."""
        return super().render(value or record.remote_id or f"row {record.pk}", record, table)


class RunColumn(LinkColumn):
    """A Sync ID, which is short."""

    kind = "id"


class RunTable(Table):
    """Runs, newest first."""

    telling = ("id", "name", "state")

    id = RunColumn("Sync ID", url_name="synclogs:run_detail")
    name = TextColumn("Connection")
    state = StateColumn("State")
    kind = TextColumn("Kind")
    trigger = TextColumn("Trigger")
    n_read = CountColumn("Read")
    outcomes = OutcomesColumn("Outcomes", empty_values=())
    queued_at = WhenColumn("Started")
    took = DurationColumn("Took")

    class Meta:
        model = SyncLog
        fields = (
            "id",
            "name",
            "state",
            "kind",
            "trigger",
            "n_read",
            "outcomes",
            "queued_at",
            "took",
        )


class PanelRunTable(RunTable):
    """The last runs on a connection's page."""

    telling = ("id", "state", "queued_at")

    class Meta(RunTable.Meta):
        exclude = ("name", "trigger")


class RecordLogTable(Table):
    """Outcomes of records."""

    telling: ClassVar[tuple[str, ...]] = ("key", "outcome_name")

    key = KeyColumn("Key", url_name="synclogs:record_log_detail", empty_values=())
    outcome_name = StateColumn("Outcome")
    message = TextColumn("Why", empty_values=())
    run_id = RunColumn("Sync ID", url_name="synclogs:run_detail", pk="run_id", row=False)
    at = WhenColumn("When")

    class Meta:
        model = RecordLog
        fields: tuple[str, ...] = ("key", "outcome_name", "message", "run_id", "at")

    def render_message(self, record: RecordLog) -> str:
        """Give the message, or what the code means."""
        return record.message or sentence(record.code)


class ChangesColumn(TextColumn):
    """What a dry run would change, a few fields of it; else why not."""

    def render(self, record: RecordLog, table: Table) -> SafeString | str:
        """Give the fields that the table was given."""
        cells = cells_of(record, table.fields_of_run)
        if not cells:
            return record.message or sentence(record.code)
        shown = {"cells": cells[:_CELLS], "more": max(len(cells) - _CELLS, 0)}
        return render_to_string("synclogs/_changes.html", shown)


class RunRecordTable(RecordLogTable):
    """Outcomes of one run's records."""

    class Meta(RecordLogTable.Meta):
        exclude = ("run_id",)


class DryRunTable(RecordLogTable):
    """What a dry run would do with each record."""

    telling = ("key", "outcome_name", "changes")

    changes = ChangesColumn("What would change", empty_values=())

    class Meta(RecordLogTable.Meta):
        fields = ("key", "outcome_name", "changes")
        exclude = ("run_id", "message", "at")

    def __init__(self, *args: Any, fields_of_run: Fields, **kwargs: Any) -> None:
        self.fields_of_run = fields_of_run
        super().__init__(*args, **kwargs)
