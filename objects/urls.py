"""Addresses of this room: pages below `/t/<tenant>/`, API below `/api/v1/`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from objects.views import objects, parts, records

app_name = "objects"

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
    path("objects/<int:pk>/records/", records.record_list, name="record_list"),
    path("objects/<int:pk>/records/by-key/", records.record_by_key, name="record_by_key"),
    path(
        "objects/<int:object_pk>/records/new/",
        records.RecordEdit.as_view(permission="records.create"),
        name="record_create",
    ),
    path("records/<int:pk>/", records.record_detail, name="record_detail"),
    path("records/<int:pk>/edit/", records.RecordEdit.as_view(), name="record_edit"),
    path("records/<int:pk>/delete/", records.RecordDelete.as_view(), name="record_delete"),
    path("records/<int:pk>/restore/", records.record_restore, name="record_restore"),
]
api_urlpatterns: list[URLPattern | URLResolver] = []
