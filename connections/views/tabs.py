"""The tabs of a connection: the same on all its pages, whichever the direction."""

from __future__ import annotations

from django.http import HttpRequest

from connections.document import read_conditions, read_mappings
from connections.models import Connection
from syncapp.ui.links import Tab, tenant_reverse


def tabs_of(request: HttpRequest, connection: Connection, active: str) -> list[Tab]:
    """Give the tabs of a connection.

    Args:
        request: of somebody who may view it.
        connection: whose pages these are.
        active: the tab that is shown: details, mapping, conditions, versions or related.
    """
    detail = tenant_reverse(
        request, f"connections:{connection.direction}_detail", pk=connection.pk
    )
    rows = read_mappings(connection.mapping)
    tabs = (
        ("details", detail, None),
        ("mapping", f"{detail}mapping/", len(rows)),
        ("conditions", f"{detail}conditions/", _conditions(connection)),
        ("versions", f"{detail}versions/", None),
        ("related", f"{detail}?tab=related", None),
    )
    return [
        Tab(name.capitalize(), address, active=name == active, count=count)
        for name, address, count in tabs
    ]


def _conditions(connection: Connection) -> int:
    return sum(1 for _ in read_conditions(connection.conditions).each())
