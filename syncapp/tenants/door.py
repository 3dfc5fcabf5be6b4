"""The only place that chooses tenant and role in the database.

The process logs in with a role that owns nothing and sees one tenant's rows at a time. Which
tenant is set for one transaction only, so that a pooled connection cannot carry it on. Reads
before a tenant is known (who is signed in, whose key is this) and the dispatcher's work on all
tenants run as role *platform*, which sees the few tables that its policies name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from django.db import connection, transaction

View = TypeVar("View", bound=Callable[..., Any])
_current: ContextVar[int | None] = ContextVar("tenant", default=None)


@contextmanager
def tenant(tenant_id: int) -> Iterator[None]:
    """Open a transaction that sees and writes the rows of one tenant.

    Inside another transaction the outer tenant comes back at the end.
    """
    outer = _current.get()
    token = _current.set(tenant_id)
    try:
        with transaction.atomic():
            _set("app.tenant_id", str(tenant_id))
            yield
            if connection.in_atomic_block and outer is not None:
                _set("app.tenant_id", str(outer))
    finally:
        _current.reset(token)


@contextmanager
def platform() -> Iterator[None]:
    """Open a transaction (or go on in the present one) as role *platform*."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('role')")
            outer = cursor.fetchone()[0]
        _set("role", "syncapp_platform")
        yield
        _set("role", outer)


def current_tenant() -> int | None:
    """Give the tenant of the innermost open door, or None outside of all."""
    return _current.get()


def own_transactions(view: View) -> View:
    """Mark a view that talks to other systems: no transaction is held while it runs.

    It has `request.tenant` and opens `tenant` itself, before and after the talking.
    """
    view.own_transactions = True  # type: ignore[attr-defined]
    return view


def _set(name: str, value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [name, value])
