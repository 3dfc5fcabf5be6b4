"""The frame of every page of the wizard: where one is, and what is still wrong."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from connections.models import WizardDraft
from connections.wizard.plan import COMPLETED, STEP_OF, STEPS
from connections.wizard.review import remarks
from syncapp.ui.access import may
from syncapp.ui.links import tenant_reverse


def side_of(step: int) -> str | None:
    """Give the side that a step sets up."""
    return next((side for side, at in STEP_OF.items() if at == step), None)


def stepper(request: HttpRequest, draft: WizardDraft, current: int) -> list[dict[str, Any]]:
    """List the steps with their states: done, wrong, or still to come."""
    found = remarks(draft, lambda code: may(request, code))
    wrong = {one.step for one in found if one.blocks}
    return [
        {
            "number": number,
            "name": name,
            "current": number == current,
            "state": _state(number, draft.step, wrong=number in wrong),
            "url": tenant_reverse(request, "connections:wizard_step", pk=draft.pk, step=number)
            if number <= draft.step and number != current
            else "",
        }
        for number, name in enumerate(STEPS, 1)
    ]


def crumbs(request: HttpRequest) -> list[dict[str, str]]:
    """Give the way to the wizard."""
    address = tenant_reverse(request, "connections:wizard")
    return [{"label": "Connect", "url": ""}, {"label": "Wizard", "url": address}]


def _state(number: int, reached: int, *, wrong: bool) -> str:
    if number > reached or number == COMPLETED:
        return "todo"
    return "wrong" if wrong else "done"
