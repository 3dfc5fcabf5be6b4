"""Running connectors and sets of them, and how far a set is."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from connections.models import Connection, Connector, ConnectorSet
from connections.wizard.drafting import drafts_of
from connections.wizard.finish import finish
from connections.wizard.plan import COMPLETED
from syncapp.errors import SyncAppError
from syncapp.sync import services, sets, tasks
from syncapp.tenants.http import TenantRequest
from syncapp.ui.access import may, permission, require
from syncapp.ui.links import see_other, tenant_reverse
from synclogs.models import SyncLog


@permission("connectors.run")
@require_POST
def connector_run(request: TenantRequest, pk: int) -> HttpResponse:
    """Queue a run of each active inbound connection of a connector."""
    row = get_object_or_404(Connector.objects.for_tenant(request.tenant), pk=pk)
    rows = row.connections.filter(active=True, direction=Connection.Direction.INBOUND)
    runs = []
    for connection in rows.order_by("name"):
        try:
            runs.append(
                services.request_run(connection, actor=request.actor, now=timezone.now())
            )
        except SyncAppError as error:
            messages.error(request, error.message)
    if runs:
        tasks.enqueue()
    if len(runs) == 1:
        return see_other(request, tenant_reverse(request, "synclogs:run_detail", pk=runs[0].pk))
    if runs:
        messages.success(request, f"Queued {len(runs)} runs.")
    elif not rows:
        messages.error(request, "No inbound connection of this connector is active.")
    return see_other(request, tenant_reverse(request, "connections:connector_detail", pk=pk))


@permission("connectors.create")
@require_POST
def wizard_finish(request: TenantRequest, pk: int) -> HttpResponse:
    """Finish a draft of the wizard, and rehearse its inbound side at once."""
    rows = drafts_of(request.tenant, request.member).select_related("tenant", "member")
    draft = get_object_or_404(rows, pk=pk)
    require(request, "inbound.dry_run")
    try:
        with transaction.atomic():
            connector = finish(
                draft,
                may=lambda code: may(request, code),
                actor=request.actor,
                now=timezone.now(),
            )
            inbound = connector.connections.get(direction=Connection.Direction.INBOUND)
            run = services.request_run(
                inbound, kind=SyncLog.Kind.DRY, actor=request.actor, now=timezone.now()
            )
    except SyncAppError as error:
        messages.error(request, " ".join([error.message, *error.fields.values()]))
        url = tenant_reverse(request, "connections:wizard_step", pk=pk, step=COMPLETED)
        return see_other(request, url)
    tasks.enqueue()
    messages.success(request, f"Made connector “{connector}”; this is its dry run.")
    return see_other(request, tenant_reverse(request, "synclogs:run_detail", pk=run.pk))


@permission("connector_sets.run")
@require_POST
def set_run(request: TenantRequest, pk: int) -> HttpResponse:
    """Begin to run a set."""
    row = _set(request, pk)
    try:
        sets.request_set_run(row, actor=request.actor, now=timezone.now())
        tasks.enqueue()
    except SyncAppError as error:
        messages.error(request, error.message)
    return see_other(request, _page(request, row))


@permission("connector_sets.run")
@require_POST
def set_stop(request: TenantRequest, pk: int) -> HttpResponse:
    """Stop a set."""
    row = _set(request, pk)
    try:
        for made in sets.last_of(row):
            sets.request_set_stop(made, now=timezone.now())
        tasks.enqueue()
    except SyncAppError as error:
        messages.error(request, error.message)
    return see_other(request, _page(request, row))


@permission("connector_sets.view")
@require_GET
def set_panel(request: TenantRequest, pk: int) -> HttpResponse:
    """Show how far the last run of a set is; htmx gets the panel alone, as often as it asks."""
    row = _set(request, pk)
    made = next(iter(sets.last_of(row)), None)
    context: dict[str, Any] = {
        "title": f"Last run of {row}",
        "crumbs": [
            {"label": "Connect", "url": ""},
            {"label": "Connector sets", "url": tenant_reverse(request, "connections:set_list")},
            {"label": str(row), "url": _page(request, row)},
        ],
        "object": row,
        "set_run": made,
        "open": made is not None and made.state == sets.State.RUNNING,
        "may_stop": may(request, "connector_sets.run"),
    }
    return render(request, f"sync/set_panel.html{'#panel' if request.htmx else ''}", context)


def _set(request: TenantRequest, pk: int) -> ConnectorSet:
    rows = ConnectorSet.objects.for_tenant(request.tenant)
    found: ConnectorSet = get_object_or_404(rows, pk=pk)
    return found


def _page(request: TenantRequest, row: ConnectorSet) -> str:
    return tenant_reverse(request, "connections:set_detail", pk=row.pk)
