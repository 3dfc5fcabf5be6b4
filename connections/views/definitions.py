"""Definitions as files: export them, look at what a file would change, apply it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_safe

from connections.definitions.applying import Applied, apply
from connections.definitions.comparing import Changes, State, diff
from connections.definitions.exporting import export
from connections.forms.definitions import ExportForm, ImportForm
from syncapp.errors import Changed, NotThere, SyncAppError
from syncapp.tenants.http import TenantRequest
from syncapp.ui.access import permission
from syncapp.ui.links import see_other, tenant_reverse

_SHOWN = 500


@permission("definitions.export")
@require_safe
def definitions_home(request: TenantRequest) -> HttpResponse:
    """Say what definitions are, and let them be exported."""
    context = {
        "title": "Definitions",
        "crumbs": [{"label": "Set-up", "url": ""}],
        "form": ExportForm(tenant=request.tenant),
        "may_import": request.member.may("definitions.import"),
    }
    return render(request, "connections/definitions.html", context)


@permission("definitions.export")
@require_safe
def definitions_export(request: TenantRequest) -> HttpResponse:
    """Give the file."""
    connector = request.GET.get("connector", "")
    try:
        text = export(request.tenant, connector)
    except NotThere as error:
        raise Http404 from error
    name = slugify(f"{request.tenant.slug} {connector}") or request.tenant.slug
    response = HttpResponse(text, content_type="text/yaml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.yaml"'
    return response


@permission("definitions.import")
@require_http_methods(["GET", "POST"])
def definitions_import(request: TenantRequest) -> HttpResponse:
    """Take a file, show what it would change, and apply it once that was seen."""
    if request.method != "POST":
        return _page(request, ImportForm())
    form = ImportForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form, status=422)
    if "_apply" not in request.POST:
        return _page(request, form, changes=diff(request.tenant, form.document))
    try:
        applied = apply(
            request.tenant,
            form.document,
            actor=request.actor,
            expected=request.POST.get("expected", ""),
        )
    except SyncAppError as error:
        form.refuse(error)
        changes = diff(request.tenant, form.document) if isinstance(error, Changed) else None
        return _page(request, form, changes=changes, status=error.status)
    _tell(request, applied)
    return see_other(request, tenant_reverse(request, _next(request)))


def _page(
    request: TenantRequest,
    form: ImportForm,
    *,
    changes: Changes | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "title": "Import definitions",
        "crumbs": _crumbs(request),
        "form": form,
        "cancel_url": tenant_reverse(request, _next(request)),
    }
    if changes is not None:
        acting = [*changes.of(State.CREATED), *changes.of(State.CHANGED)]
        context |= {
            "changes": changes,
            "acting": acting[:_SHOWN],
            "more": len(acting) - _SHOWN,
            "unchanged": changes.of(State.UNCHANGED),
            "only_here": changes.of(State.ONLY_HERE),
            "lacking": sorted(changes.permissions - request.actor.holds),
            "text": form.cleaned_data["text"],
        }
    return render(request, "connections/definitions_import.html", context, status=status)


def _crumbs(request: TenantRequest) -> list[dict[str, str]]:
    home = ""
    if request.member.may("definitions.export"):
        home = tenant_reverse(request, "connections:definitions")
    return [{"label": "Set-up", "url": ""}, {"label": "Definitions", "url": home}]


def _next(request: TenantRequest) -> str:
    """Name the page to go on to: not everybody who may import may export."""
    may_export = request.member.may("definitions.export")
    return f"connections:definitions{'' if may_export else '_import'}"


def _tell(request: TenantRequest, applied: Applied) -> None:
    counts = applied.changes.counts
    told = f"{counts['created']} created, {counts['changed']} changed"
    messages.success(request, f"The file is applied: {told}.")
    if applied.to_connect:
        names = ", ".join(f"“{name}”" for name in applied.to_connect)
        text = f"These configs came without secrets. Enter them and press Connect: {names}."
        messages.warning(request, text)
