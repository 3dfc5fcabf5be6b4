"""Pages of connect objects: list, detail with fields and columns, form, delete."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.db.models import Model, QuerySet

from objects.filters import ObjectFilterSet
from objects.forms import ObjectForm
from objects.models import ConnectField, ConnectObject
from objects.records import read
from objects.services import objects as services
from objects.tables import ObjectTable, counted
from syncapp.tenants.http import TenantRequest
from syncapp.tenants.integrity import users_of
from syncapp.ui.links import Action, Link, Tab
from syncapp.ui.views import DeleteView, DetailView, EditView, Empty, ListView, Page

CRUMBS: Final = (("Data", ""), ("Connect objects", "objects:object_list"))
_PAGES: Final = {
    "objects.connectobject": "objects:object_detail",
}


class ObjectList(ListView):
    permission = "objects.view"
    template_name = "objects/object_list.html"
    model = ConnectObject
    noun = "connect object"
    title = "Connect objects"
    breadcrumbs = CRUMBS[:1]
    table_class = ObjectTable
    filterset_class = ObjectFilterSet
    primary = Action("New object", "objects:object_create", "objects.create", "plus")
    empty = Empty(
        "A connect object is a type of record, such as FSM customers: connections write its"
        " records, people and API clients read and change them.",
        icon="table",
    )

    def context(self) -> dict[str, Any]:
        may_create = self.request.member.may("objects.create")
        return {"templates_url": self.url("connections:object_templates") if may_create else ""}


class _ObjectPage(Page):
    request: TenantRequest
    model = ConnectObject
    noun = "connect object"
    breadcrumbs = CRUMBS
    list_url_name = "objects:object_list"
    detail_url_name = "objects:object_detail"
    edit_url_name = "objects:object_edit"

    def rows(self) -> QuerySet[Any]:
        return ConnectObject.objects.for_tenant(self.request.tenant).select_related(
            "tenant", "parent"
        )


class ObjectDetail(_ObjectPage, DetailView):
    permission = "objects.view"
    template_name = "objects/object_detail.html"
    actions = (
        Action("Edit", "objects:object_edit", "objects.edit", "pencil"),
        Action("Import fields", "connections:import_fields", "objects.edit", "file-import"),
        Action(
            "Delete", "objects:object_delete", "objects.delete", "trash", dialog=True, menu=True
        ),
    )

    def tabs(self, row: ConnectObject, /) -> Sequence[Tab]:
        tabs = [Tab("Details", self.url("objects:object_detail", pk=row.pk), active=True)]
        if self.request.member.may("records.view"):
            tabs.append(Tab("Records", self.url("objects:record_list", pk=row.pk)))
        return tabs

    def context(self, row: ConnectObject, /) -> dict[str, Any]:
        fields = row.fields.select_related("reference").order_by("position", "pk")
        return {
            "fields": fields,
            "has_key": any(field.is_key for field in fields),
            "columns": row.columns.select_related("field").order_by("position", "pk"),
            "may_edit": self.request.member.may("objects.edit"),
        }


class ObjectEdit(_ObjectPage, EditView):
    permission = "objects.edit"
    form_class = ObjectForm

    def form_options(self, row: Any) -> dict[str, Any]:
        return {"instance": row, "tenant": self.request.tenant}

    def save(self, form: ObjectForm, row: ConnectObject | None) -> ConnectObject:
        typed = form.cleaned_data
        values = {
            "object_type": typed["type"],
            "name": typed["name"],
            "description": typed["description"],
        }
        actor = self.request.actor
        if row is None:
            tenant = self.request.tenant
            saved = services.create_object(tenant=tenant, actor=actor, **values)
        else:  # the form has put what was typed on its row; services compare with what is stored
            saved = services.edit_object(self.one(), actor=actor, **values)
        return services.set_parent(saved, typed["parent"], actor=actor)


class ObjectDelete(_ObjectPage, DeleteView):
    permission = "objects.delete"

    def refusal(self, row: ConnectObject, /) -> Sequence[Link]:
        return [Link(_said(user), self._page_of(user)) for user in users_of(row)]

    def consequences(self, row: ConnectObject, /) -> Sequence[str]:
        records = read.count(row.pk, read.Wanted(deleted=None))
        lines = [f"{row.fields.count()} fields"]
        return [*lines, f"{counted(records)} records with their history"] if records else lines

    def delete_row(self, row: ConnectObject) -> None:
        services.delete_object(row, actor=self.request.actor)

    def _page_of(self, user: Model) -> str:
        """Find the page of what uses the object; other rooms are known by address only."""
        if isinstance(user, ConnectField):
            user = user.object
        name = getattr(user, "page", "") or _PAGES.get(user._meta.label_lower)
        return self.url(name, pk=user.pk) if name else self.url("connections:inbound_list")


def _said(user: Model) -> str:
    if isinstance(user, ConnectField):
        return f"field “{user}” of {user.object}"
    return f"{user._meta.verbose_name} “{user}”"
