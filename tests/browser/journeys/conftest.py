"""A whole installation, as `python3 run.py` starts it, and browsers that complain."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.walk import log_in
from tests.launched import Started, launched

Enter = Callable[..., Page]


@pytest.fixture(scope="session")
def installed() -> Iterator[Started]:
    """One for all journeys; only one of them may run the customers' connection."""
    with launched() as launcher:
        yield launcher


@pytest.fixture
def enter(browser: Browser, installed: Started) -> Iterator[Enter]:
    """Open a window, signed in with a login that the start has printed.

    Anything in its console, such as a breach of the content security policy, fails the test.
    """
    complaints: list[str] = []

    def open_window(role: str = "", **options: object) -> Page:
        context = browser.new_context(**options)  # type: ignore[arg-type]  # theirs are many
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on(
            "console",
            lambda said: (
                complaints.append(f"{page.url}: {said.text}")
                if said.type in {"error", "warning"}
                else None
            ),
        )
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        if role:
            logins = {login["role"]: login for login in installed.demo["logins"]}
            log_in(page, installed.url, logins[role])
        return page

    yield open_window
    for context in browser.contexts:
        context.close()
    assert complaints == []
