"""What can be done with an unmapped value: map it, put it aside, take it back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from formulas.models import ValueMapUnmapped
from formulas.services import inbox
from syncapp.errors import SyncAppError
from syncapp.tenants.http import TenantRequest
from syncapp.ui.access import permission
from syncapp.ui.links import see_other, tenant_reverse


@require_POST
@permission("value_maps.edit")
def unmapped_map(request: TenantRequest, pk: int) -> HttpResponse:
    """Make an entry of the value."""
    value = _value(request, pk)
    to = request.POST.get("value", "")
    try:
        inbox.map_value(value, to, actor=request.actor)
    except SyncAppError as error:
        messages.error(request, " ".join(error.fields.values()) or error.message)
    else:
        messages.success(request, f"Mapped “{value}” to “{to}”.")
    return _back(request, value)


@require_POST
@permission("value_maps.edit")
def unmapped_ignore(request: TenantRequest, pk: int) -> HttpResponse:
    """Put the value aside, or back into the inbox."""
    value = _value(request, pk)
    ignored = request.POST.get("to") != "inbox"
    inbox.ignore_value(value, ignored=ignored)
    done = "Ignored" if ignored else "Took back"
    messages.success(request, f"{done} “{value}”.")
    return _back(request, value)


def _value(request: TenantRequest, pk: int) -> ValueMapUnmapped:
    rows = ValueMapUnmapped.objects.for_tenant(request.tenant).select_related("map__tenant")
    found: ValueMapUnmapped = get_object_or_404(rows, pk=pk)
    return found


def _back(request: TenantRequest, value: ValueMapUnmapped) -> HttpResponse:
    url = tenant_reverse(request, "formulas:map_detail", pk=value.map_id)
    return see_other(request, f"{url}#inbox")
