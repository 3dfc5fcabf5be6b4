"""The forms of the wizard's first three steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django import forms

from connections.directions import Direction
from connections.forms.configs import ConfigField
from connections.forms.connectors import NAME_HINT
from connections.forms.drafts import ObjectField
from connections.models import Connection, ConnectionConfig
from connections.wizard.plan import EXISTING, SAME, SYSTEM, TEMPLATE
from objects.models import ConnectObject
from syncapp.tenants.models import Tenant
from syncapp.ui.forms import Form, Section

_REDRAW: Final = {"hx-post": "", "hx-vals": '{"_redraw": "1"}', "hx-trigger": "change"}
Choices = Sequence[tuple[str, str]]


class InformationForm(Form):
    """Step 1: what the connector is called, and what it begins with."""

    name = forms.CharField(max_length=100, label="Connection name", help_text=NAME_HINT)
    description = forms.CharField(
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="What it is for.",
    )
    template = forms.ChoiceField(
        required=False,
        label="Begin with a use case",
        help_text="Fills entity, mapping and conditions once the type of system is chosen.",
    )

    def __init__(self, *args: Any, templates: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["template"]
        field.choices = [("", "Nothing, start empty"), *templates]


class SideForm(Form):
    """Steps 2 and 3: one side; what is not chosen yet may stay open until the end."""

    skip = forms.BooleanField(
        required=False, widget=forms.CheckboxInput(attrs=_REDRAW), label="Skip this side"
    )
    system_type = forms.ChoiceField(
        required=False, label="Type", widget=forms.Select(attrs=_REDRAW)
    )
    name = forms.CharField(
        max_length=100,
        required=False,
        label="Name of the connection",
        help_text="If it is to be called otherwise than the connector.",
    )
    config = ConfigField(
        queryset=ConnectionConfig.objects.none(),
        required=False,
        label="Connection config",
        empty_label="Choose a config",
        widget=forms.Select(attrs=_REDRAW),
        help_text="A reference: a new password in the config reaches this connection at once.",
    )
    entity = forms.CharField(
        max_length=200,
        required=False,
        widget=forms.TextInput(
            attrs={
                **_REDRAW,
                "list": "entities",
                "autocomplete": "off",
                "spellcheck": "false",
            }
        ),
    )
    query_filter = forms.CharField(
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false", "class": "code"}),
    )
    origin = forms.ChoiceField(
        required=False, label="Connect object", widget=forms.RadioSelect(attrs=_REDRAW)
    )
    object = ObjectField(
        queryset=ConnectObject.objects.none(),
        required=False,
        empty_label="Choose a connect object",
        widget=forms.Select(attrs=_REDRAW),
    )
    object_name = forms.CharField(
        max_length=100, required=False, label="Name of the new object"
    )
    object_type = forms.RegexField(
        r"^[a-z][a-z0-9_]*$",
        max_length=40,
        required=False,
        label="Type of the new object",
        help_text="Internal identifier, such as fsmcustomer: small letters, digits, underscores.",
    )
    fields_ = forms.MultipleChoiceField(
        required=False, label="Fields of the new object", widget=forms.CheckboxSelectMultiple
    )
    primary_key = forms.CharField(
        max_length=60, required=False, label="Primary key field", widget=forms.Select
    )
    key_from = forms.ChoiceField(
        required=False, choices=Connection.KeyFrom.choices, label="Key of a new record"
    )
    active = forms.BooleanField(
        required=False,
        help_text="Switches it on at the end. Off is safer: try a dry run first.",
    )

    sections = (
        Section("Side", "Either side may be skipped, but not both.", ("skip", "system_type")),
        Section(
            "Connection", "Which system, and what of it.", ("config", "entity", "query_filter")
        ),
        Section(
            "Object",
            "",
            (
                "origin",
                "object",
                "object_name",
                "object_type",
                "fields_",
                "primary_key",
                "key_from",
            ),
        ),
        Section("Settings", "", ("name", "active")),
    )

    def __init__(
        self,
        *args: Any,
        tenant: Tenant,
        way: Direction,
        types: Choices,
        origins: Choices,
        found: Choices,
        keys: Choices,
        system_type: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._choose("system_type", [("", "Choose a type"), *types])
        self._choose("origin", origins)
        self._choose("fields_", found)
        self.fields["primary_key"].widget.choices = list(keys)
        configs: Any = self.fields["config"]
        rows = ConnectionConfig.objects.for_tenant(tenant).order_by("name")
        configs.queryset = rows.filter(system_type=system_type)
        stores: Any = self.fields["object"]
        stores.queryset = (
            ConnectObject.objects.for_tenant(tenant)
            .filter(kind=ConnectObject.Kind.STORE)
            .order_by("name")
        )
        stores.label = f"Object In · {way.object_role}"
        self.fields["entity"].label = f"Object Out · {way.entity_role}"
        self.fields["skip"].label = f"Skip the {way.code} side"
        del self.fields["key_from" if way.runs else "query_filter"]

    def keep(self, *, skip: bool, origin: str) -> None:
        """Leave out what does not apply to what was chosen."""
        gone: set[str] = set()
        if skip:
            gone = set(self.fields) - {"skip"}
        elif origin in {EXISTING, SAME}:
            gone = {"object_name", "object_type", "fields_"}
            gone |= {"object"} if origin == SAME else set()
        else:
            gone = {"object"}
            gone |= {"fields_", "object_name", "object_type"} if origin == TEMPLATE else set()
        for name in gone:
            self.fields.pop(name, None)

    def parts(self) -> dict[str, Any]:
        """Give the sections by heading, for a page that puts more between them."""
        return {block.heading.lower(): block for block in self.blocks()}

    def _choose(self, name: str, choices: Choices) -> None:
        field: Any = self.fields[name]
        field.choices = list(choices)


ORIGIN_LABELS: Final = {
    EXISTING: "One that exists",
    SYSTEM: "A new one, with fields of the system",
    TEMPLATE: "A new one, of the use case's template",
    SAME: "The one of the inbound side",
}
