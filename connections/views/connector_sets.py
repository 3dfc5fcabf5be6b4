"""Pages of connector sets; running one is the sync room's, and known by address only."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, QuerySet
from django.http import HttpResponse

from connections import connector_sets
from connections.filters import ConnectorSetFilterSet
from connections.forms.connectors import ConnectorSetForm
from connections.models import Connector, ConnectorSet
from connections.tables import ConnectorSetTable
from syncapp.ui.links import Action
from syncapp.ui.views import DeleteView, DetailView, EditView, Empty, ListView

_CRUMBS = (("Connect", ""), ("Connector sets", "connections:set_list"))
_NOUN = "connector set"


class SetList(ListView):
    permission = "connector_sets.view"
    model = ConnectorSet
    noun = _NOUN
    title = "Connector sets"
    breadcrumbs = (_CRUMBS[0],)
    table_class = ConnectorSetTable
    filterset_class = ConnectorSetFilterSet
    primary = Action(
        "New connector set", "connections:set_create", "connector_sets.create", "plus"
    )
    empty = Empty(
        "A connector set runs connectors one after the other: customers before work orders.",
        icon="list-details",
    )

    def rows(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().rows().annotate(n_connectors=Count("members"))
        return rows


class SetDetail(DetailView):
    permission = "connector_sets.view"
    model = ConnectorSet
    noun = _NOUN
    breadcrumbs = _CRUMBS
    template_name = "connections/set_detail.html"
    actions = (
        Action("Run set", "sync:set_run", "connector_sets.run", "player-play", "post"),
        Action("Edit", "connections:set_edit", "connector_sets.edit", "pencil"),
        Action(
            "Delete",
            "connections:set_delete",
            "connector_sets.delete",
            "trash",
            dialog=True,
            menu=True,
        ),
    )

    def context(self, row: ConnectorSet) -> dict[str, Any]:
        placed = Connector.objects.for_tenant(row.tenant).filter(places__set=row)
        ordered = placed.order_by("places__position").prefetch_related("connections")
        return {
            "lines": [
                {
                    "connector": connector,
                    "inbound": [
                        one for one in connector.connections.all() if one.direction == "inbound"
                    ],
                }
                for connector in ordered
            ]
        }


class SetEdit(EditView):
    """Besides saving, the page is redrawn: connectors are added, moved and taken out."""

    model = ConnectorSet
    noun = _NOUN
    breadcrumbs = _CRUMBS
    form_class = ConnectorSetForm
    template_name = "connections/set_edit.html"
    list_url_name = "connections:set_list"
    detail_url_name = "connections:set_detail"

    def post(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.POST.get("_redraw"):
            row = self.one() if "pk" in self.kwargs else None
            sent = {name: request.POST.get(name, "") for name in self.form_class.base_fields}
            moved = _moved(self._sent(), request.POST["_redraw"], self._added())
            form = self._form(moved, initial={**sent, "add": ""})
            return self._form_page(form, row)
        return super().post(request, *args, **kwargs)

    def form(self, row: ConnectorSet | None) -> ConnectorSetForm:
        if self.request.method == "POST":
            return self._form(self._sent(), data=self.request.POST)
        if row is None:
            return self._form([])
        initial = {name: getattr(row, name) for name in ("name", "description", "on_failure")}
        return self._form(connector_sets.connectors_of(row), initial=initial)

    def save(self, form: ConnectorSetForm, row: ConnectorSet | None) -> ConnectorSet:
        values = dict(form.cleaned_data)
        added = values.pop("add")  # chosen, and not yet put into the list
        values["connectors"] = [*form.placed, *([added] if added else [])]
        actor = self.request.actor  # type: ignore[attr-defined]  # a TenantRequest
        if row is None:
            tenant: Any = self.request.tenant
            return connector_sets.create(tenant, **values, actor=actor)
        etag = self.request.POST.get("etag", "")
        known = int(etag) if etag.isdecimal() else None
        return connector_sets.edit(row, **values, actor=actor, etag=known)

    def _form(self, placed: list[Connector], **options: Any) -> ConnectorSetForm:
        tenant: Any = self.request.tenant
        return ConnectorSetForm(tenant=tenant, placed=placed, **options)

    def _sent(self) -> list[Connector]:
        """Give the connectors in the order that was sent; foreign ones are left out."""
        texts = self.request.POST.getlist("connectors")
        wanted = [int(text) for text in texts if text.isdecimal() and len(text) < 19]
        tenant: Any = self.request.tenant
        found = Connector.objects.for_tenant(tenant).in_bulk(wanted)
        return [found[pk] for pk in dict.fromkeys(wanted) if pk in found]

    def _added(self) -> Connector | None:
        text = self.request.POST.get("add", "")
        if not text.isdecimal() or len(text) > 18:
            return None
        tenant: Any = self.request.tenant
        found: Connector | None = (
            Connector.objects.for_tenant(tenant).filter(pk=int(text)).first()
        )
        return found


def _moved(placed: list[Connector], wish: str, added: Connector | None) -> list[Connector]:
    """Change the order as a button asked."""
    verb, _, text = wish.partition(":")
    if verb == "add":
        return [*placed, added] if added is not None and added not in placed else placed
    at = next((n for n, one in enumerate(placed) if str(one.pk) == text), None)
    if at is None:
        return placed
    rest = [*placed[:at], *placed[at + 1 :]]
    if verb == "remove":
        return rest
    to = max(at - 1, 0) if verb == "up" else at + 1
    return [*rest[:to], placed[at], *rest[to:]]


class SetDelete(DeleteView):
    permission = "connector_sets.delete"
    model = ConnectorSet
    noun = _NOUN
    breadcrumbs = _CRUMBS
    list_url_name = "connections:set_list"
    detail_url_name = "connections:set_detail"

    def delete_row(self, row: ConnectorSet) -> None:
        connector_sets.delete(row, actor=self.request.actor)  # type: ignore[attr-defined]
