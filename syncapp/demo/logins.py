"""The people of the demo tenant, and its API key.

Passwords and key are made up for each installation. We keep only hashes of them, so their texts
come from the file that the last start has written; if that is lost, new ones are given.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from syncapp.errors import Refused
from syncapp.tenants import access, door, permissions
from syncapp.tenants.actors import COMMAND
from syncapp.tenants.models import ApiKey, Membership, Profile, Tenant, User
from syncapp.tenants.services import keys, members, tenancy

SLUG: Final = "acme"
OPERATOR: Final = "operator@syncapp.test"
_PEOPLE: Final = {
    "alice@acme.test": ("Alice Adams", tenancy.ADMINISTRATOR),
    "bob@acme.test": ("Bob Brown", tenancy.READER),
}
_KEY: Final = "Demo"


class NotTheDemo(Refused):
    """There is a tenant “acme” already, and it is not the demo's; nothing was changed."""

    code = "not_the_demo"


class Login(NamedTuple):
    """How somebody gets in."""

    email: str
    password: str
    role: str


class People(NamedTuple):
    """The demo tenant, whether it was made just now, and who gets in."""

    tenant: Tenant
    fresh: bool
    logins: list[Login]


def ensure_people(told: Iterable[Mapping[str, Any]], now: datetime) -> People:
    """Make tenant and users, unless they are there; who was removed since stays away.

    Raises:
        NotTheDemo: a tenant of this name belongs to somebody else.
    """
    passwords = {login["email"]: login["password"] for login in told}
    with door.platform():
        tenant = Tenant.objects.filter(slug=SLUG).first()
        fresh = tenant is None
        if tenant is None:
            tenant = _make(passwords, now)
        found = _members(tenant)
        logins = [_member(member, passwords) for member in found]
        logins += [_operator(user, passwords) for user in User.objects.filter(email=OPERATOR)]
    return People(tenant, fresh, logins)


def ensure_key(tenant: Tenant, text: str, now: datetime) -> str:
    """Give the text of a key that opens the tenant: this one, or a new one."""
    key = access.key_behind(f"Bearer {text}", now)
    if key is not None and key.tenant_id == tenant.pk:
        return text
    with door.tenant(tenant.pk):
        for lost in ApiKey.objects.for_tenant(tenant).filter(name=_KEY, revoked_at=None):
            keys.revoke_key(lost, actor=COMMAND, now=now)
        _, text = keys.issue_key(
            tenant=tenant,
            name=_KEY,
            permissions=permissions.ALL,
            expires_at=None,
            actor=COMMAND,
            now=now,
        )
    return text


def _make(passwords: dict[str, str], now: datetime) -> Tenant:
    tenant = tenancy.create_tenant(
        slug=SLUG, name="Acme Field Service", time_zone="Europe/Berlin", actor=COMMAND
    )
    for email, (name, role) in _PEOPLE.items():
        members.create_member(
            tenant=tenant,
            email=email,
            name=name,
            password=passwords.setdefault(email, _password()),
            profile=Profile.objects.for_tenant(tenant).get(name=role),
            now=now,
        )
    if not User.objects.filter(email=OPERATOR).exists():
        password = passwords.setdefault(OPERATOR, _password())
        User.objects.create_user(OPERATOR, "Olivia Operator", password)
        members.create_operator(email=OPERATOR, name="", actor=COMMAND)
    return tenant


def _members(tenant: Tenant) -> list[Membership]:
    rows = Membership.objects.for_tenant(tenant).select_related("user", "profile", "tenant")
    found = list(rows.filter(user__email__in=_PEOPLE).order_by("pk"))
    if not found:
        raise NotTheDemo
    return found


def _member(member: Membership, passwords: Mapping[str, str]) -> Login:
    email = member.user.email
    if email not in passwords:
        password = _password()
        members.set_password(member, password=password, actor=COMMAND)
        return Login(email, password, member.profile.name)
    return Login(email, passwords[email], member.profile.name)


def _operator(user: User, passwords: Mapping[str, str]) -> Login:
    password = passwords.get(OPERATOR)
    if password is None:
        password = _password()
        user.set_password(password)
        user.save(update_fields=["password"])
    return Login(OPERATOR, password, "Platform operator")


def _password() -> str:
    return f"demo-{secrets.token_hex(6)}"
