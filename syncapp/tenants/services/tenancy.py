"""Create, suspend, resume, edit and delete tenants."""

from __future__ import annotations

from functools import cache, partial
from typing import Final
from zoneinfo import available_timezones

import structlog
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from syncapp.errors import Invalid
from syncapp.tenants import audit, catalog, door, permissions
from syncapp.tenants.actors import Actor
from syncapp.tenants.integrity import unique
from syncapp.tenants.models import Membership, Profile, Tenant, User

log = structlog.get_logger(__name__)

ADMINISTRATOR: Final = "Administrator"
READER: Final = "Reader"
_STANDARD: Final = (
    (ADMINISTRATOR, "May do everything.", permissions.ALL),
    (READER, "Sees everything but users, changes nothing.", permissions.READING),
)


def create_tenant(*, slug: str, name: str, actor: Actor, time_zone: str = "UTC") -> Tenant:
    """Make a tenant with its two standard profiles; invite its first administrator next.

    Raises:
        Invalid: slug, name or time zone will not do, or the slug is taken.
    """
    tenant = Tenant(slug=slug, name=name.strip(), time_zone=_zone(time_zone))
    _validate(tenant)
    with door.platform(), unique("slug", f"There is a tenant “{slug}” already."):
        tenant.save(force_insert=True)
        for label, description, codes in _STANDARD:
            Profile.objects.create(
                tenant=tenant, name=label, description=description, permissions=sorted(codes)
            )
        created = audit.snapshot(tenant, ("slug", "name", "time_zone"))
        audit.record(tenant, actor, "create", tenant, diff=audit.diff({}, created))
    log.info("tenant created", slug=slug, actor=actor.label)
    return tenant


def edit_tenant(tenant: Tenant, *, name: str, time_zone: str, actor: Actor) -> Tenant:
    """Change what the tenant's own administrators may change of it.

    Raises:
        Invalid: name or time zone will not do.
    """
    names = ("name", "time_zone")
    before = audit.snapshot(tenant, names)
    tenant.name, tenant.time_zone = name.strip(), _zone(time_zone)
    _validate(tenant)
    if diff := audit.diff(before, audit.snapshot(tenant, names)):
        with transaction.atomic():
            tenant.save(update_fields=names)
            audit.record(tenant, actor, "edit", tenant, diff=diff)
    return tenant


def suspend_tenant(tenant: Tenant, *, actor: Actor, reason: str = "") -> None:
    """Shut the tenant: members see a page that says so, keys and syncs rest, data stays."""
    _turn(tenant, Tenant.State.SUSPENDED, "suspend", actor, reason)


def resume_tenant(tenant: Tenant, *, actor: Actor, reason: str = "") -> None:
    """Open a suspended tenant again."""
    _turn(tenant, Tenant.State.ACTIVE, "resume", actor, reason)


def delete_tenant(tenant: Tenant, *, actor: Actor) -> int:
    """Delete a tenant, everything it owns, and the users who belong to no other.

    Waits for the tenant's running requests and tasks; later ones find nothing. Foreign keys are
    checked at the commit, so that no order of tables is wrong. The audit goes with the tenant:
    what remains of the act is a line in the operators' log.

    Returns:
        how many rows of how many tables were the tenant's, without audit, users and itself.
    """
    pk, slug = tenant.pk, tenant.slug
    with door.platform():
        door.close_for_others(pk)
        members = list(Membership.objects.for_tenant(tenant).values_list("user_id", flat=True))
        with door.tenant(pk):
            counts = {table: _empty(table, pk) for table in _owned_tables()}
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM tenant WHERE id = %s", [pk])
        left = delete_stranded(members)
    log.info(
        "tenant deleted",
        slug=slug,
        tenant_id=pk,
        actor=actor.label,
        rows={table: count for table, count in counts.items() if count},
        users=left,
    )
    return sum(counts.values())


def delete_stranded(user_ids: list[int]) -> int:
    """Delete those of these users who belong to no tenant and do not run the platform."""
    stranded = User.objects.filter(pk__in=user_ids, memberships__isnull=True, is_platform=False)
    users = list(stranded)
    for user in users:
        if user.avatar:
            transaction.on_commit(partial(user.avatar.storage.delete, str(user.avatar.name)))
    User.objects.filter(pk__in=[user.pk for user in users]).delete()
    return len(users)


def _owned_tables() -> list[str]:
    return [table for table in catalog.tenant_tables() if table != "tenant_audit"]


def _empty(table: str, tenant_id: int) -> int:
    name = connection.ops.quote_name(table)
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {name} WHERE tenant_id = %s", [tenant_id])  # noqa: S608  # a name out of the catalogue
        return int(cursor.rowcount)


def _turn(tenant: Tenant, state: str, verb: str, actor: Actor, reason: str) -> None:
    if tenant.state == state:
        return
    before, tenant.state = tenant.state, state
    with door.platform():
        tenant.save(update_fields=["state"])
        diff = {"state": [str(before), str(state)]}
        audit.record(tenant, actor, verb, tenant, diff=diff, reason=reason)
    log.info("tenant turned", slug=tenant.slug, state=str(state), actor=actor.label)


@cache
def time_zones() -> tuple[str, ...]:
    """List the time zones that this machine knows, by name."""
    return tuple(sorted(available_timezones()))


def _zone(name: str) -> str:
    if name not in time_zones():
        message = f"There is no time zone “{name}”."
        raise Invalid(message, fields={"time_zone": message})
    return name


def _validate(tenant: Tenant) -> None:
    try:
        tenant.clean_fields()
    except ValidationError as error:
        fields = {name: " ".join(errors) for name, errors in error.message_dict.items()}
        raise Invalid(fields=fields) from error
