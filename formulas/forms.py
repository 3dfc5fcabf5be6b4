"""Forms of value maps: the whole map with its entries as a table or as text, and pasting."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from django import forms
from django.http import QueryDict

from formulas.models import MAP_NAME, ValueMap
from formulas.services import entries as rules
from formulas.services.entries import Line, Problem
from syncapp.ui.forms import Form, Section

MOST_LINES: Final = 200
"""Entries up to which the table is offered: two inputs each, and no browser likes thousands."""


class MapForm(Form):
    """A map and all its entries: in lines of two inputs, or as one text of two columns.

    Attributes:
        lines: what stands in the table.
        as_text: the text is shown instead.
        wrong: number of a line → what is wrong with it.
    """

    sections = (Section("Value map", "", ("name", "description", "value_type")),)

    name = forms.CharField(
        max_length=60,
        validators=[MAP_NAME],
        help_text="Formulas call it by this name: translatemap('terms', data('GroupCode')).",
    )
    description = forms.CharField(
        max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    value_type = forms.ChoiceField(
        label="Type of its values",
        choices=ValueMap.ValueType.choices,
        initial=ValueMap.ValueType.TEXT,
        help_text="What formulas get. Keys are always text.",
    )
    text = forms.CharField(
        label="Entries",
        required=False,
        strip=False,
        widget=forms.Textarea(
            attrs={
                "rows": 16,
                "class": "code two-columns",
                "spellcheck": "false",
                "wrap": "off",
            }
        ),
        help_text="One per line: key, tab, value.",
    )
    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, lines: Sequence[Line], as_text: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines, self.as_text = lines, as_text
        self.wrong: dict[int, str] = {}
        self.entries: dict[str, str] = {}
        if not as_text:
            del self.fields["text"]

    def clean(self) -> dict[str, Any]:
        """Judge all lines, so that everything wrong shows at once."""
        cleaned = super().clean() or self.cleaned_data
        problems: list[Problem] = []
        lines: Iterable[Line] = self.lines
        if self.as_text:
            lines, problems = rules.pasted(cleaned.get("text", ""))
        filled = [line for line in lines if line.key or line.value]
        found = rules.read(filled, cleaned.get("value_type", ValueMap.ValueType.TEXT))
        self.entries = found.entries
        problems = sorted([*problems, *found.problems])
        self.wrong = {problem.number: problem.message for problem in problems}
        show_problems(self, "text" if self.as_text else None, problems)
        return cleaned

    def shown(self) -> list[tuple[Line, str]]:
        """Give each line of the table with what is wrong with it."""
        return [(line, self.wrong.get(line.number, "")) for line in self.lines]


class PasteForm(Form):
    text = forms.CharField(
        label="Two columns",
        strip=False,
        widget=forms.Textarea(
            attrs={
                "rows": 12,
                "class": "code two-columns",
                "spellcheck": "false",
                "wrap": "off",
            }
        ),
        help_text="Keys and values, copied out of a spreadsheet or a CSV file.",
    )
    heading = forms.BooleanField(label="The first line names the columns", required=False)
    mode = forms.ChoiceField(
        label="Entries that are not pasted",
        choices=[("add", "stay as they are"), ("replace", "are removed")],
        initial="add",
    )
    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, row: ValueMap, **kwargs: Any) -> None:
        super().__init__(*args, initial={"revision": row.revision}, **kwargs)
        self._row = row
        self.entries: dict[str, str] = {}

    def clean(self) -> dict[str, Any]:
        """Judge all lines."""
        cleaned = super().clean() or self.cleaned_data
        lines, problems = rules.pasted(
            cleaned.get("text", ""), heading=cleaned.get("heading", False)
        )
        found = rules.read(lines, self._row.value_type)
        self.entries = found.entries
        show_problems(self, "text", sorted([*problems, *found.problems]))
        if not lines and not problems and cleaned.get("text"):
            self.add_error("text", "There is no entry in it.")
        return cleaned


def show_problems(form: Form, field: str | None, problems: Sequence[Problem]) -> None:
    """Sum up what is wrong with lines, the first ones of it."""
    for at, message in problems[:10]:
        form.add_error(field, f"Line {at}: {message}" if at else message)
    if (more := len(problems) - 10) > 0:
        form.add_error(field, f"{more} more lines are wrong.")


def sent_lines(data: QueryDict) -> list[Line]:
    """Read the table that was sent."""
    keys, values = data.getlist("key"), data.getlist("value")
    return numbered(zip(keys, values, strict=False))


def numbered(pairs: Iterable[tuple[str, str]]) -> list[Line]:
    """Make lines of keys and values."""
    return [Line(number, key, value) for number, (key, value) in enumerate(pairs, 1)]
