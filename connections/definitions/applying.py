"""Makes and changes what a file says, through the services that people use, all of it or nothing.

Nothing is deleted and nothing published: connections come in as drafts, and what runs goes on.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from connections.definitions import making, naming
from connections.definitions.comparing import Changes, State, compare
from connections.definitions.normal import normal
from connections.definitions.parts import key_of
from connections.definitions.places import Spot
from connections.definitions.present import collect
from connections.definitions.schema import Document
from connections.models import ConnectionConfig
from syncapp.errors import Changed, NotAllowed
from syncapp.tenants.actors import Actor
from syncapp.tenants.models import Tenant


@dataclass(frozen=True, slots=True)
class Applied:
    """What was done.

    Attributes:
        changes: what became of everything.
        to_connect: names of configs of the file that were never tested as they are now: they
            came without secrets, and nothing runs with them before *Connect*.
    """

    changes: Changes
    to_connect: tuple[str, ...]


def apply(tenant: Tenant, document: Document, *, actor: Actor, expected: str = "") -> Applied:
    """Apply a file in one transaction, inside of the tenant's door.

    Args:
        tenant: whose definitions change.
        document: the file.
        actor: who does it; must hold what the changes need.
        expected: digest of the changes that were shown; others are refused.

    Raises:
        WrongFile: something in it will not do here; says where.
        NotAllowed: the actor may not make or edit some of it.
        Changed: something else would happen than what was shown.
    """
    with transaction.atomic():
        here = collect(tenant)
        changes = compare(here, document.definitions)
        if expected and changes.digest != expected:
            raise Changed("Something has changed here meanwhile; look at the changes again.")
        if lacking := sorted(changes.permissions - actor.holds):
            raise NotAllowed(
                f"This file needs permissions that you lack: {', '.join(lacking)}."
            )
        naming.check(here, document)
        _make(tenant, document, changes, actor)
        configs = [one.name for one in document.definitions.configs]
        untested = ConnectionConfig.objects.for_tenant(tenant).filter(
            name__in=configs, tested_at__isnull=True
        )
        names = sorted(untested.values_list("name", flat=True))
    return Applied(changes, tuple(names))


def _make(tenant: Tenant, document: Document, changes: Changes, actor: Actor) -> None:
    wanted = normal(document.definitions)
    states = {(change.section, change.key): change.state for change in changes.each}
    spot = Spot(document.lines)
    for section, step in making.Maker(tenant, actor).steps():
        for number, part in enumerate(getattr(wanted, section)):
            if states[section, key_of(part)] is not State.UNCHANGED:
                here = spot.at(section, number)
                with here.blamed():
                    step(part, here)
