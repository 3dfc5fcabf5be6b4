"""An administrator of an empty tenant makes a connector with the wizard, and puts it into a set."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from connections import registry
from connections.models import Connection, Connector
from connections.wizard.plan import STEPS
from objects.models import ConnectObject
from syncapp.tenants import door
from syncapp.tenants.models import Tenant
from synclogs.models import SyncLog
from tests import making
from tests.browser.connections.test_journey import (
    desk as desk,  # noqa: PLC0414  a fixture
    looked_at,
    plain as plain,  # noqa: PLC0414  a fixture
)

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def offered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Offer the sandbox in forms, which it otherwise is not, and give it partners."""
    monkeypatch.setattr(registry.system_type("sandbox"), "listed", True)
    making.make_world()


def at(page: Page, number: int) -> None:
    """Wait for a step."""
    current = page.locator('.stepper [aria-current="step"]')
    expect(current).to_contain_text(f"{number}. {STEPS[number - 1]}")
    expect(page.locator("#main")).to_contain_text(f"Step {number} of 6")


def describe(page: Page) -> None:
    """Take the first two steps, making a config on the way."""
    page.goto("/t/acme/connectors/")
    page.get_by_role("link", name="New connector").first.click()
    page.get_by_role("button", name="New connector").click()
    at(page, 1)
    page.get_by_label("Connection name").fill("Customer sync")
    page.get_by_role("button", name="Next").last.click()
    at(page, 2)
    page.get_by_label("Type", exact=True).select_option("sandbox")
    page.get_by_role("button", name="New config").click()
    page.get_by_label("Name", exact=False).first.fill("ERP")
    page.get_by_label("World", exact=False).fill("erp")
    page.get_by_role("button", name="Save", exact=True).click()
    at(page, 2)
    page.get_by_role("button", name="Refresh entities").click()
    expect(page.locator("#entities-known")).to_have_text("1 entity known")


def test_a_connector_is_made_from_an_empty_tenant(desk: Page, acme: Tenant) -> None:
    describe(desk)
    entity = desk.get_by_label("Object Out")
    entity.fill(making.ENTITY)
    entity.press("Tab")
    desk.get_by_label("A new one, with fields of the system").check()
    expect(desk.get_by_label("Type of the new object")).to_have_value("businesspartners")
    expect(desk.get_by_label("Primary key field")).to_have_value("CardCode")
    looked_at(desk, "wizard-inbound")
    desk.get_by_role("button", name="Next").last.click()
    at(desk, 3)
    desk.get_by_label("Skip the outbound side").check()
    expect(desk.get_by_label("Type", exact=True)).to_have_count(0)
    desk.get_by_role("button", name="Next").last.click()
    at(desk, 4)
    expect(desk.locator("table.mapping")).to_contain_text("CardName")
    looked_at(desk, "wizard-mapping")
    desk.get_by_role("button", name="Next").click()
    at(desk, 5)
    looked_at(desk, "wizard-conditions")
    desk.get_by_role("button", name="Next").click()
    at(desk, 6)
    expect(desk.get_by_text("was never tested")).to_be_visible()
    looked_at(desk, "wizard-review")
    with door.tenant(acme.pk):
        assert not ConnectObject.objects.for_tenant(acme).exists()

    desk.get_by_role("button", name="Finish and dry run").click()

    expect(desk.get_by_text("this is its dry run")).to_be_visible()
    with door.tenant(acme.pk):
        assert SyncLog.objects.for_tenant(acme).get().kind == "dry"
        assert Connector.objects.for_tenant(acme).get().name == "Customer sync"
        made = Connection.objects.for_tenant(acme).get()
        assert (made.name, made.active) == ("Customer sync", False)
        assert made.object is not None


def test_a_draft_waits_until_somebody_goes_on(desk: Page, acme: Tenant) -> None:
    describe(desk)

    desk.goto("/t/acme/wizard/")
    looked_at(desk, "wizard-entry")
    desk.get_by_role("link", name="Continue Customer sync").click()
    at(desk, 2)
    desk.get_by_role("button", name="Back").click()
    at(desk, 1)
    expect(desk.get_by_label("Connection name")).to_have_value("Customer sync")
    looked_at(desk, "wizard-information")
    desk.goto("/t/acme/wizard/")
    desk.get_by_role("link", name="Discard Customer sync").click()
    desk.locator("#dialog").get_by_role("button", name="Discard draft").click()
    expect(desk.get_by_text("You have no unfinished connector.")).to_be_visible()


def test_the_wizard_works_without_a_script(plain: Page, acme: Tenant) -> None:
    plain.goto("/t/acme/wizard/")
    plain.get_by_role("button", name="New connector").click()
    plain.get_by_label("Connection name").fill("By hand")
    plain.get_by_role("button", name="Next").last.click()
    plain.get_by_label("Type", exact=True).select_option("sandbox")
    plain.get_by_role("button", name="Next").last.click()
    plain.get_by_label("Skip the outbound side").check()
    plain.get_by_role("button", name="Next").last.click()
    plain.get_by_role("button", name="Next").click()
    plain.get_by_role("button", name="Next").click()
    plain.get_by_role("button", name="Finish", exact=True).click()

    expect(plain.get_by_role("heading", level=1)).to_contain_text("By hand")
    with door.tenant(acme.pk):
        assert Connector.objects.for_tenant(acme).get().name == "By hand"


def test_connectors_are_put_into_an_order_with_the_keyboard(desk: Page, acme: Tenant) -> None:
    connection = making.make_connection(acme, active=True)
    outbound = making.make_outbound(acme, config=connection.config, object_=connection.object)
    first, row = making.make_connector(acme, "First", [connection, outbound])
    making.make_connector(acme, "Second", [])
    desk.goto(f"/t/acme/connector-sets/{row.pk}/edit/")
    desk.get_by_label("One more connector").select_option(label="Second")
    desk.get_by_role("button", name="Add", exact=True).focus()
    desk.keyboard.press("Enter")
    up = desk.get_by_role("button", name="Move Second up")
    up.focus()
    desk.keyboard.press("Enter")
    expect(desk.locator(".order li").first).to_contain_text("Second")
    expect(desk.get_by_role("button", name="Move Second up")).to_be_focused()
    looked_at(desk, "set-edit")
    desk.get_by_role("button", name="Save", exact=True).last.click()

    expect(desk.locator("tbody tr").first).to_contain_text("Second")
    desk.get_by_role("button", name="Run set").click()
    expect(desk.locator("#set-run")).to_contain_text("Running")
    looked_at(desk, "set-detail")
    desk.get_by_role("button", name="Stop set").click()
    expect(desk.locator("#set-run")).to_contain_text("Cancelled")
    for name, path in {
        "set-list": "connector-sets/",
        "connector-detail": f"connectors/{first.pk}/",
        "connector-edit": f"connectors/{first.pk}/edit/",
        "outbound-list": "outbound/",
        "outbound-detail": f"outbound/{outbound.pk}/",
        "outbound-edit": f"outbound/{outbound.pk}/edit/",
    }.items():
        desk.goto(f"/t/acme/{path}")
        looked_at(desk, name)
    desk.goto("/t/acme/connectors/")
    expect(desk.locator(f"#last-run-{connection.pk}")).to_contain_text("Cancelled")
    looked_at(desk, "connector-list")
