"""Forms of connections: the first step, the draft, and its mapping table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from django import forms
from django.http import QueryDict

from connections.directions import INBOUND, Direction
from connections.document import FieldMapping, Kind
from connections.forms.configs import ConfigField
from connections.kit.base import System
from connections.kit.codes import FieldType
from connections.models import Connection, ConnectionConfig, RemoteEntity
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
_FOREIGN: Final = {
    "inbound": ("enrolment", "key_from", "only_changes"),
    "outbound": ("query_filter", "page_size"),
}
"""Fields that a direction does not have."""
KEEP_DAYS: Final = [(days, f"{days} days") for days in Connection.KEEP_DAYS]


class ObjectField(forms.ModelChoiceField):  # type: ignore[type-arg]  # generic for the checker only
    """A connect object of this tenant that keeps records."""

    def label_from_instance(self, obj: Any) -> str:
        """Show the type beside the name, as mappings and addresses call it."""
        return f"{obj.name} ({obj.type})"


class NewConnectionForm(Form):
    """The first step: a name and a type; everything else follows on the edit page."""

    name = forms.CharField(max_length=100)
    system_type = forms.ChoiceField(label="Type", help_text="The kind of system at its end.")

    def __init__(
        self, *args: Any, choices: Sequence[tuple[str, str]], way: Direction, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].help_text = way.example
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
        label="Object In",
        empty_label="Choose a connect object",
    )
    primary_key = forms.ChoiceField(
        required=False,
        label="Primary key field",
        help_text="The field of the destination that finds an existing record.",
    )
    key_from = forms.ChoiceField(
        choices=Connection.KeyFrom.choices,
        label="Key of a new record",
        help_text="A key that the other system gives is written back to our record.",
    )
    enrolment = forms.ChoiceField(
        choices=Connection.Enrolment.choices, label="Which records are sent"
    )
    label = forms.CharField(
        max_length=60,
        required=False,
        help_text="Only if another connection moves the same entity and object this way.",
    )
    allow_create = forms.BooleanField(required=False, label="Create new records")
    allow_update = forms.BooleanField(required=False, label="Update existing records")
    only_changes = forms.BooleanField(
        required=False,
        label="Send changed fields only",
        help_text="Without it, an update sends every mapped field.",
    )
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
        Section("Connection Settings", "Address and credentials.", ("config",)),
        Section("Entity", "", ("entity", "query_filter", "page_size")),
        Section(
            "Object Mapping",
            "What is on our side, and how existing records are found.",
            ("object", "primary_key", "key_from", "label"),
        ),
        Section(
            "Options",
            "What a run may do, and how it is logged.",
            (
                "enrolment",
                "allow_create",
                "allow_update",
                "only_changes",
                "deletes",
                "log_all",
                "keep_days",
            ),
        ),
    )

    def __init__(
        self,
        *args: Any,
        tenant: Tenant,
        kind: type[System],
        way: Direction,
        keys: list[tuple[str, str]],
        rows: list[RowForm],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.rows = rows
        self._turn(way)
        if way.runs:
            self.fields["query_filter"].help_text = kind.filter_help
        configs = ConnectionConfig.objects.for_tenant(tenant).order_by("name")
        stores = ConnectObject.objects.for_tenant(tenant).order_by("name")
        self._offer("object", stores.filter(kind=ConnectObject.Kind.STORE))
        self._offer("config", configs)
        self.fields["primary_key"].choices = keys  # type: ignore[attr-defined]

    def _turn(self, way: Direction) -> None:
        """Keep the fields of a direction, and say which end is which."""
        for name in _FOREIGN[way.code]:
            del self.fields[name]
        self.fields["object"].label = f"Object In · {way.object_role}"
        self.fields["entity"].label = f"Object Out · {way.entity_role}"
        inbound = way is INBOUND
        self.fields["object"].help_text = (
            "Where the records are kept." if inbound else "Whose records are sent."
        )
        verb = "read" if inbound else "write to"
        self.fields["entity"].help_text = f"What to {verb}. Refresh lists what the system has."
        redrawing = self.fields["object" if inbound else "entity"].widget.attrs
        redrawing |= {"hx-post": "", "hx-vals": '{"_redraw": "object"}'}
        if not inbound:
            redrawing["hx-trigger"] = "change"

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


def key_choices(shape: ObjectShape | None) -> list[tuple[str, str]]:
    """Offer the fields of a connect object that find one record."""
    fields = [
        field for field in (shape.fields if shape else ()) if field.is_key or field.is_unique
    ]
    marked = [
        (field.name, f"{field.label or field.name} · {'key' if field.is_key else 'unique'}")
        for field in fields
    ]
    return [("", "Choose a field" if shape else "Choose Object In first"), *marked]


def entity_key_choices(entity: RemoteEntity | None, present: str) -> list[tuple[str, str]]:
    """Offer the fields of an entity that can find one record there, its key first."""
    schema = entity.schema if entity else {}
    key = schema.get("key", ())
    simple = [
        field["name"]
        for field in schema.get("fields", ())
        if field["type"] not in {FieldType.OBJECT, FieldType.LIST}
    ]
    names = sorted(simple, key=lambda name: name not in key)
    marked = [(name, f"{name} · key" if name in key else name) for name in names]
    if present and present not in names:
        marked.append((present, f"{present} · not seen in the system"))
    return [("", "Choose a field" if names else "Choose Object Out first"), *marked]
