"""The last result of each listed connection, for lists of other rooms, which know no runs."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from connections.models import Connection
from syncapp.tenants.http import TenantRequest
from syncapp.ui.access import permission
from syncapp.ui.links import see_other, tenant_reverse
from synclogs import queries

MOST = 100


@permission("runs.view")
@require_GET
def last_results(request: TenantRequest) -> HttpResponse:
    """Fill `#last-run-<connection>` of each asked connection; without htmx show all runs."""
    if not request.htmx:
        return see_other(request, tenant_reverse(request, "synclogs:run_list"))
    asked = request.GET.getlist("connection")[:MOST]
    pks = [int(text) for text in asked if text.isdecimal() and len(text) < 19]
    rows = list(Connection.objects.for_tenant(request.tenant).filter(pk__in=pks))
    last = queries.last_runs(request.tenant, rows)
    lines = [{"connection": row, "run": last.get(row.pk)} for row in rows]
    return render(request, "synclogs/last_results.html", {"lines": lines})
