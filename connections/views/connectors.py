"""Pages of connectors: what belongs together, and whether it is well."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods, require_POST

from connections import connectors, declared
from connections.directions import DIRECTIONS
from connections.document import read_conditions, read_mappings
from connections.filters import ConnectorFilterSet
from connections.forms.connectors import ConnectorForm
from connections.models import Connection, Connector
from connections.tables import ConnectorTable
from syncapp.errors import SyncAppError
from syncapp.tenants.http import TenantRequest
from syncapp.ui.access import may, permission, require
from syncapp.ui.links import Action, see_other, tenant_reverse
from syncapp.ui.views import DetailView, EditView, Empty, ListView

_CRUMBS = (("Connect", ""), ("Connectors", "connections:connector_list"))


class ConnectorList(ListView):
    permission = "connectors.view"
    model = Connector
    noun = "connector"
    title = "Connectors"
    breadcrumbs = (_CRUMBS[0],)
    table_class = ConnectorTable
    filterset_class = ConnectorFilterSet
    template_name = "connections/connector_list.html"
    primary = Action("New connector", "connections:wizard", "wizard.view", "wand")
    empty = Empty(
        "A connector is one whole integration: what comes in, what goes out, and how.",
        icon="plug",
    )

    def rows(self) -> QuerySet[Any]:
        return super().rows().prefetch_related("connections")


class ConnectorDetail(DetailView):
    permission = "connectors.view"
    model = Connector
    noun = "connector"
    breadcrumbs = _CRUMBS
    template_name = "connections/connector_detail.html"

    def context(self, row: Connector) -> dict[str, Any]:
        sides = [_side(self.request, one) for one in connectors.connections_of(row)]
        active = any(side["connection"].active for side in sides)
        actions = [
            Action("Run now", "sync:connector_run", "connectors.run", "player-play", "post"),
            Action("Edit", "connections:connector_edit", "connectors.edit", "pencil"),
            Action(
                "Delete",
                "connections:connector_delete",
                "connectors.delete",
                "trash",
                dialog=True,
                menu=True,
            ),
        ]
        runs = any(one["connection"].active and one["way"].runs for one in sides)
        links = [action.link(self.request, pk=row.pk) for action in actions[0 if runs else 1 :]]
        shown = [link for link in links if link]
        return {
            "actions": shown,
            "more": [link for link in shown if link.menu],
            "sides": sides,
            "active": active,
            "may_deactivate": active and may_deactivate(self.request, row),
            "sets": [place.set for place in row.places.select_related("set")],
        }


def _side(request: HttpRequest, one: Connection) -> dict[str, Any]:
    """Give what a connector's page shows of one of its connections."""
    way = DIRECTIONS[one.direction]
    detail = tenant_reverse(request, way.page("detail"), pk=one.pk)
    return {
        "connection": one,
        "way": way,
        "type_label": declared.label_of(one.system_type),
        "url": detail if may(request, way.permission("view")) else "",
        "edit_url": tenant_reverse(request, way.page("edit"), pk=one.pk)
        if may(request, way.permission("edit"))
        else "",
        "mapping_url": f"{detail}mapping/",
        "conditions_url": f"{detail}conditions/",
        "mappings": len(read_mappings(one.mapping)),
        "conditions": sum(1 for _ in read_conditions(one.conditions).each()),
    }


def may_deactivate(request: HttpRequest, row: Connector) -> bool:
    """Tell whether all that is active of a connector may be switched off by whoever asks."""
    active = row.connections.filter(active=True).values_list("direction", flat=True)
    return all(may(request, DIRECTIONS[code].permission("activate")) for code in set(active))


class ConnectorEdit(EditView):
    model = Connector
    noun = "connector"
    breadcrumbs = _CRUMBS
    form_class = ConnectorForm
    template_name = "connections/connector_edit.html"
    list_url_name = "connections:connector_list"
    detail_url_name = "connections:connector_detail"

    def form_options(self, row: Connector | None) -> dict[str, Any]:
        options: dict[str, Any] = {"tenant": self.request.tenant, "connector": row}
        if row is not None:
            held = row.connections.values_list("pk", flat=True)
            options["initial"] = {
                "name": row.name,
                "description": row.description,
                "connections": list(held),
            }
        return options

    def save(self, form: ConnectorForm, row: Connector | None) -> Connector:
        actor = self.request.actor  # type: ignore[attr-defined]  # a TenantRequest
        if row is None:
            tenant: Any = self.request.tenant
            return connectors.create(tenant, **form.cleaned_data, actor=actor)
        etag = self.request.POST.get("etag", "")
        known = int(etag) if etag.isdecimal() else None
        return connectors.edit(row, **form.cleaned_data, actor=actor, etag=known)

    def context(self, row: Connector | None) -> dict[str, Any]:
        active = row is not None and connectors.is_active(row)
        return {
            "active": active,
            "may_deactivate": active and may_deactivate(self.request, row),  # type: ignore[arg-type]
        }


@permission("connectors.edit")
@require_POST
def connector_deactivate(request: TenantRequest, pk: int) -> HttpResponse:
    """Switch off everything of a connector at once."""
    row = get_object_or_404(Connector.objects.for_tenant(request.tenant), pk=pk)
    for one in connectors.connections_of(row):
        if one.active:
            require(request, DIRECTIONS[one.direction].permission("activate"))
    off = connectors.deactivate(row, actor=request.actor)
    names = ", ".join(f"“{one}”" for one in off)
    messages.success(request, f"Deactivated {names}." if off else "Nothing was active.")
    return see_other(request, tenant_reverse(request, "connections:connector_detail", pk=pk))


@permission("connectors.delete")
@require_http_methods(["GET", "POST"])
def connector_delete(request: TenantRequest, pk: int) -> HttpResponse:
    """Ask what becomes of the connections, then delete."""
    row = get_object_or_404(Connector.objects.for_tenant(request.tenant), pk=pk)
    held = connectors.connections_of(row)
    deletable = all(
        may(request, DIRECTIONS[one.direction].permission("delete")) for one in held
    )
    error = ""
    if request.method == "POST":
        whole = bool(request.POST.get("with_connections"))
        for one in held if whole else ():
            require(request, DIRECTIONS[one.direction].permission("delete"))
        try:
            connectors.delete(row, with_connections=whole, actor=request.actor)
        except SyncAppError as refused:
            error = refused.message
        else:
            messages.success(request, f"Deleted connector “{row}”.")
            return see_other(request, tenant_reverse(request, "connections:connector_list"))
    context = {
        "title": f"Delete {row}",
        "crumbs": [
            {"label": label, "url": tenant_reverse(request, name) if name else ""}
            for label, name in _CRUMBS
        ],
        "object": row,
        "held": held,
        "deletable": deletable,
        "active": [one for one in held if one.active],
        "error": error,
        "cancel_url": tenant_reverse(request, "connections:connector_detail", pk=pk),
    }
    part = "#dialog" if request.htmx else ""
    template = f"connections/connector_delete.html{part}"
    return render(request, template, context, status=409 if error else 200)
