"""The base of every FilterSet: one class per model, for the page and the API."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any, ClassVar

import django_filters
from django import forms
from django.db.models import Q, QuerySet


class SearchInput(forms.TextInput):
    """A search box; `/` puts the cursor into it."""

    input_type = "search"


class FilterSet(django_filters.FilterSet):  # type: ignore[misc]  # the library ships no types
    """Filters that live in the address, drawn as one row above the table.

    Attributes:
        search_fields: columns that the search box looks into, for small configuration tables
            only: *contains* cannot use an index under row-level security.
    """

    search_fields: ClassVar[tuple[str, ...]] = ()

    q = django_filters.CharFilter(method="search", label="Search", widget=SearchInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.search_fields:
            del self.filters["q"]
        for filter_ in self.filters.values():
            if isinstance(filter_, django_filters.ChoiceFilter):
                # Whoever asked the class for its fields, as the API's schema does, has made
                # them with the library's own empty label.
                vars(filter_).pop("_field", None)
                label = filter_.label or filter_.field_name
                filter_.extra.setdefault("empty_label", f"Any {str(label).lower()}")

    def search(self, rows: QuerySet[Any], _name: str, text: str) -> QuerySet[Any]:
        """Keep rows that contain every word in one of the search fields."""
        for word in text.split():
            rows = rows.filter(
                reduce(
                    or_, (Q(**{f"{field}__icontains": word}) for field in self.search_fields)
                )
            )
        return rows

    @property
    def form(self) -> forms.Form:
        """Give the form; what stands in a box says what it looks for, as no label is seen."""
        form: forms.Form = super().form
        for field in form.fields.values():
            if isinstance(field.widget, forms.TextInput | forms.NumberInput):
                field.widget.attrs.setdefault("placeholder", field.label)
        return form

    @property
    def active(self) -> bool:
        """Tell whether any filter narrows the list."""
        return any(self.form[name].data for name in self.filters)
