"""Photographs the gallery and lets axe look for barriers.

python -m tests.gallery.shots /tmp/shots
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

AXE = Path(__file__).parents[1] / "browser/vendor/axe-core/axe.min.js"
PAGES = {
    "list": "/acme/things/",
    "sorted": "/acme/things/?sort=-n_read&page=3",
    "nothing": "/acme/things/?q=zebra",
    "empty": "/acme/",
    "detail": "/acme/things/7/",
    "form": "/acme/things/new/",
    "edit": "/acme/things/3/edit/",
    "confirm": "/acme/things/3/delete/",
    "refusal": "/acme/things/2/delete/",
    "looks": "/acme/looks/",
    "login": "/accounts/login/",
    "403": "/acme/forbidden/",
    "404": "/acme/things/99/",
    "500": "/acme/broken/",
}
SIZES = {"wide": (1440, 900), "narrow": (390, 844)}


def violations(page: Page) -> list[str]:
    """Give what axe finds against WCAG 2.2 AA on the present page."""
    # By an isolated world: the page's own policy forbids scripts from elsewhere.
    page.evaluate(AXE.read_text())
    found: list[dict[str, Any]] = page.evaluate(
        "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
        ".then(result => result.violations)"
    )
    return [
        f"{item['id']}: {node['target']} {node['any'][0]['message'] if node['any'] else node['html'][:120]}"
        for item in found
        for node in item["nodes"]
    ]


def pages(browser: Any, base: str) -> Iterator[tuple[str, Page]]:
    """Open every page in both themes and widths."""
    for theme in ("light", "dark"):
        for size, (width, height) in SIZES.items():
            context = browser.new_context(
                color_scheme=theme, viewport={"width": width, "height": height}
            )
            for name, path in PAGES.items():
                page = context.new_page()
                page.goto(base + path)
                yield f"{name}-{theme}-{size}", page
                page.close()
            context.close()


def main(folder: Path) -> int:
    """Take the photographs; the exit code tells whether axe found anything."""
    import django  # noqa: PLC0415

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.type_settings")
    os.environ.setdefault("SYNCAPP_EMBEDDED", "1")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    django.setup()
    from tests.gallery.server import serve  # noqa: PLC0415

    folder.mkdir(parents=True, exist_ok=True)
    failed = 0
    with serve() as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        for name, page in pages(browser, base):
            page.screenshot(path=folder / f"{name}.png", full_page=True)
            for line in violations(page):
                failed += 1
                print(name, line)
        browser.close()
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
