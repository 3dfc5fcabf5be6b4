"""Create, edit and delete profiles: named sets of permissions."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager

from django.db import transaction

from syncapp.errors import Refused
from syncapp.tenants import audit
from syncapp.tenants.actors import Actor
from syncapp.tenants.integrity import unique
from syncapp.tenants.models import Membership, Profile, Tenant
from syncapp.tenants.services import rights

_FIELDS = ("name", "description", "permissions")


class ProfileInUseError(Refused):
    """The profile is in use; give its users another one first."""

    code = "in_use"


def create_profile(
    *, tenant: Tenant, name: str, description: str, permissions: Iterable[str], actor: Actor
) -> Profile:
    """Make a profile.

    Raises:
        Invalid: unknown permission, or a profile of this name exists.
        BeyondOwnRightsError: it would hold more than the actor.
    """
    codes = rights.known(permissions)
    rights.may_give(actor, codes, field="permissions")
    with _once(name):
        profile = Profile.objects.create(
            tenant=tenant, name=name, description=description, permissions=codes
        )
        diff = audit.diff({}, audit.snapshot(profile, _FIELDS))
        audit.record(tenant, actor, "create", profile, diff=diff)
    return profile


def edit_profile(
    profile: Profile,
    *,
    name: str,
    description: str,
    permissions: Iterable[str],
    actor: Actor,
) -> Profile:
    """Change a profile, and with it what its users may do from their next request on.

    Raises:
        Invalid: unknown permission, or another profile has this name.
        BeyondOwnRightsError: it would gain what the actor does not hold.
        LastAdministratorError: nobody would be left to edit users and profiles.
    """
    codes = rights.known(permissions)
    rights.may_give(actor, set(codes) - set(profile.permissions), field="permissions")
    before = audit.snapshot(profile, _FIELDS)
    profile.name, profile.description, profile.permissions = name, description, codes
    diff = audit.diff(before, audit.snapshot(profile, _FIELDS))
    if not diff:
        return profile
    if "permissions" in diff:
        diff |= _told(before["permissions"], codes)
    with rights.keeping_an_administrator(profile.tenant), _once(name):
        profile.save(update_fields=_FIELDS)
        audit.record(profile.tenant, actor, "edit", profile, diff=diff)
    return profile


def delete_profile(profile: Profile, *, actor: Actor) -> None:
    """Delete a profile that nobody has.

    Raises:
        ProfileInUseError: somebody has it.
    """
    with transaction.atomic():
        Profile.objects.for_tenant(profile.tenant).select_for_update().get(pk=profile.pk)
        if users := holders(profile):
            names = ", ".join(str(user) for user in users[:10])
            raise ProfileInUseError(f"“{profile}” is in use by {names}.")
        diff = audit.diff(audit.snapshot(profile, _FIELDS), {})
        audit.record(profile.tenant, actor, "delete", profile, diff=diff)
        profile.delete()


def holders(profile: Profile) -> list[Membership]:
    """List the users who have this profile, by name."""
    return list(
        Membership.objects.for_tenant(profile.tenant)
        .filter(profile=profile)
        .select_related("user")
        .named()
        .order_by("label", "pk")
    )


def _told(before: list[str], after: list[str]) -> dict[str, list[object]]:
    """Tell the difference of two sets of permissions: what went, what came."""
    old, new = set(before), set(after)
    return {"permissions": [sorted(old - new), sorted(new - old)]}


def _once(name: str) -> AbstractContextManager[None]:
    return unique("name", f"There is a profile “{name}” already.")
