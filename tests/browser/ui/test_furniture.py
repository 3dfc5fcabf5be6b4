"""What people do with the furniture: by mouse, by keyboard, without JavaScript, on a phone."""

from __future__ import annotations

import re
from typing import Literal

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.gallery.shots import PAGES, violations

pytestmark = pytest.mark.browser
LIST = "/acme/things/"


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(desk: Page, name: str) -> None:
    found: dict[str, list[str]] = {}
    themes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for theme in themes:
        desk.emulate_media(color_scheme=theme)
        desk.goto(PAGES[name])
        found[theme] = violations(desk)
    desk.set_viewport_size({"width": 390, "height": 844})
    found["narrow"] = violations(desk)

    assert found == {"light": [], "dark": [], "narrow": []}
    assert desk.evaluate("document.documentElement.scrollWidth") <= 390


def test_searching_narrows_the_list_without_losing_the_focus(desk: Page) -> None:
    desk.goto(LIST)

    desk.keyboard.press("/")
    desk.keyboard.type("price")

    expect(desk.locator("tbody tr")).to_have_count(8)
    expect(desk.locator("#results-total")).to_have_text("8")
    expect(desk.get_by_label("Search")).to_be_focused()
    expect(desk.locator("#announce")).to_have_text("1–8 of 8")
    expect(desk).to_have_url(re.compile(r"\?q=price$"))
    desk.go_back()
    expect(desk.locator("#results-total")).to_have_text("48")


def test_sorting_keeps_the_focus_on_the_heading(desk: Page) -> None:
    desk.goto(LIST)
    heading = desk.get_by_role("link", name="Read", exact=True)

    heading.focus()
    desk.keyboard.press("Enter")
    expect(desk.locator("th[aria-sort=ascending]")).to_have_text("Read")
    desk.keyboard.press("Enter")

    expect(desk.locator("th[aria-sort=descending]")).to_have_text("Read")
    expect(heading).to_be_focused()
    expect(desk.locator("tbody tr").first).to_contain_text("SAP customers 48")


def test_who_is_as_quick_as_the_answer_sorts_again(desk: Page) -> None:
    desk.goto(LIST)
    heading = desk.get_by_role("link", name="Read", exact=True)
    again = "() => document.activeElement.click()"
    desk.evaluate(f"document.addEventListener('htmx:afterOnLoad', {again}, {{ once: true }})")

    heading.focus()
    desk.keyboard.press("Enter")

    expect(desk.locator("th[aria-sort=descending]")).to_have_text("Read")
    expect(heading).to_be_focused()


def test_the_last_page_moves_the_focus_to_the_list(desk: Page) -> None:
    desk.goto(f"{LIST}?page=4")

    desk.get_by_role("link", name="Next").click()

    expect(desk.locator("tbody tr")).to_have_count(8)
    expect(desk.locator("#results")).to_be_focused()


def test_a_row_opens_and_its_buttons_do_not(desk: Page) -> None:
    desk.goto(LIST)
    row = desk.locator("tbody tr").nth(2)

    row.get_by_role("button", name="Copy C20003").click()
    expect(desk).to_have_url(re.compile(f"{LIST}$"))
    row.locator(".cell-number").first.click()

    expect(desk).to_have_url(re.compile(f"{LIST}3/$"))


def test_deleting_asks_in_a_dialog_and_gives_the_focus_back(desk: Page) -> None:
    desk.goto(LIST)
    trash = desk.get_by_role("link", name="Delete Contacts 4")

    trash.click()
    dialog = desk.get_by_role("dialog", name="Delete inbound connection “Contacts 4”?")
    expect(dialog).to_contain_text("12 mappings")
    desk.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(trash).to_be_focused()
    trash.click()
    dialog.get_by_role("button", name="Delete inbound connection").click()

    expect(
        desk.get_by_role("status").filter(has_text="Deleted inbound connection")
    ).to_be_visible()


def test_a_refusal_says_who_is_in_the_way(desk: Page) -> None:
    desk.goto(LIST)

    desk.get_by_role("link", name="Delete Items to field service 2").click()

    dialog = desk.get_by_role("dialog")
    expect(dialog.get_by_role("link", name="Shop orders 8")).to_be_visible()
    expect(dialog.get_by_role("button", name="Delete")).to_have_count(0)
    dialog.get_by_role("link", name="Back").click()
    expect(dialog).to_be_hidden()


def test_leaving_a_changed_form_asks(desk: Page) -> None:
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    desk.on("dialog", leave)
    desk.goto(f"{LIST}new/")

    desk.get_by_label("Name").fill("Orders")
    desk.get_by_role("link", name="Cancel").click()

    expect(desk).to_have_url(re.compile(f"{LIST}$"))
    assert asked == ["beforeunload"]


def test_ctrl_s_saves_and_errors_lead_to_their_fields(desk: Page) -> None:
    desk.goto(f"{LIST}new/")

    desk.keyboard.press("Control+s")
    summary = desk.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("3 things need correcting")
    summary.get_by_role("link", name="Name").click()

    expect(desk.get_by_label("Name")).to_be_focused()
    expect(desk.get_by_label("Name")).to_have_accessible_description(
        re.compile("Shown in lists and logs.*This field is required", re.DOTALL)
    )


def test_a_big_select_can_be_searched(desk: Page) -> None:
    desk.goto(f"{LIST}new/")

    desk.locator(".ts-control").click()
    desk.keyboard.type("entity 27")
    expect(desk.locator(".ts-dropdown .active")).to_have_text("Entity 27")
    desk.keyboard.press("Enter")

    assert desk.eval_on_selector("#id_entity", "select => select.value") == "e27"


def test_the_theme_stays_chosen(desk: Page) -> None:
    desk.emulate_media(color_scheme="light")
    desk.goto(LIST)

    desk.get_by_role("button", name="Dark theme").click()
    desk.reload()

    expect(desk.locator("html")).to_have_attribute("data-bs-theme", "dark")
    expect(desk.get_by_role("button", name="Dark theme")).to_have_attribute(
        "aria-pressed", "true"
    )


def test_a_menu_closes_on_escape_and_elsewhere(desk: Page) -> None:
    desk.goto(LIST)
    account = desk.locator("summary", has_text="Ada Lovelace")

    account.click()
    expect(desk.get_by_role("button", name="Log out")).to_be_visible()
    desk.keyboard.press("Escape")
    expect(desk.get_by_role("button", name="Log out")).to_be_hidden()
    expect(account).to_be_focused()
    account.click()
    desk.locator("h1").click()

    expect(desk.get_by_role("button", name="Log out")).to_be_hidden()


def test_a_phone_shows_two_columns_and_folds_the_bar(desk: Page) -> None:
    desk.set_viewport_size({"width": 390, "height": 844})
    desk.goto(LIST)
    row = desk.locator("tbody tr").first

    expect(row.get_by_text("Shop orders 1")).to_be_visible()
    expect(row.get_by_text("Partial")).to_be_visible()
    expect(row.get_by_text("C20001")).to_be_hidden()
    expect(desk.get_by_role("link", name="Runs")).to_be_hidden()
    desk.get_by_role("button", name="Menu").click()

    expect(desk.get_by_role("link", name="Runs")).to_be_visible()


def test_the_api_viewer_starts_under_the_strict_policy(desk: Page) -> None:
    response = desk.goto("/docs/")

    assert response is not None
    assert "unsafe" not in (response.header_value("content-security-policy") or "unsafe")
    expect(desk.get_by_text("List runs")).to_be_visible()


def test_lists_work_without_javascript(plain: Page) -> None:
    plain.goto(LIST)

    plain.get_by_label("Search").fill("price")
    plain.get_by_role("button", name="Apply").click()
    expect(plain.locator("tbody tr")).to_have_count(8)
    plain.get_by_role("link", name="Name", exact=True).click()

    expect(plain.locator("th[aria-sort=ascending]")).to_have_text("Name")
    expect(plain.locator("tbody tr")).to_have_count(8)
    expect(plain.get_by_role("button", name="Dark theme")).to_be_hidden()


def test_forms_and_questions_work_without_javascript(plain: Page) -> None:
    plain.goto(f"{LIST}3/edit/")
    plain.get_by_label("Endpoint URL").fill("https://sap.test")
    plain.get_by_label("Client secret").fill("s3cret")
    plain.get_by_role("button", name="Save", exact=True).click()
    expect(plain.get_by_text("Saved inbound connection")).to_be_visible()

    plain.locator("summary[aria-label='More actions']").click()
    plain.get_by_role("link", name="Delete", exact=True).click()
    plain.get_by_role("button", name="Delete inbound connection").click()

    expect(plain.get_by_text("A run of this connection is under way.")).to_be_visible()
