"""What a newcomer does after `python3 run.py`: connect, rehearse, run, change, run again, look."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.launched import Started

pytestmark = pytest.mark.slow  # a whole installation, and four runs of 2 000 records
RUN_MS = 60_000
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


def go(page: Page, entry: str) -> None:
    """Choose an entry of the side bar, which a phone folds away."""
    menu = page.get_by_role("button", name="Menu")
    if menu.is_visible():
        menu.click()
    page.get_by_role("navigation", name="Main").get_by_role("link", name=entry).click()


def finished(page: Page, terms: str) -> None:
    """Watch the run until it has ended: its equation stands, the first lines of its log are there."""
    spoken = re.sub(r"\s+", r"\\s+", re.escape(terms).replace(r"\ ", " "))
    equation = re.compile(rf"^\s*{spoken}\s*$")
    # The page that "Run again" leaves shows a run that has succeeded, too: wait for this one's equation.
    expect(page.locator(".equation")).to_have_text(equation, timeout=RUN_MS)
    expect(page.locator("#run-progress")).to_contain_text("Succeeded")
    expect(page.locator("#results tbody tr")).to_have_count(10)


def test_newcomer_comes_to_synced_customers(
    enter: Callable[..., Page], installed: Started
) -> None:
    page = enter("Administrator", viewport=DESK)
    expect(page.get_by_role("heading", name="Home")).to_be_visible()
    expect(page.get_by_role("link", name="Demo ERP parts").first).to_be_visible()

    go(page, "Connection configs")
    page.get_by_role("link", name="[DEMO] Demo ERP", exact=True).click()
    page.get_by_role("button", name="Connect").click()
    lines = page.get_by_role("list", name="What was tested").get_by_role("listitem")
    expect(lines.filter(has_text="BusinessPartners")).to_contain_text("2000")
    assert lines.filter(has_text="failed").count() == 0

    go(page, "Inbound")
    page.get_by_role("link", name="Demo ERP customers", exact=True).click()
    page.get_by_role("link", name="Dry run").click()
    page.get_by_role("dialog").get_by_role("button", name="Dry run").click()
    finished(page, "2 000 read = 2 000 created")
    expect(page.get_by_text("Nothing was written")).to_be_visible()
    go(page, "Records")
    customers = page.get_by_role("row").filter(has_text="fsmcustomer")
    expect(customers.get_by_role("cell", name="0", exact=True)).to_be_visible()

    go(page, "Inbound")
    page.get_by_role("link", name="Demo ERP customers", exact=True).click()
    page.get_by_role("button", name="Run now").click()
    finished(page, "2 000 read = 2 000 created")
    page.get_by_role("button", name="Run again").click()
    finished(page, "2 000 read = 2 000 unchanged")

    edited = installed.manage("demo", "edit-erp", "--count", "3").stdout.splitlines()
    keys = [line.split()[0] for line in edited]
    assert len(keys) == 3
    page.get_by_role("button", name="Run again").click()
    finished(page, "2 000 read = 3 updated + 1 997 unchanged")

    page.get_by_role("link", name="3 updated").click()
    expect(page.locator("tbody tr")).to_have_count(3)
    for key in keys:
        expect(page.get_by_role("link", name=key)).to_be_visible()
    page.get_by_role("link", name=keys[0]).click()
    expect(page.locator(".verdict")).to_contain_text("Updated")
    before, after = page.locator("tr.differs").first.get_by_role("cell").all_inner_texts()
    assert before != after
    assert re.sub(r"\D", "", after) in re.sub(r"\D", "", edited[0])
    page.get_by_role("link", name="Record", exact=True).click()
    expect(page.get_by_text(after).first).to_be_visible()


def test_reader_looks_and_touches_nothing(enter: Callable[..., Page]) -> None:
    page = enter("Reader", viewport=PHONE)

    go(page, "Inbound")
    page.get_by_role("link", name="Demo ERP parts", exact=True).click()

    expect(page.get_by_role("heading", name="Demo ERP parts")).to_be_visible()
    expect(page.get_by_role("button", name="Run now")).to_have_count(0)
    expect(page.get_by_role("link", name="Edit")).to_have_count(0)
    go(page, "Runs")
    page.get_by_role("link", name="1", exact=True).click()
    finished(page, "5 000 read = 5 000 created")
    expect(page.get_by_role("button", name="Run again")).to_have_count(0)
