"""Which fields the record list shows, in which order and under which label."""

from __future__ import annotations

from typing import Final

from objects.models import ConnectField, ConnectObject, ListviewField
from objects.services import ordering
from syncapp.errors import Invalid
from syncapp.tenants import audit
from syncapp.tenants.actors import Actor
from syncapp.tenants.integrity import clean, unique

_AUDITED: Final = ("object", "field", "label")
_USUAL: Final = 5


def create_column(
    connect_object: ConnectObject, *, field: ConnectField, label: str = "", actor: Actor
) -> ListviewField:
    """Add a column at the end.

    Raises:
        Invalid: the field is a column already, or another object's.
    """
    row = ListviewField(tenant=connect_object.tenant, object=connect_object)
    row.position = ordering.next_position(connect_object.columns.all())
    return _save(row, "create", field=field, label=label, actor=actor)


def edit_column(
    row: ListviewField, *, field: ConnectField, label: str, actor: Actor
) -> ListviewField:
    """Show another field, or the same under another label.

    Raises:
        Invalid: the field is a column already, or another object's.
    """
    return _save(row, "edit", field=field, label=label, actor=actor)


def delete_column(row: ListviewField, *, actor: Actor) -> None:
    """Take a column out of the list; field and values stay."""
    diff = audit.diff(audit.snapshot(row, _AUDITED), {})
    audit.record(row.tenant, actor, "delete", row, diff=diff)
    row.delete()


def move_column(row: ListviewField, *, up: bool) -> None:
    """Change places with the neighbour; at the end nothing happens."""
    columns = ListviewField.objects.for_tenant(row.tenant_id).filter(object=row.object_id)
    ordering.move(columns, row.pk, up=up)


def columns_of(connect_object: ConnectObject) -> list[tuple[str, str]]:
    """Give (name, label) of the fields that the list shows: those chosen, or the first few."""
    chosen = [
        (column.field.name, str(column))
        for column in connect_object.columns.select_related("field").order_by("position", "pk")
    ]
    if chosen:
        return chosen
    rows = connect_object.fields.filter(is_key=False).order_by("position", "pk")[:_USUAL]
    return [(row.name, str(row)) for row in rows]


def _save(
    row: ListviewField, verb: str, *, field: ConnectField, label: str, actor: Actor
) -> ListviewField:
    if field.object_id != row.object_id:
        raise Invalid(fields={"field": "This is a field of another object."})
    before = audit.snapshot(row, _AUDITED) if row.pk else {}
    row.field, row.label = field, label.strip()
    clean(row, exclude=("object", "field"))
    if diff := audit.diff(before, audit.snapshot(row, _AUDITED)):
        with unique("field", f"“{field}” is a column already."):
            row.save(update_fields=["field", "label"] if row.pk else None)
            audit.record(row.tenant, actor, verb, row, diff=diff)
    return row
