"""Addresses of this room: pages below `/t/<tenant>/`, API below `/api/v1/`."""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, URLResolver, path

from formulas import api
from formulas.views import inbox, maps, reference

app_name = "formulas"

urlpatterns: list[URLPattern | URLResolver] = [
    path("value-maps/", maps.MapList.as_view(), name="map_list"),
    path(
        "value-maps/new/",
        maps.MapEdit.as_view(permission="value_maps.create"),
        name="map_create",
    ),
    path("value-maps/<int:pk>/", maps.MapDetail.as_view(), name="map_detail"),
    path("value-maps/<int:pk>/edit/", maps.MapEdit.as_view(), name="map_edit"),
    path("value-maps/<int:pk>/paste/", maps.MapPaste.as_view(), name="map_paste"),
    path("value-maps/<int:pk>/delete/", maps.MapDelete.as_view(), name="map_delete"),
    path("value-maps/unmapped/<int:pk>/map/", inbox.unmapped_map, name="unmapped_map"),
    path("value-maps/unmapped/<int:pk>/ignore/", inbox.unmapped_ignore, name="unmapped_ignore"),
    path("formulas/functions/", reference.show, name="reference"),
]

_all: dict[str, Any] = {"get": "list", "post": "create"}
_whole: dict[str, Any] = {
    "get": "retrieve",
    "put": "update",
    "patch": "partial_update",
    "delete": "destroy",
}

api_urlpatterns: list[URLPattern | URLResolver] = [
    path("value-maps/", api.MapViewSet.as_view(_all), name="api-value-map-list"),
    path("value-maps/<int:pk>/", api.MapViewSet.as_view(_whole), name="api-value-map-detail"),
    path(
        "value-maps/<int:pk>/unmapped/",
        api.UnmappedViewSet.as_view({"get": "list"}),
        name="api-value-map-unmapped",
    ),
    path(
        "formulas/functions/",
        api.FunctionViewSet.as_view({"get": "list"}),
        name="api-function-list",
    ),
]
