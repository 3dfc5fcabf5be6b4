"""Forms of connectors and of sets of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django import forms

from connections import connectors
from connections.models import Connection, Connector, ConnectorSet
from syncapp.tenants.models import Tenant
from syncapp.ui.forms import Form, Section

NAME_HINT: Final = (
    "Direction and kind of data in the name help later: “SAP-to-FSM Customer Sync”,"
    " “FSM-to-Salesforce Work Order Export”."
)


class ConnectionsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # generic for the checker only
    """Connections that a connector may hold, each with its direction."""

    def label_from_instance(self, obj: Any) -> str:
        """Say which direction it is."""
        return f"{obj.name} · {obj.direction}{' · active' if obj.active else ''}"


class ConnectorForm(Form):
    """Name, purpose, and which connections belong together."""

    name = forms.CharField(max_length=100, label="Connection name", help_text=NAME_HINT)
    description = forms.CharField(
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="What it is for.",
    )
    connections = ConnectionsField(
        queryset=Connection.objects.none(),
        required=False,
        label="Connections of this connector",
        widget=forms.CheckboxSelectMultiple,
        help_text="A connection belongs to one connector; those of others are not listed.",
    )
    sections = (
        Section("Information", "", ("name", "description")),
        Section("Connections", "What belongs together.", ("connections",)),
    )

    def __init__(
        self, *args: Any, tenant: Tenant, connector: Connector | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["connections"]
        field.queryset = connectors.free_connections(tenant, connector)


class ConnectorSetForm(Form):
    """Name and purpose of a set, and its connectors in order."""

    name = forms.CharField(max_length=100)
    description = forms.CharField(
        max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    on_failure = forms.ChoiceField(
        choices=ConnectorSet.OnFailure.choices,
        initial=ConnectorSet.OnFailure.STOP,
        widget=forms.RadioSelect,
        label="When a run fails",
    )
    add = forms.ModelChoiceField(
        queryset=Connector.objects.none(),
        required=False,
        label="One more connector",
        empty_label="Choose a connector",
    )

    def __init__(
        self, *args: Any, tenant: Tenant, placed: Sequence[Connector], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.placed = placed
        field: Any = self.fields["add"]
        taken = [connector.pk for connector in placed]
        rows = Connector.objects.for_tenant(tenant).exclude(pk__in=taken)
        field.queryset = rows.order_by("name")
