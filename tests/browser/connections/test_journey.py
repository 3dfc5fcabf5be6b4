"""An administrator connects the demo ERP and maps its fields, with a script and without one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django import Settings

from connections.models import Connection
from syncapp.tenants import door
from syncapp.tenants.models import Membership, Tenant
from tests import demo_erp, make, making
from tests.demo_erp import DemoErp
from tests.gallery.shots import violations

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("SYNCAPP_SHOTS", "")


@pytest.fixture(scope="module")
def erp_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoErp]:
    with demo_erp.running(tmp_path_factory.mktemp("erp") / "state.json") as erp:
        yield erp


@pytest.fixture
def erp(erp_process: DemoErp, settings: Settings) -> DemoErp:
    settings.SYNCAPP_EGRESS_ALLOW = "127.0.0.1"
    return erp_process


def window(browser: Browser, live: str, member: Membership, *, script: bool) -> BrowserContext:
    """A window in which this member is signed in."""
    context = browser.new_context(
        base_url=live, java_script_enabled=script, viewport={"width": 1280, "height": 800}
    )
    for name, morsel in make.browser_of(member).cookies.items():
        context.add_cookies([{"name": name, "value": morsel.value, "url": live}])
    context.set_default_timeout(15_000)
    return context


@pytest.fixture
def desk(browser: Browser, live: str, alice: Membership) -> Iterator[Page]:
    """Alice's window; anything in the console fails the test."""
    context = window(browser, live, alice, script=True)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: complaints.append(message.text) if message.type == "error" else None,
    )
    yield page
    context.close()
    assert [line for line in complaints if "Failed to load resource" not in line] == []


@pytest.fixture
def plain(browser: Browser, live: str, alice: Membership) -> Iterator[Page]:
    """Alice's window without JavaScript."""
    context = window(browser, live, alice, script=False)
    yield context.new_page()
    context.close()


def looked_at(page: Page, name: str) -> None:
    """Let axe look at the page, in both themes and widths; photograph it if asked."""
    themes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    found: dict[str, list[str]] = {}
    for theme in themes:
        page.emulate_media(color_scheme=theme)
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 800})
            if (theme, width) != ("dark", 390):  # its colours and its layout were seen by then
                found[f"{theme} {width}"] = violations(page)
            if SHOTS:
                shot = Path(SHOTS) / f"{name}-{theme}-{width}.png"
                page.screenshot(path=str(shot), full_page=True)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1280, "height": 800})
    assert not any(found.values()), found


def fill_config(page: Page, erp: DemoErp, password: str) -> None:
    page.goto("/t/acme/configs/new/")
    page.get_by_role("link", name="OData v4").click()
    page.get_by_label("Name", exact=False).first.fill("Demo ERP")
    page.get_by_label("Service root").fill(erp.url)
    page.get_by_label("User", exact=True).fill("syncapp")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Demo ERP")


def map_fields(page: Page) -> None:
    """Map key and name, from the page of the connection."""
    page.get_by_role("navigation", name="Sections").get_by_role("link", name="Mapping").click()
    for field, source in (("code", "CardCode"), ("name", "CardName")):
        page.get_by_role("link", name=field, exact=True).click()
        page.get_by_label("Source field").fill(source)
        page.get_by_role("button", name="Save", exact=True).click()
        row = page.locator("tr.target", has=page.get_by_role("link", name=field, exact=True))
        expect(row.locator(".target-source")).to_contain_text(source)
    page.get_by_role("navigation", name="Sections").get_by_role("link", name="Details").click()


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).last.click()


def new_connection(page: Page) -> None:
    page.goto("/t/acme/inbound/new/")
    page.get_by_label("Name", exact=False).first.fill("Partners")
    page.get_by_label("Type", exact=False).select_option("odata")
    save(page)


def test_a_config_is_made_tested_and_mended(desk: Page, acme: Tenant, erp: DemoErp) -> None:
    desk.goto("/t/acme/configs/new/")
    looked_at(desk, "config-types")
    fill_config(desk, erp, "wrong")
    desk.get_by_role("button", name="Connect").click()
    expect(desk.locator("#config-test .message-error")).to_be_visible()
    looked_at(desk, "config-failed")

    desk.get_by_role("link", name="Edit").click()
    desk.get_by_text("Replace").click()
    desk.get_by_label("Password").fill("demo")
    looked_at(desk, "config-form")
    save(desk)
    desk.get_by_role("button", name="Connect").click()
    expect(desk.locator("#config-test")).to_contain_text("Passed")

    looked_at(desk, "config-passed")
    desk.goto("/t/acme/configs/")
    looked_at(desk, "config-list")


def test_a_connection_is_drafted_tried_and_activated(
    desk: Page, acme: Tenant, erp: DemoErp
) -> None:
    target = making.make_object(acme)
    fill_config(desk, erp, "demo")
    new_connection(desk)

    desk.get_by_label("Connection config").select_option(label="Demo ERP [LIVE]")
    desk.get_by_role("button", name="Load Config").click()
    expect(desk.locator("#connection-config")).to_contain_text(erp.url)
    desk.get_by_role("button", name="Refresh entities").click()
    expect(desk.locator("#entities-known")).to_have_text("2 entities known")
    desk.get_by_label("Object Out").fill("BusinessPartners")
    desk.get_by_label("Object In").select_option(str(target.pk))
    desk.get_by_label("Primary key field").select_option("code")
    desk.get_by_role("button", name="Test query").click()
    expect(desk.locator("#sample")).to_contain_text("The first 10 records")
    looked_at(desk, "inbound-edit")
    save(desk)

    expect(desk.get_by_role("heading", level=1)).to_have_text("Partners")
    map_fields(desk)
    desk.get_by_role("button", name="Test query").click()
    expect(desk.locator("#sample table")).to_be_visible()
    looked_at(desk, "inbound-detail")
    desk.get_by_role("link", name="Activate").click()
    desk.locator("#dialog").get_by_role("button", name="Activate").click()
    expect(desk.locator(".page-title")).to_contain_text("Active")
    with door.tenant(acme.pk):
        made = Connection.objects.for_tenant(acme).get()
        assert made.active
        rows = [(row["target"], row["source"]) for row in made.mapping]
        assert rows == [("code", "CardCode"), ("name", "CardName")]


def test_the_pages_around_a_connection_have_no_barriers(desk: Page, acme: Tenant) -> None:
    making.make_world()
    connection = making.make_connection(acme, active=True)

    desk.goto(f"/t/acme/inbound/{connection.pk}/?tab=related")
    expect(desk.locator("#connection-runs-box")).to_contain_text("It has not run yet.")
    expect(desk.locator("#connection-schedule")).not_to_contain_text("Show the schedule")
    looked_at(desk, "inbound-related")
    for name, path in {
        "inbound-list": "inbound/",
        "inbound-new": "inbound/new/",
        "inbound-delete": f"inbound/{connection.pk}/delete/",
        "import-fields": f"objects/{connection.object_id}/import-fields/",
    }.items():
        desk.goto(f"/t/acme/{path}")
        looked_at(desk, name)


def test_it_works_without_a_script(plain: Page, acme: Tenant, erp: DemoErp) -> None:
    target = making.make_object(acme)
    fill_config(plain, erp, "demo")
    plain.get_by_role("button", name="Connect").click()
    expect(plain.locator("#config-test")).to_contain_text("Passed")

    new_connection(plain)
    plain.get_by_label("Connection config").select_option(label="Demo ERP [LIVE]")
    plain.get_by_label("Object Out").fill("BusinessPartners")
    plain.get_by_label("Object In").select_option(str(target.pk))
    plain.get_by_role("button", name="Refresh entities").click()
    plain.get_by_label("Primary key field").select_option("code")
    plain.get_by_role("button", name="Test query").click()
    expect(plain.locator("#sample")).to_contain_text("The first 10 records")
    save(plain)
    expect(plain.get_by_role("heading", level=1)).to_have_text("Partners")
    map_fields(plain)
    plain.get_by_role("link", name="Activate").click()
    plain.get_by_role("button", name="Activate").click()
    expect(plain.locator(".page-title")).to_contain_text("Active")


def test_enter_in_a_field_saves(desk: Page, acme: Tenant) -> None:
    making.make_world()
    connection = making.make_connection(acme)

    desk.goto(f"/t/acme/inbound/{connection.pk}/edit/")
    desk.get_by_label("Page size").fill("77")
    desk.get_by_label("Page size").press("Enter")
    expect(desk.get_by_role("heading", level=1)).to_have_text("Partners")

    with door.tenant(acme.pk):
        connection.refresh_from_db()
    assert connection.page_size == 77
