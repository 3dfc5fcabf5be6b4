"""Steps 4 and 5 of the wizard: the pages of mappings and conditions, of a draft's two sides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.http import Http404, HttpResponse
from django.urls import URLPattern, path

from connections.directions import DIRECTIONS, Direction
from connections.drafts import Holder
from connections.views.conditions import ConditionsPage
from connections.views.copying import MappingCopy
from connections.views.drafting import DraftPage
from connections.views.mapping import MappingAct, MappingPage, MappingRow, MappingSamples
from connections.views.stepper import crumbs, stepper
from connections.views.wizard import MAKING, own_draft, step_url
from connections.wizard.plan import CONDITIONS, MAPPING, STEP_OF, STEPS
from connections.wizard.sides import WizardSide
from syncapp.tenants import door
from syncapp.ui.links import Tab

_WHOLE: Final = {
    "connections/mapping.html": "connections/wizard_mapping.html",
    "connections/conditions.html": "connections/wizard_conditions.html",
}
"""Pages that stand in the wizard's frame; fragments of them are the same everywhere."""


class WizardDraftPage(DraftPage):
    """A page of a draft that belongs to a connector which does not exist yet."""

    def find(self) -> Holder:
        """Give one side of the draft that the address names; a skipped one is not there."""
        draft = own_draft(self.request, self.kwargs["pk"])
        holder = WizardSide(draft, self.way.code)
        if holder.own.skip:
            raise Http404
        return holder

    def around(self, holder: Holder) -> dict[str, Any]:
        """Give the wizard's frame: the steps, and one tab for each side."""
        assert isinstance(holder, WizardSide)
        draft, step = holder.draft, CONDITIONS if self.tab == "conditions" else MAPPING
        page = "conditions" if self.tab == "conditions" else "mapping"
        counted = {
            side: len(own.mapping) if step == MAPPING else _count(own.conditions)
            for side in holder.plan.used
            for own in (holder.plan.side(side),)
        }
        return {
            "object": holder.connection,
            "title": draft.name or "New connector",
            "crumbs": crumbs(self.request),
            "tabs": [
                Tab(
                    DIRECTIONS[side].title,
                    self.url(f"connections:wizard_{side}_{page}", pk=draft.pk),
                    active=side == holder.side,
                    count=count,
                )
                for side, count in counted.items()
            ],
            "edit_url": step_url(self.request, draft, STEP_OF[holder.side]),
            "draft": draft,
            "number": step,
            "step_name": STEPS[step - 1],
            "step_url": step_url(self.request, draft, step),
            "stepper": stepper(self.request, draft, step),
        }

    def page(
        self, context: dict[str, Any], *, template: str | None = None, status: int = 200
    ) -> HttpResponse:
        """Draw a whole page in the wizard's frame."""
        name = template or self.template_name
        return super().page(context, template=_WHOLE.get(name, name), status=status)


def _count(conditions: dict[str, Any]) -> int:
    groups = conditions.get("groups", ())
    inner = sum(len(group.get("rows", ())) for group in groups)
    return len(conditions.get("rows", ())) + inner


def _pages(way: Direction) -> list[URLPattern]:
    def made(view: type[DraftPage]) -> Callable[..., Any]:
        """Put a page of drafts into the wizard's frame."""
        framed: Any = type(f"Wizard{view.__name__}", (WizardDraftPage, view), {})
        made: Callable[..., Any] = framed.as_view(permission=MAKING, way=way)
        return made

    views = {
        "mapping": ("mapping/", made(MappingPage)),
        "mapping_row": ("mapping/row/", made(MappingRow)),
        "mapping_act": ("mapping/act/", made(MappingAct)),
        "mapping_copy": ("mapping/copy/", made(MappingCopy)),
        "mapping_samples": (
            "mapping/samples/",
            door.own_transactions(made(MappingSamples)),
        ),
        "conditions": ("conditions/", made(ConditionsPage)),
    }
    return [
        path(f"wizard/<int:pk>/{way.code}/{rest}", view, name=f"wizard_{way.code}_{name}")
        for name, (rest, view) in views.items()
    ]


PAGES: Final = [page for way in DIRECTIONS.values() for page in _pages(way)]
