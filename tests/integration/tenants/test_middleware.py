"""Who gets through which door, and what happens to the transaction behind it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import path
from pytest_django.fixtures import Settings

import syncapp.urls
from syncapp.tenants import catalog, door
from syncapp.tenants.http import TenantRequest
from syncapp.tenants.models import Membership, Profile, Tenant
from tests import make


def write(request: TenantRequest, status: int) -> HttpResponse:
    Profile.objects.create(tenant=request.tenant, name="written")
    return HttpResponse(status=status)


def breaks(request: TenantRequest) -> HttpResponse:
    Profile.objects.create(tenant=request.tenant, name="written")
    raise ZeroDivisionError


def forbids(request: TenantRequest) -> HttpResponse:
    Profile.objects.create(tenant=request.tenant, name="written")
    raise PermissionDenied


def lazy(request: TenantRequest) -> HttpResponse:
    """Its template asks the database while it is drawn."""
    rows = Profile.objects.for_tenant(request.tenant)
    return TemplateResponse(request, "tenants/no_membership.html", {"rows": rows, "user": rows})


def forgetful(request: TenantRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(chunks())


def careful(request: TenantRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(door.streaming(request.tenant.pk, chunks()))


def chunks() -> Iterator[str]:
    yield str(catalog.rows("SELECT count(*) FROM tenant_profile")[0][0])


@door.own_transactions
def talks(request: TenantRequest) -> HttpResponse:
    savepoints = len(connection.savepoint_ids)
    with door.tenant(request.tenant.pk):
        Profile.objects.create(tenant=request.tenant, name="written")
    return HttpResponse(str(savepoints), status=500)


urlpatterns = [
    path("t/<slug:tenant>/write/<int:status>/", write),
    path("t/<slug:tenant>/breaks/", breaks),
    path("t/<slug:tenant>/forbids/", forbids),
    path("t/<slug:tenant>/lazy/", lazy),
    path("t/<slug:tenant>/forgetful/", forgetful),
    path("t/<slug:tenant>/careful/", careful),
    path("t/<slug:tenant>/talks/", talks),
    *syncapp.urls.urlpatterns,
]
handler403 = syncapp.urls.handler403
handler404 = syncapp.urls.handler404
handler500 = syncapp.urls.handler500


@pytest.fixture
def odd(settings: Settings, alices: Client) -> Client:
    """Alice's browser in a house with odd views."""
    settings.ROOT_URLCONF = __name__
    alices.raise_request_exception = False
    return alices


def written(tenant: Tenant) -> bool:
    with door.tenant(tenant.pk):
        return bool(Profile.objects.for_tenant(tenant).filter(name="written").exists())


@pytest.mark.parametrize(
    ("address", "status", "kept"),
    [
        ("write/200/", 200, True),
        ("write/303/", 303, True),
        ("write/404/", 404, False),
        ("write/422/", 422, False),
        ("write/500/", 500, False),
        ("breaks/", 500, False),
        ("forbids/", 403, False),
    ],
)
def test_what_is_refused_leaves_nothing(
    odd: Client, acme: Tenant, address: str, status: int, kept: bool
) -> None:
    assert odd.get(f"/t/acme/{address}").status_code == status
    assert written(acme) is kept


def test_a_page_is_drawn_inside_the_door(odd: Client) -> None:
    assert odd.get("/t/acme/lazy/").status_code == 200


def test_a_view_that_talks_holds_nothing(odd: Client, acme: Tenant) -> None:
    outside = len(connection.savepoint_ids)
    answer = odd.get("/t/acme/talks/")

    assert answer.content == str(outside).encode()
    assert written(acme), "its own transactions are its own business"


def test_a_stream_without_a_door_fails_loudly(odd: Client) -> None:
    with pytest.raises(Exception, match="no tenant is set"):
        odd.get("/t/acme/forgetful/").getvalue()


def test_a_stream_through_its_door_works(odd: Client) -> None:
    assert odd.get("/t/acme/careful/").getvalue() == b"2"


@pytest.mark.parametrize("method", ["get", "head", "post"])
def test_a_stranger_is_sent_to_the_login(acme: Tenant, client: Client, method: str) -> None:
    answer = getattr(client, method)("/t/acme/runs/?size=5")
    assert (answer.status_code, answer["Location"]) == (
        302,
        "/accounts/login/?next=/t/acme/runs/%3Fsize%3D5",
    )


def test_a_strangers_fragment_becomes_a_whole_page(acme: Tenant, client: Client) -> None:
    answer = client.get(
        "/t/acme/runs/",
        headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/t/acme/"},
    )
    assert answer["HX-Redirect"] == "/accounts/login/?next=/t/acme/"


def test_unknown_and_foreign_tenants_look_the_same(globex: Tenant, alices: Client) -> None:
    foreign, unknown = alices.get("/t/globex/"), alices.get("/t/nobody/")

    assert foreign.status_code == unknown.status_code == 404
    assert foreign.content == unknown.content


def test_a_missing_slash_is_added(alices: Client) -> None:
    for address in ("/t/acme", "/t/acme/runs"):
        answer = alices.get(address)
        assert (answer.status_code, answer["Location"]) == (301, f"{address}/")


def test_the_first_page_leads_into_the_first_open_tenant(
    alices: Client, client: Client
) -> None:
    assert client.get("/")["Location"] == "/accounts/login/?next=/"
    assert alices.get("/")["Location"] == "/t/acme/"


def test_an_invitation_waits_until_it_is_chosen(
    acme: Tenant, carol: Membership, carols: Client
) -> None:
    """Acme stands before Globex by name, but carol has not joined it."""
    invited = make.make_member(acme, user=carol.user, joined=False)

    assert carols.get("/")["Location"] == "/t/globex/"
    carols.get("/t/globex/")
    with door.tenant(acme.pk):
        invited.refresh_from_db()
    assert invited.joined_at is None


def test_a_form_without_its_token_is_refused(acme: Tenant, bob: Membership) -> None:
    browser = make.browser_of(bob)
    browser.handler.enforce_csrf_checks = True

    answer = browser.post("/account/", {"name": "Mallory"})

    assert answer.status_code == 403
    with door.platform():
        bob.user.refresh_from_db()
    assert bob.user.name == "Bob"


def test_a_user_without_a_tenant_is_told(stage: None) -> None:
    browser = make.browser_of(make.make_user("lost@nowhere.test"))
    answer = browser.get("/")

    assert answer.status_code == 403
    assert "lost@nowhere.test" in answer.content.decode()


def test_an_operator_starts_at_the_platform(stage: None) -> None:
    browser = make.browser_of(make.make_user("op@platform.test", is_platform=True))
    assert browser.get("/")["Location"] == "/platform/"


def test_the_platform_is_not_there_for_others(alices: Client, client: Client) -> None:
    assert alices.get("/platform/").status_code == 404
    assert client.get("/platform/")["Location"] == "/accounts/login/?next=/platform/"


def test_the_api_wants_a_key(acme: Tenant, alices: Client) -> None:
    for headers in ({}, {"Authorization": "Bearer syn_000000000000_x"}):
        answer = alices.get("/api/v1/members/", headers=headers)
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"] == 'Bearer realm="syncapp"'
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == "not_authenticated"


def test_the_api_answers_problems_to_unknown_addresses(api: Client) -> None:
    answer = api.get("/api/v1/nonsense/")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_who_asks_and_the_frame_cost_three_queries(alices: Client) -> None:
    """Session, user, memberships; the switcher and the side bar ask nothing more."""
    with CaptureQueriesContext(connection) as asked:
        alices.get("/t/acme/setup/settings/")

    tables = [
        query["sql"].split('FROM "')[1].split('"')[0]
        for query in asked
        if "FROM" in query["sql"]
    ]
    assert tables == ["django_session", "tenant_user", "tenant_membership"]


def test_healthz_needs_nobody(stage: None, client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["app"]) == (200, "syncapp")
    assert client.post("/healthz").status_code == 405


def test_request_is_typed_as_it_is(alices: Client, settings: Settings) -> None:
    """The middleware takes the slug away from the views."""
    seen = {}

    def view(request: HttpRequest, **kwargs: object) -> HttpResponse:
        seen.update(kwargs)
        return HttpResponse(str(request.tenant))  # type: ignore[attr-defined]

    class Urls:
        urlpatterns = [path("t/<slug:tenant>/seen/<int:pk>/", view), *syncapp.urls.urlpatterns]

    settings.ROOT_URLCONF = Urls
    assert alices.get("/t/acme/seen/7/").content == b"Acme"
    assert seen == {"pk": 7}
