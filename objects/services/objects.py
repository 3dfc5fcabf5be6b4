"""Create, edit and delete connect objects."""

from __future__ import annotations

from typing import Final

from django.db import transaction

from objects.models import ConnectObject
from objects.records import read, reshape
from objects.services.shapes import load_shape
from syncapp.errors import Invalid, Refused
from syncapp.tenants import audit
from syncapp.tenants.actors import Actor
from syncapp.tenants.integrity import clean, unique, users_of
from syncapp.tenants.models import Tenant

_AUDITED: Final = ("type", "name", "description")


class InUse(Refused):
    """Something still uses this; change that first."""

    code = "in_use"


def create_object(
    *,
    tenant: Tenant,
    object_type: str,
    name: str,
    description: str = "",
    actor: Actor,
) -> ConnectObject:
    """Make a connect object without fields.

    Raises:
        Invalid: type or name will not do or is taken.
    """
    made = ConnectObject(
        tenant=tenant, type=object_type, name=name.strip(), description=description
    )
    clean(made)
    _refuse_taken(made)
    with unique("type", "There is an object of this type or name already."):
        made.save(force_insert=True)
        read.lock([made.pk])
        diff = audit.diff({}, audit.snapshot(made, _AUDITED))
        audit.record(tenant, actor, "create", made, diff=diff)
    return made


def edit_object(
    row: ConnectObject,
    *,
    object_type: str,
    name: str,
    description: str,
    actor: Actor,
) -> ConnectObject:
    """Change type, name or description.

    Raises:
        Invalid: type or name will not do, is taken, or the type is in use.
    """
    before = audit.snapshot(row, _AUDITED)
    if object_type != row.type and is_used(row):
        text = "The type is in use by records or connections and stays as it is."
        raise Invalid(fields={"type": text})
    row.type, row.name, row.description = object_type, name.strip(), description
    clean(row)
    _refuse_taken(row)
    if diff := audit.diff(before, audit.snapshot(row, _AUDITED)):
        with unique("type", "There is an object of this type or name already."):
            row.save(update_fields=_AUDITED)
            audit.record(row.tenant, actor, "edit", row, diff=diff)
    return row


def set_parent(
    row: ConnectObject, parent: ConnectObject | None, *, actor: Actor
) -> ConnectObject:
    """Say to which object's records those of this one belong, as lines belong to an order.

    Raises:
        Invalid: the objects would belong to each other, or there are records of the old parent.
    """
    if row.parent_id == (parent.pk if parent else None):
        return row
    if parent is not None:
        _refuse_circle(row, parent)
    with transaction.atomic():
        read.lock([row.pk])
        if row.parent_id is not None and reshape.any_record(row.pk):
            text = "There are records that belong to records of the present parent."
            raise Invalid(fields={"parent": text})
        before = audit.snapshot(row, ["parent"])
        row.parent = parent
        row.save(update_fields=["parent"])
        diff = audit.diff(before, audit.snapshot(row, ["parent"]))
        audit.record(row.tenant, actor, "edit", row, diff=diff)
    return row


def delete_object(row: ConnectObject, *, actor: Actor) -> None:
    """Delete an object with its fields, records and their history.

    Raises:
        InUse: connections, or fields of other objects, refer to it.
    """
    with transaction.atomic():
        read.lock([row.pk])
        if users := users_of(row):
            raise InUse(f"“{row}” is in use by {', '.join(map(str, users[:10]))}.")
        diff = audit.diff(audit.snapshot(row, _AUDITED), {})
        audit.record(row.tenant, actor, "delete", row, diff=diff)
        reshape.forget_object(load_shape(row))
        row.delete()


def is_used(row: ConnectObject) -> bool:
    """Tell whether records or connections depend on how the object is spelled."""
    return reshape.any_record(row.pk) or bool(users_of(row))


def _refuse_circle(row: ConnectObject, parent: ConnectObject) -> None:
    own = ConnectObject.objects.for_tenant(row.tenant)
    if not own.filter(pk=parent.pk).exists():
        raise Invalid(fields={"parent": "There is no such object here."})
    parents = dict(own.values_list("pk", "parent"))
    at: int | None = parent.pk
    while at is not None:
        if at == row.pk:
            text = f"“{parent}” belongs to “{row}” already, or is the same."
            raise Invalid(fields={"parent": text})
        at = parents.get(at)


def _refuse_taken(row: ConnectObject) -> None:
    """Say which of type and name is taken; the database has the last word."""
    others = ConnectObject.objects.for_tenant(row.tenant).exclude(pk=row.pk)
    taken = {
        field: f"There is an object of this {field} already."
        for field in ("type", "name")
        if others.filter(**{field: getattr(row, field)}).exists()
    }
    if taken:
        raise Invalid(code="taken", fields=taken)
