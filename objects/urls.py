"""Addresses of this room: pages below `/t/<tenant>/`, API below `/api/v1/`."""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, URLResolver, path, register_converter

from objects import api
from objects.views import objects, parts, records

app_name = "objects"


class KeyConverter:
    """A record's key in an address: anything, slashes and line ends too."""

    regex = r"[\s\S]+"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(KeyConverter, "key")

urlpatterns: list[URLPattern | URLResolver] = [
    path("objects/", objects.ObjectList.as_view(), name="object_list"),
    path(
        "objects/new/",
        objects.ObjectEdit.as_view(permission="objects.create"),
        name="object_create",
    ),
    path("objects/<int:pk>/", objects.ObjectDetail.as_view(), name="object_detail"),
    path("objects/<int:pk>/edit/", objects.ObjectEdit.as_view(), name="object_edit"),
    path("objects/<int:pk>/delete/", objects.ObjectDelete.as_view(), name="object_delete"),
    path("objects/<int:object_pk>/fields/new/", parts.FieldEdit.as_view(), name="field_create"),
    path("objects/fields/<int:pk>/edit/", parts.FieldEdit.as_view(), name="field_edit"),
    path("objects/fields/<int:pk>/delete/", parts.FieldDelete.as_view(), name="field_delete"),
    path("objects/fields/<int:pk>/move/", parts.field_move, name="field_move"),
    path(
        "objects/<int:object_pk>/columns/new/",
        parts.ColumnEdit.as_view(),
        name="column_create",
    ),
    path("objects/columns/<int:pk>/edit/", parts.ColumnEdit.as_view(), name="column_edit"),
    path(
        "objects/columns/<int:pk>/delete/", parts.ColumnDelete.as_view(), name="column_delete"
    ),
    path("objects/columns/<int:pk>/move/", parts.column_move, name="column_move"),
    path("records/", records.RecordHome.as_view(), name="record_home"),
    path("records/of/<int:pk>/", records.record_list, name="record_list"),
    path("records/of/<int:pk>/by-key/", records.record_by_key, name="record_by_key"),
    path(
        "records/of/<int:object_pk>/new/",
        records.RecordEdit.as_view(permission="records.create"),
        name="record_create",
    ),
    path("records/<int:pk>/", records.record_detail, name="record_detail"),
    path("records/<int:pk>/edit/", records.RecordEdit.as_view(), name="record_edit"),
    path("records/<int:pk>/delete/", records.RecordDelete.as_view(), name="record_delete"),
    path("records/<int:pk>/restore/", records.record_restore, name="record_restore"),
]

_part: dict[str, Any] = {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}
_all: dict[str, Any] = {"get": "list", "post": "create"}
_by_key: dict[str, Any] = {"get": "retrieve_by_key", "put": "put_by_key"}
_records = "entities/<slug:object_type>/records/"

api_urlpatterns: list[URLPattern | URLResolver] = [
    path("objects/", api.ObjectViewSet.as_view(_all), name="api-object-list"),
    path("objects/<int:pk>/", api.ObjectViewSet.as_view(_part), name="api-object-detail"),
    path(
        "objects/<int:object_pk>/fields/",
        api.FieldViewSet.as_view(_all),
        name="api-field-list",
    ),
    path(
        "objects/<int:object_pk>/fields/<int:pk>/",
        api.FieldViewSet.as_view(_part),
        name="api-field-detail",
    ),
    path("entities/", api.EntityViewSet.as_view({"get": "list"}), name="api-entity-list"),
    path(
        "entities/<slug:type>/",
        api.EntityViewSet.as_view({"get": "retrieve"}),
        name="api-entity-detail",
    ),
    path(_records, api.RecordViewSet.as_view(_all), name="api-record-list"),
    path(f"{_records}<int:pk>/", api.RecordViewSet.as_view(_part), name="api-record-detail"),
    path(
        f"{_records}by-key/<key:key>/",
        api.RecordViewSet.as_view(_by_key),
        name="api-record-by-key",
    ),
]
