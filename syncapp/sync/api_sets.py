"""Running connector sets, and how far they are, for REST clients."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from connections.models import ConnectorSet
from syncapp.errors import NotThere
from syncapp.sync import sets, tasks
from syncapp.sync.models import SetRun
from syncapp.tenants.actors import Actor
from syncapp.ui.api import ViewSet
from synclogs.models import SyncLog

_SHOWN = 20


class SetStepSerializer(serializers.Serializer[Any]):
    """One connection in the run of a set."""

    connector = serializers.CharField()
    connection = serializers.IntegerField()
    name = serializers.CharField()
    state = serializers.CharField(
        help_text="`waiting`, `skipped`, `refused`, or that of its run."
    )
    run = serializers.IntegerField(allow_null=True, help_text="The Sync ID.")
    note = serializers.CharField()


class SetRunSerializer(serializers.Serializer[SetRun]):
    """One run of a set."""

    id = serializers.IntegerField()
    state = serializers.ChoiceField(choices=SetRun.State.choices)
    steps = SetStepSerializer(many=True)
    by = serializers.CharField()
    trigger = serializers.CharField()
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class SetRunViewSet(ViewSet):
    """Runs of a connector set."""

    model = ConnectorSet
    module = "connector_sets"
    serializer_class = SetRunSerializer
    pagination_class = None  # type: ignore[assignment]  # a short list

    def required_permission(self, method: str) -> str:
        """Reading is viewing; everything else is running."""
        return "connector_sets.view" if method == "GET" else "connector_sets.run"

    @extend_schema(responses=SetRunSerializer(many=True))
    def runs(self, _request: Request, pk: int) -> Response:
        """List the latest runs of a set, newest first; at most 20."""
        found = sets.last_of(self._set(pk), _SHOWN)
        return Response([SetRunSerializer(one).data for one in found])

    @extend_schema(request=None, responses={202: SetRunSerializer})
    def run(self, request: Request, pk: int) -> Response:
        """Run the set; its connections run one after the other."""
        actor: Actor = request._request.actor  # type: ignore[attr-defined]  # set by the middleware
        made = sets.request_set_run(
            self._set(pk), trigger=SyncLog.Trigger.API, actor=actor, now=timezone.now()
        )
        tasks.enqueue()
        return Response(SetRunSerializer(made).data, status=202)

    @extend_schema(request=None, responses={202: SetRunSerializer})
    def stop(self, _request: Request, pk: int) -> Response:
        """Stop the set: the present run ends after its page, and no other follows."""
        last = next(iter(sets.last_of(self._set(pk))), None)
        if last is None:
            raise NotThere("This set has not run yet.")
        made = sets.request_set_stop(last, now=timezone.now())
        tasks.enqueue()
        return Response(SetRunSerializer(made).data, status=202)

    def _set(self, pk: int) -> ConnectorSet:
        row: ConnectorSet = get_object_or_404(self.get_queryset(), pk=pk)
        return row
