"""The conditions of a draft: which source records take part, and how many samples do."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, cast

from django.contrib import messages
from django.http import HttpResponse
from django.utils import timezone

from connections import answering, condition_gaps, drafts, wording
from connections.checking import Known
from connections.document import Conditions, plain, read_conditions
from connections.drafts import Holder
from connections.forms import conditions as forms
from connections.forms.conditions import Block
from connections.passing import Passing, passing
from connections.refusals import top
from connections.views.board import difference_of
from connections.views.drafting import STALE, DraftPage
from formulas.language import FormulaError
from syncapp import canonical
from syncapp.errors import Changed, Invalid, SyncAppError
from syncapp.tenants.http import TenantRequest
from syncapp.ui.access import PageRequest
from syncapp.ui.links import see_other


class ConditionsPage(DraftPage):
    """The whole of the conditions as one form."""

    template_name = "connections/conditions.html"
    tab = "conditions"

    def get(self, _request: PageRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """Show them."""
        holder = self.find()
        present = drafts.conditions_of(holder)
        blocks = forms.shown(present)
        self._judge(holder, blocks, present)
        return self._page(holder, blocks, present)

    def post(self, request: PageRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """Save them, try them, or draw the form anew with a row more or less."""
        holder = self.find()
        self.require_editable(holder)
        try:
            if wish := request.POST.get("_redraw", ""):
                return self._page(holder, forms.redrawn(request.POST, wish), None)
            blocks = forms.sent(request.POST)
        except Invalid as error:
            present = drafts.conditions_of(holder)
            shown = forms.shown(present)
            return self._page(holder, shown, present, trouble=error.message, status=422)
        right = forms.valid(blocks)
        wanted = self._read(blocks) if right else None
        if "_try" in request.POST:
            context = {"blocks": blocks, **self._counted(holder, blocks, wanted)}
            return self.page(context, template="connections/_conditions_tried.html")
        if wanted is None or self._judge(holder, blocks, wanted):
            told = "Some conditions need correcting."
            return self._page(holder, blocks, wanted, trouble=told, status=422)
        try:
            changed = self._save(holder, wanted)
        except SyncAppError as error:
            told = STALE if isinstance(error, Changed) else error.message
            holder = self.find()
            return self._page(holder, blocks, wanted, trouble=told, status=error.status)
        messages.success(request, "Saved the conditions." if changed else "Nothing changed.")
        return see_other(request, self.place(holder, "conditions"))

    def _save(self, holder: Holder, wanted: Conditions) -> bool:
        n = sum(1 for _ in wanted.each())
        said = f"Change the conditions, now {n}"
        return drafts.change(
            holder, said=said, conditions=wanted, actor=self.actor, etag=self.etag
        )

    def _read(self, blocks: Sequence[Block]) -> Conditions | None:
        try:
            return read_conditions(plain(forms.conditions_of(blocks)))
        except Invalid:
            return None

    def _judge(self, holder: Holder, blocks: Sequence[Block], wanted: Conditions) -> bool:
        """Say at the rows what is wrong with them; tell whether anything forbids saving."""
        fields = {top(source.path) for source in holder.sources()}
        found = condition_gaps.problems(wanted, Known(holder.tenant.pk), fields)
        told = {problem.uuid: problem for problem in found}
        groups = {one.uuid: number for number, one in enumerate(wanted.groups, 1)}
        rows = zip(forms.each(blocks), wanted.each(), strict=True)
        for form, row in rows:
            form.problem = told.get(row.uuid)
        for uuid, number in groups.items():
            blocks[number].problem = told.get(uuid)
        return any(not problem.warning for problem in found)

    def _counted(
        self, holder: Holder, blocks: Sequence[Block], wanted: Conditions | None
    ) -> dict[str, Any]:
        """Count the samples that pass; nothing is counted while something is wrong."""
        samples = holder.samples()
        if wanted is None or not samples:
            return {"passing": None, "samples": len(samples)}
        request = cast("TenantRequest", self.request)
        asked = answering.for_holder(
            request.tenant, request.member, now=timezone.now(), connection=holder.connection
        )
        found: Passing | None
        try:
            found = passing(wanted, samples, asked)
        except FormulaError:
            found = None
        if found is not None:
            for form, row in zip(forms.each(blocks), wanted.each(), strict=True):
                form.stop = found.first_failing.get(row.uuid)
        return {"passing": found, "samples": len(samples)}

    def _page(
        self,
        holder: Holder,
        blocks: Sequence[Block],
        wanted: Conditions | None,
        *,
        trouble: str = "",
        status: int = 200,
    ) -> HttpResponse:
        difference = difference_of(holder)
        present = drafts.conditions_of(holder)
        samples = holder.samples()
        told = partial(self.place, holder)
        context = {
            **self.around(holder),
            "blocks": blocks,
            "sentence": wording.conditions(present),
            "editable": self.editable(holder) and forms.fits(present),
            "sources": holder.sources(),
            "record": canonical.text(samples[0].record) if samples else "",
            "trouble": trouble,
            "etag": holder.etag,
            "urls": {name: told(name) for name in ("conditions", "mapping_act")},
            "step": drafts.last_step(holder),
            "gaps": holder.gaps(),
            "changes": len(difference) if difference is not None else 0,
            "ways": self.ways(holder),
            **self._counted(holder, blocks, wanted),
        }
        return self.page(context, status=status)
