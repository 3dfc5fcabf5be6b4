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
from typing import Any, Final, NamedTuple, TypeVar

from django.db import connection, transaction

View = TypeVar("View", bound=Callable[..., Any])
Chunk = TypeVar("Chunk")


class _Place(NamedTuple):
    role: str
    tenant_id: int | None


_OUTSIDE: Final = _Place("syncapp_app", None)
_PLATFORM: Final = _Place("syncapp_platform", None)
_place: ContextVar[_Place] = ContextVar("place", default=_OUTSIDE)
_TENANT_LOCK: Final = 7_301
"""First half of the advisory locks that stand for whole tenants; any number will do."""


@contextmanager
def tenant(tenant_id: int) -> Iterator[None]:
    """Open a transaction that sees and writes the rows of one tenant.

    Inside another door the outer one is in force again at the end.
    """
    with _through(_Place("syncapp_app", tenant_id)):
        yield


@contextmanager
def platform() -> Iterator[None]:
    """Open a transaction as role *platform*, or go on in the present one as that role."""
    if _place.get() is _PLATFORM:
        yield
        return
    with _through(_PLATFORM):
        yield


def current_tenant() -> int | None:
    """Give the tenant of the innermost open door, or None outside of all."""
    return _place.get().tenant_id


def close_for_others(tenant_id: int) -> None:
    """Wait until nobody is inside this tenant's door, and keep it shut until our commit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_TENANT_LOCK, tenant_id])


def streaming(tenant_id: int, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """Generate the body of a streaming response, which is sent after the view's door has closed.

    Each chunk is made in a transaction of its own, so that a slow reader holds none open. The
    generator must therefore read page by page, and never keep a server-side cursor.
    """
    end = object()
    while True:
        with tenant(tenant_id):
            chunk: Any = next(chunks, end)
        if chunk is end:
            return
        yield chunk


def own_transactions(view: View) -> View:
    """Mark a view that talks to other systems: no transaction is held while it runs.

    It has `request.tenant` and opens `tenant` itself, before and after the talking.
    """
    view.own_transactions = True  # type: ignore[attr-defined]
    return view


@contextmanager
def _through(place: _Place) -> Iterator[None]:
    outer, nested = _place.get(), connection.in_atomic_block
    token = _place.set(place)
    try:
        with transaction.atomic():
            _go(place)
            yield
            # A transaction or savepoint that is undone takes the setting with it.
            if nested and not connection.needs_rollback:
                _go(outer)
    finally:
        _place.reset(token)


def _go(place: _Place) -> None:
    """Set role and tenant until the end of the transaction, in one statement.

    The shared lock lets `close_for_others` wait for whoever is inside.
    """
    settings = "SELECT set_config('role', %s, true), set_config('app.tenant_id', %s, true)"
    with connection.cursor() as cursor:
        if place.tenant_id is None:
            cursor.execute(settings, [place.role, ""])
        else:
            cursor.execute(
                f"{settings}, pg_advisory_xact_lock_shared(%s, %s)",
                [place.role, str(place.tenant_id), _TENANT_LOCK, place.tenant_id],
            )
