from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import now

from connections.declared import label_of
from connections.directions import INBOUND, OUTBOUND, Direction
from connections.models import Connection, ConnectionConfig
from syncapp.ui import html
from syncapp.ui.links import Action, tenant_reverse
from syncapp.ui.tables import ActionsColumn, LinkColumn, StateColumn, Table, TextColumn


class TypeColumn(TextColumn):
    """The label of a system type; the stored code if this installation no longer knows it."""

    def render(self, value: str) -> str:
        return label_of(value)


class ConfigTable(Table):
    telling = ("name", "tested_at")

    name = LinkColumn("Name", url_name="connections:config_detail")
    endpoint = TextColumn("Endpoint URL")
    system_type = TypeColumn("Type")
    environment = TextColumn("Environment")
    tested_at = TextColumn("Last test", empty_values=())
    actions = ActionsColumn(
        (
            Action("Edit", "connections:config_edit", "configs.edit", "pencil"),
            Action(
                "Delete", "connections:config_delete", "configs.delete", "trash", dialog=True
            ),
        )
    )

    class Meta:
        order_by = ("name",)

    def render_tested_at(self, record: ConnectionConfig) -> SafeString:
        if record.tested_at is None:
            return html.badge("untested")
        state = html.badge("passed" if record.test_ok else "failed")
        return format_html("{} {}", state, html.when(record.tested_at, now()))


class ConnectionTable(Table):
    """Columns that both directions have in the same order; the roles swap, the names stay."""

    telling = ("name", "active")

    system_type = TypeColumn("Type")
    object = LinkColumn(
        "Object In", url_name="objects:object_detail", pk="object_id", row=False
    )
    entity = TextColumn("Object Out")
    active = StateColumn("Active")

    class Meta:
        order_by = ("name",)

    def render_active(self, record: Connection) -> SafeString:
        return html.badge("active" if record.active else "off")


def _actions(way: Direction) -> ActionsColumn:
    return ActionsColumn(
        (
            Action("Edit", way.page("edit"), way.permission("edit"), "pencil"),
            Action(
                "Delete", way.page("delete"), way.permission("delete"), "trash", dialog=True
            ),
        )
    )


class InboundTable(ConnectionTable):
    name = LinkColumn("Name", url_name=INBOUND.page("detail"))
    runs = TextColumn("Runs", empty_values=(), orderable=False)
    actions = _actions(INBOUND)

    class Meta(ConnectionTable.Meta):
        sequence = ("name", "...", "actions")

    def render_runs(self, record: Connection, table: Table) -> SafeString:
        url = tenant_reverse(table.request, "synclogs:run_list")
        return format_html('<a href="{}?connection={}">Runs</a>', url, record.pk)


class OutboundTable(ConnectionTable):
    name = LinkColumn("Name", url_name=OUTBOUND.page("detail"))
    actions = _actions(OUTBOUND)

    class Meta(ConnectionTable.Meta):
        sequence = ("name", "...", "actions")
