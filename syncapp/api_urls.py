"""The API's map: schema, its viewer, and what each room offers."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.permissions import IsAuthenticated

import connections.urls
import formulas.urls
import objects.urls
import syncapp.sync.urls
import syncapp.tenants.urls
import synclogs.urls
from syncapp.tenants.authentication import KeyAuthentication, VisitorAuthentication
from syncapp.ui.docs import api_docs

app_name = "api"
urlpatterns: list[URLPattern | URLResolver] = [
    path(
        "schema/",
        SpectacularJSONAPIView.as_view(
            authentication_classes=[KeyAuthentication, VisitorAuthentication],
            permission_classes=[IsAuthenticated],
        ),
        name="schema",
    ),
    path("docs/", login_required(api_docs), name="docs"),
    *syncapp.sync.urls.api_urlpatterns,
    *synclogs.urls.api_urlpatterns,
    *connections.urls.api_urlpatterns,
    *objects.urls.api_urlpatterns,
    *formulas.urls.api_urlpatterns,
    *syncapp.tenants.urls.api_urlpatterns,
]
