"""Addresses of this room: pages below `/t/<tenant>/`, API below `/api/v1/`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

app_name = "connections"

urlpatterns: list[URLPattern | URLResolver] = []
api_urlpatterns: list[URLPattern | URLResolver] = []
