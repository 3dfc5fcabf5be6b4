from __future__ import annotations

import pytest

from syncapp.ui.links import Action, see_other, tenant_reverse
from syncapp.ui.navigation import Group, NavGroup, NavItem, build
from tests.unit.ui.asking import request

pytestmark = pytest.mark.urls("tests.gallery.urls")
GROUPS = (
    NavGroup("", (NavItem("Home", "gallery:empty", "home", "home.view"),)),
    NavGroup("Watch", (NavItem("Runs", "gallery:list", "activity", "runs.view", lambda _: 3),)),
)


def marked(groups: tuple[Group, ...]) -> list[str]:
    return [item.label for group in groups for item in group.items if item.active]


def test_the_longest_address_marks_where_we_are() -> None:
    may = ("home.view", "runs.view")

    assert marked(build(request("/acme/", *may), GROUPS)) == ["Home"]
    assert marked(build(request("/acme/things/7/edit/", *may), GROUPS)) == ["Runs"]
    assert marked(build(request("/elsewhere/", *may), GROUPS)) == []
    assert marked(build(request("/acme/of-no-entry/", *may), GROUPS)) == [], "not Home"


def test_what_one_may_not_see_is_absent_with_its_heading() -> None:
    groups = build(request("/acme/things/", "home.view"), GROUPS)

    assert [group.label for group in groups] == [""]
    assert marked(groups) == [], "a page below a hidden entry is not Home"


def test_counts_come_along() -> None:
    assert build(request("/acme/", "runs.view"), GROUPS)[0].items[0].count == 3


def test_addresses_carry_the_tenant() -> None:
    assert tenant_reverse(request("/"), "gallery:detail", pk=7) == "/acme/things/7/"


def test_outside_a_tenant_addresses_are_plain() -> None:
    assert tenant_reverse(request("/", tenant=None), "account_login") == "/accounts/login/"


def test_an_action_that_one_may_not_use_has_no_link() -> None:
    action = Action("Edit", "gallery:edit", "things.edit", "pencil")

    link = action.link(request("/", "things.edit"), pk=7)

    assert link is not None
    assert (link.url, link.icon, link.method) == ("/acme/things/7/edit/", "pencil", "get")
    assert action.link(request("/"), pk=7) is None


def test_a_post_is_answered_by_303_and_htmx_by_an_order() -> None:
    asked = request("/")
    plain = see_other(asked, "/there/")
    asked.htmx = True  # type: ignore[assignment]  # stands in for its details
    swapped = see_other(asked, "/there/")

    assert (plain.status_code, plain["Location"]) == (303, "/there/")
    assert (swapped.status_code, swapped["HX-Redirect"]) == (200, "/there/")
