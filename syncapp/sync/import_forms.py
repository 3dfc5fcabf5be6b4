"""Forms of imports: the file, how it is read, what becomes of its columns."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.forms.boundfield import BoundField

from connections.uploads import plan as planning
from connections.uploads.cells import DATES
from connections.uploads.form import DELIMITERS, ENCODINGS, Form as FileForm
from connections.uploads.plan import MODES, REFERENCES, Plan
from objects.models import ConnectObject
from objects.shape import FieldShape, ObjectShape
from syncapp.errors import SyncAppError
from syncapp.tenants.models import Tenant
from syncapp.ui.forms import Form, Section

COLUMN = "column-"
_LONGEST_HEADER = 50


class UploadForm(Form):
    """Which file goes into which object."""

    object = forms.ModelChoiceField(
        queryset=ConnectObject.objects.none(),
        label="Connect object",
        empty_label="Choose an object",
        help_text="Its records are created or updated.",
    )
    file = forms.FileField(
        help_text="CSV, Excel (.xlsx) or XML, at most 500 MB. Nothing is written yet.",
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx,.xml"}),
    )

    def __init__(self, *args: Any, tenant: Tenant, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stores = ConnectObject.objects.for_tenant(tenant).filter(kind=ConnectObject.Kind.STORE)
        self.fields["object"].queryset = stores.order_by("name")  # type: ignore[attr-defined]  # a ModelChoiceField


class ReadingForm(Form):
    """How the file is read; only what its format leaves open."""

    encoding = forms.ChoiceField(choices=list(ENCODINGS.items()))
    delimiter = forms.ChoiceField(choices=list(DELIMITERS.items()))
    part = forms.ChoiceField()
    header = forms.IntegerField(
        label="Row of the headings",
        min_value=0,
        max_value=_LONGEST_HEADER,
        help_text="0 if there are none.",
    )

    def __init__(self, *args: Any, form: FileForm, **kwargs: Any) -> None:
        values = {name: getattr(form, name) for name in self.base_fields}
        super().__init__(*args, initial=values, **kwargs)
        for name in ("encoding", "delimiter") if form.format != "csv" else ("part",):
            del self.fields[name]
        if form.format == "xml":
            del self.fields["header"]
        if "part" in self.fields:
            part = self.fields["part"]
            part.choices = [(one, one) for one in form.parts]  # type: ignore[attr-defined]  # a ChoiceField
            part.label = "Records" if form.format == "xml" else "Sheet"


class PlanForm(Form):
    """What becomes of each column, and of the rows."""

    sections: ClassVar = (
        Section(
            "Rows",
            "A row whose key is known updates that record; others become new ones.",
            ("mode", "key", "log_all"),
        ),
        Section(
            "Cells",
            "TRUE, YES and 1 are true. Dates as YYYY-MM-DD are always understood.",
            ("dates", "decimal", "references", "clear"),
        ),
    )

    mode = forms.ChoiceField(label="What may happen", choices=list(MODES.items()))
    key = forms.ChoiceField(label="Existing records are found by")
    log_all = forms.ChoiceField(
        label="Log rows",
        choices=[("", "that failed or were left out"), ("1", "all")],
        required=False,
        help_text="All rows are counted, and each record says which import wrote it.",
    )
    dates = forms.ChoiceField(label="Dates", choices=list(DATES.items()))
    decimal = forms.ChoiceField(
        label="Numbers", choices=[(".", "1,234.50 (point)"), (",", "1.234,50 (comma)")]
    )
    references = forms.ChoiceField(label="References", choices=list(REFERENCES.items()))
    clear = forms.ChoiceField(
        label="Empty cells",
        choices=[("", "leave the field alone"), ("1", "empty the field")],
        required=False,
    )

    def __init__(self, *args: Any, form: FileForm, shape: ObjectShape, plan: Plan) -> None:
        self.file_form = form
        values = {name: getattr(plan, name) for name in self.base_fields}
        values |= {name: "1" if values[name] else "" for name in ("clear", "log_all")}
        super().__init__(*args, initial=values)
        keys = [(field.name, field.label or field.name) for field in planning.keys_of(shape)]
        self.fields["key"].choices = keys  # type: ignore[attr-defined]  # a ChoiceField
        if not any(field.reference_id for field in shape.fields):
            del self.fields["references"]
        choices = [("", "Leave out"), *(_choice(f) for f in shape.fields if not f.read_only)]
        for at, heading in enumerate(form.columns):
            self.fields[f"{COLUMN}{at}"] = forms.ChoiceField(
                label=f"Field for {heading}",
                choices=choices,
                required=False,
                initial=plan.mapping.get(heading, ""),
            )

    def blocks(self) -> list[Any]:
        """Give the sections; columns are drawn as a table."""
        return super().blocks()[1:]

    def columns(self) -> list[tuple[str, BoundField]]:
        """Give each heading with its choice."""
        return [
            (heading, self[f"{COLUMN}{at}"])
            for at, heading in enumerate(self.file_form.columns)
        ]

    def plan(self) -> Plan:
        """Give the plan that was entered.

        Raises:
            Invalid: something of it is no choice.
        """
        values = self.cleaned_data
        mapping = {
            heading: values[f"{COLUMN}{at}"]
            for at, heading in enumerate(self.file_form.columns)
            if values.get(f"{COLUMN}{at}")
        }
        options = {name: values[name] for name in self.base_fields if name in values}
        options |= {name: bool(options[name]) for name in ("clear", "log_all")}
        return planning.read_plan({"mapping": mapping, **options})

    def refuse(self, error: SyncAppError) -> None:
        """Show what is wrong at the columns it names."""
        for place, message in error.fields.items():
            name = place.replace("mapping.", COLUMN)
            self.add_error(name if name in self.fields else None, message)
        if not error.fields:
            self.add_error(None, error.message)


def _choice(field: FieldShape) -> tuple[str, str]:
    marks = [field.type.replace("_", " ")]
    if field.is_key:
        marks.append("key")
    elif field.required:
        marks.append("required")
    return field.name, f"{field.label or field.name} ({', '.join(marks)})"
