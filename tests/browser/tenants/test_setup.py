"""Set-up in a browser: inviting, giving rights, issuing a key; with and without a script."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from playwright.sync_api import Page, expect

from syncapp.tenants.models import Membership
from tests import make
from tests.browser.walk import barriers, log_in

pytestmark = pytest.mark.browser


def enter(page: Page, live: str, email: str = "alice@acme.test") -> None:
    log_in(page, live, {"email": email, "password": make.PASSWORD})


def test_invite_set_a_password_and_come_in(
    live: str, page: Page, alice: Membership, no_rate_limits: None
) -> None:
    enter(page, live)
    page.get_by_role("link", name="Users").click()
    page.get_by_role("link", name="Invite user").click()
    page.get_by_label("Name").fill("Dora Diaz")
    page.get_by_label("Email").fill("dora@acme.test")
    page.get_by_label("Profile").select_option(label="Reader")
    page.get_by_role("button", name="Send invitation").click()
    expect(page.get_by_role("status").filter(has_text="Invited dora@acme.test")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("Dora Diaz")
    page.get_by_label("Account of").click()
    page.get_by_role("button", name="Log out").click()

    link = re.search(r"https?://[^/]+(/accounts/\S+)", str(mail.outbox[-1].body))
    assert link
    page.goto(live + link[1])
    for name in ("password1", "password2"):
        page.locator(f"input[name={name}]").fill("long enough 77")
    page.get_by_role("button", name="Set the password").click()
    log_in(page, live, {"email": "dora@acme.test", "password": "long enough 77"})

    expect(page.get_by_role("banner")).to_contain_text("Dora Diaz")
    expect(page.get_by_role("navigation", name="Main")).not_to_contain_text("Users")


def test_a_profile_by_whole_rows(
    live: str, page: Page, alice: Membership, no_rate_limits: None
) -> None:
    enter(page, live)
    page.goto(f"{live}/t/acme/setup/profiles/new/")
    page.get_by_label("Name").fill("Operator")
    page.get_by_label("Runs: all").check()
    page.get_by_label("Record logs: View").check()
    assert barriers(page) == []
    page.get_by_role("button", name="Save", exact=True).click()

    main = page.get_by_role("main")
    expect(main).to_contain_text("View, Retry, Cancel")
    assert barriers(page) == []


def test_a_key_is_copied_once(
    live: str, page: Page, alice: Membership, no_rate_limits: None
) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    enter(page, live)
    page.goto(f"{live}/t/acme/setup/api-keys/new/")
    page.get_by_label("Name").fill("CI")
    page.get_by_label("Runs: View").check()
    page.get_by_role("button", name="Make key").click()

    page.get_by_role("button", name=re.compile("^Copy syn_")).click()
    expect(page.locator("#announce")).to_have_text("Copied")
    copied = str(page.evaluate("navigator.clipboard.readText()"))
    assert re.fullmatch(r"syn_[0-9a-f]{12}_\S{43}", copied)
    assert barriers(page) == []
    answer = page.request.get(
        f"{live}/api/v1/me/", headers={"Authorization": f"Bearer {copied}"}
    )
    assert answer.json()["permissions"] == ["runs.view", "visible"]


def test_the_platform_area(live: str, page: Page, no_rate_limits: None) -> None:
    make.make_user("op@platform.test", is_platform=True)
    enter(page, live, "op@platform.test")
    page.get_by_role("link", name="New tenant").click()
    for name, text in (
        ("name", "Initech"),
        ("slug", "initech"),
        ("admin_name", "Bill"),
        ("admin_email", "bill@initech.test"),
    ):
        page.locator(f"input[name={name}]").fill(text)
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_role("heading", name="Initech")).to_be_visible()
    page.get_by_role("link", name="Suspend").click()
    page.get_by_label("Reason").fill("Moves away")
    page.get_by_role("button", name="Suspend tenant").click()
    expect(page.get_by_role("main")).to_contain_text("Moves away")

    page.get_by_label("More actions").click()
    page.get_by_role("link", name="Delete").click()
    page.get_by_label("Type the slug to confirm").fill("wrong")
    page.get_by_role("button", name="Delete tenant").click()
    expect(page.get_by_role("alert").first).to_contain_text("This is not “initech”")
    page.get_by_label("Type the slug to confirm").fill("initech")
    page.get_by_role("button", name="Delete tenant").click()
    expect(page.get_by_role("main")).to_contain_text("Deleted tenant “Initech”")
