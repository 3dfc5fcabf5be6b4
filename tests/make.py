"""Makes what tests need: plain functions, named arguments, real services where there are any."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.test import Client
from django.utils import timezone

from syncapp.tenants import actors, door, permissions
from syncapp.tenants.models import ApiKey, Membership, Profile, Tenant, User
from syncapp.tenants.services import keys, tenancy

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
PASSWORD = "correct horse 7"


def make_tenant(slug: str = "acme", *, name: str = "") -> Tenant:
    """A tenant with its standard profiles."""
    return tenancy.create_tenant(slug=slug, name=name or slug.title(), actor=actors.COMMAND)


def make_profile(tenant: Tenant, name: str, codes: Iterable[str]) -> Profile:
    """A profile that holds these permissions, and the master switch."""
    held = sorted({permissions.VISIBLE, *codes})
    with door.platform():
        return Profile.objects.create(tenant=tenant, name=name, permissions=held)


def make_user(
    email: str, *, name: str = "", password: str = PASSWORD, is_platform: bool = False
) -> User:
    """A user who belongs to no tenant yet; the password is hashed once only, to save time."""
    hashed = PBKDF2PasswordHasher().encode(password, "salt", iterations=1)
    with door.platform():
        return User.objects.create(
            email=email,
            name=name or email.partition("@")[0].title(),
            password=hashed,
            is_platform=is_platform,
        )


def make_member(
    tenant: Tenant,
    email: str = "",
    *,
    user: User | None = None,
    profile: Profile | str = tenancy.ADMINISTRATOR,
    password: str = PASSWORD,
    joined: bool = True,
) -> Membership:
    """A user of the tenant; `profile` may be the name of a standard one."""
    user = user or make_user(email, password=password)
    with door.platform():
        named = profile if isinstance(profile, str) else profile.name
        held = Profile.objects.for_tenant(tenant).get(name=named)
        return Membership.objects.create(
            tenant=tenant,
            user=user,
            profile=held,
            invited_as=user.name,
            joined_at=NOW if joined else None,
        )


def make_key(
    tenant: Tenant, *, name: str = "Test", codes: Iterable[str] = permissions.ALL
) -> tuple[ApiKey, str]:
    """An API key and its text."""
    now = timezone.now()
    with door.tenant(tenant.pk):
        return keys.issue_key(
            tenant=tenant,
            name=name,
            permissions=codes,
            expires_at=now + timedelta(days=1),
            actor=actors.COMMAND,
            now=now,
        )


def browser_of(user: User | Membership) -> Client:
    """A browser in which this user is signed in."""
    client = Client()
    with door.platform():
        client.force_login(user.user if isinstance(user, Membership) else user)
    return client


def client_of(tenant: Tenant, *, codes: Iterable[str] = permissions.ALL) -> Client:
    """A REST client with a key of this tenant."""
    _, text = make_key(tenant, name=secrets.token_hex(4), codes=codes)
    return Client(headers={"Authorization": f"Bearer {text}"})
