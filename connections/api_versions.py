"""Versions of a connection for REST clients: list, document, difference, publishing, going back."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from connections import versions
from connections.api import Directed, exact
from connections.models import Connection, ConnectionVersion
from connections.publish import publish
from connections.serializers import ConnectionSerializer
from connections.versions import DRAFT, LIVE

_CHANGED = inline_serializer(
    "Changed",
    {
        "verb": serializers.ChoiceField(["added", "removed", "changed", "moved"]),
        "what": serializers.CharField(help_text="The target field, condition or option."),
        "before": serializers.CharField(help_text="In words; empty if it was not there."),
        "after": serializers.CharField(help_text="In words; empty if it is gone."),
        "uuid": serializers.CharField(),
    },
    many=True,
)
DIFFERENCE = inline_serializer(
    "Difference", {"mappings": _CHANGED, "conditions": _CHANGED, "options": _CHANGED}
)


class ReasonSerializer(serializers.Serializer[Any]):
    """Why something is published."""

    reason = serializers.CharField(
        required=False, allow_blank=True, max_length=500, default="", help_text="For the audit."
    )


class VersionSerializer(serializers.ModelSerializer[ConnectionVersion]):
    """What was published when; `spec` is the whole document."""

    live = serializers.SerializerMethodField(help_text="It is what runs.")
    spec = serializers.DictField()

    class Meta:
        model = ConnectionVersion
        fields = ("number", "live", "reason", "by", "at", "fingerprint", "spec")

    def get_live(self, version: ConnectionVersion) -> bool:
        """Compare with what the connection names."""
        return version.pk == version.connection.live_version_id


class ConnectionVersionViewSet(Directed):
    """Versions of one connection, newest first."""

    permission = "inbound.view"
    serializer_class = VersionSerializer  # type: ignore[assignment]  # of versions, not connections

    @extend_schema(responses=VersionSerializer(many=True))
    def versions(self, _request: Request, pk: int) -> Response:
        """List them, all at once: a version is made when somebody publishes."""
        rows = self.load(pk).versions.select_related("connection").order_by("-number")
        return Response({"data": VersionSerializer(rows, many=True).data})

    @extend_schema(
        parameters=[
            OpenApiParameter("from", OpenApiTypes.STR, description="Number; `live` if absent."),
            OpenApiParameter("to", OpenApiTypes.STR, description="Number; `draft` if absent."),
        ],
        responses=DIFFERENCE,
    )
    def diff(self, request: Request, pk: int) -> HttpResponse:
        """Tell what differs between two versions, or a version and the draft."""
        row = self.load(pk)
        before = versions.document_of(row, request.query_params.get("from") or LIVE)
        after = versions.document_of(row, request.query_params.get("to") or DRAFT)
        return exact(asdict(versions.difference(row.tenant_id, before, after)))


class ConnectionPublishViewSet(Directed):
    """What makes another version run."""

    permission = "inbound.activate"
    serializer_class = ReasonSerializer  # type: ignore[assignment]  # what is sent

    @extend_schema(request=ReasonSerializer, responses=ConnectionSerializer)
    def publish(self, request: Request, pk: int) -> Response:
        """Make the draft what runs, whether the connection is switched on or not."""
        row, reason = self.load(pk), self._reason(request)
        publish(row, actor=self.actor, now=timezone.now(), reason=reason)
        return self._connection(row)

    @extend_schema(request=ReasonSerializer, responses=ConnectionSerializer)
    def revert(self, request: Request, pk: int, number: int) -> Response:
        """Publish what an earlier version said; the draft says it, too, from then on."""
        row, reason = self.load(pk), self._reason(request)
        version = versions.version_of(row, str(number))
        versions.revert(row, version, actor=self.actor, now=timezone.now(), reason=reason)
        return self._connection(row)

    def _reason(self, request: Request) -> str:
        sent = ReasonSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        return str(sent.validated_data["reason"])

    def _connection(self, row: Connection) -> Response:
        fresh = self.load(row.pk)
        data = ConnectionSerializer(fresh, context=self.get_serializer_context()).data
        return Response(data, headers={"ETag": f'"{fresh.etag}"'})
