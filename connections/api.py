"""Configs and connections for REST clients.

A single thing comes with an `ETag`; with `If-Match` a change is refused if somebody else changed
it meanwhile. Secrets go in and never out.
"""

from __future__ import annotations

import re
from contextlib import nullcontext
from dataclasses import asdict
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from connections import configs, discovery, kept, services
from connections.directions import DIRECTIONS, INBOUND, OUTBOUND
from connections.filters import ConfigFilterSet, DirectedFilterSet
from connections.kit.base import RemoteError
from connections.models import Connection, ConnectionConfig
from connections.serializers import ENTITY, SAMPLE, ConfigSerializer, ConnectionSerializer
from syncapp import canonical
from syncapp.errors import Changed, Invalid, Refused, SyncAppError
from syncapp.tenants import door
from syncapp.tenants.actors import Actor
from syncapp.tenants.models import Tenant
from syncapp.ui.api import ViewSet


class RemoteTroubleError(SyncAppError):
    """The other system refused or failed; the code says how."""

    status = 502

    def __init__(self, error: RemoteError) -> None:
        super().__init__(error.message, code=f"remote_{error.kind}")


class Single(ViewSet):
    """Reading and changing one thing with its `ETag`."""

    def load(self, pk: int) -> Any:
        """Give the row of this id, or answer 404."""
        return get_object_or_404(self.get_queryset(), pk=pk)

    def shown(self, row: Any, *, status: int = 200) -> Response:
        """Give the row as it is now."""
        row = self.load(row.pk)
        data = self.get_serializer(row).data
        return Response(data, status=status, headers={"ETag": f'"{row.etag}"'})

    def sent(self, request: Request, row: Any = None) -> Any:
        """Give what was sent, judged; with PATCH it is a part."""
        partial = request.method == "PATCH"
        found = self.get_serializer(row, data=request.data, partial=partial)
        found.is_valid(raise_exception=True)
        return found

    def matched(self, request: Request) -> int | None:
        """Give the state that the client knows, if it says so.

        Raises:
            Changed: it is none of ours.
        """
        text = request.headers.get("If-Match", "*").strip()
        if text == "*":
            return None
        tag = re.fullmatch(r'(?:W/)?"(\d{1,9})"', text)
        if tag is None:
            raise Changed
        return int(tag[1])

    @property
    def actor(self) -> Actor:
        """Whose key it is."""
        actor: Actor = self.request._request.actor  # type: ignore[attr-defined]  # set by the middleware
        return actor

    @property
    def owner(self) -> Tenant:
        """The tenant of the key."""
        owner: Tenant = self.tenant  # type: ignore[assignment]  # what the middleware set
        return owner


class ConfigViewSet(mixins.ListModelMixin, Single):
    """Connection configs."""

    model = ConnectionConfig
    module = "configs"
    serializer_class = ConfigSerializer
    filterset_class = ConfigFilterSet

    def get_queryset(self) -> QuerySet[Any]:
        """Join the account."""
        return super().get_queryset().select_related("account")

    def create(self, request: Request) -> Response:
        """Make a config."""
        sent = self.sent(request)
        system_type = sent.validated_data["system_type"]
        row = configs.create(self.owner, system_type, sent.given(None), actor=self.actor)
        return self.shown(row, status=201)

    def retrieve(self, _request: Request, pk: int) -> Response:
        """Give one config, without its secrets."""
        return self.shown(self.load(pk))

    def update(self, request: Request, pk: int) -> Response:
        """Change a config; its type stays."""
        row = self.load(pk)
        sent = self.sent(request, row)
        if sent.validated_data.get("system_type", row.system_type) != row.system_type:
            raise Invalid(fields={"system_type": "The type of a config stays."})
        given, etag = sent.given(row), self.matched(request)
        return self.shown(configs.edit(row, given, actor=self.actor, etag=etag))

    def destroy(self, request: Request, pk: int) -> Response:
        """Delete a config that no connection uses."""
        configs.delete(self.load(pk), actor=self.actor, etag=self.matched(request))
        return Response(status=204)


class ConfigTestViewSet(Single):
    """The test of a config."""

    model = ConnectionConfig
    module = "configs"
    permission = "configs.test"
    serializer_class = ConfigSerializer

    @extend_schema(request=None, responses=ConfigSerializer)
    def test(self, _request: Request, pk: int) -> Response:
        """Test the config line by line; the answer holds the lines, good or bad."""
        with door.tenant(self.owner.pk):
            config = self.load(pk)
        configs.run_checks(config, actor=self.actor, now=timezone.now)
        with door.tenant(self.owner.pk):
            return self.shown(config)


class Directed(Single):
    """What is about one connection: its direction decides which permission is needed."""

    model = Connection
    module = "inbound"
    serializer_class = ConnectionSerializer

    def required_permission(self, method: str) -> str:
        """Ask for the same act of the module that the connection belongs to."""
        return f"{self._direction()}.{super().required_permission(method).partition('.')[2]}"

    def get_queryset(self) -> QuerySet[Any]:
        """Join what the serializer shows."""
        return super().get_queryset().select_related("config", "object", "live_version")

    def _direction(self) -> str:
        """Give the direction of the connection that the address names; of a new one what is sent."""
        pk = getattr(self, "kwargs", {}).get("pk")
        if pk is None:
            return INBOUND.code
        rows = Connection.objects.for_tenant(self.owner).filter(pk=pk)
        inside = door.current_tenant() is not None
        with nullcontext() if inside else door.tenant(self.owner.pk):
            found: str | None = rows.values_list("direction", flat=True).first()
        return found or INBOUND.code


class ConnectionViewSet(mixins.ListModelMixin, Directed):
    """Connections of both directions."""

    filterset_class = DirectedFilterSet

    def get_queryset(self) -> QuerySet[Any]:
        """Leave out a direction that the key may not see."""
        rows = super().get_queryset()
        holder: Any = getattr(self.request, "auth", None)
        seen = [
            way.code
            for way in DIRECTIONS.values()
            if holder is None or holder.may(way.permission("view"))
        ]
        return rows.filter(direction__in=seen)

    def _direction(self) -> str:
        if getattr(self, "kwargs", {}).get("pk") is not None:
            return super()._direction()
        if self.request.method == "POST":
            return self._sent_direction()
        holder: Any = getattr(self.request, "auth", None)
        blind = holder is not None and not holder.may(INBOUND.permission("view"))
        return OUTBOUND.code if blind else INBOUND.code

    def _sent_direction(self) -> str:
        """Give the direction of a new connection; what cannot be read is refused later."""
        try:
            sent = self.request.data
        except APIException:
            sent = None
        wanted = sent.get("direction") if isinstance(sent, dict) else None
        return OUTBOUND.code if wanted == OUTBOUND.code else INBOUND.code

    def create(self, request: Request) -> Response:
        """Make a connection, switched off."""
        sent = self.sent(request)
        row = services.create(
            self.owner,
            direction=sent.validated_data.get("direction", INBOUND.code),
            name=sent.validated_data["name"],
            system_type=sent.validated_data["system_type"],
            actor=self.actor,
        )
        return self.shown(self._edited(row, sent), status=201)

    def retrieve(self, _request: Request, pk: int) -> Response:
        """Give one connection with its mappings."""
        return self.shown(self.load(pk))

    def update(self, request: Request, pk: int) -> Response:
        """Change the draft; the mappings, if sent, replace the whole table."""
        row = self.load(pk)
        sent = self.sent(request, row)
        if sent.validated_data.get("system_type", row.system_type) != row.system_type:
            raise Invalid(fields={"system_type": "The type of a connection stays."})
        if sent.validated_data.get("direction", row.direction) != row.direction:
            raise Invalid(fields={"direction": "The direction of a connection stays."})
        return self.shown(self._edited(row, sent, self.matched(request)))

    def destroy(self, request: Request, pk: int) -> Response:
        """Delete a connection that is switched off; records and logs stay."""
        services.delete(self.load(pk), actor=self.actor, etag=self.matched(request))
        return Response(status=204)

    def _edited(self, row: Connection, sent: Any, etag: int | None = None) -> Connection:
        values = dict(sent.validated_data)
        return services.edit(
            row,
            values,
            mappings=values.pop("mappings", None),
            conditions=values.pop("conditions", None),
            actor=self.actor,
            etag=etag,
        )


class ConnectionSwitchViewSet(Directed):
    """What switches a connection."""

    permission = "inbound.activate"

    @extend_schema(request=None, responses=ConnectionSerializer)
    def activate(self, _request: Request, pk: int) -> Response:
        """Publish the draft and switch the connection on; what is missing is named by field."""
        row = services.activate(self.load(pk), actor=self.actor, now=timezone.now())
        return self.shown(row)

    @extend_schema(request=None, responses=ConnectionSerializer)
    def deactivate(self, _request: Request, pk: int) -> Response:
        """Switch the connection off."""
        return self.shown(services.deactivate(self.load(pk), actor=self.actor))


class ConnectionSourceViewSet(Directed):
    """What talks to a connection's system; it holds its own transactions."""

    def required_permission(self, method: str) -> str:
        """Reading what is known is viewing; asking the system is part of editing."""
        return f"{self._direction()}.{'view' if method == 'GET' else 'edit'}"

    @extend_schema(request=None, responses=ENTITY)
    def entities(self, request: Request, pk: int) -> HttpResponse:
        """List the entities as last seen; with POST look them up anew."""
        config = self._row(pk).config
        if config is None:
            raise Refused("This connection has no config yet.")
        if request.method == "POST":
            try:
                found = discovery.discover(config, now=timezone.now)
            except RemoteError as error:
                raise RemoteTroubleError(error) from error
        else:
            with door.tenant(self.owner.pk):
                found = discovery.known_entities(config)
        return exact(
            [
                {
                    "name": entity.name,
                    "label": entity.schema.get("label", ""),
                    "fields": [path for path, _ in discovery.field_paths(entity)],
                    "seen_at": entity.seen_at,
                }
                for entity in found
            ]
        )

    @extend_schema(request=None, responses=SAMPLE)
    def sample(self, _request: Request, pk: int) -> HttpResponse:
        """Give the first records of the stored query."""
        row = self._row(pk)
        try:
            sample = kept.look(row, now=timezone.now)
        except RemoteError as error:
            raise RemoteTroubleError(error) from error
        return exact(asdict(sample))

    def _row(self, pk: int) -> Connection:
        with door.tenant(self.owner.pk):
            row: Connection = get_object_or_404(
                self.get_queryset().select_related("config"), pk=pk
            )
        return row


def exact(content: Any) -> HttpResponse:
    """Answer without passing numbers of customers through a float."""
    return HttpResponse(canonical.dumps(content), content_type="application/json")
