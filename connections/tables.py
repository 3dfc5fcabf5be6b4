from __future__ import annotations

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import now

from connections.declared import label_of
from connections.directions import INBOUND, OUTBOUND, Direction
from connections.models import Connection, ConnectionConfig, Connector
from syncapp.ui import html
from syncapp.ui.links import Action, tenant_reverse
from syncapp.ui.tables import (
    ActionsColumn,
    CountColumn,
    LinkColumn,
    StateColumn,
    Table,
    TextColumn,
)


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


def _last_result(connection: Connection, table: Table) -> SafeString:
    """Give the place that the runs' room fills with the last result, and its list until then."""
    url = tenant_reverse(table.request, "synclogs:run_list")
    return format_html(
        '<input type="hidden" name="connection" value="{0}"><span id="last-run-{0}">'
        '<a href="{1}?connection={0}">Runs</a></span>',
        connection.pk,
        url,
    )


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
    runs = TextColumn("Last run", empty_values=(), orderable=False)
    actions = _actions(INBOUND)

    class Meta(ConnectionTable.Meta):
        sequence = ("name", "...", "actions")

    def render_runs(self, record: Connection, table: Table) -> SafeString:
        return _last_result(record, table)


class OutboundTable(ConnectionTable):
    name = LinkColumn("Name", url_name=OUTBOUND.page("detail"))
    actions = _actions(OUTBOUND)

    class Meta(ConnectionTable.Meta):
        sequence = ("name", "...", "actions")


class ConnectorTable(Table):
    telling = ("name", "inbound")

    name = LinkColumn("Name", url_name="connections:connector_detail")
    description = TextColumn("Description")
    inbound = TextColumn("Inbound", empty_values=(), orderable=False)
    outbound = TextColumn("Outbound", empty_values=(), orderable=False)
    runs = TextColumn("Last run", empty_values=(), orderable=False)
    actions = ActionsColumn(
        (
            Action("Edit", "connections:connector_edit", "connectors.edit", "pencil"),
            Action(
                "Delete",
                "connections:connector_delete",
                "connectors.delete",
                "trash",
                dialog=True,
            ),
        )
    )

    class Meta:
        order_by = ("name",)

    def render_inbound(self, record: Connector) -> SafeString:
        return _sides(record, INBOUND)

    def render_outbound(self, record: Connector) -> SafeString:
        return _sides(record, OUTBOUND)

    def render_runs(self, record: Connector, table: Table) -> SafeString:
        held = [one for one in _held(record, INBOUND) if one.live_version_id]
        found = format_html_join(" ", "{}", ((_last_result(one, table),) for one in held))
        return found or html.EMPTY


def _held(record: Connector, way: Direction) -> list[Connection]:
    """Give the connections of one direction; they were fetched with the page."""
    return [one for one in record.connections.all() if one.direction == way.code]


def _sides(record: Connector, way: Direction) -> SafeString:
    found = format_html_join(
        " ",
        '<span class="side">{} {}</span>',
        (
            (label_of(one.system_type), html.badge("active" if one.active else "off"))
            for one in _held(record, way)
        ),
    )
    return found or html.EMPTY


class ConnectorSetTable(Table):
    telling = ("name", "n_connectors")

    name = LinkColumn("Name", url_name="connections:set_detail")
    description = TextColumn("Description")
    n_connectors = CountColumn("Connectors")
    on_failure = TextColumn("When a run fails")
    actions = ActionsColumn(
        (
            Action("Run set", "sync:set_run", "connector_sets.run", "player-play", "post"),
            Action("Edit", "connections:set_edit", "connector_sets.edit", "pencil"),
            Action(
                "Delete",
                "connections:set_delete",
                "connector_sets.delete",
                "trash",
                dialog=True,
            ),
        )
    )

    class Meta:
        order_by = ("name",)
