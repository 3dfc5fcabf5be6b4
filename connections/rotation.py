"""Encrypts what is stored again with the newest key, tenant by tenant and some rows at a time."""

from __future__ import annotations

from typing import Final, NamedTuple

from django.db.models import Model

from connections import secrets
from connections.models import AuthState, ConnectionConfig
from syncapp.tenants import door

_CHUNK: Final = 200
_SEALED: Final[tuple[tuple[type[Model], str], ...]] = (
    (ConnectionConfig, "secrets"),
    (AuthState, "data"),
)


class Rotated(NamedTuple):
    """What became of a tenant's secrets: how many were encrypted, and which do not open."""

    done: int
    broken: list[str]


def rotate(tenant_id: int) -> Rotated:
    """Encrypt all secrets of a tenant again; the old keys can be taken away afterwards."""
    total, broken = 0, []
    for model, column in _SEALED:
        last: int | None = 0
        while last is not None:
            with door.tenant(tenant_id):
                done, unreadable, last = _chunk(model, column, tenant_id, last)
            total += done
            broken += unreadable
    return Rotated(total, broken)


def _chunk(
    model: type[Model], column: str, tenant_id: int, after: int
) -> tuple[int, list[str], int | None]:
    rows = list(
        model._default_manager.select_for_update()
        .filter(tenant_id=tenant_id, pk__gt=after)
        .order_by("pk")[:_CHUNK]
    )
    done, broken = 0, []
    for row in rows:
        if sealed := getattr(row, column):
            try:
                setattr(row, column, secrets.rotate(sealed))
            except secrets.SecretError:
                broken.append(f"{model._meta.verbose_name} “{row}”")
            else:
                row.save(update_fields=[column])
                done += 1
    return done, broken, rows[-1].pk if len(rows) == _CHUNK else None
