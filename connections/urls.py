"""Addresses of this room: pages below `/t/<tenant>/`, API below `/api/v1/`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, URLResolver, path

from connections import api, api_formulas
from connections.views import configs, fields, inbound, playground
from connections.views.edit import InboundEdit
from syncapp.tenants import door
from syncapp.ui.api import ViewSet

app_name = "connections"

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
    path("inbound/", inbound.InboundList.as_view(), name="inbound_list"),
    path("inbound/new/", inbound.InboundCreate.as_view(), name="inbound_create"),
    path("inbound/<int:pk>/", inbound.InboundDetail.as_view(), name="inbound_detail"),
    path(
        "inbound/<int:pk>/edit/",
        door.own_transactions(InboundEdit.as_view()),
        name="inbound_edit",
    ),
    path("inbound/<int:pk>/delete/", inbound.InboundDelete.as_view(), name="inbound_delete"),
    path("inbound/<int:pk>/activate/", inbound.inbound_activate, name="inbound_activate"),
    path("inbound/<int:pk>/deactivate/", inbound.inbound_deactivate, name="inbound_deactivate"),
    path("inbound/<int:pk>/publish/", inbound.inbound_publish, name="inbound_publish"),
    path("inbound/<int:pk>/test-query/", inbound.inbound_test_query, name="inbound_test_query"),
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
        for act in ("activate", "deactivate", "publish")
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
