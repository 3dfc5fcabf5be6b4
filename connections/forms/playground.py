"""The form of the playground: a formula, and the record that it is tried on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from django import forms

from connections.models import Connection
from objects.models import ConnectObject
from syncapp import canonical
from syncapp.ui.forms import Form

MAX_RECORD: Final = 1_000_000
"""Characters of a record that is pasted."""

OBJECT, CONNECTION = "object", "connection"


class FormulaWidget(forms.Textarea):
    """A text area that becomes an editor where there is a script; see ui/formula.js.

    Args:
        attrs: `data-result` and `data-record` name elements of the page: where the value is shown,
            and what holds the record.
    """

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        look = {"rows": 5, "class": "code", "spellcheck": "false", "autocomplete": "off"}
        super().__init__({**look, "data-formula": "", **(attrs or {})})


class RecordText(forms.CharField):
    """A record, written as JSON; cleans to field → value."""

    widget = forms.Textarea(attrs={"rows": 12, "class": "code", "spellcheck": "false"})

    def clean(self, value: Any) -> dict[str, Any]:
        """Read the text, exactly; an empty one is an empty record."""
        text = str(value or "").strip()
        if len(text) > MAX_RECORD:
            raise forms.ValidationError("A record may have at most 1 MB.")
        try:
            record = canonical.loads(text or "{}")
        except canonical.type_errors as error:
            raise forms.ValidationError(f"This is not JSON: {error}.") from error
        if not isinstance(record, dict):
            message = 'A record is written as an object: {"CardCode": "C20000"}.'
            raise forms.ValidationError(message)
        return record


class TryForm(forms.Form):
    """What the editor sends while somebody types."""

    formula = forms.CharField(strip=False, required=False)
    record = RecordText(required=False)
    connection = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)


class PlaygroundForm(Form):
    """The page's form."""

    formula = forms.CharField(
        strip=False,
        required=False,
        widget=FormulaWidget({"data-result": "#result", "data-record": "#id_record"}),
    )
    source = forms.ChoiceField(
        required=False,
        label="Sample from",
        help_text="A stored record, or what a connection’s source gives now.",
    )
    key = forms.CharField(
        required=False, max_length=400, help_text="Without one: the latest record."
    )
    record = RecordText(required=False, help_text="As JSON; change it as you like.")

    def __init__(
        self,
        *args: Any,
        stores: Iterable[ConnectObject],
        connections: Iterable[Connection],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        source: Any = self.fields["source"]
        groups = {
            "Connect objects": [
                (f"{OBJECT}:{row.pk}", f"{row.name} ({row.type})") for row in stores
            ],
            "Inbound connections": [
                (f"{CONNECTION}:{row.pk}", f"{row.name} · {row.entity}") for row in connections
            ],
        }
        offered = [(heading, rows) for heading, rows in groups.items() if rows]
        source.choices = [("", "The record below"), *offered]

    def offers(self, source: str) -> bool:
        """Tell whether this source may be chosen."""
        field: Any = self.fields["source"]
        return bool(field.valid_value(source))

    def chosen(self) -> tuple[str, int]:
        """Give kind and id of the chosen source; two blanks if it is the record itself."""
        kind, _, number = str(self.cleaned_data.get("source") or "").partition(":")
        return (kind, int(number)) if number else ("", 0)


def pretty(record: Any) -> str:
    """Write a record with one line per field."""
    return msgspec.json.format(canonical.dumps(record), indent=2).decode()
