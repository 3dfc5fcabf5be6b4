"""What runs and record logs can be narrowed by, in pages and API alike."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import HttpRequest

from connections.kit.codes import Outcome
from connections.models import Connection
from syncapp.ui.filters import FilterSet, SearchInput
from synclogs.models import RecordLog, SyncLog

OUTCOMES = [(str(outcome), str(outcome)) for outcome in Outcome]


def connections_of(request: HttpRequest | None) -> QuerySet[Connection]:
    """Give the connections that this request may name."""
    tenant = getattr(request, "tenant", None)
    if tenant is None:
        return Connection.objects.none()
    return Connection.objects.for_tenant(tenant).order_by("name")


class RunFilterSet(FilterSet):
    """Filters of runs."""

    state = django_filters.ChoiceFilter(choices=SyncLog.State.choices, label="State")
    kind = django_filters.ChoiceFilter(choices=SyncLog.Kind.choices, label="Kind")
    trigger = django_filters.ChoiceFilter(choices=SyncLog.Trigger.choices, label="Trigger")
    connection = django_filters.ModelChoiceFilter(
        queryset=connections_of, label="Connection", empty_label="Any connection"
    )

    class Meta:
        model = SyncLog
        fields = ("state", "kind", "trigger", "connection")


def key_range(text: str) -> tuple[str, str]:
    """Give the bounds of all keys that begin with a text; a range uses the index, LIKE cannot."""
    return text, text + "\U0010ffff"


class RecordLogFilterSet(FilterSet):
    """Filters of record logs; the key is exact, or a prefix if it ends with `*`."""

    key = django_filters.CharFilter(method="by_key", label="Key, or beginning of it and *")
    outcome = django_filters.ChoiceFilter(
        choices=OUTCOMES, method="by_outcome", label="Outcome"
    )
    run = django_filters.NumberFilter(field_name="run_id", label="Sync ID")
    connection = django_filters.ModelChoiceFilter(
        queryset=connections_of,
        method="by_connection",
        label="Connection",
        empty_label="Any connection",
    )

    class Meta:
        model = RecordLog
        fields = ("key", "outcome", "run", "connection")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["key"].extra["widget"] = SearchInput(
            attrs={"placeholder": "Key, or C0001*"}
        )
        self.filters["run"].extra.setdefault("min_value", 1)

    def by_key(self, rows: QuerySet[Any], _name: str, text: str) -> QuerySet[Any]:
        """Keep one key, or those that begin with what stands before the star."""
        text = text.replace("\0", "")
        if not text.endswith("*"):
            return rows.filter(key=text)
        low, high = key_range(text[:-1])
        return rows.filter(key__gte=low, key__lt=high)

    def by_outcome(self, rows: QuerySet[Any], _name: str, outcome: str) -> QuerySet[Any]:
        """Keep one outcome; it is stored as a number."""
        return rows.filter(outcome=Outcome(outcome).number)

    def by_connection(
        self, rows: QuerySet[Any], _name: str, connection: Connection
    ) -> QuerySet[Any]:
        """Keep the rows of one connection's runs."""
        runs = SyncLog.objects.for_tenant(connection.tenant_id).filter(connection=connection)
        return rows.filter(run_id__in=runs.values("pk"))


class RunRecordFilterSet(RecordLogFilterSet):
    """Filters on a run's own page, where run and connection are given."""

    class Meta:
        model = RecordLog
        fields = ("key", "outcome")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.filters["run"], self.filters["connection"]
