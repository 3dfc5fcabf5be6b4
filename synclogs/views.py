from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from connections import drifted
from connections.models import Connection, ConnectionConfig
from syncapp.tenants import door
from syncapp.tenants.http import TenantRequest
from syncapp.ui import paging
from syncapp.ui.access import may, permission
from syncapp.ui.links import Action, tenant_reverse
from syncapp.ui.paging import Keyset
from syncapp.ui.views import Empty, ListView
from synclogs import diffs, export, queries
from synclogs.diffs import Fields
from synclogs.filters import RecordLogFilterSet, RunFilterSet, RunRecordFilterSet
from synclogs.models import RecordLog, RunPage, SyncLog
from synclogs.progress import Progress
from synclogs.sentences import sentence
from synclogs.tables import DryRunTable, PanelRunTable, RecordLogTable, RunRecordTable, RunTable

END_OF_POLLING = 286
NEWEST = Keyset(("pk",))
PANEL_RUNS = 5
HOME_RUNS = 8
_CONNECTIONS = Action(
    "Inbound connections", "connections:inbound_list", "inbound.view", "arrow-down-left"
)


@permission("home.view")
def home(request: TenantRequest) -> HttpResponse:
    now = timezone.now()
    rows = list(Connection.objects.for_tenant(request.tenant).order_by("name"))
    last, bars = queries.last_runs(request.tenant, rows), queries.sparklines(rows, now)
    lines = [
        {"connection": row, "run": last.get(row.pk), "bars": queries.drawn(bars[row.pk])}
        for row in rows
    ]
    recent = SyncLog.objects.for_tenant(request.tenant).order_by("-pk")[:HOME_RUNS]
    context = {
        "title": "Home",
        "lines": lines,
        "runs": RunTable(list(recent), request=request, orderable=False),
        "troubled": [run for run in last.values() if run.state in _BAD_STATES],
        "untested": _broken_configs(request) if may(request, "configs.view") else [],
        "first_step": _first_step(request, rows),
    }
    return render(request, "synclogs/home.html", context)


_BAD_STATES = (SyncLog.State.FAILED, SyncLog.State.PARTIAL)


def _broken_configs(request: TenantRequest) -> list[ConnectionConfig]:
    rows = ConnectionConfig.objects.for_tenant(request.tenant).filter(test_ok=False)
    return list(rows.order_by("name"))


def _first_step(request: TenantRequest, rows: list[Connection]) -> dict[str, Any] | None:
    if rows:
        return None
    configs = ConnectionConfig.objects.for_tenant(request.tenant).exists()
    action = (
        Action("New inbound connection", "connections:inbound_create", "inbound.create", "plus")
        if configs
        else Action(
            "New connection config", "connections:config_create", "configs.create", "plus"
        )
    )
    text = (
        "Nothing is connected yet. A connection brings one kind of record from a system here."
        if configs
        else "Nothing is connected yet. Begin with the address and credentials of a system."
    )
    return {"text": text, "icon": "plug-connected", "link": action.link(request)}


class RunList(ListView):
    permission = "runs.view"
    model = SyncLog
    noun = "run"
    title = "Runs"
    breadcrumbs = (("Watch", ""),)
    table_class = RunTable
    filterset_class = RunFilterSet
    keyset = NEWEST
    empty = Empty(
        "No connection has run yet. Open a connection and press Run now.",
        icon="activity",
        action=_CONNECTIONS,
    )


class RecordLogList(ListView):
    permission = "record_logs.view"
    model = RecordLog
    noun = "record log"
    title = "Record logs"
    breadcrumbs = (("Watch", ""),)
    table_class = RecordLogTable
    filterset_class = RecordLogFilterSet
    keyset = NEWEST
    empty = Empty(
        "Each record of each run leaves a line here. Begin by running a connection.",
        icon="list-details",
        action=_CONNECTIONS,
    )

    def rows(self) -> QuerySet[Any]:
        return queries.logs_of(self.request.tenant)  # type: ignore[arg-type]  # a Tenant below /t/


def run_of(request: TenantRequest, pk: int) -> SyncLog:
    """Load a run of this tenant, or answer 404."""
    rows = SyncLog.objects.for_tenant(request.tenant).select_related("connection", "version")
    run: SyncLog = get_object_or_404(rows, pk=pk)
    return run


@permission("runs.view")
def run_detail(request: TenantRequest, pk: int) -> HttpResponse:
    run = run_of(request, pk)
    rows = queries.logs_of(request.tenant).filter(run_id=run.pk)
    filterset = RunRecordFilterSet(request.GET, queryset=rows, request=request)
    size = paging.page_size(request)
    found, pager = paging.keyed(filterset.qs, keyset=NEWEST, request=request, size=size)
    context = {
        "title": f"Run {run.pk}",
        "crumbs": _crumbs(request),
        "table": _log_table(request, run, found),
        "pager": pager,
        "filterset": filterset,
        "filtered": filterset.active,
        "empty": _empty_log(run, request.GET.get("outcome", "")),
        "drifted": drifted.of_live(run.connection) if run.connection else [],
        **_shown(request, run),
    }
    fragment = request.htmx and not request.htmx.history_restore_request
    template = "ui/list.html#results" if fragment else "synclogs/run_detail.html"
    return render(request, template, context)


def _log_table(
    request: TenantRequest, run: SyncLog, found: Any
) -> RunRecordTable | DryRunTable:
    if run.kind != SyncLog.Kind.DRY:
        return RunRecordTable(found, request=request, orderable=False)
    fields = Fields.of_run(run, reveal=may(request, "records.export"))
    return DryRunTable(found, request=request, orderable=False, fields_of_run=fields)


def _shown(request: TenantRequest, run: SyncLog) -> dict[str, Any]:
    again = "inbound.dry_run" if run.kind == SyncLog.Kind.DRY else "inbound.run"
    return {
        "run": run,
        "may_stop": may(request, "runs.cancel"),
        "may_run": may(request, again),
        "may_export": may(request, "record_logs.export"),
        "object": run,
        "progress": Progress.of(run, timezone.now()),
        "terms": queries.equation(run),
    }


def _empty_log(run: SyncLog, outcome: str) -> dict[str, Any]:
    if run.open:
        return {"text": "The first lines come with the first page.", "icon": "hourglass"}
    if outcome == "unchanged" or run.n_read:
        text = "This connection keeps no line for unchanged records; the run's pages have their proof."
    elif run.error:
        text = (
            "The run failed before it read a record. Mend what it says above, then run again."
        )
    else:
        text = "This run read no record."
    return {"text": text, "icon": "list-details"}


@permission("runs.view")
def run_progress(request: TenantRequest, pk: int) -> HttpResponse:
    run = run_of(request, pk)
    status = 200 if run.open else END_OF_POLLING
    template = "synclogs/run_detail.html#progress"
    return render(request, template, {**_shown(request, run), "polled": True}, status=status)


@permission("runs.view")
def run_pages(request: TenantRequest, pk: int) -> HttpResponse:
    run = run_of(request, pk)
    pages = RunPage.objects.filter(run_id=run.pk)
    found, pager = paging.keyed(
        pages, keyset=Keyset(("no",), descending=False), request=request, size=100
    )
    own = tenant_reverse(request, "synclogs:run_detail", pk=run.pk)
    context = {
        "title": "Pages",
        "crumbs": [
            *_crumbs(request),
            {"label": f"Run {run.pk}", "url": own},
        ],
        "pages": [queries.ledger_line(page) for page in found],
        "pager": pager,
        "run": run,
    }
    return render(request, "synclogs/run_pages.html", context)


@permission("record_logs.export")
def run_export(request: TenantRequest, pk: int) -> StreamingHttpResponse:
    run = run_of(request, pk)
    lines: Iterator[str] = door.streaming(request.tenant.pk, export.lines(run.pk))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="run-{run.pk}.csv"'
    return response


@permission("record_logs.export")
def run_changes(request: TenantRequest, pk: int) -> StreamingHttpResponse:
    """Give what a dry run would change as a file, a line per field."""
    run = run_of(request, pk)
    if run.kind != SyncLog.Kind.DRY:
        raise Http404
    found = diffs.lines(run, reveal=may(request, "records.export"))
    response = StreamingHttpResponse(
        door.streaming(request.tenant.pk, found), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="dry-run-{run.pk}-changes.csv"'
    return response


@permission("record_logs.view")
def record_log_detail(request: TenantRequest, pk: int) -> HttpResponse:
    log = get_object_or_404(queries.logs_of(request.tenant), pk=pk)
    run = run_of(request, log.run_id)
    name = log.key or log.remote_id or f"row {log.pk}"
    context = {
        "title": name,
        "crumbs": [
            *_crumbs(request),
            {
                "label": f"Run {run.pk}",
                "url": tenant_reverse(request, "synclogs:run_detail", pk=run.pk),
            },
        ],
        "log": log,
        "run": run,
        "why": sentence(log.code),
        "evidence": queries.evidence(log, run, reveal=may(request, "records.export")),
        "verdicts": (log.detail or {}).get("verdicts", []),
        "neighbours": queries.neighbours(log),
    }
    return render(request, "synclogs/record_log_detail.html", context)


@permission("runs.view")
def connection_panel(request: TenantRequest, pk: int) -> HttpResponse:
    connection = get_object_or_404(Connection.objects.for_tenant(request.tenant), pk=pk)
    runs = list(
        SyncLog.objects.for_tenant(request.tenant)
        .filter(connection=connection)
        .order_by("-pk")[:PANEL_RUNS]
    )
    context = {
        "title": f"Last runs of {connection}",
        "crumbs": [
            {"label": "Connect", "url": ""},
            {"label": "Inbound", "url": tenant_reverse(request, "connections:inbound_list")},
            {
                "label": str(connection),
                "url": tenant_reverse(request, "connections:inbound_detail", pk=pk),
            },
        ],
        "connection": connection,
        "table": PanelRunTable(runs, request=request, orderable=False),
        "open": any(run.open for run in runs),
    }
    part = "#panel" if request.htmx else ""
    return render(request, f"synclogs/connection_panel.html{part}", context)


def _crumbs(request: TenantRequest) -> list[dict[str, str]]:
    return [
        {"label": "Watch", "url": ""},
        {"label": "Runs", "url": tenant_reverse(request, "synclogs:run_list")},
    ]
