"""Who acts: a member in a browser, an API key, or the system itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from syncapp.tenants import permissions
from syncapp.tenants.models import ApiKey, Membership, User


@dataclass(frozen=True, slots=True)
class Actor:
    """Whom audit entries and runs name.

    Attributes:
        label: how the log calls the actor: an e-mail address, "key <name>" or "schedule".
        user_id: the user, if it is one.
        key_id: the API key, if it is one.
        holds: permission codes that it may pass on to others.
    """

    label: str
    user_id: int | None = None
    key_id: int | None = None
    holds: frozenset[str] = frozenset()

    @property
    def is_authenticated(self) -> bool:
        """An actor is somebody by definition; DRF asks."""
        return True

    @classmethod
    def of(cls, holder: Membership | ApiKey) -> Self:
        """Name the member or key behind a request."""
        holds = frozenset(holder.permissions)
        if isinstance(holder, ApiKey):
            return cls(f"key {holder.name}", key_id=holder.pk, holds=holds)
        return cls(holder.user.email, user_id=holder.user_id, holds=holds)

    @classmethod
    def operator(cls, user: User) -> Self:
        """Name somebody who runs the platform."""
        return cls(f"platform {user.email}", user_id=user.pk, holds=permissions.ALL)


SCHEDULE = Actor("schedule")
COMMAND = Actor("command line", holds=permissions.ALL)


@dataclass(frozen=True, slots=True)
class Operator:
    """What pages of the platform area ask; it may do nothing inside a tenant."""

    user: User

    def may(self, code: str) -> bool:
        """Tell whether `code` is the platform's, and the user one of its operators."""
        return code == permissions.PLATFORM and self.user.is_platform and self.user.is_active
