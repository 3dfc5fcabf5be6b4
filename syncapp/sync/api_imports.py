"""Imports for REST clients: upload with a plan, follow, fetch what failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.db import transaction
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from msgspec import structs
from rest_framework import mixins, serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from connections.models import Upload
from connections.uploads import plan as planning, storage
from objects.models import ConnectObject
from syncapp import canonical
from syncapp.errors import Invalid, SyncAppError
from syncapp.sync import import_errors, imports, tasks
from syncapp.tenants import door
from syncapp.tenants.actors import Actor
from syncapp.ui.access import may
from syncapp.ui.api import ViewSet
from syncapp.ui.paging import Keyset
from synclogs.api import RunSerializer
from synclogs.models import SyncLog


class ImportRequestSerializer(serializers.Serializer[Any]):
    """A file and what is to become of it."""

    object = serializers.SlugField(help_text="Type of the connect object.")
    file = serializers.FileField(help_text="CSV, XLSX or XML.")
    plan = serializers.CharField(
        required=False,
        help_text="JSON: `mapping` (heading → field name), `mode` (both, create, update), `key`, "
        "`dates` (mdy, dmy_dots, dmy, iso), `decimal`, `clear`, `references` (key, id), `log_all` "
        "(rows that went well too). What is left out is taken from what the headings suggest.",
    )
    dry_run = serializers.BooleanField(default=False, help_text="Write nothing but the log.")


class ImportSerializer(serializers.ModelSerializer[Upload]):
    """An uploaded file, what becomes of it, and the run that imports it."""

    object = serializers.CharField(source="object.type", read_only=True)
    columns = serializers.SerializerMethodField(help_text="The headings.")
    plan = serializers.DictField(read_only=True, help_text="What becomes of the columns.")
    run = serializers.SerializerMethodField()

    class Meta:
        model = Upload
        fields = (
            "id",
            "object",
            "name",
            "format",
            "size",
            "by",
            "at",
            "columns",
            "plan",
            "run",
        )

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_columns(self, upload: Upload) -> list[str]:
        """Give the headings."""
        return list(planning.form_of(upload).columns)

    @extend_schema_field(RunSerializer(allow_null=True))
    def get_run(self, upload: Upload) -> dict[str, Any] | None:
        """Give the run; `counts` says how many rows came to which outcome."""
        run = self.context["runs"].get(upload.pk)
        return dict(RunSerializer(run).data) if run is not None else None


class ImportViewSet(mixins.DestroyModelMixin, ViewSet):
    """Imports, newest first."""

    model = Upload
    module = "imports"
    serializer_class = ImportSerializer
    parser_classes = (MultiPartParser,)
    keyset: ClassVar = Keyset(("pk",))

    def get_queryset(self) -> Any:
        """Join what the serializer shows."""
        return super().get_queryset().select_related("object", "tenant")

    def list(self, _request: Request) -> Response:
        """List imports."""
        return self.get_paginated_response(
            self._told(self.paginate_queryset(self.get_queryset()) or [])
        )

    def retrieve(self, _request: Request, pk: int) -> Response:
        """Give one import with its run."""
        return Response(self._told([get_object_or_404(self.get_queryset(), pk=pk)])[0])

    @extend_schema(
        request={"multipart/form-data": ImportRequestSerializer},
        responses={202: ImportSerializer},
    )
    def create(self, request: Request) -> Response:
        """Upload a file and queue its import; `Location` is where its progress can be read."""
        wanted = ImportRequestSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        values = wanted.validated_data
        target = get_object_or_404(
            ConnectObject.objects.for_tenant(self.tenant).select_related("tenant"),  # type: ignore[arg-type]  # a Tenant behind a key
            type=values["object"],
            kind=ConnectObject.Kind.STORE,
        )
        actor: Actor = request._request.actor  # type: ignore[attr-defined]  # set by the middleware
        with transaction.atomic():  # a file that cannot be imported is not kept
            upload = storage.receive(values["file"], target, actor=actor)
            run = self._start(request, upload, values, actor)
        tasks.enqueue()
        address = reverse("api:api-import-detail", kwargs={"pk": upload.pk})
        body = ImportSerializer(upload, context={"runs": {upload.pk: run}}).data
        return Response(body, status=202, headers={"Location": address})

    def _told(self, uploads: Sequence[Upload]) -> Any:
        runs = imports.runs_of(uploads)
        return ImportSerializer(uploads, many=True, context={"runs": runs}).data

    def _start(
        self, request: Request, upload: Upload, values: Mapping[str, Any], actor: Actor
    ) -> SyncLog:
        plan, dry = _plan(upload, values.get("plan") or "{}"), values["dry_run"]
        for code in () if dry else imports.PERMISSIONS[plan.mode]:
            if not may(request._request, code):
                raise PermissionDenied(f"This needs the permission {code}.")
        planning.set_plan(upload, plan)
        now, trigger = timezone.now(), SyncLog.Trigger.API
        return imports.start(upload, plan, trigger=trigger, actor=actor, now=now, dry=dry)

    def perform_destroy(self, instance: Upload) -> None:
        """Delete the file; records that it made stay."""
        actor: Actor = self.request._request.actor  # type: ignore[attr-defined]  # as above
        imports.delete(instance, actor=actor)


class ImportErrorsViewSet(ViewSet):
    """Rows of an import that failed."""

    model = Upload
    module = "imports"
    serializer_class = ImportSerializer

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.BINARY})
    def retrieve(self, _request: Request, pk: int) -> HttpResponseBase:
        """Give the rows that failed as CSV, as they were, with row number and message."""
        upload = get_object_or_404(self.get_queryset(), pk=pk)
        runs = SyncLog.objects.for_tenant(self.tenant)  # type: ignore[arg-type]  # as above
        run = get_object_or_404(runs, pk=upload.run_id)
        parts = door.streaming(upload.tenant_id, import_errors.file_of(upload, run))
        return StreamingHttpResponse(parts, content_type="text/csv; charset=utf-8")


def _plan(upload: Upload, text: str) -> planning.Plan:
    """Complete what the client says by what the headings suggest."""
    try:
        given = canonical.loads(text)
    except canonical.type_errors as error:
        raise Invalid(fields={"plan": f"This is not JSON: {error}."}) from error
    if not isinstance(given, dict):
        raise Invalid(fields={"plan": "A JSON object."})
    suggested = structs.asdict(planning.plan_of(upload))
    try:
        return planning.read_plan({**suggested, **given})
    except SyncAppError as error:
        raise Invalid(
            fields={f"plan.{name}": said for name, said in error.fields.items()}
        ) from error
