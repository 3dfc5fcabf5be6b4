"""Who acts: a member in a browser, an API key, or the system itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from syncapp.tenants.models import ApiKey, Membership


@dataclass(frozen=True, slots=True)
class Actor:
    """Whom audit entries and runs name.

    Attributes:
        label: how the log calls the actor: an e-mail address, "key <name>" or "schedule".
        user_id: the user, if it is one.
        key_id: the API key, if it is one.
    """

    label: str
    user_id: int | None = None
    key_id: int | None = None

    @property
    def is_authenticated(self) -> bool:
        """An actor is somebody by definition; DRF asks."""
        return True

    @classmethod
    def of(cls, holder: Membership | ApiKey) -> Self:
        """Name the member or key behind a request."""
        if isinstance(holder, ApiKey):
            return cls(f"key {holder.name}", key_id=holder.pk)
        return cls(holder.user.email, user_id=holder.user_id)


SCHEDULE = Actor("schedule")
COMMAND = Actor("command line")
