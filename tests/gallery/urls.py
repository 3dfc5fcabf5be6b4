"""Addresses of the gallery: `/acme/…`, as below a tenant."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path

from syncapp.ui.docs import api_docs
from tests.gallery import pages

handler400 = "syncapp.ui.handlers.bad_request"
handler403 = "syncapp.ui.handlers.permission_denied"
handler404 = "syncapp.ui.handlers.page_not_found"
handler500 = "syncapp.ui.handlers.server_error"

things = [
    path("", pages.EmptyList.as_view(), name="empty"),
    path("things/", pages.ThingList.as_view(), name="list"),
    path("things/new/", pages.ThingEdit.as_view(permission="things.create"), name="new"),
    path("things/<int:pk>/", pages.ThingDetail.as_view(), name="detail"),
    path("things/<int:pk>/edit/", pages.ThingEdit.as_view(), name="edit"),
    path("things/<int:pk>/delete/", pages.ThingDelete.as_view(), name="delete"),
    path("things/<int:pk>/run/", pages.run, name="run"),
    path("hot/", pages.ThingList.as_view(title="Runs"), name="hot"),
    path("looks/", pages.looks, name="looks"),
    path("forbidden/", pages.forbidden),
    path("broken/", pages.broken),
]


def schema(request: HttpRequest) -> JsonResponse:
    get = {
        "operationId": "runs",
        "summary": "List runs",
        "responses": {"200": {"description": "OK"}},
    }
    document = {
        "openapi": "3.1.0",
        "info": {"title": "syncapp", "version": "1"},
        "paths": {"/runs/": {"get": get}},
    }
    return JsonResponse(document)


def nothing(request: HttpRequest, **_kwargs: object) -> HttpResponse:
    return HttpResponse(status=204)


urlpatterns = [
    path("accounts/login/", pages.login, name="account_login"),
    path("accounts/logout/", nothing, name="account_logout"),
    path("accounts/reset/", nothing, name="account_reset_password"),
    path("docs/", api_docs),
    path("api/", include(([path("schema/", schema, name="schema")], "api"))),
    path("<slug:tenant>/", include((things, "gallery"))),
]
