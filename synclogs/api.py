"""Runs and record logs for REST clients."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field, inline_serializer
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from connections.kit.codes import Outcome
from syncapp.tenants import door
from syncapp.ui.access import may
from syncapp.ui.api import ViewSet
from syncapp.ui.paging import Keyset
from synclogs import diffs, queries
from synclogs.filters import RecordLogFilterSet, RunFilterSet
from synclogs.models import RecordLog, SyncLog
from synclogs.sentences import sentence

_COUNTS = inline_serializer(
    "RunCounts",
    {name: serializers.IntegerField() for name in ("read", *(str(item) for item in Outcome))},
)


class RunSerializer(serializers.ModelSerializer[SyncLog]):
    """A run: its state, and how many records came to which outcome."""

    counts = serializers.SerializerMethodField(
        help_text="`read` and the ten outcomes; `read` is their sum."
    )
    connection = serializers.IntegerField(
        source="connection_id", allow_null=True, read_only=True
    )
    version = serializers.SerializerMethodField(help_text="Number of the version that ran.")

    class Meta:
        model = SyncLog
        fields = (
            "id",
            "connection",
            "name",
            "version",
            "kind",
            "lane",
            "state",
            "trigger",
            "by",
            "queued_at",
            "started_at",
            "ended_at",
            "stop_requested",
            "expected",
            "seen",
            "pages",
            "error",
            "error_kind",
            "counts",
        )

    @extend_schema_field(_COUNTS)
    def get_counts(self, run: SyncLog) -> dict[str, int]:
        """Give `read` and each outcome by name."""
        return {"read": run.n_read, **{str(name): count for name, count in run.counts.items()}}

    def get_version(self, run: SyncLog) -> int | None:
        """Give the number that people see."""
        return run.version.number if run.version else None


class RecordLogSerializer(serializers.ModelSerializer[RecordLog]):
    """The outcome of one record in one run."""

    outcome = serializers.SerializerMethodField()
    run = serializers.IntegerField(source="run_id")
    record = serializers.IntegerField(source="record_id", allow_null=True)
    message = serializers.SerializerMethodField(help_text="Why, in one sentence.")

    class Meta:
        model = RecordLog
        fields = (
            "id",
            "run",
            "key",
            "remote_id",
            "record",
            "outcome",
            "code",
            "message",
            "at",
            "seq",
        )

    @extend_schema_field(serializers.ChoiceField([str(outcome) for outcome in Outcome]))
    def get_outcome(self, log: RecordLog) -> str:
        """Give the outcome by name."""
        return str(log.outcome_name)

    def get_message(self, log: RecordLog) -> str:
        """Give the message, or what the code means."""
        return log.message or sentence(log.code)


class _Change(serializers.Serializer[Any]):
    field = serializers.CharField()
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)


class RecordLogDetailSerializer(RecordLogSerializer):
    """The same with its evidence."""

    class Meta(RecordLogSerializer.Meta):
        fields = (*RecordLogSerializer.Meta.fields, "verdicts", "changes")  # type: ignore[assignment]  # one tuple, longer

    verdicts = serializers.SerializerMethodField(help_text="What each step said against it.")
    changes = serializers.SerializerMethodField(
        help_text="Fields that differ, before and after."
    )

    @extend_schema_field(serializers.ListField(child=serializers.DictField()))
    def get_verdicts(self, log: RecordLog) -> list[Any]:
        """Give the verdicts of steps that did not let it pass."""
        verdicts: list[Any] = (log.detail or {}).get("verdicts", [])
        return verdicts

    @extend_schema_field(_Change(many=True))
    def get_changes(self, log: RecordLog) -> list[dict[str, Any]]:
        """Give before and after of the fields that differ."""
        evidence: queries.Evidence = self.context["evidence"]
        return [
            {"field": cell.name, "before": cell.before, "after": cell.after}
            for cell in evidence.cells
            if cell.differs
        ]


class RunViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ViewSet):
    """Runs, newest first."""

    model = SyncLog
    module = "runs"
    serializer_class = RunSerializer
    filterset_class = RunFilterSet
    keyset: ClassVar = Keyset(("pk",))

    def get_queryset(self) -> QuerySet[SyncLog]:
        """Join what the serializer shows."""
        return super().get_queryset().select_related("version")


class RunChangesViewSet(ViewSet):
    """What a dry run would change."""

    model = SyncLog
    module = "record_logs"
    permission = "record_logs.export"
    serializer_class = RunSerializer

    @extend_schema(request=None, responses={(200, "text/csv"): str})
    def changes(self, request: Request, pk: int) -> StreamingHttpResponse:
        """Give the differences of a dry run as CSV, a line per field that would change."""
        run = get_object_or_404(self.get_queryset(), pk=pk, kind=SyncLog.Kind.DRY)
        reveal = may(request._request, "records.export")
        found = door.streaming(run.tenant_id, diffs.lines(run, reveal=reveal))
        return StreamingHttpResponse(found, content_type="text/csv; charset=utf-8")


class RecordLogViewSet(mixins.ListModelMixin, ViewSet):
    """Outcomes of records, newest first."""

    model = RecordLog
    module = "record_logs"
    serializer_class = RecordLogSerializer
    filterset_class = RecordLogFilterSet
    keyset: ClassVar = Keyset(("pk",))

    def get_queryset(self) -> QuerySet[RecordLog]:
        """Narrow by hand: the table is no tenant model of the ORM."""
        if getattr(self, "swagger_fake_view", False):
            return RecordLog.objects.none()
        return queries.logs_of(self.tenant)  # type: ignore[arg-type]  # a Tenant behind a key

    @extend_schema(responses=RecordLogDetailSerializer)
    def retrieve(self, request: Request, pk: int) -> Response:
        """Give one outcome with before and after of the fields that differ."""
        log = get_object_or_404(self.get_queryset(), pk=pk)
        run = get_object_or_404(SyncLog.objects.for_tenant(self.tenant), pk=log.run_id)  # type: ignore[arg-type]  # as above
        reveal = may(request._request, "records.export")
        evidence = queries.evidence(log, run, reveal=reveal)
        serializer = RecordLogDetailSerializer(log, context={"evidence": evidence})
        return Response(serializer.data)
