"""The two rules about rights that no act may break."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import transaction

from syncapp.errors import Invalid, NotAllowed, Refused
from syncapp.tenants import permissions
from syncapp.tenants.actors import Actor
from syncapp.tenants.models import Membership, Tenant


class BeyondOwnRightsError(NotAllowed):
    """Nobody can give rights that they do not have themselves."""

    code = "beyond_own_rights"


class LastAdministratorError(Refused):
    """Somebody must be left who may edit users and profiles. Make another administrator first."""

    code = "last_administrator"


def known(codes: Iterable[str], *, field: str = "permissions") -> list[str]:
    """Give the codes sorted, each once.

    Raises:
        Invalid: some of them name no permission.
    """
    codes = set(codes)
    if wrong := permissions.unknown(codes):
        message = f"Unknown permission: {', '.join(wrong)}."
        raise Invalid(message, code="unknown_permission", fields={field: message})
    return sorted(codes)


def may_give(actor: Actor, codes: Iterable[str], *, field: str) -> None:
    """Let pass what the actor holds.

    Raises:
        BeyondOwnRightsError: the actor lacks some of the codes.
    """
    if beyond := sorted(set(codes) - actor.holds):
        message = f"You cannot give what you do not have: {', '.join(beyond)}."
        raise BeyondOwnRightsError(message, fields={field: message})


@contextmanager
def keeping_an_administrator(tenant: Tenant) -> Iterator[None]:
    """Undo what happens inside if it takes the tenant's last administrator away.

    The tenant's row is locked, so that two administrators cannot demote each other at once.

    Raises:
        LastAdministratorError: there was one before and is none after.
    """
    with transaction.atomic():
        Tenant.objects.select_for_update().get(pk=tenant.pk)
        administrators = Membership.objects.for_tenant(tenant).administrators()
        had = administrators.exists()
        yield
        if had and not administrators.all().exists():
            raise LastAdministratorError
