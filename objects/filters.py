from __future__ import annotations

from collections.abc import Iterable

from django import forms
from django.http import QueryDict

from objects.models import ConnectObject
from objects.records.read import Wanted
from objects.shape import FieldShape, ObjectShape
from objects.values import ValueRefused, coerce, index_text
from syncapp.ui.filters import FilterSet, SearchInput


class ObjectFilterSet(FilterSet):
    search_fields = ("name", "type", "description")

    class Meta:
        model = ConnectObject
        fields: tuple[str, ...] = ()


class RecordFilters:
    """What the address says about a record list: where to look, for what, in which order.

    Only what an index can answer is offered: beginnings of keys, whole values of searched fields.
    """

    def __init__(self, shape: ObjectShape, data: QueryDict) -> None:
        searched = {field.name: field for field in shape.searched}
        self.form = _form(searched.values(), data)
        self._text = data.get("q", "").strip()
        self._field = searched.get(data.get("in", ""))
        self._deleted = data.get("state") == "deleted"
        self._sort = data.get("sort", "")

    @property
    def active(self) -> bool:
        return bool(self._text or self._deleted)

    @property
    def sort(self) -> str:
        """The order in force; beginnings of keys come by key, which the index gives."""
        by_time = self._sort in {"updated_at", "-updated_at"}
        if self._text and self._field is None and by_time:
            return "key"
        return self._sort if by_time or self._sort == "-key" else "key"

    @property
    def wanted(self) -> Wanted:
        wanted = Wanted(
            by="seq" if self.sort.endswith("updated_at") else "key",
            descending=self.sort.startswith("-"),
            deleted=self._deleted,
        )
        if not self._text:
            return wanted
        if self._field is None:
            return wanted._replace(prefix=self._text)
        return wanted._replace(field_id=self._field.id, value=_spelled(self._field, self._text))


def _spelled(field: FieldShape, text: str) -> str:
    """Spell what was typed as the index does; what no value can be is found nowhere."""
    try:
        return index_text(field, coerce(field, text)) or text
    except ValueRefused:
        return text


def _form(searched: Iterable[FieldShape], data: QueryDict) -> forms.Form:
    form = forms.Form(data, label_suffix="", auto_id="filter-%s")
    form.fields["q"] = forms.CharField(required=False, label="Search", widget=SearchInput())
    if places := [(field.name, f"{field.label} is") for field in searched]:
        form.fields["q"].widget.attrs["placeholder"] = "Search"
        form.fields["in"] = forms.ChoiceField(
            required=False, label="Look in", choices=[("", "Key begins with"), *places]
        )
    else:
        form.fields["q"].widget.attrs["placeholder"] = "Key begins with"
    form.fields["state"] = forms.ChoiceField(
        required=False, label="State", choices=[("", "Present"), ("deleted", "Deleted")]
    )
    return form
