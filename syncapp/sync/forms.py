from __future__ import annotations

from typing import ClassVar

from django import forms

from syncapp.sync.services import LONGEST_INTERVAL
from syncapp.ui.forms import Form


class ScheduleForm(Form):
    adornments: ClassVar = {"every_minutes": ("every", "minutes")}

    every_minutes = forms.IntegerField(
        label="Run",
        required=False,
        min_value=1,
        max_value=LONGEST_INTERVAL,
        help_text="From the start of one run to the start of the next. Empty: only by hand.",
    )
