"""Pages of connections, for either direction, and what can be done with one.

Which direction it is comes from the address (`way`); everything that differs is said there.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from connections import declared, kept, services, target_lines
from connections.directions import INBOUND, Direction
from connections.document import read_mappings
from connections.filters import ConnectionFilterSet
from connections.forms.drafts import NewConnectionForm
from connections.kit.base import RemoteError
from connections.models import Connection
from connections.tables import InboundTable, OutboundTable
from connections.views.edit import shown_sample
from connections.views.tabs import tabs_of
from syncapp.tenants import door
from syncapp.tenants.http import TenantRequest
from syncapp.ui.access import may
from syncapp.ui.links import Action, Tab, see_other, tenant_reverse
from syncapp.ui.views import DeleteView, DetailView, EditView, Empty, ListView

_TABLES = {"inbound": InboundTable, "outbound": OutboundTable}


def connections_of(request: HttpRequest, way: Direction) -> QuerySet[Any]:
    """Give this tenant's connections of one direction."""
    tenant = request.tenant  # type: ignore[attr-defined]  # a TenantRequest
    rows: QuerySet[Any] = Connection.objects.for_tenant(tenant).filter(direction=way.code)
    return rows.select_related("config", "object", "live_version", "pair__entity", "connector")


class ConnectionList(ListView):
    model = Connection
    way = INBOUND
    title = INBOUND.title
    table_class = InboundTable
    filterset_class = ConnectionFilterSet

    def rows(self) -> QuerySet[Any]:
        return connections_of(self.request, self.way)

    @classmethod
    def of(cls, way: Direction) -> Any:
        """Make the page of a direction."""
        create = Action(f"New {way.noun}", way.page("create"), way.permission("create"), "plus")
        return cls.as_view(
            **way.view("view"),
            title=way.title,
            table_class=_TABLES[way.code],
            primary=create,
            empty=Empty(way.about, icon=way.icon),
        )


class ConnectionCreate(EditView):
    """The first of two steps; the second is the edit page."""

    model = Connection
    way = INBOUND
    form_class = NewConnectionForm

    def form_options(self, _row: Any) -> dict[str, Any]:
        return {"choices": declared.offered(), "way": self.way}

    def save(self, form: Any, _row: Any) -> Connection:
        return services.create(
            self.request.tenant,  # type: ignore[arg-type]  # a Tenant below /t/
            direction=self.way.code,
            actor=self.request.actor,  # type: ignore[attr-defined]  # a TenantRequest
            **form.cleaned_data,
        )

    def next_url(self, row: Connection) -> str:
        """Go on with everything else, if that is allowed."""
        editor = may(self.request, self.way.permission("edit"))
        return self.url(self.way.page("edit" if editor else "detail"), pk=row.pk)


class ConnectionDetail(DetailView):
    model = Connection
    way = INBOUND
    template_name = "connections/connection_detail.html"

    def rows(self) -> QuerySet[Any]:
        return connections_of(self.request, self.way)

    def tabs(self, row: Connection) -> list[Tab]:
        return tabs_of(self.request, row, "related" if self._related else "details")

    def context(self, row: Connection) -> dict[str, Any]:
        gaps = services.gaps_of(row)
        offered = _actions(row, self.way, ready=not gaps)
        actions = [link for one in offered if (link := one.link(self.request, pk=row.pk))]
        shown: dict[str, Any] = {
            "way": self.way,
            "actions": actions,
            "more": [link for link in actions if link.menu],
            "type_label": declared.label_of(row.system_type),
            "related": self._related,
            "may_activate": may(self.request, self.way.permission("activate")),
            "may_edit": may(self.request, self.way.permission("edit")),
            "urls": _urls(self.request, row, self.way),
        }
        if self._related:
            return shown | {"versions": row.versions.order_by("-number")[:20]}
        return shown | {
            "gaps": gaps,
            "unpublished": row.live_version is not None and services.draft_differs(row),
            "warnings": services.warnings_of(row),
            "lines": target_lines.told(read_mappings(row.mapping)),
            "import_url": _import_url(self.request, row),
        }

    @property
    def _related(self) -> bool:
        return self.request.GET.get("tab") == "related"


def _import_url(request: HttpRequest, row: Connection) -> str:
    """Lead to the fields of this entity, for this object."""
    if not (row.object_id and row.config_id and may(request, "objects.edit")):
        return ""
    asked = urlencode({"config": row.config_id, "entity": row.entity})
    return f"{tenant_reverse(request, 'connections:import_fields', pk=row.object_id)}?{asked}"


def _urls(request: HttpRequest, row: Connection, way: Direction) -> dict[str, str]:
    """Address what the page's own buttons do."""
    names = ("edit", "mapping", "publish", *(("test_query",) if way.runs else ()))
    return {name: tenant_reverse(request, way.page(name), pk=row.pk) for name in names}


def _actions(row: Connection, way: Direction, *, ready: bool) -> list[Action]:
    """List what can be done now: a run follows the published version, a dry run the draft."""

    def action(label: str, page: str, icon: str, **more: Any) -> Action:
        verb = "activate" if page == "deactivate" else page
        return Action(label, way.page(page), way.permission(verb), icon, **more)

    switch = (
        action("Deactivate", "deactivate", "player-pause", method="post")
        if row.active
        else action("Activate", "activate", "bolt", dialog=True)
    )
    own = [
        action("Edit", "edit", "pencil"),
        switch,
        action("Delete", "delete", "trash", dialog=True, menu=True),
    ]
    return [*_run_actions(row, ready=ready), *own] if way.runs else own


def _run_actions(row: Connection, *, ready: bool) -> list[Action]:
    run = Action("Run now", "sync:connection_run", "inbound.run", "player-play", "post")
    dry_run = Action(
        "Dry run", "sync:connection_dry_run", "inbound.dry_run", "test-pipe", dialog=True
    )
    return [*([run] if row.live_version is not None else []), *([dry_run] if ready else [])]


class ConnectionDelete(DeleteView):
    model = Connection
    way = INBOUND

    def rows(self) -> QuerySet[Any]:
        return connections_of(self.request, self.way)

    def consequences(self, row: Connection) -> list[str]:
        counted = ((len(row.mapping), "mapping"), (row.versions.count(), "version"))
        return [f"{n} {word}{'s' if n > 1 else ''}" for n, word in counted if n]

    def delete_row(self, row: Connection) -> None:
        services.delete(row, actor=self.request.actor)  # type: ignore[attr-defined]


def activate(request: TenantRequest, pk: int, way: Direction) -> HttpResponse:
    """Ask, with what speaks against it; then publish and switch on."""
    row = get_object_or_404(connections_of(request, way), pk=pk)
    gaps = services.gaps_of(row)
    detail = tenant_reverse(request, way.page("detail"), pk=row.pk)
    if request.method == "POST" and not gaps:
        services.activate(row, actor=request.actor, now=timezone.now())
        messages.success(request, f"Activated {way.noun} “{row}”.")
        return see_other(request, detail)
    context = {
        "title": f"Activate {row}",
        "crumbs": crumbs(request, way),
        "object": row,
        "gaps": gaps,
        "warnings": services.warnings_of(row),
        "runs": way.runs,
        "activate_url": tenant_reverse(request, way.page("activate"), pk=row.pk),
        "edit_url": tenant_reverse(request, way.page("edit"), pk=row.pk),
        "cancel_url": detail,
    }
    part = "#dialog" if request.htmx else ""
    status = 422 if request.method == "POST" else 200
    template = f"connections/connection_activate.html{part}"
    return render(request, template, context, status=status)


def deactivate(request: TenantRequest, pk: int, way: Direction) -> HttpResponse:
    """Switch off, and go back to where the button was."""
    row = get_object_or_404(connections_of(request, way), pk=pk)
    services.deactivate(row, actor=request.actor)
    messages.success(request, f"Deactivated {way.noun} “{row}”.")
    return see_other(request, tenant_reverse(request, way.page("detail"), pk=row.pk))


def test_query(request: TenantRequest, pk: int, way: Direction) -> HttpResponse:
    """Show the first records that the stored query gives; htmx gets the table alone."""
    with door.tenant(request.tenant.pk):
        row: Connection = get_object_or_404(connections_of(request, way), pk=pk)
    sample, error = None, ""
    if row.config is None or not row.entity:
        error = "Choose a connection config and an entity first."
    else:
        try:
            sample = kept.look(row, now=timezone.now)
        except RemoteError as problem:
            error = problem.message
    back = tenant_reverse(request, way.page("detail"), pk=row.pk)
    context = {
        "title": "Test query",
        "crumbs": [*crumbs(request, way), {"label": str(row), "url": back}],
        "object": row,
        "back": back,
        "sample": shown_sample(sample) if sample else None,
        "talk_error": error,
    }
    htmx = request.htmx
    template = "connections/_sample.html" if htmx else "connections/connection_sample.html"
    with door.tenant(request.tenant.pk):
        return render(request, template, context)


def crumbs(request: TenantRequest, way: Direction) -> list[dict[str, str]]:
    """Give the breadcrumb of pages that are functions."""
    return [
        {"label": label, "url": tenant_reverse(request, name) if name else ""}
        for label, name in way.breadcrumbs
    ]
