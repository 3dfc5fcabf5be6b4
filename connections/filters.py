from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet

from connections.declared import label_of
from connections.models import Connection, ConnectionConfig, Connector, ConnectorSet
from syncapp.ui.filters import FilterSet


class TypedFilterSet(FilterSet):
    """Offers the system types that occur."""

    system_type = django_filters.ChoiceFilter(label="Type")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = self.queryset.order_by("system_type").values_list("system_type", flat=True)
        choices = [(code, label_of(code)) for code in found.distinct()]
        self.filters["system_type"].extra["choices"] = choices


class ConfigFilterSet(TypedFilterSet):
    search_fields = ("name", "endpoint")

    environment = django_filters.ChoiceFilter(choices=ConnectionConfig.Environment.choices)

    class Meta:
        model = ConnectionConfig
        fields: ClassVar = ["system_type", "environment"]


class ConnectionFilterSet(TypedFilterSet):
    search_fields = ("name", "entity")

    active = django_filters.ChoiceFilter(
        label="State", choices=(("true", "Active"), ("false", "Off")), method="in_state"
    )

    class Meta:
        model = Connection
        fields: ClassVar = ["system_type", "active"]

    def in_state(self, rows: QuerySet[Any], _name: str, state: str) -> QuerySet[Any]:
        return rows.filter(active=state == "true")


class DirectedFilterSet(ConnectionFilterSet):
    direction = django_filters.ChoiceFilter(choices=Connection.Direction.choices)

    class Meta(ConnectionFilterSet.Meta):
        fields: ClassVar = ["direction", "system_type", "active"]


class ConnectorFilterSet(FilterSet):
    search_fields = ("name", "description")

    class Meta:
        model = Connector
        fields: ClassVar[list[str]] = []


class ConnectorSetFilterSet(FilterSet):
    search_fields = ("name", "description")

    class Meta:
        model = ConnectorSet
        fields: ClassVar[list[str]] = []
