"""The edit page of a connection: all of its draft but the mappings and conditions.

Besides saving, the page can be *redrawn*: a config or object is loaded, entities are looked up
anew, a query is tried, and what was typed stays as it is. Each redrawing is a button of
the same form, so it works without a script; with one, only the form is replaced.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone

from connections import configs, declared, discovery, registry, services
from connections.directions import INBOUND
from connections.discovery import Sample
from connections.forms.drafts import (
    ConnectionForm,
    entity_key_choices,
    key_choices,
)
from connections.kit.base import RemoteError, System
from connections.models import Connection, ConnectionConfig
from connections.publish import shape_of
from objects.models import ConnectObject
from objects.shape import ObjectShape
from syncapp.canonical import text
from syncapp.tenants import door
from syncapp.tenants.http import TenantRequest
from syncapp.ui.access import require
from syncapp.ui.views import EditView


class ConnectionEdit(EditView):
    """Holds its own transactions, because looking up entities and trying a query talk."""

    model = Connection
    way = INBOUND
    form_class = ConnectionForm
    template_name = "connections/connection_edit.html"

    sample: Sample | None = None
    talk_error: str = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Talk first, if the button asks for it, and then answer inside the tenant's door."""
        require(request, self.permission)
        tenant = cast("TenantRequest", request).tenant
        if request.method == "POST" and request.POST.get("_redraw") in {"entities", "test"}:
            self._talk(request.POST["_redraw"])
        with door.tenant(tenant.pk):
            return super().dispatch(request, *args, **kwargs)

    def rows(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().rows()
        return rows.filter(direction=self.way.code).select_related(
            "config", "object", "live_version"
        )

    def post(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.POST.get("_redraw"):
            row = self.one()
            return self._form_page(self._redrawn(row), row)
        return super().post(request, *args, **kwargs)

    def form(self, row: Connection) -> ConnectionForm:
        if self.request.method != "POST":
            initial = {name: getattr(row, name) for name in services.EDITABLE}
            return self._form(row, shape_of(row), initial=initial)
        return self._form(row, self._sent_shape(), data=self.request.POST)

    def save(self, form: ConnectionForm, row: Connection) -> Connection:
        actor = cast("TenantRequest", self.request).actor
        etag = self.request.POST.get("etag", "")
        known = int(etag) if etag.isdecimal() else None
        return services.edit(row, form.cleaned_data, actor=actor, etag=known)

    def context(self, row: Connection) -> dict[str, Any]:
        config = self._chosen_config(row)
        return {
            "way": self.way,
            "type_label": declared.label_of(row.system_type),
            "config": config,
            "facts": declared.facts(config, configs.saved_secrets(config)) if config else [],
            "entities": discovery.known_entities(config) if config else [],
            "sample": shown_sample(self.sample) if self.sample else None,
            "talk_error": self.talk_error,
            "asked": self.request.POST.get("_redraw", ""),
        }

    def _form(
        self,
        row: Connection,
        shape: ObjectShape | None,
        **options: Any,
    ) -> ConnectionForm:
        form = ConnectionForm(
            tenant=cast("TenantRequest", self.request).tenant,
            kind=_kind(row),
            way=self.way,
            keys=self._keys(row, shape),
            **options,
        )
        form.narrow(row.system_type)
        return form

    def _keys(self, row: Connection, shape: ObjectShape | None) -> list[tuple[str, str]]:
        """Offer the fields of the destination that can find a record there."""
        if self.way is INBOUND:
            return key_choices(shape)
        entity = self._chosen("entity", row.entity)
        known = discovery.known_entity(self._chosen_config(row), entity)
        return entity_key_choices(known, self._chosen("primary_key", row.primary_key))

    def _redrawn(self, row: Connection) -> ConnectionForm:
        """Show what was typed, unjudged, with what was loaded or looked up meanwhile."""
        sent = ConnectionForm(
            self.request.POST,
            tenant=cast("TenantRequest", self.request).tenant,
            kind=_kind(row),
            way=self.way,
            keys=[],
        )
        initial = {name: sent[name].value() for name in sent.fields}
        return self._form(row, self._sent_shape(), initial=initial)

    def _talk(self, wish: str) -> None:
        tenant = cast("TenantRequest", self.request).tenant
        with door.tenant(tenant.pk):
            row = get_object_or_404(self.rows(), pk=self.kwargs["pk"])
            config = self._chosen_config(row)
        entity = self._chosen("entity", row.entity)
        if config is None or (wish == "test" and not entity):
            self.talk_error = (
                "Choose a connection config first." if config is None else "Choose an entity."
            )
            return
        try:
            if wish == "entities":
                discovery.discover(config, now=timezone.now)
            else:
                query = discovery.sample_query(entity, self._chosen("query_filter", ""))
                self.sample = discovery.sample(config, query, now=timezone.now)
        except RemoteError as error:
            self.talk_error = error.message

    def _chosen(self, name: str, stored: str) -> str:
        return str(self.request.POST.get(name, stored)).strip()

    def _chosen_config(self, row: Connection) -> ConnectionConfig | None:
        """Give the config that is chosen on the page; a foreign one is none."""
        sent = self.request.POST.get("config")
        if sent is None:
            return row.config
        found: ConnectionConfig | None = None
        if sent.isdecimal():
            tenant = cast("TenantRequest", self.request).tenant
            rows = ConnectionConfig.objects.for_tenant(tenant)
            found = rows.filter(pk=int(sent), system_type=row.system_type).first()
        return found

    def _sent_shape(self) -> ObjectShape | None:
        """Give the shape of the object that is chosen on the page; a foreign one has none."""
        sent = self.request.POST.get("object", "")
        tenant = cast("TenantRequest", self.request).tenant
        if not sent.isdecimal():
            return None
        found = ConnectObject.objects.for_tenant(tenant).filter(pk=int(sent)).first()
        return shape_of(Connection(object=found)) if found else None


def shown_sample(sample: Sample) -> dict[str, Any]:
    """Give what the table of a test query shows: simple values as text, the rest as JSON.

    `texts` are the records as a whole, for formulas to be tried on.
    """
    return {
        "fields": sample.fields,
        "lines": [
            [discovery.cell(record, name) for name in sample.fields]
            for record in sample.records
        ],
        "texts": [
            (_named(record, n), text(record)) for n, record in enumerate(sample.records, 1)
        ],
        "n": len(sample.records),
        "unreadable": sample.unreadable,
        "seconds": sample.elapsed_ms / 1000,
    }


def _named(record: Mapping[str, Any], number: int) -> str:
    """Call a record by its first fields, which often are its key and name."""
    cells = (discovery.cell(record, name) for name in list(record)[:2])
    return f"{number} · {' · '.join(cell for cell in cells if cell)[:60]}"


def _kind(row: Connection) -> type[System]:
    try:
        return registry.system_type(row.system_type)
    except registry.UnknownSystemType as error:
        raise Http404(error.message) from error
