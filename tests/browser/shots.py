"""Photographs every page of a running installation, light and dark, wide and narrow.

SYNCAPP_SHOTS=/tmp/shots python -m tests.browser.shots <state directory>/demo.json
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.walk import dress, log_in, walk
from tests.chromium import find

SIZES = {"wide": (1440, 900), "narrow": (390, 844)}


def pages(browser: Browser, demo: dict[str, Any]) -> Iterator[tuple[str, Page]]:
    """Every page, as the people who see it."""
    url = demo["url"]
    alice, _, operator = demo["logins"]
    for login, starts in (
        (alice, [f"{url}/t/{demo['tenant']}/", f"{url}/account/", f"{url}/api/v1/docs/"]),
        (operator, [f"{url}/platform/"]),
        (None, [f"{url}/accounts/login/"]),
    ):
        page = browser.new_context().new_page()
        if login:
            log_in(page, url, login)
        for name in walk(page, *starts):
            yield name, page


def main(demo: dict[str, Any], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=["--no-sandbox"])
        for name, page in pages(browser, demo):
            for size, (width, height) in SIZES.items():
                page.set_viewport_size({"width": width, "height": height})
                for theme in ("light", "dark"):
                    dress(page, theme)
                    label = name.replace(":", ".").replace("?", ".")
                    page.screenshot(path=folder / f"{label}-{size}-{theme}.png", full_page=True)
            print(name, page.url)
        browser.close()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.type_settings")
    django.setup()
    main(json.loads(Path(sys.argv[1]).read_text()), Path(os.environ["SYNCAPP_SHOTS"]))
