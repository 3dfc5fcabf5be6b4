from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from objects.models import ConnectObject
from objects.records.changes import Listed
from objects.records.read import COUNT_BOUND
from objects.shape import ObjectShape
from objects.showing import SHORT, shown
from syncapp.ui import formats
from syncapp.ui.links import Action, tenant_reverse
from syncapp.ui.tables import (
    ActionsColumn,
    LinkColumn,
    Table,
    TextColumn,
    WhenColumn,
)


class ObjectTable(Table):
    name = LinkColumn("Name", url_name="objects:object_detail")
    type = TextColumn("Object Type")
    records = TextColumn("Records", empty_values=(), orderable=False)
    actions = ActionsColumn(
        (
            Action("Edit", "objects:object_edit", "objects.edit", "pencil"),
            Action("Delete", "objects:object_delete", "objects.delete", "trash", dialog=True),
        )
    )

    class Meta:
        order_by = ("name",)

    def render_records(self, record: ConnectObject, table: Table) -> SafeString:
        url = tenant_reverse(table.request, "objects:record_list", pk=record.pk)
        return format_html('<a href="{}">Records</a>', url)


class StoreTable(Table):
    """Objects as places of records."""

    name = LinkColumn("Object", url_name="objects:record_list")
    type = TextColumn("Object Type")
    n_records = TextColumn("Records", orderable=False)
    description = TextColumn("Description", orderable=False)

    class Meta:
        order_by = ("name",)

    def render_n_records(self, value: int) -> str:
        return counted(value)


def counted(number: int) -> str:
    """Write a count that stopped at the bound: 10 000+."""
    if number > COUNT_BOUND:
        return f"{formats.count(COUNT_BOUND)}+"
    return formats.count(number)


def record_table(
    shape: ObjectShape,
    columns: Sequence[tuple[str, str]],
    rows: Sequence[Listed],
    *,
    request: HttpRequest,
    sort: str,
) -> Table:
    """Make the table of a record list: the key, the object's columns, the time of the change."""
    chosen = [
        (name, label) for name, label in columns if shape.key is None or name != shape.key.name
    ]
    members: dict[str, Any] = {
        "key": LinkColumn(
            shape.key.label if shape.key else "Key", url_name="objects:record_detail"
        )
    }
    members |= {f"f_{name}": TextColumn(label, orderable=False) for name, label in chosen}
    members["updated_at"] = WhenColumn("Changed")
    made: type[Table] = type("RecordTable", (Table,), members)
    head = made([], request=request, order_by=sort)
    return head.showing([_line(shape, [name for name, _ in chosen], row) for row in rows])


def _line(shape: ObjectShape, names: Sequence[str], row: Listed) -> dict[str, Any]:
    cells = {
        f"f_{name}": shown(shape.by_name.get(name), row.values.get(name), limit=SHORT)
        for name in names
    }
    return {"pk": row.id, "key": row.key, "updated_at": row.updated_at, **cells}
