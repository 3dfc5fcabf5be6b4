"""The questions asked before a tenant is known; each is one query as role *platform*."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Final

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.base_user import AbstractBaseUser

from syncapp.tenants import door
from syncapp.tenants.models import ApiKey, Membership, Tenant

KEY_START: Final = "syn"
_USE_NOTED_EVERY: Final = timedelta(minutes=1)


class Backend(AuthenticationBackend):  # type: ignore[misc]  # the library ships no types
    """Login by e-mail and password; users are nobody's rows until a tenant's door is open."""

    def get_user(self, user_id: int) -> AbstractBaseUser | None:
        """Find who is behind a session."""
        with door.platform():
            user: AbstractBaseUser | None = super().get_user(user_id)
        return user


def memberships_of(user_id: int) -> list[Membership]:
    """List what lets a user into tenants, suspended ones included, by name of the tenant."""
    with door.platform():
        members = list(
            Membership.objects.select_related("tenant", "profile", "user")
            .filter(user=user_id, enabled=True, user__is_active=True)
            .order_by("tenant__name", "tenant_id")
        )
    return members


def join(member: Membership, now: datetime) -> None:
    """Note that somebody who was invited has come in."""
    with door.platform():
        Membership.objects.filter(pk=member.pk, joined_at=None).update(joined_at=now)
    member.joined_at = now


def new_key() -> tuple[str, str, bytes]:
    """Make a key: its text (shown once), the prefix that finds it, the hash that is kept."""
    prefix, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    return f"{KEY_START}_{prefix}_{secret}", prefix, hash_of(secret)


def hash_of(secret: str) -> bytes:
    """Hash a key's secret part; it is long and random, so that no slow hash is needed."""
    return hashlib.sha256(secret.encode()).digest()


def key_behind(authorization: str, now: datetime) -> ApiKey | None:
    """Find the usable key of a `Bearer` header, and note that it was used.

    Whether its tenant is suspended is the caller's question: the answer differs.
    """
    scheme, _, text = authorization.partition(" ")
    parts = text.strip().split("_", 2)
    if scheme.lower() != "bearer" or len(parts) != 3 or parts[0] != KEY_START:
        return None
    with door.platform():
        key: ApiKey | None = (
            ApiKey.objects.select_related("tenant").filter(prefix=parts[1]).first()
        )
        if key is None or not hmac.compare_digest(bytes(key.hash), hash_of(parts[2])):
            return None
        if not key.usable(now):
            return None
        unused = key.last_used_at is None or now - key.last_used_at > _USE_NOTED_EVERY
        if unused and key.tenant.state == Tenant.State.ACTIVE:
            ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return key
