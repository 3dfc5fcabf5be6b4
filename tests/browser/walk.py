"""Walks through the whole application as a visitor does: from link to link, each kind of page once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.urls import Resolver404, resolve
from playwright.sync_api import Page

AXE = Path(__file__).parent / "vendor/axe-core/axe.min.js"
DOWNLOADS = {
    "connections:definitions_export",
    "sync:import_errors",
    "sync:import_template",
    "synclogs:run_changes",
    "synclogs:run_export",
}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def log_in(page: Page, url: str, login: dict[str, str]) -> None:
    page.goto(f"{url}/accounts/login/")
    page.fill("input[name=login]", login["email"])
    page.fill("input[name=password]", login["password"])
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(lambda address: "/accounts/login/" not in address)


def walk(page: Page, *starts: str) -> Iterator[str]:
    """Visit pages and give their names; the page shows the one that was named last."""
    seen: set[str] = set()
    waiting = list(starts)
    for address in waiting:  # it grows while we walk
        name = name_of(address)
        if name is None or name in seen:
            continue
        seen.add(name)
        answer = page.goto(address)
        assert answer is not None
        assert answer.status < 400, f"{answer.status} at {address}"
        # Panels come by themselves; what stands in for them without a script is no link to follow.
        page.wait_for_selector(".panel .no-js-only", state="detached")
        links: list[str] = page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)")
        own = urlsplit(address).netloc
        waiting += [link for link in links if urlsplit(link).netloc == own]
        yield name


def name_of(address: str) -> str | None:
    """The name of a page; tabs of a page count as pages. None if it is no page."""
    parts = urlsplit(address)
    try:
        name = resolve(parts.path).view_name
    except Resolver404:
        return None
    tab = parse_qs(parts.query).get("tab", [""])[0]
    if name in DOWNLOADS or (name.startswith("api:") and name != "api:docs"):
        return None
    return f"{name}?{tab}" if tab else name


def dress(page: Page, theme: str) -> None:
    """Change the theme, as the button does."""
    page.evaluate("theme => document.documentElement.dataset.bsTheme = theme", theme)
    ending = (
        "one => one.effect.getComputedTiming().endTime < Infinity"  # a cursor blinks for ever
    )
    animations = f"document.getAnimations().filter({ending})"
    settled = f"() => Promise.allSettled({animations}.map(one => one.finished))"
    page.evaluate(f"async () => {{ await ({settled})() }}")


def barriers(page: Page, *rules: str) -> list[str]:
    """What axe finds against WCAG 2.2 AA on the present page, or against these rules alone."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())  # by the debugger: the page's own policy forbids it
    only = {"type": "rule" if rules else "tag", "values": list(rules) or RULES}
    found: list[dict[str, Any]] = page.evaluate(
        "only => axe.run({runOnly: only, resultTypes: ['violations']}).then(r => r.violations)",
        only,
    )
    return [
        f"{one['id']}: {node['target']} {(node['any'] or [{'message': node['html'][:120]}])[0]['message']}"
        for one in found
        for node in one["nodes"]
    ]
