"""Counters of a tenant: each number is given once, whatever becomes of it."""

from __future__ import annotations

from typing import Final

from django.db import connection

from formulas.models import Sequence
from syncapp.errors import Invalid

_DRAW: Final = """
INSERT INTO number_sequence AS s (tenant_id, name, value) VALUES (%(tenant)s, %(name)s, %(n)s)
ON CONFLICT (tenant_id, name) DO UPDATE SET value = s.value + %(n)s
RETURNING value - %(n)s + 1
"""
_LONGEST: Final = 100


def draw(tenant_id: int, name: str, n: int = 1) -> int:
    """Take the next `n` numbers of a sequence; give the first.

    Others who draw from the same sequence wait for the end of the transaction. If it is undone,
    nobody has seen the numbers and they are given again.

    Raises:
        Invalid: no sequence can be called so.
    """
    _refuse_unnameable(name)
    with connection.cursor() as cursor:
        cursor.execute(_DRAW, {"tenant": tenant_id, "name": name, "n": n})
        (first,) = cursor.fetchone() or (0,)
    return int(first)


def peek(tenant_id: int, name: str) -> int:
    """Give the number that would come next, without taking it.

    Raises:
        Invalid: no sequence can be called so.
    """
    _refuse_unnameable(name)
    given = Sequence.objects.filter(tenant_id=tenant_id, name=name).values_list("value")
    return int((given.first() or (0,))[0]) + 1


def _refuse_unnameable(name: str) -> None:
    if not 1 <= len(name) <= _LONGEST or not name.isprintable():
        raise Invalid(f"The name of a sequence has 1 to {_LONGEST} printable characters.")
