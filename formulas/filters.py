from __future__ import annotations

from django import forms

from formulas.language.functions import GROUPS
from formulas.models import ValueMap
from syncapp.ui.filters import FilterSet, SearchInput


class MapFilterSet(FilterSet):
    search_fields = ("name", "description")

    class Meta:
        model = ValueMap
        fields: tuple[str, ...] = ()


class ReferenceFilters(forms.Form):
    """What the address says about the reference."""

    q = forms.CharField(
        required=False,
        label="Search functions",
        widget=SearchInput({"placeholder": "Search functions"}),
    )
    group = forms.ChoiceField(
        required=False,
        label="Group",
        choices=[("", "All groups"), *((name, name) for name in GROUPS)],
    )
