"""Addresses of this room: pages below `/t/<tenant>/`, API below `/api/v1/`."""

from __future__ import annotations

from functools import partial

from django.urls import URLPattern, URLResolver, path

from connections.directions import DIRECTIONS
from syncapp.sync import api, api_imports, api_sets, views, views_imports, views_sets
from syncapp.ui.access import permission

app_name = "sync"

urlpatterns: list[URLPattern | URLResolver] = [
    path("connections/<int:pk>/run/", views.connection_run, name="connection_run"),
    path("connections/<int:pk>/dry-run/", views.connection_dry_run, name="connection_dry_run"),
    path(
        "connections/<int:pk>/schedule/", views.connection_schedule, name="connection_schedule"
    ),
    *(
        path(
            f"{way.code}/<int:pk>/impact/",
            permission(way.permission("view"))(partial(views.connection_impact, way=way)),
            name=f"{way.code}_impact",
        )
        for way in DIRECTIONS.values()
    ),
    path("runs/<int:pk>/stop/", views.run_stop, name="run_stop"),
    path("imports/", views_imports.ImportList.as_view(), name="import_list"),
    path("imports/new/", views_imports.import_create, name="import_create"),
    path("imports/<int:pk>/", views_imports.import_detail, name="import_detail"),
    path(
        "imports/<int:pk>/delete/", views_imports.ImportDelete.as_view(), name="import_delete"
    ),
    path("imports/<int:pk>/errors/", views_imports.import_errors_file, name="import_errors"),
    path("imports/templates/<int:pk>/", views_imports.import_template, name="import_template"),
    path("wizard/<int:pk>/finish-and-dry-run/", views_sets.wizard_finish, name="wizard_finish"),
    path("connectors/<int:pk>/run/", views_sets.connector_run, name="connector_run"),
    path("connector-sets/<int:pk>/run/", views_sets.set_run, name="set_run"),
    path("connector-sets/<int:pk>/stop/", views_sets.set_stop, name="set_stop"),
    path("connector-sets/<int:pk>/progress/", views_sets.set_panel, name="set_panel"),
]
api_urlpatterns: list[URLPattern | URLResolver] = [
    path(
        "imports/",
        api_imports.ImportViewSet.as_view({"get": "list", "post": "create"}),
        name="api-import-list",
    ),
    path(
        "imports/<int:pk>/",
        api_imports.ImportViewSet.as_view({"get": "retrieve", "delete": "destroy"}),
        name="api-import-detail",
    ),
    path(
        "imports/<int:pk>/errors/",
        api_imports.ImportErrorsViewSet.as_view({"get": "retrieve"}),
        name="api-import-errors",
    ),
    *(
        path(
            f"connector-sets/<int:pk>/{verb}/",
            api_sets.SetRunViewSet.as_view({method: verb}),
            name=f"api-connector-set-{verb}",
        )
        for verb, method in (("runs", "get"), ("run", "post"), ("stop", "post"))
    ),
    path(
        "connections/<int:pk>/run/",
        api.ConnectionRunViewSet.as_view({"post": "run"}),
        name="api-connection-run",
    ),
    path(
        "connections/<int:pk>/schedule/",
        api.ScheduleViewSet.as_view({"get": "retrieve", "put": "update"}),
        name="api-connection-schedule",
    ),
    path(
        "runs/<int:pk>/stop/", api.RunStopViewSet.as_view({"post": "stop"}), name="api-run-stop"
    ),
]
