"""An administrator's whole job in one sitting: from an empty tenant to an active connector, a change
that is judged before it is published, and the way back.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from syncapp.demo.erp import edits
from tests.browser.journeys.test_newcomer import RUN_MS, go
from tests.launched import Started

pytestmark = pytest.mark.slow  # a whole installation, and five runs of 2 000 records
TENANT, EMAIL, PASSWORD = "nova", "nora@nova.test", "what-Nora-knows-1"

LOUD = "if(endswith(data('CardCode'), '7'), upper(data('CardName')), data('CardName'))"
"""Changes the name of every tenth partner."""


def settled(page: Page) -> None:
    """Wait until the page has answered what was typed, as somebody does who reads it."""
    page.wait_for_load_state("networkidle")


def invited(page: Page, installed: Started) -> None:
    """Come in by the invitation that the platform operator has sent."""
    made = installed.manage(
        "tenant", "create", TENANT, "--admin", EMAIL, "--admin-name", "Nora"
    )
    link = re.search(r"http://\S+/password/reset/key/\S+", made.stdout)
    assert link, made.stdout + made.stderr
    page.goto(link[0])
    page.get_by_label("New Password").first.fill(PASSWORD)
    page.get_by_label("New Password (again)").fill(PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Choose a password")
    page.goto(f"{installed.url}/accounts/login/")
    page.fill("input[name=login]", EMAIL)
    page.fill("input[name=password]", PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Home")).to_be_visible()


def at(page: Page, step: str) -> None:
    expect(page.locator('.stepper [aria-current="step"]')).to_contain_text(step)
    settled(page)


def next_step(page: Page) -> None:
    button = page.get_by_role("button", name="Next", exact=True)
    button.or_(page.get_by_role("link", name="Next", exact=True)).last.click()


def describe(page: Page, erp: str) -> None:
    """Name the connector, make the config on the way, take an object with the system's fields."""
    go(page, "Wizard")
    page.get_by_role("button", name="New connector").click()
    at(page, "Information")
    page.get_by_label("Connection name").fill("Customers of the ERP")
    next_step(page)
    at(page, "Inbound Setting")
    page.get_by_label("Type", exact=True).select_option(label="OData v4")
    settled(page)
    page.get_by_role("button", name="New config").click()
    page.get_by_label("Name").first.fill("ERP")
    page.get_by_label("Environment").select_option("test")
    page.get_by_label("Service root").fill(f"{erp}/odata/v4/")
    page.get_by_label("User", exact=True).fill(edits.USER)
    page.get_by_label("Password", exact=True).fill("demo")
    page.get_by_role("button", name="Save", exact=True).click()
    at(page, "Inbound Setting")
    page.get_by_role("button", name="Refresh entities").click()
    expect(page.locator("#entities-known")).to_have_text("2 entities known")
    page.get_by_label("Object Out").fill("BusinessPartners")
    page.get_by_label("Object Out").press("Tab")
    settled(page)
    page.get_by_label("A new one, with fields of the system").check()
    expect(page.get_by_label("Primary key field").first).to_have_value("CardCode")
    next_step(page)
    at(page, "Outbound Setting")
    page.get_by_label("Skip the outbound side").check()
    expect(page.get_by_label("Type", exact=True)).to_have_count(0)
    next_step(page)
    at(page, "Mapping Field")


def keep_map(page: Page) -> None:
    """Make a value map for the types of partners."""
    go(page, "Value maps")
    page.get_by_role("link", name="New value map").first.click()
    page.get_by_label("Name", exact=False).first.fill("partner types")
    for number, (key, value) in enumerate({"Customer": "Buys", "Lead": "May buy"}.items(), 1):
        if not page.get_by_label(f"Key {number}").count():
            page.get_by_role("button", name="Add line").click()
            settled(page)
        page.get_by_label(f"Key {number}").fill(key)
        page.get_by_label(f"Value {number}").fill(value)
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("partner types")


def row(page: Page, target: str) -> Locator:
    """Open the editor of a target."""
    page.get_by_role("link", name=target, exact=True).first.click()
    editor = page.locator("#editor")
    expect(editor).to_be_visible()
    return editor


def save(page: Page) -> None:
    page.locator("#editor-save").click()
    expect(page.locator("#editor")).to_have_count(0)
    settled(page)


def map_all_kinds(page: Page) -> None:
    """The names that are equal are mapped already; change some to every other kind."""
    page.get_by_role("button", name="Get samples").click()
    expect(page.locator("tbody", has_text="CardCode").first).to_contain_text("C0")
    expect(page.get_by_role("link", name=re.compile("^Mapped"))).to_contain_text("18")
    row(page, "Currency").get_by_role("radio", name="R Raw data").check()
    page.get_by_label("Constant").fill("EUR")
    save(page)
    row(page, "Website").get_by_role("radio", name="ƒ Formula").check()
    page.locator("#editor .cm-content").fill("lower(data('EmailAddress'))")
    expect(page.locator(".editor-try")).to_contain_text("@")
    save(page)
    row(page, "Notes").get_by_role("radio", name="⇄ Value map").check()
    page.get_by_label("Source field").fill("CardType")
    page.get_by_label("Value map", exact=True).last.select_option(label="partner types")
    save(page)
    row(page, "ContactEmployees").get_by_role("radio", name="≡ Lines").check()
    page.get_by_label("Source field").fill("ContactEmployees")
    save(page)
    for member, source in (("person", "Name"), ("mail", "EmailAddress")):
        page.get_by_role("link", name="Map a field of each line").click()
        page.locator("#editor [name=edit-target]").fill(member)
        page.locator("#editor [name=edit-source]").fill(source)
        save(page)
    expect(page.locator("tbody", has_text="ContactEmployees").first).to_contain_text(
        re.compile(r"\d lines?")
    )


def set_conditions(page: Page) -> None:
    """Nobody who is frozen, and of the others customers and leads."""
    page.get_by_role("button", name="Add condition").first.click()
    settled(page)
    page.get_by_label("Source field").fill("Frozen")
    page.get_by_label("Comparison").select_option("is_false")
    page.get_by_role("button", name="Add group").click()
    settled(page)
    group = page.locator(".condition-group")
    group.get_by_label("Source field").fill("CardType")
    group.get_by_label("Comparison").select_option("in_list")
    group.get_by_label("Values, one in each line").fill("Customer\nLead")
    expect(page.locator("#passing")).to_contain_text(
        re.compile(r"\d+ of \d+ sample records pass")
    )
    page.get_by_role("button", name="Save").first.click()
    settled(page)


def number(page: Page, outcome: str) -> int:
    """Read a term of the run's equation."""
    text = page.locator(".equation").inner_text()
    found = re.search(rf"([\d\s\u2009\u202f\u00a0]+){outcome}", text)
    return int(re.sub(r"\D", "", found[1])) if found else 0


def ended(page: Page) -> None:
    expect(page.locator("#run-progress")).to_contain_text("Succeeded", timeout=RUN_MS)


def loud_ones(installed: Started) -> int:
    """Count in the ERP itself the partners that take part and whose name will change."""
    address: str | None = f"{installed.demo['demo_erp_url']}/odata/v4/BusinessPartners"
    partners: list[dict[str, Any]] = []
    with httpx.Client(auth=(edits.USER, "demo")) as client:
        while address:
            page = client.get(address).json()
            partners += page["value"]
            address = page.get("@odata.nextLink")
    return sum(
        one["CardCode"].endswith("7")
        and not one["Frozen"]
        and one["CardType"] in {"Customer", "Lead"}
        and one["CardName"] != one["CardName"].upper()
        for one in partners
    )


def finish(page: Page) -> int:
    """Finish, look at the dry run, switch on and run; tell how many records came."""
    page.get_by_role("button", name="Finish and dry run").click()
    ended(page)
    created = number(page, "created")
    assert created + number(page, "skipped") == 2000
    expect(page.locator("#results")).to_contain_text("Partner name")
    go(page, "Connectors")
    page.get_by_role("link", name="Customers of the ERP", exact=True).first.click()
    page.get_by_role("link", name="Customers of the ERP", exact=True).last.click()
    page.get_by_role("link", name="Activate").click()
    page.get_by_role("dialog").get_by_role("button", name="Activate").click()
    page.get_by_role("button", name="Run now").click()
    ended(page)
    assert number(page, "created") == created
    page.get_by_role("link", name="Connection", exact=True).click()
    return created


def change_one_mapping(page: Page) -> tuple[int, int]:
    """Write names louder and publish; give the bounds of what was told before."""
    page.get_by_role("link", name=re.compile("^Mapping")).click()
    row(page, "CardName").get_by_role("radio", name="ƒ Formula").check()
    page.locator("#editor .cm-content").fill(LOUD)
    save(page)
    page.get_by_role("link", name="Publish…").click()
    told = page.locator("#impact")
    expect(told).to_contain_text("records would change")
    found = re.search(r"Between ([\d\s]+) and ([\d\s]+),", told.inner_text())
    assert found
    page.get_by_label("Reason").fill("Louder names")
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.locator(".message-success")).to_contain_text("Published version 2")
    low, high = (int(re.sub(r"\D", "", text)) for text in found.groups())
    return low, high


def go_back(page: Page) -> None:
    page.get_by_role("link", name="Connection", exact=True).click()
    page.get_by_role("link", name="Versions").click()
    page.get_by_role("link", name="Go back to it").click()
    page.get_by_role("button", name="Publish version 1 again").click()
    expect(page.locator(".message-success")).to_contain_text("Published version 3")


def run(page: Page) -> tuple[int, int]:
    """Run and tell how many were updated and how many stayed."""
    page.get_by_role("button", name="Run now").click()
    ended(page)
    return number(page, "updated"), number(page, "unchanged")


def test_one_sitting_leads_to_an_active_connector_and_back(
    enter: Callable[..., Page], installed: Started
) -> None:
    page = enter(viewport={"width": 1440, "height": 900})
    invited(page, installed)
    keep_map(page)
    describe(page, installed.demo["demo_erp_url"])
    map_all_kinds(page)
    next_step(page)
    at(page, "Conditions")
    set_conditions(page)
    next_step(page)
    at(page, "Completed")
    created = finish(page)

    low, high = change_one_mapping(page)
    changed, unchanged = run(page)

    assert changed == loud_ones(installed)
    assert low <= changed <= high
    assert unchanged == created - changed
    go_back(page)
    assert run(page) == (changed, unchanged)
