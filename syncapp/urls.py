"""The map of the house: one include per room."""

from __future__ import annotations

from django.conf import settings
from django.conf.urls.static import static
from django.urls import include, path

import connections.urls
import objects.urls
import syncapp.sync.urls
import syncapp.tenants.urls
import synclogs.urls
from syncapp import health

ROOMS = (
    syncapp.sync.urls,
    synclogs.urls,
    connections.urls,
    objects.urls,
    syncapp.tenants.urls,
)

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("", health.start, name="start"),
    path("accounts/", include("allauth.account.urls")),
    path("platform/", include((syncapp.tenants.urls.platform_urlpatterns, "platform"))),
    path("api/v1/", include("syncapp.api_urls")),
    *(path("t/<slug:tenant>/", include((room.urlpatterns, room.app_name))) for room in ROOMS),
    *static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT),
]
