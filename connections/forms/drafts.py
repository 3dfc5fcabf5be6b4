"""Forms of connections: the first step, the draft, and its mapping table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from django import forms
from django.http import QueryDict

from connections.document import FieldMapping, Kind
from connections.forms.configs import ConfigField
from connections.kit.base import System
from connections.models import Connection, ConnectionConfig
from formulas.language import limits
from objects.models import ConnectObject
from objects.shape import ObjectShape
from syncapp.errors import Invalid
from syncapp.tenants.models import Tenant
from syncapp.ui.forms import Block, Form, FormMixin, Section

ROWS: Final = "rows"
MAX_ROWS: Final = 500
_FORMULA: Final = {
    "rows": 2,
    "class": "code",
    "spellcheck": "false",
    "autocomplete": "off",
    "aria-label": "Formula",
    "data-formula": "",
    "data-record": "#sample-text",
    "data-fields": "#source-fields",
}
_KINDS: Final = [(kind.value, kind.label) for kind in (Kind.FIELD, Kind.RAW, Kind.FORMULA)]
KEEP_DAYS: Final = [(days, f"{days} days") for days in Connection.KEEP_DAYS]


class ObjectField(forms.ModelChoiceField):  # type: ignore[type-arg]  # generic for the checker only
    """A connect object of this tenant that keeps records."""

    def label_from_instance(self, obj: Any) -> str:
        """Show the type beside the name, as mappings and addresses call it."""
        return f"{obj.name} ({obj.type})"


class NewConnectionForm(Form):
    """The first step: a name and a type; everything else follows on the edit page."""

    name = forms.CharField(
        max_length=100, help_text="Such as “SAP customers”: the system and what comes from it."
    )
    system_type = forms.ChoiceField(label="Type", help_text="The kind of system to read from.")

    def __init__(self, *args: Any, choices: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["system_type"].choices = choices  # type: ignore[attr-defined]


class ConnectionForm(Form):
    """The draft of a connection, with its mappings as a table of rows below it."""

    name = forms.CharField(max_length=100)
    config = ConfigField(
        queryset=ConnectionConfig.objects.none(),
        required=False,
        label="Connection config",
        empty_label="Choose a config",
        help_text="A reference: a new password in the config reaches this connection at once.",
    )
    entity = forms.CharField(
        max_length=200,
        required=False,
        help_text="What to read. Refresh lists what the system has.",
        widget=forms.TextInput(
            attrs={"list": "entities", "autocomplete": "off", "spellcheck": "false"}
        ),
    )
    query_filter = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false", "class": "code"}),
    )
    page_size = forms.IntegerField(min_value=1, max_value=10_000, help_text="Records per page.")
    object = ObjectField(
        queryset=ConnectObject.objects.none(),
        required=False,
        label="Object In · Destination",
        empty_label="Choose a connect object",
        help_text="Where the records are kept.",
        widget=forms.Select(attrs={"hx-post": "", "hx-vals": '{"_redraw": "object"}'}),
    )
    primary_key = forms.ChoiceField(
        required=False,
        label="Primary key field",
        help_text="The field of the destination that finds an existing record.",
    )
    label = forms.CharField(
        max_length=60,
        required=False,
        help_text="Only if another connection moves the same entity into the same object.",
    )
    allow_create = forms.BooleanField(required=False, label="Create new records")
    allow_update = forms.BooleanField(required=False, label="Update existing records")
    deletes = forms.ChoiceField(
        choices=Connection.Deletes.choices, label="When a record is deleted in the source"
    )
    log_all = forms.BooleanField(
        required=False,
        label="Write a log row for unchanged records too",
        help_text="Without it, unchanged records are counted and listed per page only.",
    )
    keep_days = forms.TypedChoiceField(
        coerce=int,
        label="Keep record logs",
        choices=KEEP_DAYS,
    )

    sections = (
        Section("Basic Settings", "Off until you activate it.", ("name",)),
        Section("Connection Settings", "Address and credentials of the source.", ("config",)),
        Section("Query", "Which records are read.", ("entity", "query_filter", "page_size")),
        Section(
            "Object Mapping",
            "What comes in, and how existing records are found.",
            ("object", "primary_key", "label"),
        ),
        Section(
            "Options",
            "What a run may do, and how it is logged.",
            ("allow_create", "allow_update", "deletes", "log_all", "keep_days"),
        ),
    )

    def __init__(
        self,
        *args: Any,
        tenant: Tenant,
        kind: type[System],
        shape: ObjectShape | None,
        rows: list[RowForm],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.rows = rows
        self.fields["query_filter"].help_text = kind.filter_help
        configs = ConnectionConfig.objects.for_tenant(tenant).order_by("name")
        stores = ConnectObject.objects.for_tenant(tenant).order_by("name")
        self._offer("object", stores.filter(kind=ConnectObject.Kind.STORE))
        self._offer("config", configs)
        self.fields["primary_key"].choices = _key_choices(shape)  # type: ignore[attr-defined]

    def narrow(self, system_type: str) -> None:
        """Offer configs of the connection's type only."""
        field: Any = self.fields["config"]
        field.queryset = field.queryset.filter(system_type=system_type)

    def is_valid(self) -> bool:
        """Judge the form and all its rows, so that everything wrong shows at once."""
        rows = [row.is_valid() for row in self.filled]
        return super().is_valid() and all(rows)

    @property
    def filled(self) -> list[RowForm]:
        """The rows in which something stands."""
        return [row for row in self.rows if not row.blank]

    def parts(self) -> dict[str, Block]:
        """Give the sections by heading, for a page that puts more between them."""
        return {block.heading.split()[0].lower(): block for block in self.blocks()}

    def show(self, error: Invalid) -> Invalid:
        """Put what is wrong with rows beside the rows; give the rest."""
        rest = {}
        for name, message in error.fields.items():
            group, _, number = name.partition(".")
            if group == "mappings" and number.isdecimal():
                self.filled[int(number)].add_error("source", message)
            else:
                rest[name] = message
        text = "Some mappings need correcting." if len(rest) < len(error.fields) else ""
        return Invalid(text or error.message, fields=rest)

    def _offer(self, name: str, queryset: Any) -> None:
        field: Any = self.fields[name]
        field.queryset = queryset


class RowForm(FormMixin, forms.Form):
    """One mapping: a target, and the field, constant or formula that fills it."""

    uuid = forms.UUIDField(required=False, widget=forms.HiddenInput)
    target = forms.ChoiceField(
        widget=forms.Select(attrs={"data-plain": "", "aria-label": "Target field"})
    )
    kind = forms.ChoiceField(
        choices=_KINDS,
        initial=Kind.FIELD,
        widget=forms.Select(
            attrs={
                "data-plain": "",
                "aria-label": "Kind",
                "hx-post": "",
                "hx-vals": '{"_redraw": "kind"}',
            }
        ),
    )
    source = forms.CharField(
        required=False,
        strip=False,
        max_length=limits.LENGTH,
        widget=forms.TextInput(
            attrs={
                "list": "source-fields",
                "autocomplete": "off",
                "spellcheck": "false",
                "aria-label": "Source field or value",
            }
        ),
    )
    enabled = forms.BooleanField(
        required=False,
        initial=True,
        widget=forms.CheckboxInput(attrs={"aria-label": "Enabled"}),
    )

    def __init__(self, *args: Any, shape: ObjectShape | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        targets: Any = self.fields["target"]
        targets.choices = _target_choices(shape, self["target"].value())
        if self["kind"].value() == Kind.FORMULA:
            self.fields["source"].widget = forms.Textarea(attrs=_FORMULA)

    @property
    def blank(self) -> bool:
        """Nothing was entered: neither a target nor a source."""
        return not (self["target"].value() or self["source"].value())

    def row(self) -> dict[str, Any]:
        """Give the row as the service takes it."""
        data = self.cleaned_data
        kind, text = data["kind"], data["source"]
        return {
            "uuid": str(data["uuid"] or ""),
            "target": data["target"],
            "kind": kind,
            "source": text if kind == Kind.FIELD else "",
            "value": (text or None) if kind == Kind.RAW else None,
            "formula": text if kind == Kind.FORMULA else "",
            "enabled": data["enabled"],
        }

    def clean_source(self) -> str:
        """Trim a path; a constant stays as it was typed, and so does a formula."""
        source: str = self.cleaned_data["source"].replace("\r\n", "\n")
        kind = self.cleaned_data.get("kind")
        if kind == Kind.RAW and len(source) > 2000:
            raise forms.ValidationError("A constant has at most 2000 characters.")
        if kind != Kind.FIELD:
            return source
        if len(source) > 300:
            raise forms.ValidationError("A path has at most 300 characters.")
        return source.strip()


def row_initial(mapping: FieldMapping) -> dict[str, Any]:
    """Give a row's values for a mapping that exists."""
    texts = {
        Kind.FIELD: mapping.source,
        Kind.FORMULA: mapping.formula,
    }
    return {
        "uuid": mapping.uuid,
        "target": mapping.target,
        "kind": mapping.kind,
        "source": texts.get(mapping.kind, mapping.value or ""),
        "enabled": mapping.enabled,
    }


def bound_rows(data: QueryDict, shape: ObjectShape | None) -> list[RowForm]:
    """Read the rows that were sent."""
    text = data.get(f"{ROWS}-total", "0")
    total = min(int(text), MAX_ROWS) if text.isdecimal() else 0
    return [RowForm(data, prefix=f"{ROWS}-{n}", shape=shape) for n in range(total)]


def fresh_rows(values: Iterable[Mapping[str, Any]], shape: ObjectShape | None) -> list[RowForm]:
    """Make rows that show these values."""
    return [
        RowForm(initial=dict(value), prefix=f"{ROWS}-{n}", shape=shape)
        for n, value in enumerate(values)
    ]


def _target_choices(shape: ObjectShape | None, present: str | None) -> list[tuple[str, str]]:
    fields = shape.fields if shape else ()
    choices = [("", "–")]
    for field in fields:
        marks = [field.type.replace("_", " ")]
        marks += ["key"] if field.is_key else ["required"] if field.required else []
        choices.append((field.name, f"{field.label or field.name} · {', '.join(marks)}"))
    if present and present not in {value for value, _ in choices}:
        choices.append((present, f"{present} · no such field"))
    return choices


def _key_choices(shape: ObjectShape | None) -> list[tuple[str, str]]:
    fields = [
        field for field in (shape.fields if shape else ()) if field.is_key or field.is_unique
    ]
    marked = [
        (field.name, f"{field.label or field.name} · {'key' if field.is_key else 'unique'}")
        for field in fields
    ]
    return [("", "Choose a field" if shape else "Choose Object In first"), *marked]
