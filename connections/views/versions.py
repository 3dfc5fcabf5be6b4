"""Versions of a connection: what was published when, what differs, publishing and going back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from connections import services, versions
from connections.directions import Direction
from connections.forms.versions import ReasonForm
from connections.models import Connection
from connections.publish import publish
from connections.versions import DRAFT, LIVE
from connections.views.connections import connections_of, crumbs
from connections.views.tabs import tabs_of
from syncapp.errors import NotThere, SyncAppError
from syncapp.tenants.http import TenantRequest
from syncapp.ui.access import may
from syncapp.ui.links import see_other, tenant_reverse

SHOWN = 100


def version_list(request: TenantRequest, pk: int, way: Direction) -> HttpResponse:
    """List what was published, newest first, and what the draft adds to it."""
    row = _connection(request, pk, way)
    found = list(row.versions.order_by("-number")[:SHOWN])
    context = {
        **_context(request, row, way, str(row)),
        "tabs": tabs_of(request, row, "versions"),
        "versions": [(one, len(one.spec["rows"])) for one in found],
        "changes": len(_difference(row, LIVE, DRAFT)),
    }
    return render(request, "connections/version_list.html", context)


def version_diff(request: TenantRequest, pk: int, way: Direction) -> HttpResponse:
    """Show what differs between two versions, or a version and the draft."""
    row = _connection(request, pk, way)
    before = request.GET.get("from") or LIVE
    after = request.GET.get("to") or DRAFT
    context = {
        **_context(request, row, way, f"{_name(before, row)} → {_name(after, row)}"),
        "difference": _difference(row, before, after),
        "before": _name(before, row),
        "after": _name(after, row),
        "to_draft": after == DRAFT,
    }
    return render(request, "connections/version_diff.html", context)


def publish_page(request: TenantRequest, pk: int, way: Direction) -> HttpResponse:
    """Show what would change and for how many records; then make the draft what runs."""
    row = _connection(request, pk, way)
    form = ReasonForm(data=request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            version = publish(row, actor=request.actor, now=timezone.now(), **form.cleaned_data)
        except SyncAppError as error:
            form.refuse(error)
        else:
            messages.success(request, f"Published {version}.")
            return see_other(request, tenant_reverse(request, way.page("detail"), pk=pk))
    context = {
        **_context(request, row, way, f"Publish {row}"),
        "difference": _difference(row, LIVE, DRAFT),
        "gaps": services.gaps_of(row),
        "form": form,
    }
    template = "connections/version_publish.html"
    return render(request, template, context, status=422 if form.errors else 200)


def revert_page(request: TenantRequest, pk: int, number: int, way: Direction) -> HttpResponse:
    """Show what going back would change; then publish the earlier version again."""
    row = _connection(request, pk, way)
    difference = _difference(row, LIVE, str(number))
    version = versions.version_of(row, str(number))
    form = ReasonForm(data=request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            made = versions.revert(
                row, version, actor=request.actor, now=timezone.now(), **form.cleaned_data
            )
        except SyncAppError as error:
            form.refuse(error)
        else:
            messages.success(request, f"Published {made}, which says what {version} said.")
            return see_other(request, tenant_reverse(request, way.page("detail"), pk=pk))
    context = {
        **_context(request, row, way, f"Back to {version}"),
        "version": version,
        "difference": difference,
        "lost": len(_difference(row, LIVE, DRAFT)),
        "form": form,
    }
    template = "connections/version_revert.html"
    return render(request, template, context, status=422 if form.errors else 200)


def _connection(request: TenantRequest, pk: int, way: Direction) -> Connection:
    row: Connection = get_object_or_404(connections_of(request, way), pk=pk)
    return row


def _context(
    request: TenantRequest, row: Connection, way: Direction, title: str
) -> dict[str, Any]:
    address = {
        name: tenant_reverse(request, way.page(name), pk=row.pk)
        for name in ("detail", "versions", "diff", "publish")
    }
    address["mapping"] = f"{address['detail']}mapping/"
    own = [{"label": str(row), "url": address["detail"]}] if title != str(row) else []
    return {
        "title": title,
        "crumbs": [*crumbs(request, way), *own],
        "object": row,
        "way": way,
        "address": address,
        "may_publish": may(request, way.permission("activate")),
        "may_edit": may(request, way.permission("edit")),
        "revert_name": way.page("revert"),
        "impact_url": tenant_reverse(request, f"sync:{way.code}_impact", pk=row.pk),
    }


def _name(name: str, row: Connection) -> str:
    if name == LIVE:
        return f"Version {row.live_version.number}" if row.live_version else "Nothing"
    return "Draft" if name == DRAFT else f"Version {name}"


def _difference(row: Connection, before: str, after: str) -> versions.Difference:
    """Compare two documents by their names, or answer 404."""
    try:
        documents = [versions.document_of(row, name) for name in (before, after)]
    except NotThere as error:
        raise Http404 from error
    return versions.difference(row.tenant_id, *documents)
