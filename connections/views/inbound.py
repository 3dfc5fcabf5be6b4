"""Pages of inbound connections, and what can be done with one."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from connections import declared, discovery, services
from connections.document import read_mappings
from connections.filters import ConnectionFilterSet
from connections.forms.drafts import NewConnectionForm
from connections.kit.base import RemoteError
from connections.models import Connection
from connections.publish import publish
from connections.tables import InboundTable
from connections.views.edit import shown_sample
from syncapp.errors import Invalid
from syncapp.tenants import door
from syncapp.tenants.http import TenantRequest
from syncapp.ui.access import may, permission
from syncapp.ui.links import Action, Tab, see_other, tenant_reverse
from syncapp.ui.views import DeleteView, DetailView, EditView, Empty, ListView

_CRUMBS = (("Connect", ""), ("Inbound", "connections:inbound_list"))
_DETAIL = "connections:inbound_detail"


def inbound_of(request: TenantRequest) -> QuerySet[Any]:
    """Give this tenant's inbound connections."""
    rows: QuerySet[Any] = Connection.objects.for_tenant(request.tenant)
    return rows.filter(direction=Connection.Direction.INBOUND).select_related(
        "config", "object", "live_version", "pair__entity"
    )


class InboundList(ListView):
    permission = "inbound.view"
    model = Connection
    noun = "inbound connection"
    title = "Inbound"
    breadcrumbs = (_CRUMBS[0],)
    table_class = InboundTable
    filterset_class = ConnectionFilterSet
    primary = Action(
        "New inbound connection", "connections:inbound_create", "inbound.create", "plus"
    )
    empty = Empty(
        "An inbound connection brings one kind of record from a system into a connect object.",
        icon="arrow-down-left",
    )

    def rows(self) -> QuerySet[Any]:
        return inbound_of(self.request)  # type: ignore[arg-type]  # a TenantRequest


class InboundCreate(EditView):
    permission = "inbound.create"
    model = Connection
    noun = "inbound connection"
    breadcrumbs = _CRUMBS
    form_class = NewConnectionForm
    list_url_name = "connections:inbound_list"
    detail_url_name = _DETAIL

    def form_options(self, _row: Any) -> dict[str, Any]:
        return {"choices": declared.offered()}

    def save(self, form: Any, _row: Any) -> Connection:
        return services.create(
            self.request.tenant,  # type: ignore[arg-type]  # a Tenant below /t/
            direction=Connection.Direction.INBOUND,
            actor=self.request.actor,  # type: ignore[attr-defined]  # a TenantRequest
            **form.cleaned_data,
        )

    def next_url(self, row: Connection) -> str:
        """Go on with everything else, if that is allowed."""
        name = "connections:inbound_edit" if may(self.request, "inbound.edit") else _DETAIL
        return self.url(name, pk=row.pk)


class InboundDetail(DetailView):
    permission = "inbound.view"
    model = Connection
    noun = "inbound connection"
    breadcrumbs = _CRUMBS
    template_name = "connections/inbound_detail.html"

    def rows(self) -> QuerySet[Any]:
        return inbound_of(self.request)  # type: ignore[arg-type]  # a TenantRequest

    def tabs(self, row: Connection) -> list[Tab]:
        address = self.url(_DETAIL, pk=row.pk)
        related = self._related
        return [
            Tab("Details", address, active=not related),
            Tab("Related", f"{address}?tab=related", active=related),
        ]

    def context(self, row: Connection) -> dict[str, Any]:
        gaps = services.gaps_of(row)
        offered = _actions(row, ready=not gaps)
        actions = [link for one in offered if (link := one.link(self.request, pk=row.pk))]
        shown: dict[str, Any] = {
            "actions": actions,
            "more": [link for link in actions if link.menu],
            "type_label": declared.label_of(row.system_type),
            "related": self._related,
            "may_activate": may(self.request, "inbound.activate"),
            "may_edit": may(self.request, "inbound.edit"),
        }
        if self._related:
            return shown | {"versions": row.versions.order_by("-number")[:20]}
        return shown | {
            "gaps": gaps,
            "unpublished": row.live_version is not None and services.draft_differs(row),
            "warnings": services.warnings_of(row),
            "mappings": read_mappings(row.mapping),
            "import_url": self._import_url(row),
        }

    def _import_url(self, row: Connection) -> str:
        """Lead to the fields of this entity, for this object."""
        if not (row.object_id and row.config_id and may(self.request, "objects.edit")):
            return ""
        asked = urlencode({"config": row.config_id, "entity": row.entity})
        return f"{self.url('connections:import_fields', pk=row.object_id)}?{asked}"

    @property
    def _related(self) -> bool:
        return self.request.GET.get("tab") == "related"


def _actions(row: Connection, *, ready: bool) -> list[Action]:
    """List what can be done now: a run follows the published version, a dry run the draft."""
    run = Action("Run now", "sync:connection_run", "inbound.run", "player-play", "post")
    dry_run = Action(
        "Dry run", "sync:connection_dry_run", "inbound.dry_run", "test-pipe", "post"
    )
    edit = Action("Edit", "connections:inbound_edit", "inbound.edit", "pencil")
    switch = (
        Action(
            "Deactivate",
            "connections:inbound_deactivate",
            "inbound.activate",
            "player-pause",
            "post",
        )
        if row.active
        else Action(
            "Activate",
            "connections:inbound_activate",
            "inbound.activate",
            "bolt",
            dialog=True,
        )
    )
    delete = Action(
        "Delete",
        "connections:inbound_delete",
        "inbound.delete",
        "trash",
        dialog=True,
        menu=True,
    )
    runs = [run] if row.live_version is not None else []
    return [*runs, *([dry_run] if ready else []), edit, switch, delete]


class InboundDelete(DeleteView):
    permission = "inbound.delete"
    model = Connection
    noun = "inbound connection"
    breadcrumbs = _CRUMBS
    list_url_name = "connections:inbound_list"
    detail_url_name = _DETAIL

    def rows(self) -> QuerySet[Any]:
        return inbound_of(self.request)  # type: ignore[arg-type]  # a TenantRequest

    def consequences(self, row: Connection) -> list[str]:
        counted = ((len(row.mapping), "mapping"), (row.versions.count(), "version"))
        return [f"{n} {word}{'s' if n > 1 else ''}" for n, word in counted if n]

    def delete_row(self, row: Connection) -> None:
        services.delete(row, actor=self.request.actor)  # type: ignore[attr-defined]


@permission("inbound.activate")
def inbound_activate(request: TenantRequest, pk: int) -> HttpResponse:
    """Ask, with what speaks against it; then publish and switch on."""
    row = get_object_or_404(inbound_of(request), pk=pk)
    gaps = services.gaps_of(row)
    detail = tenant_reverse(request, _DETAIL, pk=row.pk)
    if request.method == "POST" and not gaps:
        services.activate(row, actor=request.actor, now=timezone.now())
        messages.success(request, f"Activated inbound connection “{row}”.")
        return see_other(request, detail)
    context = {
        "title": f"Activate {row}",
        "crumbs": _crumbs(request),
        "object": row,
        "gaps": gaps,
        "warnings": services.warnings_of(row),
        "edit_url": tenant_reverse(request, "connections:inbound_edit", pk=row.pk),
        "cancel_url": detail,
    }
    part = "#dialog" if request.htmx else ""
    status = 422 if request.method == "POST" else 200
    return render(request, f"connections/inbound_activate.html{part}", context, status=status)


@permission("inbound.activate")
@require_POST
def inbound_deactivate(request: TenantRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(inbound_of(request), pk=pk)
    services.deactivate(row, actor=request.actor)
    messages.success(request, f"Deactivated inbound connection “{row}”.")
    return see_other(request, tenant_reverse(request, _DETAIL, pk=row.pk))


@permission("inbound.activate")
@require_POST
def inbound_publish(request: TenantRequest, pk: int) -> HttpResponse:
    """Make the draft what runs, whether the connection is switched on or not."""
    row = get_object_or_404(inbound_of(request), pk=pk)
    try:
        version = publish(row, actor=request.actor, now=timezone.now())
    except Invalid as error:
        messages.error(request, " ".join([error.message, *error.fields.values()]))
    else:
        messages.success(request, f"Published {version}.")
    return see_other(request, tenant_reverse(request, _DETAIL, pk=row.pk))


@door.own_transactions
@permission("inbound.edit")
@require_POST
def inbound_test_query(request: TenantRequest, pk: int) -> HttpResponse:
    """Show the first records that the stored query gives; htmx gets the table alone."""
    with door.tenant(request.tenant.pk):
        row: Connection = get_object_or_404(inbound_of(request), pk=pk)
    sample, error = None, ""
    if row.config is None or not row.entity:
        error = "Choose a connection config and an entity first."
    else:
        query = discovery.sample_query(row.entity, row.query_filter)
        try:
            sample = discovery.sample(row.config, query, now=timezone.now)
        except RemoteError as problem:
            error = problem.message
    context = {
        "title": "Test query",
        "crumbs": [
            *_crumbs(request),
            {"label": str(row), "url": tenant_reverse(request, _DETAIL, pk=row.pk)},
        ],
        "object": row,
        "sample": shown_sample(sample) if sample else None,
        "talk_error": error,
    }
    template = "connections/_sample.html" if request.htmx else "connections/inbound_sample.html"
    with door.tenant(request.tenant.pk):
        return render(request, template, context)


def _crumbs(request: TenantRequest) -> list[dict[str, str]]:
    return [
        {"label": label, "url": tenant_reverse(request, name) if name else ""}
        for label, name in _CRUMBS
    ]
