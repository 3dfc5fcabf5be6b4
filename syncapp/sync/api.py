"""Starting and stopping runs, and schedules, for REST clients."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from connections.models import Connection
from syncapp.sync import services, tasks
from syncapp.sync.models import Schedule
from syncapp.tenants.actors import Actor
from syncapp.ui.api import ViewSet
from synclogs.api import RunSerializer
from synclogs.models import SyncLog


class RunRequestSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(
        choices=SyncLog.Kind.choices,
        default=SyncLog.Kind.NORMAL,
        help_text="`normal` reads changes, `full` everything; `dry` writes nothing but its log.",
    )
    max_records = serializers.IntegerField(
        required=False, min_value=1, help_text="End a dry run after so many records."
    )
    changes_only = serializers.BooleanField(
        required=False,
        help_text="Let a dry run read only what changed since the last run.",
    )


class ScheduleSerializer(serializers.Serializer[Any]):
    every_minutes = serializers.IntegerField(
        allow_null=True,
        min_value=1,
        max_value=services.LONGEST_INTERVAL,
        help_text="From the start of one run to the start of the next; null: only by hand.",
    )
    next_at = serializers.DateTimeField(read_only=True, allow_null=True)


class ConnectionRunViewSet(ViewSet):
    """Runs of a connection."""

    model = Connection
    module = "inbound"
    serializer_class = RunRequestSerializer

    def required_permission(self, method: str) -> str:
        """A rehearsal and a run are two permissions; what cannot be read asks for the greater."""
        try:
            wanted = self.request.data
        except APIException:
            wanted = None
        dry = isinstance(wanted, dict) and wanted.get("kind") == SyncLog.Kind.DRY
        return "inbound.dry_run" if dry else "inbound.run"

    @extend_schema(request=RunRequestSerializer, responses={202: RunSerializer})
    def run(self, request: Request, pk: int) -> Response:
        """Queue a run; `Location` is where its progress can be read."""
        connection = get_object_or_404(self.get_queryset(), pk=pk)
        wanted = RunRequestSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        run = services.request_run(
            connection,
            trigger=SyncLog.Trigger.API,
            actor=_actor(request),
            now=timezone.now(),
            **wanted.validated_data,
        )
        tasks.enqueue()
        return _accepted(run)


class RunStopViewSet(ViewSet):
    """Stopping a run."""

    model = SyncLog
    module = "runs"
    permission = "runs.cancel"
    serializer_class = RunSerializer

    @extend_schema(request=None, responses={202: RunSerializer})
    def stop(self, _request: Request, pk: int) -> Response:
        """Stop a run after the page it is at."""
        run = services.request_stop(
            get_object_or_404(self.get_queryset(), pk=pk), now=timezone.now()
        )
        tasks.enqueue()
        return _accepted(run)


class ScheduleViewSet(ViewSet):
    """When a connection runs by itself."""

    model = Connection
    module = "inbound"
    serializer_class = ScheduleSerializer

    def retrieve(self, _request: Request, pk: int) -> Response:
        """Give the schedule."""
        connection = get_object_or_404(self.get_queryset(), pk=pk)
        schedule = services.schedule_of(connection) or Schedule()
        return Response(ScheduleSerializer(schedule).data)

    def update(self, request: Request, pk: int) -> Response:
        """Set the schedule."""
        connection = get_object_or_404(self.get_queryset(), pk=pk)
        wanted = ScheduleSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        schedule = services.set_schedule(
            connection, actor=_actor(request), now=timezone.now(), **wanted.validated_data
        )
        return Response(ScheduleSerializer(schedule).data)


def _actor(request: Request) -> Actor:
    actor: Actor = request._request.actor  # type: ignore[attr-defined]  # set by the middleware
    return actor


def _accepted(run: SyncLog) -> Response:
    address = reverse("api:api-run-detail", kwargs={"pk": run.pk})
    return Response(RunSerializer(run).data, status=202, headers={"Location": address})
