"""Photographs a running installation, light and dark, wide and narrow: every page of the demo, then the
states that it does not show by itself. It makes those, so let it be an installation of your own.

SYNCAPP_SHOTS=/tmp/shots python -m tests.browser.shots <state directory>/demo.json [pages|states|empty]
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import django
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import states
from tests.browser.walk import dress, log_in, walk
from tests.chromium import find

SIZES = {"wide": (1440, 900), "narrow": (390, 844)}
PARTS = ("pages", "states", "empty")

Demo = dict[str, Any]
Shown = Iterator[tuple[str, Page]]


def pages(browser: Browser, demo: Demo) -> Shown:
    """Every page of the demo, as the people who see it."""
    url = demo["url"]
    home = f"{url}/t/{demo['tenant']}/"
    alice, bob, operator = demo["logins"]
    for who, login, starts in (
        ("", alice, [home, f"{url}/account/", f"{url}/api/v1/docs/"]),
        ("reader-", bob, [home]),
        ("operator-", operator, [f"{url}/platform/"]),
        ("stranger-", None, [f"{url}/accounts/login/"]),
    ):
        page = _window(browser, url, login)
        for name in walk(page, *starts):
            yield who + name, page
        for name, path in (("missing", "nowhere/"), ("forbidden", "setup/profiles/new/")):
            if who == "reader-":
                page.goto(home + path)
                yield name, page


def states_of(browser: Browser, demo: Demo) -> Shown:
    """What the demo does not show: trouble, long names, work in progress."""
    home = f"{demo['url']}/t/{demo['tenant']}/"
    page = _window(browser, demo["url"], demo["logins"][0])
    for name, path in states.paths(demo):
        page.goto(home + path)
        yield name, page
    page.goto(f"{home}objects/new/")
    page.eval_on_selector(
        "form[data-guard]", "form => { form.noValidate = true; form.submit() }"
    )
    page.wait_for_load_state()
    yield "form-refused", page
    with states.running(demo) as path:
        page.goto(home + path)
        page.wait_for_selector("progress")
        yield "run-in-progress", page
        page.goto(f"{home}runs/")
        yield "runs-one-in-progress", page
        page.goto(home)
        yield "home-one-in-progress", page


def empty(browser: Browser, demo: Demo, state: Path) -> Shown:
    """Every page of a tenant that owns nothing yet."""
    page = _window(browser, demo["url"], demo["logins"][0])
    home = f"{demo['url']}/t/{states.empty_tenant(state, demo)}/"
    for name in walk(page, home):
        if page.url.startswith(home):  # links lead to the person's other tenant, too
            yield f"empty-{name}", page


def _window(browser: Browser, url: str, login: dict[str, str] | None) -> Page:
    page = browser.new_context().new_page()
    if login:
        log_in(page, url, login)
    return page


def photograph(page: Page, folder: Path, label: str) -> None:
    """Take the whole page in each size and theme; say so if it scrolls sideways."""
    page.wait_for_load_state("networkidle")  # panels come by themselves
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        full, wide = page.evaluate(
            "() => [document.documentElement.scrollHeight, document.documentElement.scrollWidth]"
        )
        # As high as the page, else what sticks to the window covers the middle of the picture.
        page.set_viewport_size({"width": width, "height": max(height, full)})
        if wide > width:
            print(f"  {label}-{size} is {wide} px wide")
        for theme in ("light", "dark"):
            dress(page, theme)
            page.screenshot(path=folder / f"{label}-{size}-{theme}.png")


def main(state: Path, folder: Path, wanted: tuple[str, ...]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    demo = json.loads(state.read_text())
    with ExitStack() as stack:
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=find(), args=["--no-sandbox"])
        stack.callback(browser.close)
        shown = {
            "pages": lambda: pages(browser, demo),
            "states": lambda: states_of(browser, demo),
            "empty": lambda: empty(browser, demo, state.resolve().parent),
        }
        for part in wanted:
            for name, page in shown[part]():
                print(name, page.url, flush=True)
                photograph(page, folder, name.replace(":", ".").replace("?", "."))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.type_settings")
    django.setup()
    chosen = tuple(part for part in sys.argv[2:] if part in PARTS) or PARTS
    main(Path(sys.argv[1]), Path(os.environ["SYNCAPP_SHOTS"]), chosen)
