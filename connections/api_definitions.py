"""Definitions and templates of objects for REST clients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import IO, Any, Final

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from connections.definitions.applying import apply
from connections.definitions.comparing import Changes, diff
from connections.definitions.exporting import export
from connections.definitions.places import MOST_BYTES, wrong
from connections.definitions.schema import Document, read
from connections.models import Connection
from connections.templates import objects as templates
from objects.models import ConnectObject
from syncapp import canonical
from syncapp.tenants.actors import Actor
from syncapp.tenants.models import Tenant
from syncapp.ui.api import ViewSet
from syncapp.ui.exact import ExactRenderer

_YAML: Final = "text/yaml"
_CHANGES: Final = {
    "type": "object",
    "properties": {
        "digest": {"type": "string", "description": "Names what would happen."},
        "counts": {"type": "object", "additionalProperties": {"type": "integer"}},
        "permissions": {"type": "array", "items": {"type": "string"}},
        "changes": {"type": "array", "items": {"type": "object"}},
        "to_connect": {"type": "array", "items": {"type": "string"}},
    },
}
_EXPECTED: Final = OpenApiParameter(
    "expected", str, description="Digest of a diff: apply only if just that would happen."
)


class YamlParser(BaseParser):
    """Takes a body as text, whatever it calls itself; reading it is the file's matter."""

    media_type = "*/*"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,  # noqa: ARG002  DRF passes it
        parser_context: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> Any:
        """Read the file, no more of it than may be there."""
        try:
            return read(stream.read(MOST_BYTES + 1).decode("utf-8-sig").replace("\r\n", "\n"))
        except UnicodeDecodeError as error:
            raise wrong("The file is not text in UTF-8.") from error


class YamlRenderer(BaseRenderer):
    """Lets clients ask for YAML; problems come as JSON."""

    media_type = _YAML
    format = "yaml"
    charset = "utf-8"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,  # noqa: ARG002  DRF passes it
        renderer_context: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> bytes:
        """Encode the problem."""
        return canonical.dumps(data)


class _Definitions(ViewSet):
    """What exporting and importing have in common."""

    model = Connection
    module = "definitions"
    serializer_class = serializers.Serializer
    parser_classes: Sequence[type[BaseParser]] = (YamlParser,)
    renderer_classes: Sequence[type[BaseRenderer]] = (ExactRenderer,)

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


class DefinitionsExportViewSet(_Definitions):
    """Definitions as a file."""

    permission = "definitions.export"
    renderer_classes = (YamlRenderer, ExactRenderer)

    @extend_schema(
        parameters=[OpenApiParameter("connector", str, description="Only this one's.")],
        responses={(200, _YAML): str},
    )
    def export(self, request: Request) -> HttpResponse:
        """Give all definitions, or a connector with everything that it uses."""
        text = export(self.owner, request.query_params.get("connector", ""))
        return HttpResponse(text, content_type=f"{_YAML}; charset=utf-8")


class DefinitionsImportViewSet(_Definitions):
    """Applying a file."""

    permission = "definitions.import"

    @extend_schema(request={_YAML: str}, responses=_CHANGES)
    def diff(self, request: Request) -> Response:
        """Tell what a file would change."""
        return Response(_told(diff(self.owner, _document(request))))

    @extend_schema(request={_YAML: str}, responses=_CHANGES, parameters=[_EXPECTED])
    def apply(self, request: Request) -> Response:
        """Apply a file in one transaction; the key must also hold what its changes need."""
        expected = request.query_params.get("expected", "")
        applied = apply(self.owner, _document(request), actor=self.actor, expected=expected)
        return Response({**_told(applied.changes), "to_connect": list(applied.to_connect)})


class ObjectTemplateSerializer(serializers.Serializer[Any]):
    """Which templates become objects."""

    types = serializers.ListField(child=serializers.CharField(max_length=40), max_length=100)
    along = serializers.BooleanField(
        default=True, help_text="Make the objects that these refer to as well."
    )


_OFFERED: Final = {
    "type": "object",
    "properties": {"data": {"type": "array", "items": {"type": "object"}}},
}


class ObjectTemplateViewSet(_Definitions):
    """Templates of connect objects."""

    model = ConnectObject  # type: ignore[assignment]  # makes rows of another kind
    module = "objects"
    serializer_class = ObjectTemplateSerializer
    parser_classes = ViewSet.parser_classes

    @extend_schema(responses=_OFFERED)
    def offered(self, _request: Request) -> Response:
        """List the templates, with what they refer to."""
        names = ("type", "name", "description", "fields", "needs", "taken")
        rows = [
            {name: getattr(one, name) for name in names}
            for one in templates.offered(self.owner)
        ]
        return Response({"data": rows})

    @extend_schema(request=ObjectTemplateSerializer, responses={201: _OFFERED})
    def make(self, request: Request) -> Response:
        """Make objects of templates, in one transaction."""
        sent = self.get_serializer(data=request.data)
        sent.is_valid(raise_exception=True)
        made = templates.make(self.owner, actor=self.actor, **sent.validated_data)
        rows = [{"id": row.pk, "type": row.type, "name": row.name} for row in made]
        return Response({"data": rows}, status=201)


def _document(request: Request) -> Document:
    """Give the file, which the parser has read."""
    found: Any = request.data
    if not isinstance(found, Document):
        raise wrong("The file is empty.")
    return found


def _told(changes: Changes) -> dict[str, Any]:
    return {
        "digest": changes.digest,
        "counts": changes.counts,
        "permissions": sorted(changes.permissions),
        "changes": [changes.plain(change) for change in changes.each],
    }
