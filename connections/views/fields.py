"""Import fields from a system: what discovery knows of an entity becomes fields of an object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from connections import discovery
from connections.forms.configs import ImportFieldsForm
from connections.kit.base import RemoteError
from connections.models import ConnectionConfig
from objects.models import ConnectObject
from objects.services.fields import add_fields
from syncapp.errors import SyncAppError
from syncapp.tenants import door
from syncapp.tenants.http import TenantRequest
from syncapp.ui.access import permission
from syncapp.ui.links import see_other, tenant_reverse


@door.own_transactions
@permission("objects.edit")
@require_http_methods(["GET", "POST"])
def import_fields(request: TenantRequest, pk: int) -> HttpResponse:
    """Ask for config and entity, show the fields, add the chosen ones."""
    sent = request.POST if request.method == "POST" else request.GET
    with door.tenant(request.tenant.pk):
        target = get_object_or_404(ConnectObject.objects.for_tenant(request.tenant), pk=pk)
        config = _config(request, sent.get("config", ""))
    problem = _looked_up(config) if "_refresh" in request.POST else ""
    with door.tenant(request.tenant.pk):
        if config is not None:
            config.refresh_from_db()
        entity = discovery.known_entity(config, sent.get("entity", "").strip())
        found = discovery.importable(entity) if entity else []
        form = _form(request, config, found)
        adding = request.method == "POST" and "_refresh" not in sent
        if adding and form.is_valid() and _added(request, target, form, found):
            return see_other(request, _page_of(request, target))
        if "_refresh" in sent and not problem and entity is None:
            problem = _advice(config, sent.get("entity", "").strip())
        context = {**_context(request, target, config), "form": form}
        context |= {"found": found, "problem": problem}
        status = 422 if adding else 200
        return render(request, "connections/import_fields.html", context, status=status)


def _looked_up(config: ConnectionConfig | None) -> str:
    """Ask the system what it has; say why that failed."""
    if config is not None:
        try:
            discovery.discover(config, now=timezone.now)
        except RemoteError as error:
            return error.message
    return ""


def _form(
    request: TenantRequest, config: ConnectionConfig | None, found: Sequence[Mapping[str, Any]]
) -> ImportFieldsForm:
    """Make the form; bound only if fields are to be added, since looking up judges nothing."""
    sent = request.POST if request.method == "POST" else request.GET
    return ImportFieldsForm(
        request.POST if request.method == "POST" and "_refresh" not in sent else None,
        tenant=request.tenant,
        found=[(one["name"], _label(one)) for one in found],
        initial={
            "config": config.pk if config else None,
            "entity": sent.get("entity", ""),
            "fields_": [one["name"] for one in found],
        },
    )


def _added(
    request: TenantRequest,
    target: ConnectObject,
    form: ImportFieldsForm,
    found: Sequence[Mapping[str, Any]],
) -> bool:
    chosen = set(form.cleaned_data.get("fields_", ()))
    wanted = [one for one in found if one["name"] in chosen]
    try:
        added = add_fields(target, wanted, actor=request.actor)
    except SyncAppError as error:
        form.refuse(error)
        return False
    rest = len(wanted) - len(added)
    known = f" {rest} were there already." if rest else ""
    messages.success(request, f"Added {len(added)} fields to “{target}”.{known}")
    return True


def _context(
    request: TenantRequest, target: ConnectObject, config: ConnectionConfig | None
) -> dict[str, Any]:
    crumbs = [
        {"label": "Data", "url": ""},
        {"label": "Connect objects", "url": tenant_reverse(request, "objects:object_list")},
        {"label": str(target), "url": _page_of(request, target)},
    ]
    return {
        "title": "Import fields from a system",
        "crumbs": crumbs,
        "object": target,
        "entities": discovery.known_entities(config) if config else [],
        "cancel_url": _page_of(request, target),
    }


def _page_of(request: TenantRequest, target: ConnectObject) -> str:
    return tenant_reverse(request, "objects:object_detail", pk=target.pk)


def _config(request: TenantRequest, text: str) -> ConnectionConfig | None:
    if not text.isdecimal():
        return None
    rows = ConnectionConfig.objects.for_tenant(request.tenant)
    found: ConnectionConfig | None = rows.filter(pk=int(text)).first()
    return found


def _advice(config: ConnectionConfig | None, entity: str) -> str:
    if config is None:
        return "Choose a connection config."
    return f"The system has no entity “{entity}”." if entity else "Choose an entity."


def _label(field: Mapping[str, Any]) -> str:
    marks = [field["type"].replace("_", " "), *(["key"] if field["is_key"] else [])]
    shown = f"{field['name']} · {', '.join(marks)}"
    return f"{shown} · {field['label']}" if field["label"] else shown
