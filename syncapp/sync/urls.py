"""Addresses of this room: pages below `/t/<tenant>/`, API below `/api/v1/`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from syncapp.sync import api, views

app_name = "sync"

urlpatterns: list[URLPattern | URLResolver] = [
    path("connections/<int:pk>/run/", views.connection_run, name="connection_run"),
    path("connections/<int:pk>/dry-run/", views.connection_dry_run, name="connection_dry_run"),
    path(
        "connections/<int:pk>/schedule/", views.connection_schedule, name="connection_schedule"
    ),
    path("connections/<int:pk>/impact/", views.connection_impact, name="connection_impact"),
    path("runs/<int:pk>/stop/", views.run_stop, name="run_stop"),
]
api_urlpatterns: list[URLPattern | URLResolver] = [
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
