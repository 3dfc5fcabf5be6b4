"""The form of publishing."""

from __future__ import annotations

from typing import Final

from django import forms

from syncapp.ui.forms import Form

MOST: Final = 500


class ReasonForm(Form):
    """Why something is published."""

    reason = forms.CharField(
        required=False,
        max_length=MOST,
        help_text="Why it changes; shown with the version and in the audit.",
    )
