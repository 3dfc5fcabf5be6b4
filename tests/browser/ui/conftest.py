"""The gallery, served, and a browser to look at it with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.gallery.server import serve


@pytest.fixture
def gallery() -> Iterator[str]:
    with serve() as address:
        yield address


@pytest.fixture
def desk(browser: Browser, gallery: str) -> Iterator[Page]:
    """A wide window; anything in the console fails the test."""
    context = browser.new_context(base_url=gallery, viewport={"width": 1280, "height": 800})
    page = context.new_page()
    complaints: list[str] = []
    page.on(
        "console",
        lambda message: complaints.append(message.text) if message.type == "error" else None,
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    # A page that is meant to answer 4xx or 5xx is an error to Chromium.
    assert [line for line in complaints if "Failed to load resource" not in line] == []


@pytest.fixture
def plain(browser: Browser, gallery: str) -> Iterator[Page]:
    """A browser without JavaScript."""
    context = browser.new_context(base_url=gallery, java_script_enabled=False)
    yield context.new_page()
    context.close()
