"""Forms of an object's parts: connect fields and listview fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property
from django.views.decorators.http import require_POST

from objects.forms import ColumnForm, FieldForm
from objects.models import ConnectField, ConnectObject, ListviewField
from objects.records import read
from objects.services import columns, fields
from objects.tables import counted
from objects.views.objects import CRUMBS
from syncapp.tenants.http import TenantRequest
from syncapp.tenants.integrity import users_of
from syncapp.ui.access import permission
from syncapp.ui.links import see_other, tenant_reverse
from syncapp.ui.views import DeleteView, EditView, Page


class _PartPage(Page):
    """A page about a part of an object; it leads back to the object's."""

    request: TenantRequest
    list_url_name = "objects:object_detail"
    anchor: ClassVar[str]

    @cached_property
    def connect_object(self) -> ConnectObject:
        """The whole: named by the address of a new part, else the part's own."""
        if "object_pk" not in self.kwargs:
            whole: ConnectObject = self.one().object
            return whole
        rows = ConnectObject.objects.for_tenant(self.request.tenant).select_related("tenant")
        found: ConnectObject = get_object_or_404(rows, pk=self.kwargs["object_pk"])
        return found

    def one(self) -> Any:
        row = super().one()
        self.connect_object = row.object  # the way back, for when the part is gone
        return row

    def rows(self) -> QuerySet[Any]:
        rows = self.model._default_manager.for_tenant(self.request.tenant)  # type: ignore[attr-defined]
        related: QuerySet[Any] = rows.select_related("tenant", "object__tenant")
        return related

    def url(self, name: str, **kwargs: object) -> str:
        if name == self.list_url_name:
            whole = super().url(name, pk=self.connect_object.pk)
            return f"{whole}#{self.anchor}"
        return super().url(name, **kwargs)

    def crumbs(self) -> list[dict[str, str]]:
        outer = [
            {"label": label, "url": tenant_reverse(self.request, name) if name else ""}
            for label, name in CRUMBS
        ]
        whole = {"label": str(self.connect_object), "url": self.url(self.list_url_name)}
        return [*outer, whole]


class _PartEdit(_PartPage, EditView):
    permission = "objects.edit"

    def form_options(self, row: Any) -> dict[str, Any]:
        return {"connect_object": self.connect_object, "row": row}


class FieldEdit(_PartEdit):
    model = ConnectField
    noun = "connect field"
    anchor = "fields"
    form_class = FieldForm
    edit_url_name = "objects:field_edit"

    def save(self, form: FieldForm, row: ConnectField | None) -> ConnectField:
        actor = self.request.actor
        if row is None:
            return fields.create_field(self.connect_object, form.cleaned_data, actor=actor)
        return fields.edit_field(row, form.cleaned_data, actor=actor)


class FieldDelete(_PartPage, DeleteView):
    permission = "objects.edit"
    model = ConnectField
    noun = "connect field"
    anchor = "fields"

    def consequences(self, row: ConnectField, /) -> Sequence[str]:
        records = read.count(row.object_id, read.Wanted(deleted=None))
        lines = [f"its values in {counted(records)} records"] if records else []
        lines += [f"the column “{column}”" for column in row.columns.select_related("field")]
        if users_of(row.object):
            lines.append("mappings to it: connections that have one stop until published again")
        return lines

    def delete_row(self, row: ConnectField) -> None:
        fields.delete_field(row, actor=self.request.actor)


class ColumnEdit(_PartEdit):
    model = ListviewField
    noun = "listview field"
    anchor = "columns"
    form_class = ColumnForm

    def save(self, form: ColumnForm, row: ListviewField | None) -> ListviewField:
        typed = {"field": form.cleaned_data["field"], "label": form.cleaned_data["label"]}
        actor = self.request.actor
        if row is None:
            return columns.create_column(self.connect_object, actor=actor, **typed)
        return columns.edit_column(row, actor=actor, **typed)


class ColumnDelete(_PartPage, DeleteView):
    permission = "objects.edit"
    model = ListviewField
    noun = "listview field"
    anchor = "columns"

    def delete_row(self, row: ListviewField) -> None:
        columns.delete_column(row, actor=self.request.actor)


@require_POST
@permission("objects.edit")
def field_move(request: TenantRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(ConnectField.objects.for_tenant(request.tenant), pk=pk)
    fields.move_field(row, up=request.POST.get("to") == "up")
    return _back(request, row.object_id, "fields")


@require_POST
@permission("objects.edit")
def column_move(request: TenantRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(ListviewField.objects.for_tenant(request.tenant), pk=pk)
    columns.move_column(row, up=request.POST.get("to") == "up")
    return _back(request, row.object_id, "columns")


def _back(request: TenantRequest, object_id: int, anchor: str) -> HttpResponse:
    url = tenant_reverse(request, "objects:object_detail", pk=object_id)
    return see_other(request, f"{url}#{anchor}")
