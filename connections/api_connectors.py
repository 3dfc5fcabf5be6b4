"""Connectors and connector sets for REST clients."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from connections import connector_sets, connectors
from connections.api import Single
from connections.directions import DIRECTIONS
from connections.filters import ConnectorFilterSet, ConnectorSetFilterSet
from connections.models import Connection, Connector, ConnectorSet
from connections.serializers import OwnedField
from syncapp.errors import NotAllowed


class OwnedFields(serializers.ManyRelatedField):
    """References to rows of the key's own tenant, in order."""

    def __init__(self, model: Any, **options: Any) -> None:
        child = OwnedField(queryset=model.objects.none())
        super().__init__(child_relation=child, **options)


class ConnectorSerializer(serializers.Serializer[Connector]):
    """A named integration: what comes in and what goes out."""

    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(max_length=100)
    description = serializers.CharField(max_length=500, allow_blank=True, required=False)
    connections = OwnedFields(
        Connection, required=False, help_text="Ids; a connection belongs to one connector."
    )
    active = serializers.SerializerMethodField(help_text="Any of its connections is active.")

    def get_active(self, connector: Connector) -> bool:
        """Look at its connections, which were fetched with it."""
        return any(connection.active for connection in connector.connections.all())


class ConnectorSetSerializer(serializers.Serializer[ConnectorSet]):
    """Connectors that run one after the other."""

    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(max_length=100)
    description = serializers.CharField(max_length=500, allow_blank=True, required=False)
    on_failure = serializers.ChoiceField(choices=ConnectorSet.OnFailure.choices, required=False)
    connectors = OwnedFields(
        Connector, required=False, write_only=True, help_text="Ids, in order."
    )

    def to_representation(self, instance: ConnectorSet) -> dict[str, Any]:
        """Show the connectors in their order."""
        members = sorted(instance.members.all(), key=lambda one: (one.position, one.pk))
        shown = super().to_representation(instance)
        return {**shown, "connectors": [member.connector_id for member in members]}


class ConnectorViewSet(mixins.ListModelMixin, Single):
    """Connectors."""

    model = Connector
    module = "connectors"
    serializer_class = ConnectorSerializer
    filterset_class = ConnectorFilterSet

    def get_queryset(self) -> QuerySet[Any]:
        """Fetch the connections with them."""
        return super().get_queryset().prefetch_related("connections")

    def create(self, request: Request) -> Response:
        """Make a connector of connections that exist."""
        sent = self.sent(request).validated_data
        return self.shown(connectors.create(self.owner, **sent, actor=self.actor), status=201)

    def retrieve(self, _request: Request, pk: int) -> Response:
        """Give one connector."""
        return self.shown(self.load(pk))

    def update(self, request: Request, pk: int) -> Response:
        """Change a connector; connections that are no longer named stay by themselves."""
        row = self.load(pk)
        sent = self.sent(request, row).validated_data
        etag = self.matched(request)
        return self.shown(connectors.edit(row, **sent, actor=self.actor, etag=etag))

    def destroy(self, request: Request, pk: int) -> Response:
        """Delete a connector that is switched off; its connections stay."""
        row, etag = self.load(pk), self.matched(request)
        connectors.delete(row, with_connections=False, actor=self.actor, etag=etag)
        return Response(status=204)


class ConnectorSwitchViewSet(Single):
    """What switches a connector."""

    model = Connector
    module = "connectors"
    permission = "connectors.edit"
    serializer_class = ConnectorSerializer

    @extend_schema(request=None, responses=ConnectorSerializer)
    def deactivate(self, request: Request, pk: int) -> Response:
        """Switch off all its connections; the key must be allowed to do that to each."""
        row = self.load(pk)
        holder: Any = request.auth
        for one in connectors.connections_of(row):
            code = DIRECTIONS[one.direction].permission("activate")
            if one.active and not holder.may(code):
                raise NotAllowed(f"This needs the permission {code}.")
        connectors.deactivate(row, actor=self.actor)
        return self.shown(row)


class ConnectorSetViewSet(mixins.ListModelMixin, Single):
    """Connector sets."""

    model = ConnectorSet
    module = "connector_sets"
    serializer_class = ConnectorSetSerializer
    filterset_class = ConnectorSetFilterSet

    def get_queryset(self) -> QuerySet[Any]:
        """Fetch the places with them."""
        return super().get_queryset().prefetch_related("members")

    def create(self, request: Request) -> Response:
        """Make a set."""
        sent = self.sent(request).validated_data
        made = connector_sets.create(self.owner, **sent, actor=self.actor)
        return self.shown(made, status=201)

    def retrieve(self, _request: Request, pk: int) -> Response:
        """Give one set."""
        return self.shown(self.load(pk))

    def update(self, request: Request, pk: int) -> Response:
        """Change a set; the connectors, if sent, replace the whole order."""
        row = self.load(pk)
        sent = self.sent(request, row).validated_data
        etag = self.matched(request)
        return self.shown(connector_sets.edit(row, **sent, actor=self.actor, etag=etag))

    def destroy(self, request: Request, pk: int) -> Response:
        """Delete a set; its connectors stay."""
        connector_sets.delete(self.load(pk), actor=self.actor, etag=self.matched(request))
        return Response(status=204)
