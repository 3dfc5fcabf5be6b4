"""The base of the REST API: errors as problem details, pages by cursor, scoped viewsets, schema."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from math import ceil
from typing import Any, ClassVar, cast

from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, JsonResponse
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from rest_framework import exceptions, pagination, permissions, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from syncapp.errors import Changed, Invalid, SyncAppError
from syncapp.ui.access import Actor, Scoped, Slugged
from syncapp.ui.paging import Keyset

PROBLEM_TYPE = "application/problem+json"
_VERBS = {
    "GET": "view",
    "HEAD": "view",
    "OPTIONS": "view",
    "POST": "create",
    "PUT": "edit",
    "PATCH": "edit",
    "DELETE": "delete",
}


def body(
    status: int, code: str, detail: str, fields: Mapping[str, object] | None = None
) -> dict[str, object]:
    """Give the members of a problem (RFC 9457): `code` for programs, `detail` for people."""
    problem: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
    }
    return problem | ({"fields": fields} if fields else {})


def problem(error: Exception, _context: Mapping[str, Any]) -> Response | None:
    """Turn what a view raised into a problem; None lets Django answer 500."""
    headers: dict[str, str] = {}
    match error:
        case SyncAppError():
            content = body(error.status, error.code, error.message, error.fields)
        case Http404():
            content = body(404, "not_found", "There is no such thing here.")
        case PermissionDenied():
            content = body(403, "not_allowed", "This key does not allow that.")
        case exceptions.ValidationError():
            content = _invalid(error)
        case exceptions.APIException():
            content = body(error.status_code, _code(error), str(error.detail))
            headers = _headers(error)
        case _:
            return None
    status = cast("int", content["status"])
    return Response(content, status=status, headers=headers, content_type=PROBLEM_TYPE)


def problem_response(error: SyncAppError) -> JsonResponse:
    """Give the same answer outside of DRF: unknown addresses, errors in middleware."""
    content = body(error.status, error.code, error.message, error.fields)
    return JsonResponse(content, status=error.status, content_type=PROBLEM_TYPE)


def _code(error: exceptions.APIException) -> str:
    codes = {401: "not_authenticated", 403: "not_allowed", 404: "not_found"}
    return codes.get(error.status_code) or str(error.default_code)


def _headers(error: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = str(challenge)
    if (wait := getattr(error, "wait", None)) is not None:
        headers["Retry-After"] = str(ceil(wait))
    return headers


def _invalid(error: exceptions.ValidationError) -> dict[str, object]:
    fields = _flat(error.detail)
    general = fields.pop("non_field_errors", "")
    detail = general or (Invalid().message if fields else "The body is not valid.")
    return body(400, "invalid", detail, fields)


def _flat(detail: Any, prefix: str = "") -> dict[str, str]:
    """Flatten nested errors: {"lines.2.name": "This field is required."}."""
    if isinstance(detail, dict):
        pairs = [(str(name), value) for name, value in detail.items()]
    elif any(isinstance(item, dict | list) for item in detail):
        pairs = [(str(index), value) for index, value in enumerate(detail) if value]
    else:
        return {prefix or "non_field_errors": " ".join(str(item) for item in detail)}
    flat: dict[str, str] = {}
    for name, value in pairs:
        nested = value if isinstance(value, dict | list) else [value]
        flat |= _flat(nested, f"{prefix}.{name}" if prefix else name)
    return flat


class CursorPagination(pagination.BasePagination):
    """`?limit=&cursor=` → `{"data": […], "next_cursor": …, "has_more": …}`.

    A view may say `keyset`; without it rows come oldest first by primary key. The cursor is
    opaque to clients and stays valid while rows come and go.
    """

    default_limit = 50
    max_limit = 500

    def paginate_queryset(
        self, queryset: Any, request: Request, view: APIView | None = None
    ) -> list[Any]:
        """Cut the page that the request asks for."""
        keyset: Keyset = getattr(view, "keyset", None) or Keyset(descending=False)
        cursor = request.query_params.get("cursor") or None
        self._slice = keyset.cut(queryset, cursor=cursor, size=self._limit(request))
        return self._slice.rows

    def get_paginated_response(self, data: Any) -> Response:
        """Wrap the page."""
        following = self._slice.next
        return Response(
            {"data": data, "next_cursor": following, "has_more": following is not None}
        )

    def _limit(self, request: Request) -> int:
        text = request.query_params.get("limit", str(self.default_limit))
        if not text.isdecimal() or not 1 <= int(text) <= self.max_limit:
            raise Invalid(fields={"limit": f"A whole number from 1 to {self.max_limit}."})
        return int(text)

    def get_schema_operation_parameters(self, _view: APIView) -> list[dict[str, Any]]:
        """Describe the two parameters."""
        limit = {
            "type": "integer",
            "minimum": 1,
            "maximum": self.max_limit,
            "default": self.default_limit,
        }
        return [
            {
                "name": "cursor",
                "in": "query",
                "description": "`next_cursor` of the page before.",
                "schema": {"type": "string"},
            },
            {"name": "limit", "in": "query", "description": "Rows per page.", "schema": limit},
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Describe the wrapper."""
        return {
            "type": "object",
            "required": ["data", "next_cursor", "has_more"],
            "properties": {
                "data": schema,
                "next_cursor": {"type": ["string", "null"]},
                "has_more": {"type": "boolean"},
            },
        }


class MayDo(permissions.BasePermission):
    """Lets through whoever may do what the view demands; without a key it is a 401."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Ask the key (or member) behind the request."""
        holder = cast("Actor | None", request.auth)
        if holder is None:
            raise exceptions.NotAuthenticated
        if cast("ViewSet", view).action is None:
            raise exceptions.MethodNotAllowed(str(request.method))
        code = cast("ViewSet", view).required_permission(str(request.method))
        if not holder.may(code):
            raise exceptions.PermissionDenied(f"This needs the permission {code}.")
        return True


class ViewSet(viewsets.GenericViewSet[Any]):
    """A noun of the API: rows come through the tenant of the key, permission first.

    Attributes:
        model: whose rows; its manager must have `for_tenant`.
        module: module of the permission matrix; the method says which of view, create, edit,
            delete is needed.
        permission: whole code, for an extra action: `@action(…, permission="inbound.run")`.
    """

    permission_classes = (MayDo,)
    pagination_class = CursorPagination
    model: ClassVar[type[Model]]
    module: ClassVar[str]
    permission: str = ""
    keyset: ClassVar[Keyset | None] = None

    def required_permission(self, method: str) -> str:
        """Name the permission that this call needs."""
        return self.permission or f"{self.module}.{_VERBS[method]}"

    @property
    def tenant(self) -> Slugged:
        """The tenant that the key belongs to."""
        tenant: Slugged = self.request._request.tenant  # type: ignore[attr-defined]  # set by the middleware
        return tenant

    def get_queryset(self) -> QuerySet[Any]:
        """Give this tenant's rows; override to join what the serializer shows."""
        if getattr(self, "swagger_fake_view", False):
            return self.model._default_manager.none()
        return cast("Scoped", self.model._default_manager).for_tenant(self.tenant)


def known_revision(request: Request) -> int | None:
    """Give the revision that the client knows, if it says so.

    Raises:
        Changed: it is none of ours.
    """
    text = request.headers.get("If-Match", "*").strip()
    if text == "*":
        return None
    tag = re.fullmatch(r'(?:W/)?"([0-9]{1,9})"', text)
    if tag is None:
        raise Changed
    return int(tag[1])


class Schema(AutoSchema):
    """Adds the problem answers that any call may get to the OpenAPI document."""

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        """Describe one call."""
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        answers = ["400", "401", "403", "429"]
        if "{" in self.path:
            answers.append("404")
        if self.method not in {"GET", "HEAD"}:
            answers.append("409")
        reference = {"$ref": "#/components/schemas/Problem"}
        self._register_problem()
        for status in answers:
            operation["responses"].setdefault(
                status,
                {
                    "description": HTTPStatus(int(status)).phrase,
                    "content": {PROBLEM_TYPE: {"schema": reference}},
                },
            )
        operation["responses"] = dict(sorted(operation["responses"].items()))
        return operation

    def _register_problem(self) -> None:
        component = ResolvedComponent(  # type: ignore[no-untyped-call]  # theirs
            name="Problem",
            type=ResolvedComponent.SCHEMA,
            object="Problem",
            schema={
                "type": "object",
                "description": "What went wrong (RFC 9457).",
                "required": ["type", "title", "status", "detail", "code"],
                "properties": {
                    "type": {"type": "string"},
                    "title": {"type": "string"},
                    "status": {"type": "integer"},
                    "detail": {"type": "string", "description": "For people."},
                    "code": {"type": "string", "description": "For programs; stable."},
                    "fields": {
                        "type": "object",
                        "description": "What is wrong, by field.",
                        "additionalProperties": {"type": "string"},
                    },
                },
            },
        )
        if component not in self.registry:
            self.registry.register(component)
