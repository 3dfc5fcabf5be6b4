"""The reference of functions: by group, searchable, every example evaluated."""

from __future__ import annotations

import msgspec
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from formulas import reference
from formulas.filters import ReferenceFilters
from formulas.language import example
from formulas.language.functions import GROUPS
from syncapp import canonical
from syncapp.tenants.http import TenantRequest
from syncapp.ui.access import permission


@require_safe
@permission("formulas.view")
def show(request: TenantRequest) -> HttpResponse:
    """Show the reference, or for htmx only what was found."""
    form = ReferenceFilters(request.GET, label_suffix="", auto_id="filter-%s")
    query = request.GET.get("q", "").strip()
    group = request.GET.get("group", "")
    found = reference.found(query, group if group in GROUPS else "")
    shown = {
        "title": "Function reference",
        "crumbs": [{"label": "Formulas", "url": ""}],
        "groups": [(name, _slug(name), members) for name, members in found.items()],
        "total": sum(map(len, found.values())),
        "filterset": {"form": form},
        "kinds": reference.KINDS,
        "may_try": request.member.may("inbound.view"),
        "record": msgspec.json.format(canonical.text(example.RECORD)),
    }
    fragment = request.htmx and not request.htmx.history_restore_request
    response = render(
        request, f"formulas/reference.html{'#results' if fragment else ''}", shown
    )
    response["Vary"] = "HX-Request"
    return response


def _slug(name: str) -> str:
    return name.lower().replace(" ", "-")
