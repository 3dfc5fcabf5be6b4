from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from syncapp.tenants import door
from syncapp.tenants.models import Profile, Tenant
from tests import make

pytestmark = pytest.mark.urls("tests.integration.ui.house")
LIST = "/t/acme/things/"


@pytest.fixture
def admin(acme: Tenant) -> Client:
    return make.browser_of(make.make_member(acme, "alice@acme.test"))


@pytest.fixture
def reader(acme: Tenant) -> Client:
    profile = make.make_profile(acme, "Looks", ["profiles.view"])
    return make.browser_of(make.make_member(acme, "bob@acme.test", profile=profile))


def one(acme: Tenant, name: str = "Clerk 03") -> Profile:
    with door.tenant(acme.pk):
        found: Profile = Profile.objects.for_tenant(acme).get(name=name)
    return found


def names(response: Any) -> list[str]:
    return re.findall(r'class="row-link"[^>]*>([^<]+)<', response.content.decode())


def test_a_list_shows_this_tenants_rows_a_page_at_a_time(
    admin: Client, foreign: Profile
) -> None:
    response = admin.get(LIST)
    last = admin.get(LIST, {"page": 2})

    assert response.status_code == 200
    assert len(names(response)) == 10
    assert "New profile" in response.content.decode()
    assert "Foreign" not in names(response) + names(last)
    assert "HX-Request" in response["Vary"]


def test_htmx_gets_the_results_alone(admin: Client) -> None:
    page = admin.get(LIST, {"q": "clerk"}, headers={"HX-Request": "true"}).content.decode()

    assert "<html" not in page
    assert 'id="results-total" class="page-count" hx-swap-oob="true">12<' in page


def test_a_page_restored_from_history_is_whole(admin: Client) -> None:
    headers = {"HX-Request": "true", "HX-History-Restore-Request": "true"}

    assert "<html" in admin.get(LIST, headers=headers).content.decode()


def test_search_filter_and_order_live_in_the_address(admin: Client) -> None:
    response = admin.get(LIST, {"q": "clerk 0", "description": "busy", "sort": "-name"})

    assert names(response) == ["Clerk 09", "Clerk 07", "Clerk 05", "Clerk 03", "Clerk 01"]


def test_a_filter_without_a_match_offers_to_clear_it(admin: Client) -> None:
    page = admin.get(LIST, {"q": "zebra"}).content.decode()

    assert "Nothing matches these filters." in page
    assert f'href="{LIST}">Clear filters' in page


def test_an_unknown_choice_in_the_address_is_no_error(admin: Client) -> None:
    assert (
        admin.get(LIST, {"description": "odd", "sort": "-odd", "page": "odd"}).status_code
        == 200
    )


def test_the_page_size_is_remembered(admin: Client) -> None:
    admin.get(LIST, {"size": 5})

    assert len(names(admin.get(LIST))) == 5


def test_a_hot_list_goes_back_and_forth_by_key(admin: Client) -> None:
    def follow(page: Any, rel: str) -> Any:
        found = re.search(rf'rel="{rel}" href="(\?[^"]*cursor=[^"]+)"', page.content.decode())
        assert found
        return admin.get(f"{LIST}newest/{unescape(found[1])}")

    first = admin.get(f"{LIST}newest/", {"size": 5})
    second = follow(first, "next")
    third = follow(second, "next")
    back = follow(second, "prev")

    assert names(first)[0] == "Clerk 11"
    assert len({*names(first), *names(second), *names(third)}) == len(names(first)) + len(
        names(second)
    ) + len(names(third))
    assert names(back) == names(first)
    assert 'rel="prev"' not in back.content.decode()
    assert "aria-sort" not in first.content.decode()


@pytest.mark.parametrize(
    "cursor", ["x", "W10=", "WzAsICJ4Il0=", "bnVsbA==", "WzAsIG51bGxd", "é"]
)
def test_a_damaged_cursor_starts_at_the_beginning(admin: Client, cursor: str) -> None:
    response = admin.get(f"{LIST}newest/", {"cursor": cursor})

    assert response.status_code == 303
    assert response["Location"] == f"{LIST}newest/"


def test_a_reader_sees_no_way_to_change_anything(reader: Client, acme: Tenant) -> None:
    row = one(acme)

    page = reader.get(LIST).content.decode()
    detail = reader.get(f"{LIST}{row.pk}/").content.decode()

    assert "New profile" not in page
    assert "/edit/" not in detail
    for path in ("new/", f"{row.pk}/edit/", f"{row.pk}/delete/"):
        for method in (reader.get, reader.post):
            answer = method(LIST + path)
            assert answer.status_code == 403
            assert "profiles." in answer.content.decode()


@pytest.mark.parametrize("path", ["", "edit/", "delete/"])
def test_a_foreign_row_is_not_there(admin: Client, foreign: Profile, path: str) -> None:
    for method in (admin.get, admin.post):
        if path or method == admin.get:
            assert method(f"{LIST}{foreign.pk}/{path}").status_code == 404


def test_a_new_row_is_saved_and_shown(admin: Client, acme: Tenant) -> None:
    response = admin.post(f"{LIST}new/", {"name": "Fresh"})
    row = one(acme, "Fresh")
    page = admin.get(response["Location"]).content.decode()

    assert (response.status_code, response["Location"]) == (303, f"{LIST}{row.pk}/")
    assert "Created profile “Fresh”." in page


def test_save_and_continue_stays_in_the_form(admin: Client, acme: Tenant) -> None:
    row = one(acme)

    response = admin.post(f"{LIST}{row.pk}/edit/", {"name": "Other", "_continue": "1"})

    assert response["Location"] == f"{LIST}{row.pk}/edit/"
    assert one(acme, "Other").pk == row.pk


def test_htmx_is_told_where_to_go(admin: Client) -> None:
    response = admin.post(f"{LIST}new/", {"name": "Fresh"}, headers={"HX-Request": "true"})

    assert response.status_code == 200
    assert response["HX-Redirect"].startswith(LIST)


@pytest.mark.parametrize(
    ("name", "message"), [("", "This field is required."), ("taken", "Another profile")]
)
def test_what_is_wrong_is_shown_at_its_field(admin: Client, name: str, message: str) -> None:
    response = admin.post(f"{LIST}new/", {"name": name})
    page = response.content.decode()

    assert response.status_code == 422
    assert re.search(rf'id="errors".*<a href="#id_name">Name</a>: {message}', page, re.DOTALL)
    assert re.search(rf'id="id_name_error".*{message}', page, re.DOTALL)


def test_deleting_says_what_goes_and_does_it(admin: Client, acme: Tenant) -> None:
    row = one(acme)
    page = admin.get(f"{LIST}{row.pk}/delete/").content.decode()
    part = admin.get(f"{LIST}{row.pk}/delete/", headers={"HX-Request": "true"}).content.decode()

    response = admin.post(f"{LIST}{row.pk}/delete/")

    assert "Delete profile “Clerk 03”?" in page
    assert "2 permissions" in page
    assert "<html" not in part
    assert 'id="dialog-title"' in part
    assert (response.status_code, response["Location"]) == (303, LIST)
    assert admin.get(f"{LIST}{row.pk}/").status_code == 404


def test_what_is_in_use_stays_and_names_its_users(admin: Client, acme: Tenant) -> None:
    row = one(acme)
    make.make_member(acme, "dora@acme.test", profile=row)

    response = admin.post(f"{LIST}{row.pk}/delete/")

    assert response.status_code == 409
    assert "Dora</a>" in response.content.decode()
    assert one(acme) == row


def test_every_view_tells_what_it_demands() -> None:
    from tests.integration.ui import house  # noqa: PLC0415  # needs Django

    demanded = [getattr(page.callback, "required_permission", None) for page in house.pages]

    assert demanded == [
        "profiles.view",
        "profiles.view",
        "profiles.create",
        "profiles.view",
        "profiles.edit",
        "profiles.delete",
    ]
