from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from connections.models import Connection
from syncapp.errors import SyncAppError
from syncapp.sync import services, tasks
from syncapp.sync.forms import ScheduleForm
from syncapp.tenants.http import TenantRequest
from syncapp.ui.access import may, permission, require
from syncapp.ui.links import see_other, tenant_reverse
from synclogs.models import SyncLog


@permission("inbound.run")
@require_POST
def connection_run(request: TenantRequest, pk: int) -> HttpResponse:
    full = request.POST.get("kind") == SyncLog.Kind.FULL
    return _start(request, pk, SyncLog.Kind.FULL if full else SyncLog.Kind.NORMAL)


@permission("inbound.dry_run")
@require_POST
def connection_dry_run(request: TenantRequest, pk: int) -> HttpResponse:
    bound = request.POST.get("max_records", "")
    return _start(
        request, pk, SyncLog.Kind.DRY, max_records=int(bound) if bound.isdecimal() else None
    )


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
    back = tenant_reverse(request, "connections:inbound_detail", pk=pk)
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
        "crumbs": [
            {"label": "Connect", "url": ""},
            {"label": "Inbound", "url": tenant_reverse(request, "connections:inbound_list")},
            {"label": str(connection), "url": back},
        ],
        "object": connection,
        "schedule": schedule,
        "form": form,
        "editable": may(request, "inbound.edit"),
        "cancel_url": back,
    }
    template = "sync/schedule.html" + ("#panel" if request.htmx else "")
    return render(request, template, context, status=422 if form.errors else 200)


def _start(
    request: TenantRequest, pk: int, kind: str, *, max_records: int | None = None
) -> HttpResponse:
    connection = _connection(request, pk)
    try:
        run = services.request_run(
            connection,
            kind=kind,
            actor=request.actor,
            now=timezone.now(),
            max_records=max_records,
        )
    except SyncAppError as error:
        messages.error(request, " ".join([error.message, *error.fields.values()]))
        back = tenant_reverse(request, "connections:inbound_detail", pk=pk)
        return see_other(request, back)
    tasks.enqueue()
    return see_other(request, tenant_reverse(request, "synclogs:run_detail", pk=run.pk))


def _connection(request: TenantRequest, pk: int) -> Connection:
    rows = Connection.objects.for_tenant(request.tenant)
    connection: Connection = get_object_or_404(rows, pk=pk)
    return connection
