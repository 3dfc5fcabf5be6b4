"""Addresses of this room: pages below `/t/<tenant>/`, API below `/api/v1/`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from synclogs import api, results, views

app_name = "synclogs"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.home, name="home"),
    path("runs/", views.RunList.as_view(), name="run_list"),
    path("runs/<int:pk>/", views.run_detail, name="run_detail"),
    path("runs/<int:pk>/progress/", views.run_progress, name="run_progress"),
    path("runs/<int:pk>/pages/", views.run_pages, name="run_pages"),
    path("runs/<int:pk>/export/", views.run_export, name="run_export"),
    path("runs/<int:pk>/changes/", views.run_changes, name="run_changes"),
    path("record-logs/", views.RecordLogList.as_view(), name="record_log_list"),
    path("record-logs/<int:pk>/", views.record_log_detail, name="record_log_detail"),
    path("connections/last-results/", results.last_results, name="last_results"),
    path("connections/<int:pk>/runs/", views.connection_panel, name="connection_panel"),
]
api_urlpatterns: list[URLPattern | URLResolver] = [
    path("runs/", api.RunViewSet.as_view({"get": "list"}), name="api-run-list"),
    path("runs/<int:pk>/", api.RunViewSet.as_view({"get": "retrieve"}), name="api-run-detail"),
    path(
        "runs/<int:pk>/changes/",
        api.RunChangesViewSet.as_view({"get": "changes"}),
        name="api-run-changes",
    ),
    path(
        "record-logs/",
        api.RecordLogViewSet.as_view({"get": "list"}),
        name="api-record-log-list",
    ),
    path(
        "record-logs/<int:pk>/",
        api.RecordLogViewSet.as_view({"get": "retrieve"}),
        name="api-record-log-detail",
    ),
]
