from __future__ import annotations

from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from connections.directions import Direction
from connections.models import Connection
from syncapp.errors import SyncAppError
from syncapp.sync import impact, recount, services, tasks
from syncapp.sync.forms import CountForm, DryRunForm, ScheduleForm
from syncapp.tenants.http import TenantRequest
from syncapp.ui.access import may, permission, require
from syncapp.ui.links import see_other, tenant_reverse
from synclogs.diffs import Cell, Fields
from synclogs.models import SyncLog


@permission("inbound.run")
@require_POST
def connection_run(request: TenantRequest, pk: int) -> HttpResponse:
    full = request.POST.get("kind") == SyncLog.Kind.FULL
    return _start(request, pk, SyncLog.Kind.FULL if full else SyncLog.Kind.NORMAL)


@permission("inbound.dry_run")
@require_http_methods(["GET", "POST"])
def connection_dry_run(request: TenantRequest, pk: int) -> HttpResponse:
    """Ask how far, and start; a button that asks nothing posts nothing and rehearses all."""
    connection = _connection(request, pk)
    form = DryRunForm(data=request.POST if "reads" in request.POST else None)
    if request.method == "POST" and (not form.is_bound or form.is_valid()):
        wanted = form.wanted() if form.is_bound else {}
        return _start(request, pk, SyncLog.Kind.DRY, **wanted)
    context = {
        "title": f"Dry run of {connection}",
        "crumbs": _crumbs(request, connection),
        "object": connection,
        "form": form,
        "cancel_url": _detail(request, connection),
    }
    template = "sync/dry_run.html" + ("#dialog" if request.htmx else "")
    return render(request, template, context, status=422 if form.errors else 200)


def connection_impact(request: TenantRequest, pk: int, way: Direction) -> HttpResponse:
    """Tell what publishing the draft would do; htmx gets the panel alone."""
    rows = Connection.objects.for_tenant(request.tenant).select_related(
        "tenant", "live_version"
    )
    connection: Connection = get_object_or_404(rows, pk=pk, direction=way.code)
    if not way.runs:
        return _recount(request, connection)
    found, error = None, None
    try:
        found = impact.of_draft(connection, now=timezone.now)
    except SyncAppError as problem:
        error = problem
    context = {
        "title": f"What publishing {connection} would do",
        "crumbs": _crumbs(request, connection),
        "object": connection,
        "impact": found,
        "error": error,
        "examples": _examples(request, connection, found) if found else [],
    }
    template = "sync/impact.html" + ("#panel" if request.htmx else "")
    return render(request, template, context)


@permission("runs.cancel")
@require_POST
def run_stop(request: TenantRequest, pk: int) -> HttpResponse:
    run: SyncLog = get_object_or_404(SyncLog.objects.for_tenant(request.tenant), pk=pk)
    try:
        services.request_stop(run, now=timezone.now())
        tasks.enqueue()
    except SyncAppError as error:
        messages.error(request, error.message)
    return see_other(request, tenant_reverse(request, "synclogs:run_detail", pk=run.pk))


@permission("inbound.view")
@require_http_methods(["GET", "POST"])
def connection_schedule(request: TenantRequest, pk: int) -> HttpResponse:
    """Show when a connection runs by itself; htmx gets the panel of the connection's page."""
    connection = _connection(request, pk)
    back = _detail(request, connection)
    schedule = services.schedule_of(connection)
    form = ScheduleForm(initial={"every_minutes": schedule and schedule.every_minutes})
    if request.method == "POST":
        require(request, "inbound.edit")
        form = ScheduleForm(data=request.POST)
        if form.is_valid():
            every = form.cleaned_data["every_minutes"]
            services.set_schedule(
                connection, every_minutes=every, actor=request.actor, now=timezone.now()
            )
            said = f"“{connection}” runs every {every} minutes."
            messages.success(request, said if every else f"“{connection}” runs only by hand.")
            return see_other(request, back)
    context = {
        "title": f"Schedule of {connection}",
        "crumbs": _crumbs(request, connection),
        "object": connection,
        "schedule": schedule,
        "form": form,
        "editable": may(request, "inbound.edit"),
        "cancel_url": back,
    }
    template = "sync/schedule.html" + ("#panel" if request.htmx else "")
    return render(request, template, context, status=422 if form.errors else 200)


def _recount(request: TenantRequest, connection: Connection) -> HttpResponse:
    """Count on from where the address says; many records take more than one request."""
    found, error = CountForm(request.GET).count, None
    try:
        found = recount.go_on(connection, found, now=timezone.now())
    except SyncAppError as problem:
        error = problem
    context = {
        "title": f"What publishing {connection} would do",
        "crumbs": _crumbs(request, connection),
        "object": connection,
        "count": found,
        "next_url": f"{request.path}?{urlencode(asdict(found))}" if found.after else "",
        "error": error,
    }
    template = "sync/recount.html" + ("#panel" if request.htmx else "")
    return render(request, template, context)


def _examples(
    request: TenantRequest, connection: Connection, found: impact.Impact
) -> list[tuple[impact.Example, list[Cell]]]:
    reveal = may(request, "records.export")
    fields = Fields.of_connection(request.tenant.pk, connection.pk, reveal=reveal)
    return [(one, fields.cells(one.diff, limit=60)) for one in found.examples]


def _start(request: TenantRequest, pk: int, kind: str, **bounds: Any) -> HttpResponse:
    connection = _connection(request, pk)
    try:
        run = services.request_run(
            connection,
            kind=kind,
            actor=request.actor,
            now=timezone.now(),
            **bounds,
        )
    except SyncAppError as error:
        messages.error(request, " ".join([error.message, *error.fields.values()]))
        return see_other(request, _detail(request, connection))
    tasks.enqueue()
    return see_other(request, tenant_reverse(request, "synclogs:run_detail", pk=run.pk))


def _detail(request: TenantRequest, connection: Connection) -> str:
    name = f"connections:{connection.direction}_detail"
    return tenant_reverse(request, name, pk=connection.pk)


def _crumbs(request: TenantRequest, connection: Connection) -> list[dict[str, str]]:
    listed = tenant_reverse(request, f"connections:{connection.direction}_list")
    return [
        {"label": "Connect", "url": ""},
        {"label": connection.get_direction_display(), "url": listed},
        {"label": str(connection), "url": _detail(request, connection)},
    ]


def _connection(request: TenantRequest, pk: int) -> Connection:
    rows = Connection.objects.for_tenant(request.tenant)
    connection: Connection = get_object_or_404(rows, pk=pk)
    return connection
