"""Invite, edit and remove the users of a tenant.

Users are known across tenants. A tenant may change name, picture and password of those only who
have joined it and belong to no other; and no answer tells whether an address is known elsewhere.
"""

from __future__ import annotations

from datetime import datetime
from typing import BinaryIO

import structlog
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from syncapp.errors import Invalid, NotAllowed, NotThere, Refused
from syncapp.tenants import audit, door, mail
from syncapp.tenants.actors import Actor
from syncapp.tenants.integrity import unique
from syncapp.tenants.models import Membership, Profile, Tenant, User
from syncapp.tenants.services import avatars, rights
from syncapp.tenants.services.tenancy import delete_stranded

log = structlog.get_logger(__name__)


class NotOursError(NotAllowed):
    """Only the user herself can change this: she has not joined yet, or belongs to others too."""

    code = "not_ours"


def invite(
    *, tenant: Tenant, email: str, name: str, profile: Profile, actor: Actor
) -> Membership:
    """Make somebody a user of this tenant and send the invitation.

    What the tenant sees is the same whether the address was known before or not.

    Raises:
        Invalid: the address will not do, or is a user of this tenant already.
        BeyondOwnRightsError: the profile holds more than the actor.
    """
    email, name = _address(email), _name(name)
    rights.may_give(actor, profile.permissions, field="profile")
    taken = f"{email} is a user of this tenant already."
    with door.platform(), unique("email", taken):
        user = User.objects.filter(email=email).first() or User.objects.create_user(email, name)
        member = Membership.objects.create(
            tenant=tenant, user=user, profile=profile, invited_as=name
        )
        diff = audit.diff({}, {"email": email, "name": name, "profile": profile.name})
        audit.record(tenant, actor, "invite", member, diff=diff)
        mail.send_invitation(member)
    return member


def invite_again(member: Membership, *, actor: Actor) -> None:
    """Send the invitation once more.

    Raises:
        Refused: the user has joined already.
    """
    if member.joined_at:
        raise Refused(f"{member} has joined already.")
    mail.send_invitation(member)
    audit.record(member.tenant, actor, "invite", member)


def create_member(
    *, tenant: Tenant, email: str, name: str, password: str, profile: Profile, now: datetime
) -> Membership:
    """Make a new user who has joined already: for commands and demo data, not for people.

    Raises:
        Invalid: the address is known already.
    """
    with door.platform(), unique("email", "This address is known already."):
        user = User.objects.create_user(_address(email), _name(name), password)
        return Membership.objects.create(
            tenant=tenant, user=user, profile=profile, invited_as=name, joined_at=now
        )


def edit_member(
    member: Membership, *, profile: Profile, enabled: bool, actor: Actor
) -> Membership:
    """Change what the user may do here, or shut her out and let her in again.

    Raises:
        BeyondOwnRightsError: the new profile holds more than the actor.
        LastAdministratorError: nobody would be left to edit users and profiles.
    """
    before = audit.snapshot(member, ("profile", "enabled"))
    if profile.pk != member.profile_id:
        rights.may_give(actor, profile.permissions, field="profile")
    member.profile, member.enabled = profile, enabled
    diff = audit.diff(before, audit.snapshot(member, ("profile", "enabled")))
    if diff:
        with rights.keeping_an_administrator(member.tenant):
            member.save(update_fields=["profile", "enabled"])
            audit.record(member.tenant, actor, "edit", member, diff=diff)
    return member


def remove_member(member: Membership, *, actor: Actor) -> None:
    """Take the user out of the tenant; a user who is left in none is deleted.

    Raises:
        LastAdministratorError: nobody would be left to edit users and profiles.
    """
    user_id = member.user_id
    with rights.keeping_an_administrator(member.tenant):
        diff = audit.diff({"email": member.user.email, "profile": member.profile.name}, {})
        audit.record(member.tenant, actor, "delete", member, diff=diff)
        Membership.objects.for_tenant(member.tenant).filter(pk=member.pk).delete()
        with door.platform():
            delete_stranded([user_id])


def is_ours(member: Membership) -> bool:
    """Tell whether this tenant may change the user herself, not only the membership."""
    with door.platform():
        elsewhere = Membership.objects.filter(user=member.user_id).exclude(pk=member.pk)
        return bool(member.joined_at and not member.user.is_platform and not elsewhere.exists())


def rename(member: Membership, *, name: str, actor: Actor) -> None:
    """Change the user's name.

    Raises:
        NotOursError: the user does not belong to this tenant alone.
    """
    before, name = member.user.name, _name(name)
    if name == before:
        return
    _only_ours(member)
    member.user.name = name
    with door.platform():
        member.user.save(update_fields=["name"])
        audit.record(member.tenant, actor, "edit", member, diff={"name": [before, name]})


def rename_self(user: User, *, name: str) -> None:
    """Change one's own name."""
    user.name = _name(name)
    with door.platform():
        user.save(update_fields=["name"])


def set_password(member: Membership, *, password: str, actor: Actor) -> None:
    """Set the user's password; this ends her sessions.

    Raises:
        NotOursError: the user does not belong to this tenant alone.
        BeyondOwnRightsError: whoever knew it could use rights that the actor lacks.
        Invalid: the password is too weak.
    """
    _only_ours(member)
    rights.may_give(actor, member.permissions, field="password")
    check_password(password, member.user)
    member.user.set_password(password)
    with door.platform():
        member.user.save(update_fields=["password"])
        diff = {"password": audit.told(old=True, new=True)}
        audit.record(member.tenant, actor, "edit", member, diff=diff)


def set_avatar(member: Membership, *, upload: BinaryIO | None, actor: Actor) -> None:
    """Change the user's picture, or with None remove it.

    Raises:
        NotOursError: the user does not belong to this tenant alone.
        Invalid: this is no picture.
    """
    _only_ours(member)
    before = bool(member.user.avatar)
    if upload is None:
        avatars.remove_avatar(member.user)
    else:
        avatars.set_avatar(member.user, upload)
    diff = {"avatar": audit.told(old=before, new=upload)}
    audit.record(member.tenant, actor, "edit", member, diff=diff)


def check_password(password: str, user: User) -> None:
    """Judge a new password.

    Raises:
        Invalid: too short, too common, too like the name …
    """
    try:
        password_validation.validate_password(password, user)
    except ValidationError as error:
        raise Invalid(fields={"password": " ".join(error.messages)}) from error


def create_operator(*, email: str, name: str, actor: Actor) -> User:
    """Let somebody run the platform: an existing user, or a new one who is invited.

    Raises:
        Invalid: the address will not do.
    """
    with door.platform(), transaction.atomic():
        email = _address(email)
        user = User.objects.filter(email=email).first()
        if user is None:
            user = User.objects.create_user(email, _name(name))
            mail.send_operator_invitation(user)
        user.is_platform = True
        user.save(update_fields=["is_platform"])
    log.info("platform operator made", email=email, actor=actor.label)
    return user


def remove_operator(*, email: str, actor: Actor) -> None:
    """Take the platform from somebody; a user who is in no tenant is deleted.

    Raises:
        NotThere: nobody of this address runs the platform.
    """
    with door.platform(), transaction.atomic():
        email = User.objects.normalize_email(email)
        user = User.objects.filter(email=email, is_platform=True).first()
        if user is None:
            raise NotThere(f"Nobody with the address {email} runs the platform.")
        user.is_platform = False
        user.save(update_fields=["is_platform"])
        delete_stranded([user.pk])
    log.info("platform operator removed", email=email, actor=actor.label)


def _only_ours(member: Membership) -> None:
    if not is_ours(member):
        raise NotOursError


def _address(email: str) -> str:
    email = User.objects.normalize_email(email)
    try:
        validate_email(email)
    except ValidationError as error:
        raise Invalid(fields={"email": " ".join(error.messages)}) from error
    return email


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise Invalid(fields={"name": "Give a name."})
    return name[:100]
