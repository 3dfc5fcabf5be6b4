"""Objects and records for REST clients.

A record comes with its revision as `ETag`; with `If-Match` a change is refused if somebody else
changed it meanwhile. Numbers pass without floats, in and out.
"""

from __future__ import annotations

from typing import Any, Final

from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response

from objects.models import ConnectField, ConnectObject
from objects.paging import cursor_at, cut
from objects.records import read
from objects.records.changes import Listed, Origin, Source
from objects.records.read import Wanted
from objects.serializers import FieldSerializer, ObjectSerializer, RecordSerializer
from objects.services import fields, load_shape, objects, records
from syncapp.errors import Invalid, NotAllowed, NotThere
from syncapp.tenants.actors import Actor
from syncapp.tenants.models import Tenant
from syncapp.ui.api import CursorPagination, ViewSet, known_revision
from syncapp.ui.exact import ExactParser, ExactRenderer

_SHOWN: Final = frozenset(RecordSerializer().fields)
_ORDERS: Final = {"seq": Wanted(by="seq"), "key": Wanted()}


class _Exact(ViewSet):
    """What the viewsets of this room have in common."""

    parser_classes = (ExactParser,)
    renderer_classes = (ExactRenderer,)
    model = ConnectObject

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

    def get_queryset(self) -> QuerySet[Any]:
        """Give objects with their fields in order."""
        rows = super().get_queryset()
        if rows.model is not ConnectObject:
            return rows.select_related("reference", "object", "tenant")
        ordered = ConnectField.objects.select_related("reference").order_by("position", "pk")
        return rows.select_related("tenant", "parent").prefetch_related(
            Prefetch("fields", queryset=ordered, to_attr="ordered_fields")
        )

    def get_serializer_context(self) -> dict[str, Any]:
        """Tell serializers whose objects there are."""
        context = super().get_serializer_context()
        return {**context, "tenant": getattr(self.request._request, "tenant", None)}

    def sent(self, request: Request, *, partial: bool = False) -> dict[str, Any]:
        """Give what was sent, judged."""
        found = self.get_serializer(data=request.data, partial=partial)
        found.is_valid(raise_exception=True)
        values: dict[str, Any] = found.validated_data
        return values


class ObjectViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, _Exact):
    """Connect objects with their fields."""

    module = "objects"
    serializer_class = ObjectSerializer

    def create(self, request: Request) -> Response:
        """Make an object; its fields are added one by one."""
        sent = self.sent(request)
        sent["object_type"] = sent.pop("type")
        parent = sent.pop("parent", None)
        with transaction.atomic():
            made = objects.create_object(tenant=self.owner, actor=self.actor, **sent)
            objects.set_parent(made, parent, actor=self.actor)
        return self._shown(made.pk, status=201)

    def partial_update(self, request: Request, pk: int) -> Response:
        """Change type, name, description or parent."""
        row = get_object_or_404(self.get_queryset(), pk=pk)
        sent = self.sent(request, partial=True)
        objects.edit_object(
            row,
            object_type=sent.get("type", row.type),
            name=sent.get("name", row.name),
            description=sent.get("description", row.description),
            actor=self.actor,
        )
        if "parent" in sent:
            objects.set_parent(row, sent["parent"], actor=self.actor)
        return self._shown(pk)

    def destroy(self, _request: Request, pk: int) -> Response:
        """Delete an object that nothing uses, with its records and their history."""
        row = get_object_or_404(self.get_queryset(), pk=pk)
        objects.delete_object(row, actor=self.actor)
        return Response(status=204)

    def _shown(self, pk: int, *, status: int = 200) -> Response:
        row = get_object_or_404(self.get_queryset(), pk=pk)
        return Response(self.get_serializer(row).data, status=status)


class FieldViewSet(_Exact):
    """Fields of an object; whoever may edit the object may add and delete them."""

    model = ConnectField  # type: ignore[assignment]  # two kinds of rows in one room
    module = "objects"
    serializer_class = FieldSerializer

    def required_permission(self, method: str) -> str:
        """A field is a part of its object."""
        return "objects.view" if method in {"GET", "HEAD", "OPTIONS"} else "objects.edit"

    def list(self, _request: Request, object_pk: int) -> Response:
        """List the fields in their order."""
        rows = self.get_queryset().filter(object=self._whole(object_pk))
        return Response(self.get_serializer(rows.order_by("position", "pk"), many=True).data)

    def create(self, request: Request, object_pk: int) -> Response:
        """Add a field at the end."""
        whole = self._whole(object_pk)
        made = fields.create_field(whole, self.sent(request), actor=self.actor)
        return Response(self.get_serializer(made).data, status=201)

    def retrieve(self, _request: Request, object_pk: int, pk: int) -> Response:
        """Give one field."""
        return Response(self.get_serializer(self._part(object_pk, pk)).data)

    def partial_update(self, request: Request, object_pk: int, pk: int) -> Response:
        """Change a field; stored values must fit as they are."""
        row = self._part(object_pk, pk)
        row = fields.edit_field(row, self.sent(request, partial=True), actor=self.actor)
        return Response(self.get_serializer(row).data)

    def destroy(self, _request: Request, object_pk: int, pk: int) -> Response:
        """Delete a field with its values in all records."""
        fields.delete_field(self._part(object_pk, pk), actor=self.actor)
        return Response(status=204)

    def _whole(self, pk: int) -> ConnectObject:
        rows = ConnectObject.objects.for_tenant(self.owner).select_related("tenant")
        found: ConnectObject = get_object_or_404(rows, pk=pk)
        return found

    def _part(self, object_pk: int, pk: int) -> ConnectField:
        found: ConnectField = get_object_or_404(self.get_queryset(), object=object_pk, pk=pk)
        return found


class EntityViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, _Exact):
    """The objects that keep records, by type."""

    module = "records"
    serializer_class = ObjectSerializer
    lookup_field = "type"

    def get_queryset(self) -> QuerySet[Any]:
        """Leave out what only describes external entities."""
        return super().get_queryset().filter(kind=ConnectObject.Kind.STORE)


_LIST = [
    OpenApiParameter("cursor", str, description="`next_cursor` of the page before."),
    OpenApiParameter("limit", int, description=f"1 to {CursorPagination.max_limit}."),
    OpenApiParameter(
        "order",
        str,
        enum=list(_ORDERS),
        description="`seq` (usual): in the order of changes; keep the last cursor to ask later"
        " for what changed since. `key`: by key.",
    ),
    OpenApiParameter("key_prefix", str, description="Only keys that begin so."),
    OpenApiParameter("deleted", bool, description="Also give deleted records."),
]
_DELETED = [OpenApiParameter("deleted", bool, description="Give it even if it is deleted.")]


class RecordViewSet(_Exact):
    """Records of one object."""

    module = "records"
    serializer_class = RecordSerializer

    @extend_schema(parameters=_LIST, responses=RecordSerializer(many=True))
    def list(self, request: Request, object_type: str) -> Response:
        """List records: `{"data": […], "next_cursor": …, "has_more": …}`."""
        whole = self._whole(object_type)
        wanted = self._wanted(request)
        feed = whole.feed.hex if wanted.by == "seq" else ""
        cursor = request.query_params.get("cursor") or None
        size = self._limit(request)
        page = cut(whole.pk, wanted, cursor=cursor, size=size, feed=feed)
        following = page.next
        if wanted.by == "seq":  # a place to come back to, even when all was read
            following = cursor_at(wanted, page.rows[-1], feed) if page.rows else cursor
        return Response(
            {
                "data": [_shown(row) for row in page.rows],
                "next_cursor": following,
                "has_more": page.next is not None,
            }
        )

    @extend_schema(parameters=_DELETED)
    def retrieve(self, request: Request, object_type: str, pk: int) -> Response:
        """Give one record."""
        whole = self._whole(object_type)
        found = read.one(pk)
        return self._one(request, found if found and found.object_id == whole.pk else None)

    @extend_schema(parameters=_DELETED)
    def retrieve_by_key(self, request: Request, object_type: str, key: str) -> Response:
        """Give the record with this key; slashes in keys may stay as they are."""
        return self._one(request, read.one_by_key(self._whole(object_type).pk, key))

    def create(self, request: Request, object_type: str) -> Response:
        """Make a record; a deleted one with the same key comes back instead."""
        shape = load_shape(self._whole(object_type))
        saved = records.create_record(
            shape, self._values(request), source=self._source, now=timezone.now()
        )
        return self._saved(saved)

    def put_by_key(self, request: Request, object_type: str, key: str) -> Response:
        """Write the record with this key: 201 if it was not there, else 200.

        Fields that are absent stay as they are, null empties one.
        """
        whole = self._whole(object_type)
        found = read.one_by_key(whole.pk, key)
        may_create = self.request._request.member.may("records.create")  # type: ignore[attr-defined]  # set by the middleware
        if (found is None or found.deleted_at) and not may_create:
            raise NotAllowed("This needs the permission records.create.")
        saved = records.put_record(
            load_shape(whole),
            key,
            self._values(request),
            rev=known_revision(request),
            source=self._source,
            now=timezone.now(),
        )
        return self._saved(saved)

    def partial_update(self, request: Request, object_type: str, pk: int) -> Response:
        """Change the fields that are named; null empties one."""
        shape = load_shape(self._whole(object_type))
        saved = records.update_record(
            shape,
            pk,
            self._values(request),
            rev=known_revision(request),
            source=self._source,
            now=timezone.now(),
        )
        return self._saved(saved)

    def destroy(self, request: Request, object_type: str, pk: int) -> Response:
        """Delete a record; a tombstone stays."""
        shape = load_shape(self._whole(object_type))
        now = timezone.now()
        records.delete_record(
            shape, pk, rev=known_revision(request), source=self._source, now=now
        )
        return Response(status=204)

    def _whole(self, object_type: str) -> ConnectObject:
        rows = ConnectObject.objects.for_tenant(self.owner)
        found: ConnectObject = get_object_or_404(
            rows, type=object_type, kind=ConnectObject.Kind.STORE
        )
        return found

    @property
    def _source(self) -> Source:
        return Source(Origin.API, self.actor.key_id)

    def _wanted(self, request: Request) -> Wanted:
        asked = request.query_params
        wanted = _ORDERS.get(asked.get("order", "seq"))
        if wanted is None:
            raise Invalid(fields={"order": f"One of {', '.join(_ORDERS)}."})
        prefix = asked.get("key_prefix", "")
        if prefix and wanted.by == "seq":
            raise Invalid(fields={"key_prefix": "Ask for order=key with it."})
        return wanted._replace(prefix=prefix, deleted=None if _flag(request) else False)

    def _limit(self, request: Request) -> int:
        text = request.query_params.get("limit", str(CursorPagination.default_limit))
        if not text.isdecimal() or not 1 <= int(text[:9]) <= CursorPagination.max_limit:
            limit = f"A whole number from 1 to {CursorPagination.max_limit}."
            raise Invalid(fields={"limit": limit})
        return int(text)

    def _values(self, request: Request) -> dict[str, Any]:
        body = request.data
        if not isinstance(body, dict) or not isinstance(body.get("values", {}), dict):
            raise Invalid('The body is an object such as {"values": {"name": "Ada"}}.')
        if unknown := sorted(body.keys() - _SHOWN):
            text = "No such member here; fields belong into “values”."
            raise Invalid(fields=dict.fromkeys(unknown, text))
        return dict(body.get("values", {}))

    def _one(self, request: Request, record: Listed | None) -> Response:
        if record is None or (record.deleted_at and not _flag(request)):
            raise Http404
        return Response(_shown(record), headers={"ETag": f'"{record.rev}"'})

    def _saved(self, saved: records.Saved) -> Response:
        record = read.one(saved.id)
        if record is None:
            raise NotThere
        status = 201 if saved.created else 200
        return Response(_shown(record), status=status, headers={"ETag": f'"{record.rev}"'})


def _shown(record: Listed) -> dict[str, Any]:
    return {
        "id": record.id,
        "key": record.key,
        "rev": record.rev,
        "seq": record.seq,
        "deleted": record.deleted_at is not None,
        "created_at": record.created_at,
        "updated_at": record.updated_at,
        "values": record.values,
    }


def _flag(request: Request) -> bool:
    return request.query_params.get("deleted", "").lower() in {"1", "true"}
