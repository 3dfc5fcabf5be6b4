"""Forms of connections: the first step, and everything but the mappings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django import forms

from connections.directions import INBOUND, Direction
from connections.forms.configs import ConfigField
from connections.kit.base import System
from connections.kit.codes import FieldType
from connections.models import Connection, ConnectionConfig, RemoteEntity
from objects.models import ConnectObject
from objects.shape import ObjectShape
from syncapp.tenants.models import Tenant
from syncapp.ui.forms import Block, Form, Section

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
    """The draft of a connection but for its mappings and conditions."""

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
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
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

    def parts(self) -> dict[str, Block]:
        """Give the sections by heading, for a page that puts more between them."""
        return {block.heading.split()[0].lower(): block for block in self.blocks()}

    def _offer(self, name: str, queryset: Any) -> None:
        field: Any = self.fields[name]
        field.queryset = queryset


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
