"""Somebody writes a formula: proposals, errors, mending and the live value, by keyboard alone."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect

from objects.records.changes import Origin, Source
from objects.services import load_shape, records
from syncapp.tenants import door
from syncapp.tenants.models import Membership, Tenant
from tests import make, making
from tests.browser.walk import barriers, dress

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("SYNCAPP_SHOTS", "")
PLAYGROUND = "/t/acme/formulas/playground/"
COMPLETE = """() => [...document.querySelectorAll("textarea[data-formula]")]
  .map((area) => area.formulaEditor?.view)
  .some((view) => view?.hasFocus && CodeMirror.completionStatus(view.state) === "active")"""


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
    """Alice's window; anything in the console fails the test, a breach of the CSP above all."""
    context = window(browser, live, alice, script=True)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda told: (
            complaints.append(told.text) if told.type in {"error", "warning"} else None
        ),
    )
    yield page
    context.close()
    assert complaints == []


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
        dress(page, theme)
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            found[f"{theme} {width}"] = barriers(page)
            if page.evaluate("document.documentElement.scrollWidth") > width:
                found[f"{theme} {width}"].append("it scrolls sideways")
            if SHOTS:
                path = Path(SHOTS) / f"{name}-{theme}-{width}.png"
                page.screenshot(path=str(path), full_page=True)
    dress(page, "light")
    page.set_viewport_size({"width": 1440, "height": 900})
    assert not any(found.values()), found


def editor(page: Page | Locator) -> Locator:
    """Wait until the editor has taken the place of the plain field, which has the same name."""
    expect(page.locator(".cm-editor").first).to_be_visible()
    return page.get_by_role("textbox", name="Formula")


def accept(page: Page, proposal: str) -> None:
    """Take the proposal that is selected, once nothing can come any more that moves it.

    The editor ignores an Enter that follows the list within 75 ms: a person did not mean it.
    """
    page.wait_for_function(COMPLETE)
    selected = page.locator(".cm-tooltip-autocomplete").get_by_role("option", selected=True)
    expect(selected).to_have_text(proposal)
    page.wait_for_timeout(150)
    page.keyboard.press("Enter")


def tab_to(page: Page, selector: str) -> None:
    """Go to an element by the Tab key alone."""
    for _ in range(60):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"the Tab key does not lead to {selector}")


def fill_store(tenant: Tenant) -> int:
    """Three partners, one without a city."""
    target = making.make_object(tenant)
    with door.tenant(tenant.pk):
        shape = load_shape(target)
        source = Source(Origin.USER, None)
        for number, city in enumerate(("Berlin", "Rome", None)):
            values = {"code": f"C{number}", "name": f"Partner {number}", "city": city}
            records.create_record(shape, values, source=source, now=make.NOW)
    return target.pk


def test_a_formula_is_written_mended_and_tried_by_keyboard(desk: Page, acme: Tenant) -> None:
    desk.goto(PLAYGROUND)
    keys = desk.keyboard
    expect(desk.locator("textarea#id_formula")).to_be_hidden()
    tab_to(desk, ".formula-editor .cm-content")
    keys.type("conc")
    expect(desk.locator(".cm-completionInfo")).to_contain_text("Join texts.")
    looked_at(desk, "playground-completion")
    accept(desk, "concatText · text")
    expect(editor(desk)).to_have_text("concat()")
    expect(desk.locator(".formula-signature")).to_contain_text("concat(texts, …)")

    keys.type("data('First")
    accept(desk, "firstNamestring")
    expect(editor(desk)).to_have_text("concat(data('firstName'))")
    expect(desk.locator("#result output")).to_have_text("Ada")
    expect(desk.locator("#announce")).to_have_text("Result: Ada")

    keys.press("ArrowRight")
    keys.type(", ' ', uper(data('lastName'))")
    expect(desk.locator(".cm-lintRange-error")).to_have_text("uper")
    expect(desk.locator("#announce")).to_contain_text("Alt Enter writes upper.")
    expect(editor(desk)).to_have_attribute("aria-invalid", "true")
    expect(desk.locator(".formula-caret")).to_contain_text("^^^^")
    looked_at(desk, "playground-error")
    keys.press("Alt+Enter")
    expect(editor(desk)).to_have_text("concat(data('firstName'), ' ', upper(data('lastName')))")
    expect(desk.locator("#result output")).to_have_text("Ada BYRON")
    expect(desk.locator(".cm-lintRange-error")).to_have_count(0)
    expect(editor(desk)).to_have_attribute("aria-invalid", "false")


def test_every_part_shows_its_value(desk: Page, acme: Tenant) -> None:
    desk.goto(f"{PLAYGROUND}?formula=concat(upper(data('firstName')),%20'!')")
    part = desk.locator(".formula-steps tr", has_text="upper(data('firstName'))").last
    expect(part).to_contain_text("ADA")
    tab_to(desk, ".formula-editor .cm-content")
    desk.keyboard.press("Tab")
    expect(editor(desk)).not_to_be_focused()
    tab_to(desk, ".formula-steps tr")

    expect(desk.locator(".formula-marked")).to_have_text("data('firstName')")
    looked_at(desk, "playground-result")
    desk.locator(".formula-call", has_text="upper").hover()
    expect(desk.locator(".formula-part")).to_have_text("ADA")


def test_the_words_of_lookups_are_proposed(desk: Page, acme: Tenant) -> None:
    fill_store(acme)
    desk.goto(PLAYGROUND)
    editor(desk).click()
    keys = desk.keyboard

    keys.type("textvlookup('C1', '")
    keys.press("Control+Space")
    accept(desk, "partnerPartner")
    keys.type(", 'co")
    accept(desk, "codeCode")
    keys.type(", 'na")
    accept(desk, "nameName")

    expect(editor(desk)).to_have_text("textvlookup('C1', 'partner', 'code', 'name')")


def test_who_asks_early_gets_the_words_when_they_come(desk: Page, acme: Tenant) -> None:
    fill_store(acme)
    held: list[Route] = []

    def hold(asked: Route) -> None:
        held.append(asked)

    desk.route("**/formulas/words/", hold)
    with desk.expect_request("**/formulas/words/"):
        desk.goto(PLAYGROUND)
    editor(desk).click()

    desk.keyboard.type("textvlookup('C1', '")
    desk.keyboard.press("Control+Space")
    expect(desk.locator(".cm-tooltip-autocomplete")).to_have_count(0)
    held.pop().continue_()
    accept(desk, "partnerPartner")

    expect(editor(desk)).to_have_text("textvlookup('C1', 'partner')")


def test_words_that_could_not_be_had_are_asked_for_again(desk: Page, acme: Tenant) -> None:
    desk.route("**/formulas/words/", lambda asked: asked.fulfill(json=None), times=1)
    desk.goto(PLAYGROUND)
    editor(desk).click()

    desk.keyboard.type("conc")
    accept(desk, "concatText · text")

    expect(editor(desk)).to_have_text("concat()")


def test_a_record_that_comes_during_an_evaluation_is_tried(desk: Page, acme: Tenant) -> None:
    target = fill_store(acme)

    def never(asked: Route) -> None:
        """Leave it without an answer."""

    desk.route("**/formulas/try/", never, times=1)
    desk.goto(PLAYGROUND)
    with desk.expect_request("**/formulas/try/"):
        editor(desk).fill("data('city')")

    desk.get_by_label("Sample from").select_option(f"object:{target}")
    desk.get_by_label("Key").fill("C0")
    desk.get_by_role("button", name="Load record").click()

    expect(desk.locator("#result output")).to_have_text("Berlin")


def test_a_hundred_records_are_tried(desk: Page, acme: Tenant) -> None:
    target = fill_store(acme)
    desk.goto(PLAYGROUND)
    editor(desk).fill("if(data('code') = 'C1', fail('not this one'), data('city'))")
    desk.get_by_label("Sample from").select_option(f"object:{target}")
    desk.get_by_label("Key").fill("C0")
    desk.get_by_role("button", name="Load record").click()
    expect(desk.locator("#result output")).to_have_text("Berlin")
    expect(desk.get_by_label("Record", exact=True)).to_have_value(
        '{\n  "city": "Berlin",\n  "code": "C0",\n  "name": "Partner 0"\n}'
    )

    desk.get_by_role("button", name="Test", exact=True).click()
    expect(desk.locator(".tally")).to_contain_text("3 records: 1 ok 1 null 1 error")
    expect(desk.locator("#announce")).to_have_text("1 ok, 1 null, 1 failed")
    looked_at(desk, "playground-tally")
    desk.locator(".tally-failed").get_by_role("link", name="C1").click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("C1")


def test_characters_beyond_the_first_plane_do_not_shift_the_mend(
    desk: Page, acme: Tenant
) -> None:
    desk.goto(PLAYGROUND)
    editor(desk).fill("concat('🦆🦆', uper('b'))")
    expect(desk.locator(".cm-lintRange-error")).to_have_text("uper")
    desk.get_by_role("button", name="Write upper").click()

    expect(editor(desk)).to_have_text("concat('🦆🦆', upper('b'))")
    expect(desk.locator("#result output")).to_have_text("🦆🦆B")


def test_a_line_of_the_mapping_is_a_formula(desk: Page, acme: Tenant) -> None:
    making.make_world()
    connection = making.make_connection(acme)
    desk.goto(f"/t/acme/inbound/{connection.pk}/mapping/")
    desk.get_by_role("button", name="Get samples").click()
    desk.get_by_label("Sample", exact=True).fill("C0")
    desk.get_by_label("Sample", exact=True).press("Enter")
    name = desk.locator("tr.target", has=desk.get_by_role("link", name="name", exact=True))
    expect(name.locator(".target-result")).to_have_text("Partner 0")
    name.locator(".row-link").click()
    row = desk.locator("#editor")
    row.get_by_role("radio", name="ƒ Formula").check()
    result = row.locator("[data-formula-result]")
    editor(row).fill("uper(data('CardName'))")
    expect(row.locator(".cm-lintRange-error")).to_have_text("uper")
    row.get_by_role("button", name="Write upper").click()
    expect(result).to_contain_text("PARTNER 0")
    expect(row.locator(".editor-try")).to_contain_text("PARTNER 0")
    editor(row).fill("")
    desk.keyboard.type("concat(data('CardN")
    accept(desk, "CardNametext")
    desk.keyboard.press("ArrowRight")
    desk.keyboard.type(", '!'")
    expect(result).to_contain_text("Partner 0!")
    looked_at(desk, "mapping-formula")
    href = result.get_by_role("link", name="Open in playground").get_attribute("href")
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(name.locator(".target-source")).to_contain_text("concat(data('CardName'), '!')")
    expect(name.locator(".target-result")).to_have_text("Partner 0!")

    assert href
    desk.goto(href)
    expect(editor(desk)).to_have_text("concat(data('CardName'), '!')")
    desk.get_by_role("button", name="Load record").click()
    expect(desk.locator("#result output")).to_have_text(re.compile(r"^Partner \d!$"))


def test_it_works_without_a_script(plain: Page, acme: Tenant) -> None:
    target = fill_store(acme)
    plain.goto(PLAYGROUND)
    area = plain.get_by_role("textbox", name="Formula")
    area.fill("uper(data('lastName'))")
    plain.get_by_role("button", name="Evaluate").click()
    expect(plain.locator("#result")).to_contain_text("Write upper.")

    area.fill("upper(data('name'))")
    plain.get_by_label("Sample from").select_option(f"object:{target}")
    plain.get_by_label("Key").fill("C2")
    plain.get_by_role("button", name="Load record").click()
    expect(plain.locator("#result output")).to_have_text("PARTNER 2")
    plain.get_by_role("button", name="Test", exact=True).click()
    expect(plain.locator(".tally")).to_contain_text("3 ok")
    plain.get_by_role("link", name="Link to this formula").click()
    expect(plain.locator("#result output")).to_have_text("PARTNER 2")
