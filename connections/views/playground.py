"""The formula playground, and what the formula editor asks on any page."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from connections import answering, samples, trying, vocabulary
from connections.directions import INBOUND
from connections.forms.playground import CONNECTION, OBJECT, PlaygroundForm, TryForm, pretty
from connections.kit.base import RemoteError
from connections.models import Connection
from connections.samples import Sampled
from connections.trying import Tally
from connections.views.connections import connections_of
from formulas.language import example
from objects.models import ConnectObject
from syncapp.errors import Refused
from syncapp.tenants import door
from syncapp.tenants.http import TenantRequest
from syncapp.ui.access import may, permission
from syncapp.ui.links import tenant_reverse

_ADDRESSED: Final = ("formula", "source", "key")
"""What a link to the playground may say."""

_WITHOUT_RECORD: Final = {"syntax", "unknown_name", "arity", "limit"}
"""Kinds of errors that are the formula's, whatever the record."""

_LITERAL: Final = re.compile(
    r"""'(\\.|[^'\\])*'|"(\\.|[^"\\])*"|[\d.]+|true|false|null""", re.IGNORECASE | re.DOTALL
)


@permission("inbound.view")
@require_POST
def formula_try(request: TenantRequest) -> HttpResponse:
    """Evaluate while somebody types: the answer for the editor, and for the page as HTML."""
    form = TryForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"problem": " ".join(_messages(form))}, status=422)
    sent = form.cleaned_data
    connection = _connections(request).filter(pk=sent["connection"]).first()
    told = _answered(request, sent["formula"], sent["record"], connection)
    sampled = bool(request.POST.get("record"))
    if not sampled and told["error"] and told["error"]["kind"] not in _WITHOUT_RECORD:
        told["error"] = None
    shown = {
        "answer": told,
        "parts": _parts(told),
        "brief": "brief" in request.POST,
        "sampled": sampled,
        "link": _link(request, {name: request.POST.get(name, "") for name in _ADDRESSED}),
    }
    html = render_to_string("connections/_formula_result.html", shown, request=request)
    told = {name: told[name] for name in ("kind", "shown", "error", "fields", "steps")}
    for step in told["steps"]:
        del step["value"]  # exact numbers are for people here, as text
    return JsonResponse({**told, "html": html})


@permission("inbound.view")
@require_GET
def formula_words(request: TenantRequest) -> HttpResponse:
    """Give what the editor proposes."""
    tenant = request.tenant
    found = {
        "functions": vocabulary.functions(),
        "objects": vocabulary.objects_of(tenant) if may(request, "objects.view") else [],
        "maps": vocabulary.maps_of(tenant) if may(request, "value_maps.view") else [],
    }
    return JsonResponse(found)


@door.own_transactions
@permission("inbound.view")
@require_http_methods(["GET", "POST"])
def playground(request: TenantRequest) -> HttpResponse:
    """Try a formula on a record, or on a hundred. Asking a source talks, so only a POST does."""
    with door.tenant(request.tenant.pk):
        form = _form(request)
        valid = form.is_valid()
        chosen = _chosen(request, form) if valid else None
    wish = request.POST.get("_wish", "load" if isinstance(chosen, ConnectObject) else "")
    found, problem = _sampled(request, form, chosen, wish) if valid and wish else ([], "")
    with door.tenant(request.tenant.pk):
        if found and wish == "load":
            form.data["record"] = pretty(found[0].record)  # type: ignore[index]  # our own copy
            form.cleaned_data["record"] = found[0].record
        context = {
            "title": "Playground",
            "crumbs": [{"label": "Formulas", "url": ""}],
            "form": form,
            "wish": wish,
            "problem": problem,
            "loaded": found[:1] if wish == "load" else [],
        }
        if valid:
            context |= _results(request, form, chosen, found if wish == "test" else None)
        status = 200 if valid else 422
        return render(request, "connections/playground.html", context, status=status)


def _form(request: TenantRequest) -> PlaygroundForm:
    if request.method == "POST":
        data = request.POST.copy()
        if data.get("_wish") == "load":
            data["record"] = ""  # whatever stands there is replaced
    else:
        data = request.GET.copy()
        data["record"] = "" if data.get("source") else pretty(example.RECORD)
    stores = ConnectObject.objects.for_tenant(request.tenant).order_by("name")
    stores = stores.filter(kind=ConnectObject.Kind.STORE)
    sources = _connections(request).exclude(entity="").exclude(config=None)
    form = PlaygroundForm(
        data,
        stores=stores if may(request, "records.view") else (),
        connections=sources if may(request, "inbound.edit") else (),
    )
    if request.method != "POST" and not form.offers(data.get("source", "")):
        data["source"] = ""  # a link may name what its reader may not see, or what is gone
    return form


def _connections(request: TenantRequest) -> QuerySet[Connection]:
    rows: QuerySet[Connection] = connections_of(request, INBOUND).order_by("name")
    return rows


def _chosen(request: TenantRequest, form: PlaygroundForm) -> ConnectObject | Connection | None:
    """Give the source, which the form has judged to be one of the offered ones."""
    kind, number = form.chosen()
    if kind == OBJECT:
        return ConnectObject.objects.for_tenant(request.tenant).filter(pk=number).first()
    if kind == CONNECTION:
        return _connections(request).filter(pk=number).first()
    return None


def _sampled(
    request: TenantRequest,
    form: PlaygroundForm,
    chosen: ConnectObject | Connection | None,
    wish: str,
) -> tuple[list[Sampled], str]:
    """Fetch what was asked for: one record or many; or say why there is none."""
    key = form.cleaned_data["key"].strip()
    if chosen is None:
        return [], "Choose where the records come from."
    if isinstance(chosen, Connection):
        try:
            found = samples.of_source(chosen, now=timezone.now)
        except (RemoteError, Refused) as error:
            return [], error.message
        if key and wish == "load":
            found = [one for one in found if one.label == key]
    else:
        with door.tenant(request.tenant.pk):
            one = samples.by_key(chosen, key) if wish == "load" else None
            found = samples.latest(chosen) if wish == "test" else [one] if one else []
    if found:
        return found, ""
    within = f" among the first {samples.MOST}" if isinstance(chosen, Connection) else ""
    return [], f"No record has the key “{key}”{within}." if key else "There are no records yet."


def _results(
    request: TenantRequest,
    form: PlaygroundForm,
    chosen: ConnectObject | Connection | None,
    tested: list[Sampled] | None,
) -> dict[str, Any]:
    """Evaluate on the record that is shown, and on those of the test."""
    formula = form.cleaned_data["formula"]
    if not formula.strip():
        return {}
    connection = chosen if isinstance(chosen, Connection) else None
    told = _answered(request, formula, form.cleaned_data["record"], connection)
    said = {name: form.cleaned_data[name] for name in _ADDRESSED}
    results: dict[str, Any] = {
        "answer": told,
        "parts": _parts(told),
        "link": _link(request, said),
    }
    if tested:
        asked = _asked(request, connection)
        tally = trying.tally(formula, tested, asked)
        results |= {"tally": tally, "bars": _bars(tally)}
    return results


def _answered(
    request: TenantRequest, formula: str, record: dict[str, Any], connection: Connection | None
) -> dict[str, Any]:
    asked = _asked(request, connection)
    return trying.answer(formula, record, asked, explain=True)


def _asked(request: TenantRequest, connection: Connection | None) -> answering.Asked:
    return answering.for_holder(
        request.tenant, request.member, now=timezone.now(), connection=connection
    )


def _bars(tally: Tally) -> list[dict[str, Any]]:
    """Draw the outcomes as parts of a bar that is 100 wide."""
    bars, x = [], 0.0
    for tone, n in (("ok", tally.ok), ("null", tally.null), ("error", len(tally.failed))):
        width = round(100 * n / max(tally.tried, 1), 2)
        bars.append({"tone": tone, "x": x, "width": width})
        x += width
    return bars


def _parts(told: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the parts whose value is not what is written there."""
    return [step for step in told["steps"] if not _LITERAL.fullmatch(step["text"])]


def _link(request: TenantRequest, said: dict[str, str]) -> str:
    """Give the address that leads to the playground with this formula and source."""
    query = urlencode({name: value for name, value in said.items() if value})
    address = tenant_reverse(request, "connections:playground")
    return request.build_absolute_uri(f"{address}?{query}")


def _messages(form: TryForm) -> list[str]:
    return [str(message) for found in form.errors.values() for message in found]
