"""The list of imports."""

from __future__ import annotations

from typing import Any

from django.utils.safestring import SafeString

from connections.models import Upload
from syncapp.ui import formats, html
from syncapp.ui.links import Action
from syncapp.ui.tables import (
    ActionsColumn,
    CountColumn,
    LinkColumn,
    Table,
    TextColumn,
    WhenColumn,
)
from synclogs.tables import OutcomesColumn


class _Result(OutcomesColumn):
    """What the run of an import brought about."""

    def render(self, record: Any) -> SafeString | str:
        """Give the outcomes of the run, if there is one."""
        run = getattr(record, "run", None)
        return super().render(run) if run is not None else html.EMPTY


class _State(TextColumn):
    """How far an import is."""

    kind = "state-cell"

    def render(self, record: Any) -> SafeString:
        """Give the state of the run; a file without one is a draft."""
        run = getattr(record, "run", None)
        return html.badge(run.state if run is not None else "draft")


class _Size(CountColumn):
    """Bytes in a readable unit."""

    def render(self, value: int) -> str:
        """Give kilobytes."""
        return f"{formats.count(max(value // 1024, 1))} kB"


class ImportTable(Table):
    """Imports with what became of them."""

    telling = ("name", "state")

    name = LinkColumn("File", url_name="sync:import_detail")
    object = TextColumn("Connect object")
    state = _State("State", empty_values=(), orderable=False)
    result = _Result("Result", empty_values=(), orderable=False)
    size = _Size("Size")
    by = TextColumn("By")
    at = WhenColumn("Uploaded")
    actions = ActionsColumn(
        (Action("Delete", "sync:import_delete", "imports.delete", "trash", dialog=True),)
    )

    class Meta:
        model = Upload
        fields = ("name", "object", "state", "result", "size", "by", "at", "actions")
