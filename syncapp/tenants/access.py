"""The questions asked before a tenant is known; each is one query as role *platform*."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Final

from syncapp.tenants import door
from syncapp.tenants.models import ApiKey, Membership, Tenant

KEY_START: Final = "syn"
_USE_NOTED_EVERY: Final = timedelta(minutes=1)


def member_of(slug: str, user_id: int) -> Membership | None:
    """Find the membership that lets this user into this tenant."""
    with door.platform():
        member = (
            Membership.objects.select_related("tenant", "profile", "user")
            .filter(tenant__slug=slug, tenant__state=Tenant.State.ACTIVE, user=user_id)
            .first()
        )
    return member if member is not None and member.active else None


def memberships_of(user_id: int) -> list[Membership]:
    """List the active memberships of a user, by name of the tenant."""
    with door.platform():
        members = list(
            Membership.objects.select_related("tenant", "profile", "user")
            .filter(user=user_id, enabled=True, tenant__state=Tenant.State.ACTIVE)
            .order_by("tenant__name")
        )
    return [member for member in members if member.active]


def new_key() -> tuple[str, str, bytes]:
    """Make a key: its text (shown once), the prefix that finds it, the hash that is kept."""
    prefix, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    return f"{KEY_START}_{prefix}_{secret}", prefix, hash_of(secret)


def hash_of(secret: str) -> bytes:
    """Hash a key's secret part; it is long and random, so that no slow hash is needed."""
    return hashlib.sha256(secret.encode()).digest()


def key_behind(authorization: str, now: datetime) -> ApiKey | None:
    """Find the usable key of a `Bearer` header, and note that it was used."""
    scheme, _, text = authorization.partition(" ")
    parts = text.strip().split("_", 2)
    if scheme.lower() != "bearer" or len(parts) != 3 or parts[0] != KEY_START:
        return None
    with door.platform():
        key = (
            ApiKey.objects.select_related("tenant")
            .filter(prefix=parts[1], tenant__state=Tenant.State.ACTIVE)
            .first()
        )
        if key is None or not hmac.compare_digest(bytes(key.hash), hash_of(parts[2])):
            return None
        if not key.usable(now):
            return None
        if key.last_used_at is None or now - key.last_used_at > _USE_NOTED_EVERY:
            ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return key
