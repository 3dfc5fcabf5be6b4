"""Sessions and tokens of accounts: one row each, sealed, replaced by compare-and-set.

All workers share the one session of an account. Who finds it expired takes a lease for the time of
the renewal; nobody ever waits in a transaction while the other system is asked. A session belongs
to the credentials that opened it: for others, such as a changed password's, it is not there.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

from django.db.models import F, Q, QuerySet

from connections import models, secrets
from connections.kit.base import AuthState
from syncapp import canonical
from syncapp.tenants import door

LEASE: Final = timedelta(seconds=60)
"""Longer than any login; a worker that dies while it renews is waited for no longer."""


class AccountTokens:
    """The stored session of one account; fits `connections.kit.base.TokenStore`."""

    def __init__(
        self, tenant_id: int, account_id: int, login: str, now: Callable[[], datetime]
    ) -> None:
        """Bind the store.

        Args:
            tenant_id: whose account it is.
            account_id: the account.
            login: `login_of` the config that is used.
            now: the clock.
        """
        self._tenant_id = tenant_id
        self._account_id = account_id
        self._login = login
        self._now = now
        self._version = 0  # of the row as it was last seen, be it another login's

    def load(self) -> AuthState | None:
        """Give the state in force, if these credentials opened it."""
        with door.tenant(self._tenant_id):
            row = self._row().first()
        self._version = row.version if row else 0
        if row is None or not row.data:
            return None
        kept = secrets.unseal(row.data, tenant_id=self._tenant_id, purpose=self._purpose)
        if kept["login"] != self._login:
            return None
        return AuthState(kept["data"], row.expires_at, row.version)

    @contextmanager
    def lease(self) -> Iterator[bool]:
        """Try to become the one who renews; True if this worker may."""
        token, now = uuid.uuid4(), self._now()
        with door.tenant(self._tenant_id):
            self._ensure_row()
            free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
            mine = self._row().filter(free).update(lease_until=now + LEASE, lease_token=token)
        try:
            yield bool(mine)
        finally:
            if mine:
                with door.tenant(self._tenant_id):
                    self._row().filter(lease_token=token).update(
                        lease_until=None, lease_token=None
                    )

    def save(self, state: AuthState, *, seen: AuthState | None) -> bool:
        """Store `state` if nobody stored another since `seen`; False if somebody did."""
        expected = seen.version if seen else self._version
        sealed = secrets.seal(
            {"login": self._login, "data": dict(state.data)},
            tenant_id=self._tenant_id,
            purpose=self._purpose,
        )
        with door.tenant(self._tenant_id):
            self._ensure_row()
            stored = (
                self._row()
                .filter(version=expected)
                .update(data=sealed, expires_at=state.expires_at, version=F("version") + 1)
            )
        return bool(stored)

    @property
    def _purpose(self) -> str:
        return f"session of account {self._account_id}"

    def _row(self) -> QuerySet[models.AuthState]:
        return models.AuthState.objects.filter(
            account_id=self._account_id, tenant_id=self._tenant_id
        )

    def _ensure_row(self) -> None:
        row = models.AuthState(account_id=self._account_id, tenant_id=self._tenant_id)
        models.AuthState.objects.bulk_create([row], ignore_conflicts=True)


class FreshTokens:
    """A session of its own that nobody shares: a login that is only tried out."""

    def __init__(self) -> None:
        self._state: AuthState | None = None

    def load(self) -> AuthState | None:
        """Give what this very login stored."""
        return self._state

    @contextmanager
    def lease(self) -> Iterator[bool]:
        """Nobody else could renew it."""
        yield True

    def save(self, state: AuthState, *, seen: AuthState | None) -> bool:
        """Keep it in memory."""
        version = (seen.version if seen else 0) + 1
        self._state = AuthState(state.data, state.expires_at, version)
        return True


def login_of(endpoint: str, settings: object, secret_values: object) -> str:
    """Name a set of credentials without telling anything about it."""
    plain = canonical.dumps([endpoint, canonical.digest(settings), secret_values])
    return hashlib.sha256(plain).hexdigest()
