from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString

from formulas.models import ValueMap
from syncapp.ui import formats, html
from syncapp.ui.links import Action, tenant_reverse
from syncapp.ui.tables import (
    ActionsColumn,
    CountColumn,
    LinkColumn,
    Table,
    TextColumn,
    WhenColumn,
)


class MapTable(Table):
    name = LinkColumn("Name", url_name="formulas:map_detail")
    description = TextColumn("Description", orderable=False)
    n_entries = CountColumn("Entries")
    n_unmapped = TextColumn("Unmapped", initial_sort_descending=True)
    changed_at = WhenColumn("Changed")
    actions = ActionsColumn(
        (
            Action("Edit", "formulas:map_edit", "value_maps.edit", "pencil"),
            Action("Delete", "formulas:map_delete", "value_maps.delete", "trash", dialog=True),
        )
    )
    telling = ("name", "n_unmapped")

    class Meta:
        order_by = ("name",)

    def render_n_unmapped(self, value: int, record: ValueMap, table: Table) -> SafeString:
        if not value:
            return html.EMPTY
        url = tenant_reverse(table.request, "formulas:map_detail", pk=record.pk)
        word = html.badge("waiting", f"{formats.count(value)} to map")
        return format_html('<a class="reference" href="{}#inbox">{}</a>', url, word)
