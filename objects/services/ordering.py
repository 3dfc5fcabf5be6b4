"""Rows that people put into an order of their own."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Max, QuerySet


def move(siblings: QuerySet[Any], pk: int, *, up: bool) -> None:
    """Let a row and its neighbour change places; at the end nothing happens.

    Args:
        siblings: the rows that are ordered together, by `position`.
        pk: which one moves.
        up: towards the beginning.
    """
    with transaction.atomic():
        rows = list(siblings.select_for_update().order_by("position", "pk"))
        place = next(number for number, row in enumerate(rows) if row.pk == pk)
        other = place - 1 if up else place + 1
        if 0 <= other < len(rows):
            rows[place], rows[other] = rows[other], rows[place]
        for number, row in enumerate(rows):
            row.position = number
        siblings.model._default_manager.bulk_update(rows, ["position"])


def next_position(siblings: QuerySet[Any]) -> int:
    """Give the place behind the last."""
    last = siblings.aggregate(last=Max("position"))["last"]
    return 0 if last is None else int(last) + 1
