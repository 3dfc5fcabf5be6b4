"""The form of one mapping: how a target is filled, and its options in words."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

from django import forms

from connections import wording
from connections.document import (
    MAX_CONSTANT,
    MAX_PATH,
    FieldMapping,
    IfEmpty,
    Kind,
    When,
)
from formulas.language import limits
from objects.shape import FieldShape
from syncapp.ui.forms import Form

_FORMULA: Final = {
    "rows": 3,
    "class": "code",
    "spellcheck": "false",
    "autocomplete": "off",
    "aria-label": "Formula",
    "data-formula": "",
    "data-record": "#sample-text",
    "data-fields": "#source-fields",
}
_PLAIN: Final = {"autocomplete": "off", "spellcheck": "false"}
_SCALAR: Final = (Kind.FIELD, Kind.RAW, Kind.FORMULA, Kind.MAP)
_READING: Final = frozenset({Kind.FIELD, Kind.MAP, Kind.LINES, Kind.CHILDREN})
PLACES: Final = {Kind.RAW: "value", Kind.FORMULA: "formula"}
"""The input in which a kind says what it takes; the others have the source."""


def kinds_of(shape: FieldShape | None, *, child: bool, nested: bool) -> tuple[Kind, ...]:
    """List the kinds that can fill a target, the likeliest first."""
    if child:
        return (Kind.CHILDREN,)
    if shape is not None and shape.type in {"list", "any"} and not nested:
        return (*_SCALAR, Kind.LINES) if shape.type == "any" else (Kind.LINES, *_SCALAR)
    return _SCALAR


class MappingForm(Form):
    """How one target is filled."""

    target = forms.CharField(
        max_length=MAX_PATH,
        label="Target field",
        help_text="A field, or a path into one that holds an object, such as Address.City.",
        widget=forms.TextInput(attrs={**_PLAIN, "list": "targets"}),
    )
    kind = forms.ChoiceField(label="Filled by", widget=forms.RadioSelect)
    source = forms.CharField(
        required=False,
        max_length=MAX_PATH,
        label="Source field",
        help_text="A field of the source, such as Address.City or Lines[0].Code.",
        widget=forms.TextInput(attrs={**_PLAIN, "list": "source-fields"}),
    )
    map = forms.ChoiceField(
        required=False, label="Value map", widget=forms.Select(attrs={"data-plain": ""})
    )
    value = forms.CharField(
        required=False,
        strip=False,
        max_length=MAX_CONSTANT,
        label="Constant",
        help_text="Every record gets it. Nothing here empties the target.",
        widget=forms.TextInput(attrs=_PLAIN),
    )
    formula = forms.CharField(
        required=False,
        strip=False,
        max_length=limits.LENGTH,
        widget=forms.Textarea(attrs=_FORMULA),
    )
    when = forms.ChoiceField(
        choices=[(when.value, wording.WHEN[when]) for when in When],
        label="It counts",
        widget=forms.Select(attrs={"data-plain": ""}),
    )
    if_empty = forms.ChoiceField(
        choices=[(option.value, wording.IF_EMPTY[option]) for option in IfEmpty],
        label="If the source is empty",
        widget=forms.Select(attrs={"data-plain": ""}),
    )
    default = forms.CharField(
        required=False,
        strip=False,
        max_length=MAX_CONSTANT,
        label="Default",
        widget=forms.TextInput(attrs=_PLAIN),
    )
    keep_filled = forms.BooleanField(
        required=False, label="Do not overwrite a target that has a value"
    )
    enabled = forms.BooleanField(required=False, label="On")

    def __init__(
        self,
        *args: Any,
        kinds: Sequence[Kind],
        maps: Collection[str],
        named: bool,
        row: FieldMapping,
        **kwargs: Any,
    ) -> None:
        """Make it.

        Args:
            args: as any form takes them.
            kinds: what may be chosen.
            maps: names of value maps.
            named: the target is given by the place and cannot be typed.
            row: what it shows.
            kwargs: as any form takes them.
        """
        super().__init__(*args, initial=initial_of(row), **kwargs)
        self.present = row
        offered = kinds if row.kind in kinds else (*kinds, row.kind)
        choices: Any = self.fields["kind"]
        choices.choices = [(kind.value, f"{kind.chip} {kind.label}") for kind in offered]
        names = sorted({*maps, row.map} - {""})
        choices = self.fields["map"]
        choices.choices = [("", "Choose a value map"), *((name, name) for name in names)]
        if named:
            self.fields["target"].widget = forms.HiddenInput()

    def clean_formula(self) -> str:
        """Keep it as it was typed, but for the ends of lines."""
        text: str = self.cleaned_data["formula"]
        return text.replace("\r\n", "\n")

    def row(self) -> FieldMapping:
        """Give the mapping, with what its kind uses."""
        data = self.cleaned_data
        kind = Kind(data["kind"])
        if_empty = IfEmpty(data["if_empty"])
        return FieldMapping(
            data["target"],
            kind=kind,
            uuid=self.present.uuid,
            source=data["source"] if kind in _READING else "",
            value=(data["value"] or None) if kind is Kind.RAW else None,
            formula=data["formula"] if kind is Kind.FORMULA else "",
            map=data["map"] if kind is Kind.MAP else "",
            when=When(data["when"]),
            if_empty=if_empty,
            default=data["default"] if if_empty is IfEmpty.DEFAULT else None,
            keep_filled=data["keep_filled"],
            enabled=data["enabled"],
            rows=self.present.rows if kind in {Kind.LINES, Kind.CHILDREN} else (),
        )


def initial_of(row: FieldMapping) -> dict[str, Any]:
    """Give the inputs' values for a mapping."""
    return {
        "target": row.target,
        "kind": row.kind.value,
        "source": row.source,
        "map": row.map,
        "value": row.value or "",
        "formula": row.formula,
        "when": row.when.value,
        "if_empty": row.if_empty.value,
        "default": row.default or "",
        "keep_filled": row.keep_filled,
        "enabled": row.enabled or row.suggested,
    }
