"""Addresses of connectors, sets of them, and the wizard that makes one."""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, path

from connections import api_connectors as api
from connections.views import connector_sets, connectors, wizard, wizard_drafts
from syncapp.tenants import door
from syncapp.ui.access import permission

_READ_ALL: dict[str, Any] = {"get": "list", "post": "create"}
_ONE: dict[str, Any] = {
    "get": "retrieve",
    "put": "update",
    "patch": "update",
    "delete": "destroy",
}

urlpatterns: list[URLPattern] = [
    path("connectors/", connectors.ConnectorList.as_view(), name="connector_list"),
    path(
        "connectors/new/",
        connectors.ConnectorEdit.as_view(permission="connectors.create"),
        name="connector_create",
    ),
    path("connectors/<int:pk>/", connectors.ConnectorDetail.as_view(), name="connector_detail"),
    path(
        "connectors/<int:pk>/edit/",
        connectors.ConnectorEdit.as_view(permission="connectors.edit"),
        name="connector_edit",
    ),
    path(
        "connectors/<int:pk>/deactivate/",
        connectors.connector_deactivate,
        name="connector_deactivate",
    ),
    path("connectors/<int:pk>/delete/", connectors.connector_delete, name="connector_delete"),
    path("wizard/", wizard.wizard, name="wizard"),
    path("wizard/begin/", wizard.wizard_begin, name="wizard_begin"),
    path(
        "wizard/<int:pk>/step/<int:step>/",
        door.own_transactions(permission(wizard.MAKING)(wizard.WizardStep.as_view())),
        name="wizard_step",
    ),
    path("wizard/<int:pk>/discard/", wizard.wizard_discard, name="wizard_discard"),
    path("wizard/<int:pk>/finish/", wizard.wizard_finish, name="wizard_finish"),
    *wizard_drafts.PAGES,
    path("connector-sets/", connector_sets.SetList.as_view(), name="set_list"),
    path(
        "connector-sets/new/",
        connector_sets.SetEdit.as_view(permission="connector_sets.create"),
        name="set_create",
    ),
    path("connector-sets/<int:pk>/", connector_sets.SetDetail.as_view(), name="set_detail"),
    path(
        "connector-sets/<int:pk>/edit/",
        connector_sets.SetEdit.as_view(permission="connector_sets.edit"),
        name="set_edit",
    ),
    path(
        "connector-sets/<int:pk>/delete/", connector_sets.SetDelete.as_view(), name="set_delete"
    ),
]
api_urlpatterns: list[URLPattern] = [
    path("connectors/", api.ConnectorViewSet.as_view(_READ_ALL), name="api-connector-list"),
    path(
        "connectors/<int:pk>/",
        api.ConnectorViewSet.as_view(_ONE),
        name="api-connector-detail",
    ),
    path(
        "connectors/<int:pk>/deactivate/",
        api.ConnectorSwitchViewSet.as_view({"post": "deactivate"}),
        name="api-connector-deactivate",
    ),
    path(
        "connector-sets/",
        api.ConnectorSetViewSet.as_view(_READ_ALL),
        name="api-connector-set-list",
    ),
    path(
        "connector-sets/<int:pk>/",
        api.ConnectorSetViewSet.as_view(_ONE),
        name="api-connector-set-detail",
    ),
]
