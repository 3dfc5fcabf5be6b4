"""Pages of imports: the list, a new one, its set-up with a preview, its result."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods
from msgspec import structs

import objects.services
from connections.kit.errors import RemoteError
from connections.models import Upload
from connections.uploads import detection, plan as planning, reading, storage, writing
from connections.uploads.limits import FileRefused
from objects.models import ConnectObject
from syncapp.errors import Invalid, SyncAppError
from syncapp.sync import glance, import_errors, imports, tasks
from syncapp.sync.import_forms import PlanForm, ReadingForm, UploadForm
from syncapp.sync.import_tables import ImportTable
from syncapp.tenants import door
from syncapp.tenants.http import TenantRequest
from syncapp.ui.access import may, permission, require
from syncapp.ui.links import Action, see_other, tenant_reverse
from syncapp.ui.tables import Table
from syncapp.ui.views import DeleteView, Empty, ListView
from synclogs.models import SyncLog

SAMPLES: Final = 3
_AGAIN: Final = {SyncLog.State.FAILED, SyncLog.State.CANCELLED}


class ImportList(ListView):
    """Uploaded files with what became of them."""

    request: TenantRequest
    permission = "imports.view"
    model = Upload
    noun = "import"
    title = "Imports"
    breadcrumbs = (("Data", ""),)
    table_class = ImportTable
    primary = Action("New import", "sync:import_create", "imports.create", "upload")
    empty = Empty("Import records from CSV, Excel or XML files.", icon="file-import")

    def rows(self) -> Any:
        """Join what the table shows, newest first."""
        return super().rows().select_related("object").order_by("-pk")

    def _cut(self, rows: Any) -> tuple[Table, Any]:
        table, pager = super()._cut(rows)
        found = [row.record for row in table.rows]
        runs = imports.runs_of(found)
        for upload in found:
            upload.run = runs.get(upload.pk)
        return table, pager


@permission("imports.create")
@require_http_methods(["GET", "POST"])
def import_create(request: TenantRequest) -> HttpResponse:
    """Ask for a file and the object that it is for."""
    chosen = request.GET.get("object", "")
    form = UploadForm(tenant=request.tenant, initial={"object": chosen})
    if request.method == "POST":
        form = UploadForm(request.POST, request.FILES, tenant=request.tenant)
        if form.is_valid():
            values = form.cleaned_data
            upload = _received(request, form, values["file"], values["object"])
            if upload is not None:
                return see_other(request, _page(request, upload))
    stores = ConnectObject.objects.for_tenant(request.tenant)
    context = {
        "title": "New import",
        "crumbs": _crumbs(request),
        "form": form,
        "cancel_url": tenant_reverse(request, "sync:import_list"),
        "save_label": "Upload",
        "stores": stores.filter(kind=ConnectObject.Kind.STORE).order_by("name"),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "sync/import_create.html", context, status=status)


@permission("imports.view")
@require_http_methods(["GET", "POST"])
def import_detail(request: TenantRequest, pk: int) -> HttpResponse:
    """Show the set-up of an import, or what became of it."""
    upload = _upload(request, pk)
    run = imports.run_of(upload)
    if request.method == "POST":
        require(request, "imports.create")
        return _act(request, upload)
    if run is not None and run.state not in _AGAIN:
        return _result(request, upload, run)
    return _set_up(request, upload, run)


class ImportDelete(DeleteView):
    """Deletes a file, not what was imported from it."""

    request: TenantRequest
    permission = "imports.delete"
    model = Upload
    noun = "import"
    breadcrumbs = (("Data", ""), ("Imports", "sync:import_list"))
    list_url_name = "sync:import_list"
    detail_url_name = "sync:import_detail"

    def consequences(self, row: Upload, /) -> list[str]:
        """Say what goes and what stays."""
        return [f"the file “{row}”; records that it made stay"]

    def delete_row(self, row: Upload) -> None:
        """Call the service."""
        imports.delete(row, actor=self.request.actor)


@permission("imports.view")
def import_errors_file(request: TenantRequest, pk: int) -> StreamingHttpResponse:
    """Give the rows that failed."""
    upload = _upload(request, pk)
    run = get_object_or_404(SyncLog.objects.for_tenant(request.tenant), pk=upload.run_id)
    parts = door.streaming(request.tenant.pk, import_errors.file_of(upload, run))
    response = StreamingHttpResponse(parts, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="import-{upload.pk}-errors.csv"'
    return response


@permission("imports.create")
def import_template(request: TenantRequest, pk: int) -> HttpResponse:
    """Give a file to fill in."""
    target = get_object_or_404(ConnectObject.objects.for_tenant(request.tenant), pk=pk)
    xlsx = request.GET.get("format") == "xlsx"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    response = HttpResponse(
        writing.template(target, xlsx=xlsx), content_type=kind if xlsx else "text/csv"
    )
    name = f"{target.type}.{'xlsx' if xlsx else 'csv'}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _received(
    request: TenantRequest, form: UploadForm, file: Any, target: ConnectObject
) -> Upload | None:
    try:
        return storage.receive(file, target, actor=request.actor)
    except SyncAppError as error:
        form.refuse(error)
        return None


def _act(request: TenantRequest, upload: Upload) -> HttpResponse:
    """Do what the pressed button says: read anew, check, rehearse or import."""
    if "_read" in request.POST:
        return _read_anew(request, upload)
    form = _plan_form(upload, request.POST)
    if not form.is_valid():
        return _set_up(request, upload, None, plan_form=form)
    try:
        plan = form.plan()
        planning.set_plan(upload, plan)
        wrong = planning.problems(upload, plan)
        if wrong:
            raise Invalid(fields=wrong)
        if "_check" in request.POST:
            return see_other(request, f"{_page(request, upload)}#preview")
        dry = "_dry" in request.POST
        for code in () if dry else imports.PERMISSIONS[plan.mode]:
            require(request, code)
        run = imports.start(upload, plan, actor=request.actor, now=timezone.now(), dry=dry)
    except SyncAppError as error:
        form.refuse(error)
        return _set_up(request, upload, None, plan_form=form)
    tasks.enqueue()
    if dry:
        return see_other(request, tenant_reverse(request, "synclogs:run_detail", pk=run.pk))
    return see_other(request, _page(request, upload))


def _read_anew(request: TenantRequest, upload: Upload) -> HttpResponse:
    present = planning.form_of(upload)
    form = ReadingForm(request.POST, form=present)
    if form.is_valid():
        try:
            file = storage.opened(upload.tenant_id, upload.pk)
            chosen = detection.described(file, structs.replace(present, **form.cleaned_data))
        except FileRefused as error:
            form.add_error(None, error.message)
        else:
            storage.set_form(upload, chosen)
            planning.forget_plan(upload)
            messages.success(request, "The file is read that way now.")
            return see_other(request, _page(request, upload))
    return _set_up(request, upload, None, reading_form=form)


def _plan_form(upload: Upload, data: Any = None) -> PlanForm:
    return PlanForm(
        data,
        form=planning.form_of(upload),
        shape=objects.services.load_shape(upload.object),
        plan=planning.plan_of(upload),
    )


def _set_up(
    request: TenantRequest,
    upload: Upload,
    run: SyncLog | None,
    *,
    plan_form: PlanForm | None = None,
    reading_form: ReadingForm | None = None,
) -> HttpResponse:
    sent = plan_form is not None or reading_form is not None
    form = planning.form_of(upload)
    samples, unreadable = _samples(upload)
    plan_form = plan_form or _plan_form(upload)
    columns = [
        {
            "heading": heading,
            "field": field,
            "samples": [line.cells[at] for line in samples if at < len(line.cells)],
        }
        for at, (heading, field) in enumerate(plan_form.columns())
    ]
    context = {
        **_common(request, upload),
        "run": run,
        "form": plan_form,
        "reading": reading_form or ReadingForm(form=form),
        "notes": form.notes,
        "columns": columns,
        "unreadable": unreadable,
        "may_start": may(request, "imports.create"),
        **({} if sent or unreadable else _preview(upload)),
    }
    return render(request, "sync/import_set_up.html", context, status=422 if sent else 200)


def _samples(upload: Upload) -> tuple[list[Any], str]:
    try:
        file = storage.opened(upload.tenant_id, upload.pk)
        return reading.samples(file, planning.form_of(upload), SAMPLES), ""
    except FileRefused as error:
        return [], error.message


def _preview(upload: Upload) -> dict[str, Any]:
    """Judge the first rows, if the plan can be carried out at all."""
    plan = planning.plan_of(upload)
    wrong = planning.problems(upload, plan)
    if wrong:
        return {"gaps": list(wrong.values())}
    try:
        return {"glance": glance.take(upload, plan, now=timezone.now())}
    except RemoteError as error:
        return {"unreadable": error.message}


def _result(request: TenantRequest, upload: Upload, run: SyncLog) -> HttpResponse:
    context = {
        **_common(request, upload),
        "run": run,
        "failures": import_errors.failures(run),
        "may_see_run": may(request, "runs.view"),
        "counts": [(name, number) for name, number in run.counts.items() if number],
    }
    return render(request, "sync/import_result.html", context)


def _common(request: TenantRequest, upload: Upload) -> dict[str, Any]:
    delete = Action("Delete", "sync:import_delete", "imports.delete", "trash", dialog=True)
    return {
        "title": upload.name,
        "crumbs": _crumbs(request),
        "object": upload,
        "delete": delete.link(request, pk=upload.pk),
    }


def _upload(request: TenantRequest, pk: int) -> Upload:
    rows = Upload.objects.for_tenant(request.tenant).select_related("object", "tenant")
    upload: Upload = get_object_or_404(rows, pk=pk)
    return upload


def _page(request: TenantRequest, upload: Upload) -> str:
    return tenant_reverse(request, "sync:import_detail", pk=upload.pk)


def _crumbs(request: TenantRequest) -> list[dict[str, str]]:
    return [
        {"label": "Data", "url": ""},
        {"label": "Imports", "url": tenant_reverse(request, "sync:import_list")},
    ]
