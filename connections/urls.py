"""Addresses of this room: pages below `/t/<tenant>/`, API below `/api/v1/`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, path
from django.views.decorators.http import require_POST

from connections import (
    api,
    api_formulas,
    api_preview,
    api_versions,
    urls_connectors,
    urls_definitions,
)
from connections.directions import INBOUND, OUTBOUND, Direction
from connections.views import (
    conditions,
    configs,
    connections,
    copying,
    fields,
    mapping,
    playground,
    versions,
)
from connections.views.edit import ConnectionEdit
from syncapp.tenants import door
from syncapp.ui.access import permission
from syncapp.ui.api import ViewSet

app_name = "connections"


def _act(way: Direction, verb: str, view: Callable[..., HttpResponse]) -> Callable[..., Any]:
    """Make a function the view of one direction, behind its permission."""
    return permission(way.permission(verb))(partial(view, way=way))


def _pages(way: Direction) -> list[URLPattern]:
    """Give the pages of one direction's connections."""
    detail = {"detail_url_name": way.page("detail")}
    editing = way.view("edit", **detail, edit_url_name=way.page("edit"))
    one = f"{way.code}/<int:pk>"
    found: dict[str, tuple[str, Callable[..., Any]]] = {
        "list": (f"{way.code}/", connections.ConnectionList.of(way)),
        "create": (
            f"{way.code}/new/",
            connections.ConnectionCreate.as_view(**way.view("create", **detail)),
        ),
        "detail": (f"{one}/", connections.ConnectionDetail.as_view(**way.view("view"))),
        "edit": (f"{one}/edit/", door.own_transactions(ConnectionEdit.as_view(**editing))),
        "delete": (
            f"{one}/delete/",
            connections.ConnectionDelete.as_view(**way.view("delete", **detail)),
        ),
        "activate": (f"{one}/activate/", _act(way, "activate", connections.activate)),
        "deactivate": (
            f"{one}/deactivate/",
            _act(way, "activate", require_POST(connections.deactivate)),
        ),
        "publish": (f"{one}/publish/", _act(way, "activate", versions.publish_page)),
        "versions": (f"{one}/versions/", _act(way, "view", versions.version_list)),
        "diff": (f"{one}/versions/diff/", _act(way, "view", versions.version_diff)),
        "revert": (
            f"{one}/versions/<int:number>/revert/",
            _act(way, "activate", versions.revert_page),
        ),
    }
    found |= _drafts(way, one)
    return [
        path(route, view, name=f"{way.code}_{name}") for name, (route, view) in found.items()
    ]


def _drafts(way: Direction, one: str) -> dict[str, tuple[str, Callable[..., Any]]]:
    """Give the pages of a connection's draft."""
    viewing = way.view("view")
    asking = door.own_transactions(mapping.MappingSamples.as_view(**viewing))
    return {
        "mapping": (f"{one}/mapping/", mapping.MappingPage.as_view(**viewing)),
        "mapping_row": (f"{one}/mapping/row/", mapping.MappingRow.as_view(**viewing)),
        "mapping_act": (f"{one}/mapping/act/", mapping.MappingAct.as_view(**viewing)),
        "mapping_copy": (
            f"{one}/mapping/copy/",
            copying.MappingCopy.as_view(**way.view("edit")),
        ),
        "conditions": (f"{one}/conditions/", conditions.ConditionsPage.as_view(**viewing)),
        "mapping_samples": (f"{one}/mapping/samples/", asking),
    }


urlpatterns: list[URLPattern | URLResolver] = [
    path("configs/", configs.ConfigList.as_view(), name="config_list"),
    path("configs/new/", configs.config_create, name="config_create"),
    path(
        "configs/new/<slug:system_type>/",
        configs.ConfigEdit.as_view(permission="configs.create"),
        name="config_create_of",
    ),
    path("configs/<int:pk>/", configs.ConfigDetail.as_view(), name="config_detail"),
    path(
        "configs/<int:pk>/edit/",
        configs.ConfigEdit.as_view(permission="configs.edit"),
        name="config_edit",
    ),
    path("configs/<int:pk>/delete/", configs.ConfigDelete.as_view(), name="config_delete"),
    path("configs/<int:pk>/test/", configs.config_test, name="config_test"),
    *urls_connectors.urlpatterns,
    *urls_definitions.urlpatterns,
    *_pages(INBOUND),
    *_pages(OUTBOUND),
    path(
        "inbound/<int:pk>/test-query/",
        door.own_transactions(
            _act(INBOUND, "edit", require_POST(connections.test_query)),
        ),
        name="inbound_test_query",
    ),
    path("objects/<int:pk>/import-fields/", fields.import_fields, name="import_fields"),
    path("formulas/playground/", playground.playground, name="playground"),
    path("formulas/try/", playground.formula_try, name="formula_try"),
    path("formulas/words/", playground.formula_words, name="formula_words"),
]


def _one(viewset: type[ViewSet]) -> Callable[..., Any]:
    return viewset.as_view(
        {"get": "retrieve", "put": "update", "patch": "update", "delete": "destroy"}
    )


def _all(viewset: type[ViewSet]) -> Callable[..., Any]:
    return viewset.as_view({"get": "list", "post": "create"})


api_urlpatterns: list[URLPattern | URLResolver] = [
    *urls_connectors.api_urlpatterns,
    *urls_definitions.api_urlpatterns,
    path(
        "connection-configs/",
        _all(api.ConfigViewSet),
        name="api-connection-config-list",
    ),
    path(
        "connection-configs/<int:pk>/",
        _one(api.ConfigViewSet),
        name="api-connection-config-detail",
    ),
    path(
        "connection-configs/<int:pk>/test/",
        door.own_transactions(api.ConfigTestViewSet.as_view({"post": "test"})),
        name="api-connection-config-test",
    ),
    path("connections/", _all(api.ConnectionViewSet), name="api-connection-list"),
    path(
        "connections/<int:pk>/",
        _one(api.ConnectionViewSet),
        name="api-connection-detail",
    ),
    *(
        path(
            f"connections/<int:pk>/{act}/",
            api.ConnectionSwitchViewSet.as_view({"post": act}),
            name=f"api-connection-{act}",
        )
        for act in ("activate", "deactivate")
    ),
    path(
        "connections/<int:pk>/publish/",
        api_versions.ConnectionPublishViewSet.as_view({"post": "publish"}),
        name="api-connection-publish",
    ),
    path(
        "connections/<int:pk>/versions/",
        api_versions.ConnectionVersionViewSet.as_view({"get": "versions"}),
        name="api-connection-versions",
    ),
    path(
        "connections/<int:pk>/versions/diff/",
        api_versions.ConnectionVersionViewSet.as_view({"get": "diff"}),
        name="api-connection-diff",
    ),
    path(
        "connections/<int:pk>/versions/<int:number>/revert/",
        api_versions.ConnectionPublishViewSet.as_view({"post": "revert"}),
        name="api-connection-revert",
    ),
    path(
        "connections/<int:pk>/preview/",
        api_preview.PreviewViewSet.as_view({"post": "preview"}),
        name="api-connection-preview",
    ),
    path(
        "connections/<int:pk>/test-query/",
        door.own_transactions(api.ConnectionSourceViewSet.as_view({"post": "sample"})),
        name="api-connection-test-query",
    ),
    path(
        "connections/<int:pk>/entities/",
        door.own_transactions(
            api.ConnectionSourceViewSet.as_view({"get": "entities", "post": "entities"})
        ),
        name="api-connection-entities",
    ),
    path(
        "formulas/evaluate/",
        door.own_transactions(api_formulas.EvaluateViewSet.as_view({"post": "evaluate"})),
        name="api-formula-evaluate",
    ),
]
