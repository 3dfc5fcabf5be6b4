"""Addresses of definitions as files, and of templates of connect objects."""

from __future__ import annotations

from django.urls import URLPattern, path

from connections import api_definitions as api
from connections.views import definitions, object_templates

urlpatterns: list[URLPattern] = [
    path("definitions/", definitions.definitions_home, name="definitions"),
    path("definitions/export/", definitions.definitions_export, name="definitions_export"),
    path("definitions/import/", definitions.definitions_import, name="definitions_import"),
    path("objects/templates/", object_templates.object_templates, name="object_templates"),
]

api_urlpatterns: list[URLPattern] = [
    path(
        "definitions/",
        api.DefinitionsExportViewSet.as_view({"get": "export"}),
        name="api-definitions",
    ),
    path(
        "definitions/diff/",
        api.DefinitionsImportViewSet.as_view({"post": "diff"}),
        name="api-definitions-diff",
    ),
    path(
        "definitions/import/",
        api.DefinitionsImportViewSet.as_view({"post": "apply"}),
        name="api-definitions-import",
    ),
    path(
        "object-templates/",
        api.ObjectTemplateViewSet.as_view({"get": "offered", "post": "make"}),
        name="api-object-templates",
    ),
]
