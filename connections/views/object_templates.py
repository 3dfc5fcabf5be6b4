"""New connect objects from templates."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from connections.forms.definitions import ObjectTemplatesForm
from connections.templates import objects as templates
from syncapp.errors import SyncAppError
from syncapp.tenants.http import TenantRequest
from syncapp.ui.access import permission
from syncapp.ui.links import see_other, tenant_reverse


@permission("objects.create")
@require_http_methods(["GET", "POST"])
def object_templates(request: TenantRequest) -> HttpResponse:
    """Offer the templates, and make objects of those that are chosen."""
    offered = templates.offered(request.tenant)
    form = ObjectTemplatesForm(request.POST or None, templates=offered)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        try:
            made = templates.make(
                request.tenant, chosen["types"], along=chosen["along"], actor=request.actor
            )
        except SyncAppError as error:
            form.refuse(error)
        else:
            names = ", ".join(f"“{row}”" for row in made)
            messages.success(request, f"Created {names}.")
            return see_other(request, tenant_reverse(request, "objects:object_list"))
    status = 422 if request.method == "POST" else 200
    return render(
        request,
        "connections/object_templates.html",
        _context(request, form, offered),
        status=status,
    )


def _context(
    request: TenantRequest, form: ObjectTemplatesForm, offered: list[templates.ObjectTemplate]
) -> dict[str, Any]:
    listing = tenant_reverse(request, "objects:object_list")
    return {
        "title": "New objects from templates",
        "crumbs": [{"label": "Data", "url": ""}, {"label": "Connect objects", "url": listing}],
        "form": form,
        "offered": offered,
        "chosen": set(form.data.getlist("types")) if form.is_bound else set(),  # type: ignore[attr-defined]  # of a request
        "cancel_url": listing,
    }
