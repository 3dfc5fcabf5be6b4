"""Somebody brings definitions along: the pages are for everybody, and a file is applied after a look."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from connections.models import Connection
from syncapp.tenants import door
from syncapp.tenants.models import Membership, Tenant
from tests import make, making
from tests.browser.walk import barriers, dress
from tests.integration.definitions.test_round_trip import EVERYTHING

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("SYNCAPP_SHOTS", "")
WIDE: ViewportSize = {"width": 1440, "height": 1600}
NARROW: ViewportSize = {"width": 390, "height": 1600}


def look(page: Page, name: str) -> None:
    """Hold the page against what every page must bear, in both themes and sizes."""
    found: list[str] = []
    for theme in ("light", "dark"):
        dress(page, theme)
        for size, viewport in (("wide", WIDE), ("narrow", NARROW)):
            page.set_viewport_size(viewport)
            found += [f"{theme} {size}: {line}" for line in barriers(page)]
            if SHOTS:
                page.screenshot(path=Path(SHOTS) / f"{name}-{theme}-{size}.png", full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    page.set_viewport_size(WIDE)
    assert found == []


def test_a_file_is_looked_at_and_applied(
    browser: Browser, live: str, acme: Tenant, alice: Membership, tmp_path: Path
) -> None:
    making.make_object(acme, "order", fields=[{"name": "total", "type": "decimal"}])
    file = tmp_path / "acme.yaml"
    file.write_text(EVERYTHING.replace("name: Orders\n    fields", "name: Order\n    fields"))
    context = browser.new_context(base_url=live, viewport=WIDE)
    for name, morsel in make.browser_of(alice).cookies.items():
        context.add_cookies([{"name": name, "value": morsel.value, "url": live}])
    page = context.new_page()

    page.goto("/t/acme/definitions/")
    look(page, "definitions")
    page.get_by_role("link", name="Import a file").click()
    look(page, "definitions-import")
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Show what it changes").click()
    expect(page.get_by_role("heading", name="What this changes")).to_be_visible()
    look(page, "definitions-diff")
    with door.tenant(acme.pk):
        assert not Connection.objects.for_tenant(acme).exists()
    page.get_by_role("button", name="Apply these changes").click()
    expect(page.get_by_text("The file is applied")).to_be_visible()
    page.goto("/t/acme/objects/")
    page.get_by_role("link", name="New from a template").click()
    look(page, "object-templates")
    page.get_by_label("FSM contacts").check()
    page.get_by_role("button", name="Create the chosen objects").click()
    expect(page.get_by_text("Created “FSM contacts”, “FSM customers”.")).to_be_visible()
    context.close()
