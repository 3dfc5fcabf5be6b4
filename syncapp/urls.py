"""The map of the house: one include per room."""

from __future__ import annotations

from django.urls import include, path

import connections.urls
import formulas.urls
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
    formulas.urls,
    syncapp.tenants.urls,
)

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("", health.start, name="start"),
    path("accounts/", include(syncapp.tenants.urls.login_urlpatterns)),
    path("account/", include(syncapp.tenants.urls.account_urlpatterns)),
    path("platform/", include((syncapp.tenants.urls.platform_urlpatterns, "platform"))),
    path("api/v1/", include("syncapp.api_urls")),
    *(path("t/<slug:tenant>/", include((room.urlpatterns, room.app_name))) for room in ROOMS),
]

handler400 = "syncapp.ui.handlers.bad_request"
handler403 = "syncapp.ui.handlers.permission_denied"
handler404 = "syncapp.ui.handlers.page_not_found"
handler500 = "syncapp.ui.handlers.server_error"
