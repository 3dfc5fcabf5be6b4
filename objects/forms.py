from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django import forms

from objects.models import NAME_RULE, ConnectField, ConnectObject, ListviewField
from objects.services.rules import EDITABLE
from objects.shape import FieldShape, ObjectShape
from objects.values import ValueRefused, coercer
from syncapp import canonical
from syncapp.tenants.models import Tenant
from syncapp.ui.forms import Form, ModelForm, Section


class ObjectForm(ModelForm):
    class Meta:
        model = ConnectObject
        fields = ("name", "type", "description", "parent")
        labels = {"type": "Object Type"}
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}
        help_texts = {
            "parent": "Only if these records belong to others, as lines belong to an order: a "
            "connection of the parent then fills them from an array."
        }

    def __init__(self, *args: Any, tenant: Tenant, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        parent = self.fields["parent"]
        assert isinstance(parent, forms.ModelChoiceField)
        others = ConnectObject.objects.for_tenant(tenant).exclude(pk=self.instance.pk)
        parent.queryset = others.order_by("name")
        parent.empty_label = "none"


class ChoicesField(forms.CharField):
    """One choice per line: `value` or `value = label`."""

    widget = forms.Textarea

    def clean(self, value: Any) -> list[list[str]]:
        lines = [line.partition("=") for line in str(value or "").splitlines() if line.strip()]
        return [[code.strip(), label.strip() or code.strip()] for code, _, label in lines]

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, list):
            return "\n".join(
                code if label in {"", code} else f"{code} = {label}" for code, label in value
            )
        return value


class FieldForm(Form):
    sections = (
        Section("Field", "", ("name", "label", "type", "description")),
        Section(
            "Rules",
            "The key identifies a record; an object has one.",
            ("is_key", "required", "is_unique", "indexed", "read_only"),
        ),
        Section(
            "Values",
            "What means nothing for the type is left out.",
            ("choices", "reference", "max_length", "scale", "default"),
        ),
        Section(
            "Calculation",
            "Then nobody else writes the field: it is worked out whenever a record is written.",
            ("formula",),
        ),
        Section("Protection", "", ("sensitivity",)),
    )

    name = forms.CharField(
        max_length=60,
        validators=[NAME_RULE],
        help_text="Used in mappings and by the API. Stays as it is once records use it.",
    )
    label = forms.CharField(
        max_length=100, required=False, help_text="Shown to people; made of the name if empty."
    )
    type = forms.ChoiceField(choices=ConnectField.Type.choices, initial=ConnectField.Type.TEXT)
    description = forms.CharField(max_length=200, required=False)
    is_key = forms.BooleanField(label="Key", required=False)
    required = forms.BooleanField(label="Required", required=False)
    is_unique = forms.BooleanField(label="Unique", required=False)
    indexed = forms.ChoiceField(
        label="Search",
        choices=ConnectField.Indexed.choices,
        initial=ConnectField.Indexed.NONE,
        help_text="Lets record lists find records by the whole value of this field.",
    )
    read_only = forms.BooleanField(
        label="Read-only",
        required=False,
        help_text="Written by syncs; people and API clients cannot change it.",
    )
    choices = ChoicesField(
        required=False,
        help_text="For type choice. One per line: the value, or value = label.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    reference = forms.ModelChoiceField(
        ConnectObject.objects.none(),
        required=False,
        empty_label="none",
        help_text="For type reference: whose keys the field holds.",
    )
    max_length = forms.IntegerField(
        min_value=1, required=False, help_text="For texts: most characters."
    )
    scale = forms.IntegerField(
        label="Decimals", min_value=0, required=False, help_text="For decimals: most decimals."
    )
    default = forms.CharField(
        required=False, help_text="What a new record gets where nothing is given."
    )
    formula = forms.CharField(
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text="Of other fields of the record, such as data('on_hand') - data('reserved'). "
        "What cannot be worked out stays empty.",
    )
    sensitivity = forms.ChoiceField(
        choices=ConnectField.Sensitivity.choices, initial=ConnectField.Sensitivity.NONE
    )

    def __init__(
        self, *args: Any, connect_object: ConnectObject, row: ConnectField | None, **kwargs: Any
    ) -> None:
        has_key = connect_object.fields.filter(is_key=True).exists()
        initial = (
            {"is_key": not has_key}
            if row is None
            else {name: getattr(row, name) for name in EDITABLE} | {"default": _typed(row)}
        )
        super().__init__(*args, initial=initial, **kwargs)
        reference = self.fields["reference"]
        assert isinstance(reference, forms.ModelChoiceField)
        reference.queryset = ConnectObject.objects.for_tenant(connect_object.tenant).order_by(
            "name"
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("type") in _NESTED and cleaned.get("default"):
            try:
                cleaned["default"] = canonical.loads(cleaned["default"])
            except canonical.type_errors as error:
                self.add_error("default", f"This is not JSON: {error}.")
        return cleaned


def _typed(row: ConnectField) -> str:
    if row.default is None:
        return ""
    return row.default if isinstance(row.default, str) else canonical.text(row.default)


class ColumnForm(Form):
    field = forms.ModelChoiceField(ConnectField.objects.none(), empty_label=None)
    label = forms.CharField(
        max_length=100, required=False, help_text="Heads the column; the field's own if empty."
    )

    def __init__(
        self,
        *args: Any,
        connect_object: ConnectObject,
        row: ListviewField | None,
        **kwargs: Any,
    ) -> None:
        initial = {"field": row.field_id, "label": row.label} if row else {}
        super().__init__(*args, initial=initial, **kwargs)
        taken = connect_object.columns.exclude(pk=row.pk if row else 0)
        field = self.fields["field"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = connect_object.fields.exclude(pk__in=taken.values("field")).order_by(
            "position", "pk"
        )


_NESTED: Final = frozenset({"object", "list"})
_INPUTS: Final = {"date": "date", "datetime": "datetime-local", "time": "time"}
_YES_NO: Final = [("", "–"), ("true", "yes"), ("false", "no")]
REV: Final = "_rev"
"""The revision that the form was drawn from; no field can be called so."""


class RecordForm(Form):
    """A record's form, made of its object's fields; read-only ones are left out."""

    def __init__(
        self,
        *args: Any,
        shape: ObjectShape,
        stored: Mapping[str, Any] | None,
        rev: int | None,
        **kwargs: Any,
    ) -> None:
        self._stored = stored
        self._editable = [field for field in shape.fields if not field.read_only]
        values = shape.defaults if stored is None else stored
        initial = {
            field.name: _input_text(field, values.get(field.name)) for field in self._editable
        }
        super().__init__(*args, initial={**initial, REV: rev}, **kwargs)
        for field in self._editable:
            self.fields[field.name] = _input(field, values.get(field.name))
        if rev is not None:
            self.fields[REV] = forms.IntegerField(widget=forms.HiddenInput)

    @property
    def rev(self) -> int | None:
        found: int | None = self.cleaned_data.get(REV)
        return found

    def clean(self) -> dict[str, Any]:
        """Bring every value to its type, so that everything wrong is said at once."""
        cleaned = self.cleaned_data
        for field in self._editable:
            if field.name in cleaned:
                try:
                    cleaned[field.name] = coercer(field)(
                        self._value(field, cleaned[field.name])
                    )
                except ValueRefused as refusal:
                    self.add_error(field.name, refusal.message)
                except canonical.type_errors as error:
                    self.add_error(field.name, f"This is not JSON: {error}.")
        return cleaned

    def values(self) -> dict[str, Any]:
        """Give what was filled in; a field that is empty and never was filled stays absent."""
        stored = self._stored or {}
        return {
            field.name: value
            for field in self._editable
            if (value := self.cleaned_data[field.name]) is not None or field.name in stored
        }

    def _value(self, field: FieldShape, text: str) -> Any:
        if text == "":
            # An empty input cannot say whether null or empty text is meant: it stays what it was.
            return "" if self._before(field) == "" else None
        if field.type in _NESTED:
            return canonical.loads(text)
        # Browsers send every line end as two characters.
        text, before = text.replace("\r\n", "\n"), self._before(field)
        kept = isinstance(before, str) and before.replace("\r\n", "\n") == text
        return before if kept else text

    def _before(self, field: FieldShape) -> Any:
        return (self._stored or {}).get(field.name)


def _input(field: FieldShape, value: Any) -> forms.CharField:
    return forms.CharField(
        label=field.label or field.name,
        required=field.required or field.is_key,
        strip=False,
        widget=_widget(field, value),
        help_text=_hint(field),
    )


def _widget(field: FieldShape, value: Any) -> forms.Widget:
    if field.type == "boolean":
        return forms.Select(choices=_YES_NO)
    if field.type == "choice":
        former = [(value, value)] if value and value not in dict(field.choices) else []
        return forms.Select(choices=[("", "–"), *field.choices, *former])
    many_lines = isinstance(value, str) and "\n" in value
    if field.type in _NESTED or field.type == "long_text" or many_lines:
        return forms.Textarea(attrs={"rows": 5, "spellcheck": "false"})
    widget = forms.TextInput()
    if field.type in _INPUTS:
        widget.input_type = _INPUTS[field.type]
        widget.attrs["step"] = "any" if field.type == "datetime" else "1"
    elif field.type in {"integer", "decimal"}:
        widget.attrs["inputmode"] = "numeric" if field.type == "integer" else "decimal"
    return widget


def _hint(field: FieldShape) -> str:
    hints = {"datetime": "UTC.", "object": "JSON.", "list": "JSON."}
    return hints.get(field.type, "")


def _input_text(field: FieldShape, value: Any) -> str:
    if value is None:
        return ""
    if field.type == "datetime" and isinstance(value, str):
        return value.removesuffix("Z")
    return value if isinstance(value, str) else canonical.text(value)
