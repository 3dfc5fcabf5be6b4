from __future__ import annotations

from typing import Any, ClassVar

from django import forms

from objects.shape import KEY_LIMIT
from syncapp.sync.recount import Count
from syncapp.sync.services import LONGEST_INTERVAL
from syncapp.ui.forms import Form


class DryRunForm(Form):
    """How far a rehearsal goes."""

    reads = forms.ChoiceField(
        label="Records",
        choices=[
            ("all", "All records of the source"),
            ("first", "The first records only"),
            ("changes", "Only what changed since the last run"),
        ],
        initial="all",
        help_text="Nothing is written but the log of the dry run.",
    )
    max_records = forms.IntegerField(
        label="How many",
        required=False,
        min_value=1,
        max_value=10_000_000,
        initial=100,
        help_text="For the first records only.",
    )

    def wanted(self) -> dict[str, Any]:
        """Give what `services.request_run` takes."""
        reads, bound = self.cleaned_data["reads"], self.cleaned_data["max_records"]
        return {
            "changes_only": reads == "changes",
            "max_records": (bound or 100) if reads == "first" else None,
        }


class CountForm(forms.Form):
    """Where a count stands, as the address carries it from one request to the next."""

    tried = forms.IntegerField(min_value=0)
    changed = forms.IntegerField(min_value=0)
    added = forms.IntegerField(min_value=0)
    dropped = forms.IntegerField(min_value=0)
    after = forms.CharField(max_length=KEY_LIMIT, strip=False)

    @property
    def count(self) -> Count:
        """Give the count to go on from: the beginning, if the address names none."""
        return Count(**self.cleaned_data) if self.is_valid() else Count()


class ScheduleForm(Form):
    adornments: ClassVar = {"every_minutes": ("every", "minutes")}

    every_minutes = forms.IntegerField(
        label="Run",
        required=False,
        min_value=1,
        max_value=LONGEST_INTERVAL,
        help_text="From the start of one run to the start of the next. Empty: only by hand.",
    )
