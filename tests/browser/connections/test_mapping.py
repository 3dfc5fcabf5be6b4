"""The mapping editor with the keyboard alone, with a script and without, small and big."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from connections import kept
from connections.document import plain, read_mappings
from connections.kit.values import Record
from connections.models import Connection
from syncapp import canonical
from syncapp.tenants import door
from syncapp.tenants.models import Membership, Tenant
from tests import make, making
from tests.gallery.shots import violations

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("SYNCAPP_SHOTS", "")
FIELDS = (
    *making.PARTNER,
    {
        "name": "status",
        "label": "Status",
        "type": "choice",
        "choices": [["a", "Active"]],
        "required": True,
    },
    {"name": "since", "label": "Customer since", "type": "date"},
    {"name": "address", "label": "Address", "type": "object"},
    {"name": "contacts", "label": "Contact persons", "type": "list"},
    {"name": "CardName", "label": "Long name"},
)
RECORDS = (
    {
        "CardCode": "C0",
        "CardName": "Maxi-Teq",
        "Credit": "12,5",
        "Since": "2026-02-30",
        "Address": {"City": "Aarau", "Street": "Hauptstraße 1"},
        "Contacts": [{"Name": "Ada", "Mail": "ada@maxi.test"}, {"Name": "Bob", "Mail": None}],
    },
    {"CardCode": "C1", "CardName": "Ελλάς Α.Ε.", "Credit": None, "Address": {"City": "Αθήνα"}},  # noqa: RUF001
)
ROWS: list[dict[str, Any]] = [
    {"target": "code", "source": "CardCode"},
    {"target": "city", "source": "Address.City", "if_empty": "skip", "when": "create"},
    {"target": "credit", "source": "Credit"},
    {"target": "since", "source": "Since"},
    {"target": "vat", "kind": "formula", "formula": "concat('DE', data('CardCode'))"},
    {"target": "address.Street", "source": "Address.Street"},
    {
        "target": "contacts",
        "kind": "lines",
        "source": "Contacts",
        "rows": [
            {"target": "name", "source": "Name"},
            {"target": "mail", "kind": "formula", "formula": "uppercase(data('Mail'))"},
        ],
    },
]


@pytest.fixture
def connection(acme: Tenant) -> Connection:
    making.make_world()
    made = making.make_connection(
        acme, object_=making.make_object(acme, fields=FIELDS), active=False, mappings={}
    )
    return fill(made, ROWS)


def fill(row: Connection, rows: Sequence[Mapping[str, Any]]) -> Connection:
    """Give the draft these mappings, and records to try them on."""
    with door.tenant(row.tenant_id):
        Connection.objects.filter(pk=row.pk).update(mapping=read_plain(rows))
        keeper = kept.Keeper(row.tenant_id, row.pk)
        keeper.offer(Record(str(one["CardCode"]), canonical.dumps(one)) for one in RECORDS)
        keeper.write(make.NOW)
        row.refresh_from_db()
    return row


def read_plain(rows: Sequence[Mapping[str, Any]]) -> Any:
    return plain(read_mappings(rows))


def window(browser: Browser, live: str, member: Membership, *, script: bool) -> BrowserContext:
    """A window in which this member is signed in."""
    context = browser.new_context(
        base_url=live, java_script_enabled=script, viewport={"width": 1440, "height": 900}
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
    expected = ("Failed to load resource", "inline style" if SHOTS else "Failed")  # photographs
    assert [line for line in complaints if not any(one in line for one in expected)] == []


def look(page: Page, name: str) -> None:
    """Judge a page in both themes and sizes; keep pictures where somebody wants them."""
    for theme in ("light", "dark"):
        page.evaluate(
            "theme => document.documentElement.setAttribute('data-bs-theme', theme)", theme
        )
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.evaluate("scrollTo(0, 0)")  # what a bar covers while one scrolls is no barrier
            if SHOTS:
                page.screenshot(
                    path=Path(SHOTS) / f"{name}-{theme}-{width}.png", full_page=True
                )
            assert violations(page) == []
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.set_viewport_size({"width": 1440, "height": 900})


def test_the_editor_looks_well_in_both_themes_and_sizes(
    desk: Page, connection: Connection
) -> None:
    desk.goto(f"/t/acme/inbound/{connection.pk}/mapping/?sample=C0")
    look(desk, "mapping")
    desk.get_by_role("link", name="vat", exact=True).click()
    expect(desk.get_by_role("radio", name="ƒ Formula")).to_be_focused()
    look(desk, "mapping-editor")


def test_the_keyboard_alone_searches_edits_accepts_and_undoes(
    desk: Page, connection: Connection
) -> None:
    desk.goto(f"/t/acme/inbound/{connection.pk}/mapping/?sample=C0")
    desk.keyboard.press("/")
    desk.keyboard.type("customer since")
    expect(desk.locator("table.mapping > tbody:visible")).to_have_count(1)
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("link", name="since", exact=True)).to_be_focused()
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("radio", name="F Field")).to_be_focused()
    expect(desk.locator(".editor-try")).to_contain_text("is not a date")
    desk.keyboard.press("Tab")
    desk.keyboard.press("Control+a")
    desk.keyboard.type("CardName")
    expect(desk.locator(".editor-try")).to_contain_text("Maxi-Teq")
    desk.keyboard.press("Control+a")
    desk.keyboard.type("Joined")
    desk.keyboard.press("Enter")
    expect(desk.locator("#editor")).to_have_count(0)
    expect(desk.get_by_role("link", name="since", exact=True)).to_be_focused()
    expect(desk.locator("tbody:visible .target-source code")).to_have_text("Joined")

    desk.keyboard.press("u")
    expect(desk.locator("#board > .message")).to_contain_text("Undone: Change since")
    expect(desk.locator("tr", has_text="Customer since").locator("code")).to_have_text("Since")

    desk.locator("#suggest").press("Enter")
    expect(desk.locator(".target-suggested")).to_have_count(1)
    desk.get_by_role("link", name="CardName", exact=True).focus()
    desk.keyboard.press("m")
    expect(desk.locator(".target-suggested")).to_have_count(0)
    expect(desk.get_by_role("link", name="CardName", exact=True)).to_be_focused()
    expect(desk.locator("tr", has_text="Long name").locator(".target-result")).to_have_text(
        "Maxi-Teq"
    )


def test_escape_closes_an_editor_and_a_refusal_keeps_it_open(
    desk: Page, connection: Connection
) -> None:
    desk.goto(f"/t/acme/inbound/{connection.pk}/mapping/?sample=C0")
    name = desk.get_by_role("link", name="name", exact=True).first
    name.press("Enter")
    expect(desk.get_by_role("radio", name="F Field")).to_be_focused()
    desk.get_by_role("button", name="Save").click()
    expect(desk.locator("#editor .field-error")).to_contain_text("choose a source field")
    desk.keyboard.press("Escape")
    expect(desk.locator("#editor")).to_have_count(0)
    expect(name).to_be_focused()


def test_nothing_is_lost_if_somebody_else_was_quicker(
    desk: Page, connection: Connection
) -> None:
    desk.goto(f"/t/acme/inbound/{connection.pk}/mapping/?sample=C0")
    desk.get_by_role("link", name="credit", exact=True).press("Enter")
    desk.get_by_label("Source field").fill("Balance")
    with door.tenant(connection.tenant_id):
        Connection.objects.filter(pk=connection.pk).update(etag=99)
    desk.get_by_role("button", name="Save").click()
    expect(desk.locator("#editor")).to_contain_text("Somebody else changed this draft")
    expect(desk.get_by_label("Source field")).to_have_value("Balance")
    desk.get_by_role("button", name="Save").click()
    expect(desk.locator("#editor")).to_have_count(0)
    expect(desk.locator("tr", has_text="Credit limit").locator("code")).to_have_text("Balance")


def test_everything_works_without_a_script(
    browser: Browser, live: str, alice: Membership, connection: Connection
) -> None:
    context = window(browser, live, alice, script=False)
    page = context.new_page()
    page.goto(f"/t/acme/inbound/{connection.pk}/mapping/?sample=C0")
    page.get_by_role("link", name="status", exact=True).click()
    page.get_by_role("radio", name="R Raw data").check()
    page.get_by_label("Constant").fill("a")
    page.get_by_role("button", name="Save").click()
    row = page.locator("tr", has_text="status").first
    expect(row.locator(".target-result")).to_have_text("a")
    page.get_by_role("button", name="Suggest").click()
    expect(page.locator(".target-suggested")).to_have_count(1)
    page.get_by_role("button", name="Accept", exact=True).click()
    expect(page.locator(".target-suggested")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".target-suggested")).to_have_count(1)
    page.get_by_placeholder("Search fields").fill("status")
    page.get_by_placeholder("Search fields").press("Enter")
    expect(page.locator("table.mapping > tbody")).to_have_count(1)
    context.close()


def test_four_hundred_fields_are_quick(desk: Page, acme: Tenant) -> None:
    making.make_world()
    fields = [
        *making.PARTNER,
        *({"name": f"field_{n}", "label": f"Field {n}"} for n in range(395)),
    ]
    made = making.make_connection(
        acme, object_=making.make_object(acme, fields=fields), mappings={}
    )
    rows = [{"target": f"field_{n}", "source": f"Source{n}"} for n in range(390)]
    fill(made, [{"target": "code", "source": "CardCode"}, *rows])
    desk.goto(f"/t/acme/inbound/{made.pk}/mapping/")
    expect(desk.locator("table.mapping > tbody")).to_have_count(400)
    desk.keyboard.press("/")
    desk.keyboard.type("field 377")
    expect(desk.locator("table.mapping > tbody:visible")).to_have_count(1)
    desk.keyboard.press("Enter")
    desk.keyboard.press("Enter")
    expect(desk.get_by_label("Source field")).to_have_value("Source377")
    assert desk.locator("#editor").count() == 1


def test_conditions_are_edited_and_counted(desk: Page, connection: Connection) -> None:
    desk.goto(f"/t/acme/inbound/{connection.pk}/conditions/")
    expect(desk.locator("#passing")).to_contain_text("2 of 2 sample records pass")
    desk.get_by_role("button", name="Add condition").press("Enter")
    desk.get_by_label("Source field").fill("CardCode")
    desk.get_by_label("Value", exact=True).fill("C0")
    expect(desk.locator("#passing")).to_contain_text("1 of 2 sample records pass")
    expect(desk.locator(".condition-stop")).to_contain_text("C1")
    desk.get_by_role("button", name="Add group").press("Enter")
    group = desk.locator(".condition-group")
    group.get_by_label("Look at").select_option("formula")
    expect(group.locator(".cm-content")).to_be_visible()
    group.locator(".cm-content").fill("data('Credit') != null")
    group.get_by_label("Comparison").select_option("is_true")
    expect(group.get_by_label("Value", exact=True)).to_be_hidden()
    look(desk, "conditions")
    desk.keyboard.press("Control+s")
    expect(desk.locator(".message-success")).to_contain_text("Saved the conditions")
    expect(desk.get_by_role("button", name="Undo")).to_be_visible()
