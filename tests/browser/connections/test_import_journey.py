"""Somebody imports a file: upload, columns, preview, run, error file; with and without a script."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from syncapp.tenants.models import Membership, Tenant
from tests import make, making
from tests.browser.walk import barriers, dress
from tests.integration.sync.test_imports import Desk

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("SYNCAPP_SHOTS", "")
CONTENT = (
    "Code;Name;City;Credit limit;Remark\n"
    "C1;Anna Müller;Bern;1.234,50;first\nC2;Ben;Genève;abc;second\nC3;=Cy;;7;third\n"
)


@pytest.fixture
def desk(live: str, acme: Tenant) -> Desk:
    return Desk(acme, making.make_object(acme))


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def window(
    request: pytest.FixtureRequest, browser: Browser, live: str, desk: Desk, alice: Membership
) -> Iterator[Page]:
    context = browser.new_context(base_url=live, java_script_enabled=request.param)
    for name, morsel in make.browser_of(alice).cookies.items():
        context.add_cookies([{"name": name, "value": morsel.value, "url": live}])
    context.set_default_timeout(15_000)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    yield page
    context.close()
    # A refused form answers 422, which the console reports as an error of the network.
    assert [one for one in complaints if "422" not in one] == []


def looked_at(page: Page, name: str) -> None:
    """No barrier, no overflow, in both themes, wide and narrow."""
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 2400})
        for theme in ("light", "dark"):
            dress(page, theme)
            if SHOTS:
                page.screenshot(path=Path(SHOTS) / f"{name}-{width}-{theme}.png")
            assert barriers(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.set_viewport_size({"width": 1280, "height": 800})


def test_a_file_becomes_records(
    window: Page, desk: Desk, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    scripted = "no script" not in request.node.name
    file = tmp_path / "partners.csv"
    file.write_text(CONTENT, encoding="cp1252")
    page = window
    page.goto(f"/t/acme/records/of/{desk.object.pk}/")
    page.get_by_role("link", name="Import records").first.click()
    if scripted:
        looked_at(page, "import-new")
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Upload").click()

    expect(page.get_by_label("Credit limit")).to_have_value("credit")
    expect(page.get_by_label("Remark")).to_have_value("")
    page.get_by_label("Numbers").select_option(",")
    page.get_by_role("button", name="Save and preview").click()
    preview = page.get_by_role("region", name="Preview")
    expect(preview).to_contain_text("3 first rows = 2 created + 1 rejected")
    expect(preview).to_contain_text("'abc' is not a number")
    if scripted:
        looked_at(page, "import-set-up")

    page.get_by_label("Remark").select_option("city")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.locator("#errors")).to_contain_text("City is filled by")
    page.get_by_label("Remark").select_option("")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.locator(".run-head").first).to_contain_text("Queued")
    desk.work()
    page.reload()
    expect(page.locator(".run-head")).to_contain_text("3 rows = 2 created + 1 rejected")
    if scripted:
        looked_at(page, "import-result")
    with page.expect_download() as download:
        page.get_by_role("link", name="Error file").click()
    said = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert said.splitlines()[1].startswith("C2,Ben,Genève,abc,second,3,\"'abc' is not a number")
    assert desk.values()["C3"]["name"] == "=Cy"

    page.goto("/t/acme/imports/")
    expect(page.get_by_role("table")).to_contain_text("2 created, 1 rejected")
    if scripted:
        looked_at(page, "import-list")
