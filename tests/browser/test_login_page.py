"""The first thing that a visitor sees."""

from __future__ import annotations

from playwright.sync_api import Page, expect


def test_stranger_is_led_to_the_login_page(page: Page, live: str) -> None:
    page.goto(live)

    expect(page.locator("input[name=login]")).to_be_visible()
    expect(page.locator("input[type=password]")).to_be_visible()
