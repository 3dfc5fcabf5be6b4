"""Every page there is, in both themes, wide and narrow: no barrier, no overflow, no complaint."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, ViewportSize

from tests.browser.states import connect_both_ways
from tests.browser.walk import barriers, dress, walk
from tests.launched import Started
from tests.sweep.addresses import addresses

pytestmark = pytest.mark.slow  # some sixty pages of a whole installation
# So high that the bar at the end of a form, which sticks to the window, covers nothing.
WIDE: ViewportSize = {"width": 1440, "height": 3000}
NARROW: ViewportSize = {"width": 390, "height": 3000}

# Rows that show nothing where the table has become cards.
_BLANK = "rows => rows.filter(row => row.offsetHeight && !row.innerText.trim()).length"

UNLINKED = {
    "healthz": "no page",
    "account_avatar": "a picture",
    "account_logout": "a button",
    "account_signup": "nobody signs up; an old address",
    "account_inactive": "only for those who are",
    "account_reset_password_done": "after a form",
    "account_reset_password_from_key": "from a mail",
    "account_reset_password_from_key_done": "after a form",
    "tenants:user_avatar": "a picture",
    "tenants:user_invite": "a button",
    "connections:config_test": "a button",
    "connections:formula_try": "asked by the formula editor",
    "connections:formula_words": "asked by the formula editor",
    "connections:definitions_export": "a form that gives a download",
    "connections:inbound_test_query": "a button",
    "connections:inbound_activate": "a button; the demo's connections are active",
    "connections:inbound_deactivate": "a button",
    "connections:connector_deactivate": "a button; nothing of the connector is active",
    "connections:inbound_revert": "only where there is an older version",
    "connections:outbound_deactivate": "a button",
    "connections:outbound_mapping_row": "only where there is a target to fill",
    "sync:inbound_impact": "a panel of the pages of versions",
    "sync:outbound_impact": "the same",
    "connections:outbound_revert": "only where there is an older version",
    "connections:wizard_begin": "a button",
    "connections:wizard_step": "nobody has begun a draft; see the journey of the wizard",
    "connections:wizard_discard": "a button",
    "connections:wizard_finish": "a button",
    "sync:wizard_finish": "a button",
    "sync:connector_run": "a button",
    "sync:set_run": "a button",
    "sync:set_stop": "a button",
    "sync:set_panel": "a panel of the set's page",
    "synclogs:last_results": "a panel of lists of connections",
    "sync:connection_run": "a button",
    "sync:connection_schedule": "a panel of the connection's page",
    "sync:run_stop": "a button",
    "sync:import_detail": "the demo has no imports; see the journey of imports",
    "sync:import_delete": "as above",
    "sync:import_errors": "a download",
    "sync:import_template": "a download",
    "synclogs:connection_panel": "a panel of the connection's page",
    "synclogs:run_progress": "a part of the run's page",
    "synclogs:run_export": "a download",
    "synclogs:run_changes": "a download",
    "formulas:unmapped_map": "a button",
    "formulas:unmapped_ignore": "a button",
    "objects:field_move": "a button",
    "objects:column_move": "a button",
    "objects:record_by_key": "leads on",
    "objects:record_restore": "a button",
    "platform:tenant_resume": "only where one is suspended",
}
UNLINKED |= {
    f"connections:{side}_mapping_{part}": "a button"
    for side in ("inbound", "outbound", "wizard_inbound", "wizard_outbound")
    for part in ("act", "samples")
}
UNLINKED |= {
    f"connections:wizard_{side}_{page}": "of a wizard's draft, as above"
    for side in ("inbound", "outbound")
    for page in ("conditions", "mapping", "mapping_copy", "mapping_row")
}
"""Pages to which no link leads a visitor of the demo, and why."""


def look(page: Page) -> list[str]:
    """What is wrong with the present page."""
    page.set_viewport_size(WIDE)
    dress(page, "light")
    found = barriers(page)
    dress(page, "dark")
    found += [f"dark: {line}" for line in barriers(page, "color-contrast")]
    page.set_viewport_size(NARROW)
    found += [f"narrow: {line}" for line in barriers(page, "target-size")]
    if (width := page.evaluate("document.documentElement.scrollWidth")) > NARROW["width"]:
        found.append(f"narrow: {width} px wide")
    if blank := page.eval_on_selector_all("tbody tr", _BLANK):
        found.append(f"narrow: {blank} blank rows")
    return found


def test_every_page_is_for_everybody(enter: Callable[..., Page], installed: Started) -> None:
    home = f"{installed.url}/t/{installed.demo['tenant']}/"
    connect_both_ways(installed.demo)
    visits = {
        "Administrator": [home, f"{installed.url}/account/", f"{installed.url}/api/v1/docs/"],
        "Platform operator": [f"{installed.url}/platform/"],
        "": [f"{installed.url}/accounts/login/"],
    }
    seen: set[str] = set()
    wrong: dict[str, list[str]] = {}

    for role, starts in visits.items():
        page = enter(role)
        for name in walk(page, *starts):
            if name not in {*seen, "api:docs"} and (found := look(page)):
                wrong[name] = found
            seen.add(name)

    assert wrong == {}
    pages = {address.name for address in addresses() if not address.is_api}
    assert pages - {name.partition("?")[0] for name in seen} == UNLINKED.keys()
