"""Issue and revoke API keys."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from syncapp.errors import Invalid
from syncapp.tenants import access, audit, permissions as every
from syncapp.tenants.actors import Actor
from syncapp.tenants.integrity import unique
from syncapp.tenants.models import ApiKey, Tenant
from syncapp.tenants.services import rights


def issue_key(
    *,
    tenant: Tenant,
    name: str,
    permissions: Iterable[str],
    expires_at: datetime | None,
    actor: Actor,
    now: datetime,
) -> tuple[ApiKey, str]:
    """Make a key; its text is given back once and kept nowhere.

    From then on the key stands for itself: what its issuer may do later changes nothing.

    Raises:
        Invalid: unknown permission, no permission at all, a past expiry, or the name is taken.
        BeyondOwnRightsError: the key would hold more than the actor.
    """
    codes = rights.known({*permissions, every.VISIBLE})
    if codes == [every.VISIBLE]:
        raise Invalid(fields={"permissions": "Choose what the key may do."})
    rights.may_give(actor, codes, field="permissions")
    if expires_at is not None and expires_at <= now:
        raise Invalid(fields={"expires_at": "Choose a moment in the future."})
    text, prefix, hashed = access.new_key()
    with unique("name", f"There is a key “{name}” already."):
        key = ApiKey.objects.create(
            tenant=tenant,
            name=name,
            prefix=prefix,
            hash=hashed,
            permissions=codes,
            expires_at=expires_at,
            created_by=actor.label,
            created_at=now,
        )
        told = audit.snapshot(key, ("name", "permissions", "expires_at"))
        audit.record(tenant, actor, "create", key, diff=audit.diff({}, told))
    return key, text


def revoke_key(key: ApiKey, *, actor: Actor, now: datetime) -> None:
    """Shut a key for good; revoking twice changes nothing."""
    if key.revoked_at:
        return
    key.revoked_at = now
    with transaction.atomic():
        key.save(update_fields=["revoked_at"])
        audit.record(key.tenant, actor, "revoke", key)
