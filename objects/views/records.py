"""Pages of records: per object a list, a page with history, a form, delete and restore."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_POST

from objects.filters import ObjectFilterSet, RecordFilters
from objects.forms import RecordForm
from objects.models import ConnectObject
from objects.paging import cut
from objects.records import read
from objects.records.changes import Listed, Origin, Source
from objects.services import columns, load_shape, records
from objects.shape import ObjectShape
from objects.showing import names_of
from objects.tables import StoreTable, counted, record_table
from objects.views.history import entries_of, values_of
from syncapp.errors import SyncAppError
from syncapp.tenants.http import TenantRequest
from syncapp.ui import paging
from syncapp.ui.access import permission
from syncapp.ui.links import Action, Link, see_other, tenant_reverse
from syncapp.ui.paging import InvalidCursorError, Pager
from syncapp.ui.views import DeleteView, EditView, Empty, ListView, Page

HISTORY = 20


class RecordHome(ListView):
    """Where records are: the objects that keep some."""

    request: TenantRequest
    permission = "records.view"
    model = ConnectObject
    noun = "connect object"
    title = "Records"
    breadcrumbs = (("Data", ""),)
    table_class = StoreTable
    filterset_class = ObjectFilterSet
    primary = Action("New object", "objects:object_create", "objects.create", "plus")
    empty = Empty("Records live in connect objects. There is none yet.", icon="database")

    def rows(self) -> QuerySet[Any]:
        stores = ConnectObject.objects.for_tenant(self.request.tenant).filter(
            kind=ConnectObject.Kind.STORE
        )
        rows: QuerySet[Any] = stores.annotate(n_records=read.number_of_records())
        return rows


@permission("records.view")
def record_list(request: TenantRequest, pk: int) -> HttpResponse:
    whole = _object(request, pk)
    shape = load_shape(whole)
    filters = RecordFilters(shape, request.GET)
    size = paging.page_size(request)
    try:
        page = cut(whole.pk, filters.wanted, cursor=request.GET.get("cursor"), size=size)
    except InvalidCursorError as error:
        raise BadRequest(error.message) from error
    total = counted(read.count(whole.pk, filters.wanted))
    pager = Pager(
        size=size,
        label=f"{len(page.rows)} of {total}",
        total=total,
        previous={"cursor": page.previous} if page.previous else None,
        next={"cursor": page.next} if page.next else None,
    )
    table = record_table(
        shape, columns.columns_of(whole), page.rows, request=request, sort=filters.sort
    )
    fragment = request.htmx and not request.htmx.history_restore_request
    context = {
        "title": whole.name,
        "crumbs": _crumbs(request),
        "object": whole,
        "table": table,
        "pager": pager,
        "filterset": filters,
        "filtered": filters.active,
        "primary": _new(request, shape),
        "from_file": _FROM_FILE.link(request) if shape.key is not None else None,
        "empty": _nothing_yet(request, shape),
    }
    template = "objects/record_list.html"
    response = render(request, f"{template}#results" if fragment else template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@permission("records.view")
def record_detail(request: TenantRequest, pk: int) -> HttpResponse:
    record, whole = _record(request, pk)
    shape = load_shape(whole)
    before = request.GET.get("before", "")
    older_than = int(before) if before.isdecimal() and len(before) < 19 else None
    changes = read.history(record.id, before=older_than, limit=HISTORY + 1)
    names = names_of(request.tenant, [record.source, *(past.source for past in changes)])
    links = [
        link
        for action in _ACTIONS[record.deleted_at is not None]
        if (link := action.link(request, pk=record.id))
    ]
    context = {
        "title": record.key,
        "crumbs": [*_crumbs(request), _crumb(request, whole)],
        "object": whole,
        "record": record,
        "values": values_of(shape, record),
        "writer": names[record.source],
        "history": entries_of(shape, changes, names)[:HISTORY],
        "older": changes[HISTORY - 1].seq if len(changes) > HISTORY else None,
        "newer": older_than is not None,
        "actions": links,
        "more": [link for link in links if link.menu],
    }
    return render(request, "objects/record_detail.html", context)


_ACTIONS = {
    False: (
        Action("Edit", "objects:record_edit", "records.edit", "pencil"),
        Action(
            "Delete", "objects:record_delete", "records.delete", "trash", dialog=True, menu=True
        ),
    ),
    True: (
        Action("Restore", "objects:record_restore", "records.create", "arrow-back-up", "post"),
    ),
}


@permission("records.view")
def record_by_key(request: TenantRequest, pk: int) -> HttpResponse:
    """Lead to the record with this key: where a reference points."""
    whole = _object(request, pk)
    found = read.one_by_key(whole.pk, request.GET.get("key", ""))
    if found is None:
        raise Http404
    return see_other(request, tenant_reverse(request, "objects:record_detail", pk=found.id))


@require_POST
@permission("records.create")
def record_restore(request: TenantRequest, pk: int) -> HttpResponse:
    record, whole = _record(request, pk)
    try:
        records.restore_record(
            load_shape(whole), record.id, source=_source(request), now=timezone.now()
        )
    except SyncAppError as error:
        said = "; ".join(f"{name}: {text}" for name, text in error.fields.items())
        messages.error(request, f"Not restored. {said or error.message}")
    else:
        messages.success(request, f"Restored “{record.key}”.")
    return see_other(request, tenant_reverse(request, "objects:record_detail", pk=record.id))


class _RecordPage(Page):
    """A form about a record; rows are what the store gives, not models."""

    request: TenantRequest
    model = ConnectObject
    noun = "record"
    list_url_name = "objects:record_list"

    @property
    def connect_object(self) -> ConnectObject:
        if "object_pk" in self.kwargs:
            return _object(self.request, self.kwargs["object_pk"])
        return _record(self.request, self.kwargs["pk"])[1]

    def one(self) -> _Row:
        record, whole = _record(self.request, self.kwargs["pk"])
        return _Row(record, whole)

    def url(self, name: str, **kwargs: object) -> str:
        if name == self.list_url_name:
            return super().url(name, pk=self.connect_object.pk)
        return super().url(name, **kwargs)

    def crumbs(self) -> list[dict[str, str]]:
        return [*_crumbs(self.request), _crumb(self.request, self.connect_object)]


class _Row:
    """A record as the generic pages want it: with `pk` and a name."""

    def __init__(self, record: Listed, whole: ConnectObject) -> None:
        self.record, self.whole, self.pk = record, whole, record.id

    def __str__(self) -> str:
        return self.record.key


class RecordEdit(_RecordPage, EditView):
    permission = "records.edit"
    form_class = RecordForm
    detail_url_name = "objects:record_detail"
    edit_url_name = "objects:record_edit"

    def form_options(self, row: _Row | None) -> dict[str, Any]:
        return {
            "shape": load_shape(row.whole if row else self.connect_object),
            "stored": row.record.values if row else None,
            "rev": row.record.rev if row else None,
        }

    def save(self, form: RecordForm, row: _Row | None) -> _Row:
        source, now = _source(self.request), timezone.now()
        if row is None:
            shape = load_shape(self.connect_object)
            saved = records.create_record(shape, form.values(), source=source, now=now)
        else:
            shape = load_shape(row.whole)
            saved = records.update_record(
                shape, row.pk, form.values(), rev=form.rev, source=source, now=now
            )
        return _Row(*_record(self.request, saved.id))

    def title(self, row: Any) -> str:
        return f"Edit {row}" if row else f"New record of {self.connect_object}"


class RecordDelete(_RecordPage, DeleteView):
    permission = "records.delete"
    detail_url_name = "objects:record_detail"

    def page(self, context: dict[str, Any], **options: Any) -> HttpResponse:
        way_back = "It stays visible among the deleted records and can be restored there."
        return super().page({"way_back": way_back, **context}, **options)

    def delete_row(self, row: _Row) -> None:
        records.delete_record(
            load_shape(row.whole),
            row.pk,
            rev=None,
            source=_source(self.request),
            now=timezone.now(),
        )


def _object(request: TenantRequest, pk: int) -> ConnectObject:
    found: ConnectObject = get_object_or_404(
        ConnectObject.objects.for_tenant(request.tenant), pk=pk
    )
    return found


def _record(request: TenantRequest, pk: int) -> tuple[Listed, ConnectObject]:
    record = read.one(pk)
    if record is None:
        raise Http404
    return record, _object(request, record.object_id)


def _source(request: TenantRequest) -> Source:
    return Source(Origin.USER, request.actor.user_id)


def _crumbs(request: TenantRequest) -> list[dict[str, str]]:
    url = tenant_reverse(request, "objects:record_home")
    return [{"label": "Data", "url": ""}, {"label": "Records", "url": url}]


def _crumb(request: TenantRequest, whole: ConnectObject) -> dict[str, str]:
    url = tenant_reverse(request, "objects:record_list", pk=whole.pk)
    return {"label": str(whole), "url": url}


_FROM_FILE = Action("Import records", "sync:import_create", "imports.create", "file-import")


def _new(request: TenantRequest, shape: ObjectShape) -> Link | None:
    if shape.key is None:
        return None
    action = Action("New record", "objects:record_create", "records.create", "plus")
    return action.link(request, object_pk=shape.id)


def _nothing_yet(request: TenantRequest, shape: ObjectShape) -> dict[str, Any]:
    if shape.key is None:
        text = "This object has no key field yet: records are known by it."
        action = Action("Open the object", "objects:object_detail", "objects.view", "table")
        return {"text": text, "icon": "key", "link": action.link(request, pk=shape.id)}
    text = "Records come with the first run of a connection, from a file, through the API, or by hand."
    return {"text": text, "icon": "database", "link": _new(request, shape)}
