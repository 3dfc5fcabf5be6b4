"""The API's map: schema, its viewer, and what each room offers."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

import connections.urls
import objects.urls
import syncapp.sync.urls
import syncapp.tenants.urls
import synclogs.urls

app_name = "api"
urlpatterns: list[URLPattern | URLResolver] = [
    *syncapp.sync.urls.api_urlpatterns,
    *synclogs.urls.api_urlpatterns,
    *connections.urls.api_urlpatterns,
    *objects.urls.api_urlpatterns,
    *syncapp.tenants.urls.api_urlpatterns,
]
