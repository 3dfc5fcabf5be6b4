"""Value maps and the reference of functions for REST clients.

A value map comes with its revision as `ETag`; with `If-Match` a change is refused if somebody else
changed its entries meanwhile.
"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response

from formulas import reference
from formulas.models import ValueMap, ValueMapUnmapped
from formulas.serializers import (
    FunctionSerializer,
    MapSerializer,
    UnmappedSerializer,
    WholeMapSerializer,
)
from formulas.services import maps
from syncapp.tenants.actors import Actor
from syncapp.ui.api import ViewSet, known_revision
from syncapp.ui.exact import ExactParser, ExactRenderer


class MapViewSet(mixins.ListModelMixin, ViewSet):
    """Value maps."""

    parser_classes = (ExactParser,)
    renderer_classes = (ExactRenderer,)
    model = ValueMap
    module = "value_maps"
    serializer_class = WholeMapSerializer

    def get_serializer_class(self) -> type[MapSerializer]:
        """Leave entries out of lists."""
        return MapSerializer if self.action == "list" else WholeMapSerializer

    def get_queryset(self) -> QuerySet[Any]:
        """Give the maps with their counts."""
        return maps.counted(super().get_queryset().select_related("tenant"))

    @property
    def actor(self) -> Actor:
        """Whose key it is."""
        actor: Actor = self.request._request.actor  # type: ignore[attr-defined]  # set by the middleware
        return actor

    def create(self, request: Request) -> Response:
        """Make a value map, with or without entries."""
        sent = self._sent(request)
        tenant: Any = self.tenant  # what the middleware set
        sent["entries"] = _filled(sent.get("entries", {}))
        made = maps.create_map(tenant=tenant, actor=self.actor, **sent)
        return self._shown(made.pk, status=201)

    def retrieve(self, _request: Request, pk: int) -> Response:
        """Give a value map with all its entries."""
        return self._shown(pk)

    def update(self, request: Request, pk: int) -> Response:
        """Replace a value map: entries that are not sent are removed."""
        row = self._one(pk)
        sent = {"description": "", "value_type": "text", "entries": {}, **self._sent(request)}
        sent["entries"] = _filled(sent["entries"])
        maps.edit_map(row, **sent, known=known_revision(request), actor=self.actor)
        return self._shown(pk)

    def partial_update(self, request: Request, pk: int) -> Response:
        """Change what is sent; of `entries` the keys that are named, null removes one."""
        row = self._one(pk)
        sent = self._sent(request, partial=True)
        maps.patch_map(
            row,
            changes=sent.pop("entries", {}),
            known=known_revision(request),
            actor=self.actor,
            **sent,
        )
        return self._shown(pk)

    def destroy(self, _request: Request, pk: int) -> Response:
        """Delete a value map that no published connection uses."""
        maps.delete_map(self._one(pk), actor=self.actor)
        return Response(status=204)

    def _one(self, pk: int) -> ValueMap:
        found: ValueMap = get_object_or_404(self.get_queryset(), pk=pk)
        return found

    def _sent(self, request: Request, *, partial: bool = False) -> dict[str, Any]:
        found = self.get_serializer(data=request.data, partial=partial)
        found.is_valid(raise_exception=True)
        values: dict[str, Any] = found.validated_data
        return values

    def _shown(self, pk: int, *, status: int = 200) -> Response:
        row = self._one(pk)
        return Response(
            self.get_serializer(row).data, status=status, headers={"ETag": f'"{row.revision}"'}
        )


class UnmappedViewSet(mixins.ListModelMixin, ViewSet):
    """The inbox of a value map; who makes entries of its keys empties it."""

    model = ValueMapUnmapped
    module = "value_maps"
    serializer_class = UnmappedSerializer

    def get_queryset(self) -> QuerySet[Any]:
        """Give the values of the map that the address names."""
        rows = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return rows
        owner: Any = self.tenant
        whole = get_object_or_404(ValueMap.objects.for_tenant(owner), pk=self.kwargs["pk"])
        return rows.filter(map=whole)


class FunctionViewSet(ViewSet):
    """The functions of the formula language."""

    renderer_classes = (ExactRenderer,)
    model = ValueMap  # asked by nobody: functions are the same for all
    module = "formulas"
    serializer_class = FunctionSerializer
    pagination_class = None  # type: ignore[assignment]  # short, and always whole

    @extend_schema(responses=FunctionSerializer(many=True))
    def list(self, _request: Request) -> Response:
        """List all functions, with what their examples give on the example record."""
        return Response(FunctionSerializer(reference.entries(), many=True).data)


def _filled(entries: dict[str, str | None]) -> dict[str, str]:
    """Take null for the empty value that it is read from."""
    return {key: value or "" for key, value in entries.items()}
