"""Create, edit, move and delete connect fields; what that means for stored records.

A change takes the object's lock, so that no record is written between the look at what is stored
and the change, and counts `fields_rev` up, so that nobody writes by the older picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any, Final

from django.db import transaction
from django.db.models import F

from objects.models import ConnectField, ConnectObject
from objects.records import read, reshape
from objects.services import ordering, recalculation, rules
from objects.services.objects import is_used
from objects.services.shapes import field_shape, load_shape
from objects.shape import FieldShape
from syncapp.errors import Invalid, Refused
from syncapp.tenants import audit
from syncapp.tenants.actors import Actor
from syncapp.tenants.integrity import clean, unique

_EXAMPLES: Final = 5
_AUDITED: Final = ("object", *rules.EDITABLE)


class DoesNotFit(Refused):
    """Stored records contradict this change."""

    code = "does_not_fit"


def create_field(
    connect_object: ConnectObject, values: Mapping[str, Any], *, actor: Actor
) -> ConnectField:
    """Add a field at the end.

    Args:
        connect_object: whose field.
        values: of `rules.EDITABLE`, at least `name`; `default` as typed or exact.
        actor: who does it.

    Raises:
        Invalid: something will not do; `fields` says what.
        DoesNotFit: it is required or the key, and there are records without it.
    """
    with _changing(connect_object):
        row = ConnectField(tenant=connect_object.tenant, object=connect_object)
        _apply(row, values)
        _refuse_second_key(row)
        if row.required and reshape.any_record(connect_object.pk):
            text = "There are records without it. Add it as not required, fill it, then require it."
            raise DoesNotFit(text, fields={"required": text})
        row.position = ordering.next_position(connect_object.fields.all())
        with _once(row):
            row.save(force_insert=True)
        diff = audit.diff({}, audit.snapshot(row, _AUDITED))
        entry = audit.record(row.tenant, actor, "create", row, diff=diff)
        if row.formula:
            recalculation.recalculate(connect_object, row.name, actor, entry.at)
    return row


def edit_field(row: ConnectField, values: Mapping[str, Any], *, actor: Actor) -> ConnectField:
    """Change a field; stored values stay as they are, and must fit.

    Raises:
        Invalid: something will not do; `fields` says what.
        DoesNotFit: stored values do not fit the changed field, or are not unique.
    """
    with _changing(row.object):
        fields = ConnectField.objects.for_tenant(row.tenant_id)
        row = fields.select_related("object", "tenant").get(pk=row.pk)
        before, old = audit.snapshot(row, _AUDITED), field_shape(row)
        _apply(row, {**{name: getattr(row, name) for name in rules.EDITABLE}, **values})
        new = field_shape(row)
        _refuse_renaming(row.object, old, new)
        _refuse_moving_the_key(row, old, new)
        if rules.narrower(old, new):
            _check_stored(row.object, new)
        diff = audit.diff(before, audit.snapshot(row, _AUDITED))
        if diff:
            with _once(row):
                row.save(update_fields=rules.EDITABLE)
            _reindex(row.object, old, new)
            entry = audit.record(row.tenant, actor, "edit", row, diff=diff)
            if recalculation.concerned(row.object, old, new):
                recalculation.recalculate(row.object, row.name, actor, entry.at)
    return row


def make_searchable(tenant_id: int, pk: int, *, actor: Actor) -> None:
    """Let records be found by the value of a field, whatever it holds already.

    Types that are never searched stay as they are: looking for their values reads all records.

    Raises:
        DoesNotFit: stored values cannot be searched.
    """
    row = ConnectField.objects.for_tenant(tenant_id).select_related("object").get(pk=pk)
    if not field_shape(row).searched and row.type not in rules.UNSEARCHED:
        edit_field(row, {"indexed": ConnectField.Indexed.EXACT}, actor=actor)


def delete_field(row: ConnectField, *, actor: Actor) -> None:
    """Delete a field with its values in all records and its column.

    Raises:
        Refused: it is the key of records.
    """
    with _changing(row.object):
        if row.is_key and reshape.any_record(row.object_id):
            raise Refused("Records are known by this field. Delete them first.", code="is_key")
        recalculation.refuse_read(row)
        diff = audit.diff(audit.snapshot(row, _AUDITED), {})
        audit.record(row.tenant, actor, "delete", row, diff=diff)
        reshape.forget_field(row.object_id, field_shape(row))
        row.delete()


def add_fields(
    connect_object: ConnectObject, fields: Iterable[Mapping[str, Any]], *, actor: Actor
) -> list[ConnectField]:
    """Add many fields at once, as a system describes them; those that are there stay.

    Args:
        connect_object: whose fields.
        fields: each with `name` as the system spells it and others of `rules.EDITABLE`.
        actor: who does it.

    Returns:
        The fields that were added, in order.

    Raises:
        Invalid: as `create_field`; then none is added.
    """
    added: list[ConnectField] = []
    with transaction.atomic():
        rows = ConnectField.objects.for_tenant(connect_object.tenant_id).filter(
            object=connect_object
        )
        taken = {row.name for row in rows}
        has_key = any(row.is_key for row in rows)
        filled = reshape.any_record(connect_object.pk)
        for field in fields:
            name = rules.name_for(field["name"])
            if name in taken:
                continue
            is_key = bool(field.get("is_key")) and not has_key and not filled
            required = bool(field.get("required")) and not filled
            values = {**field, "name": name, "is_key": is_key, "required": required}
            added.append(create_field(connect_object, values, actor=actor))
            taken.add(name)
            has_key = has_key or is_key
    return added


def move_field(row: ConnectField, *, up: bool) -> None:
    """Change places with the neighbour; at the end nothing happens."""
    fields = ConnectField.objects.for_tenant(row.tenant_id).filter(object=row.object_id)
    ordering.move(fields, row.pk, up=up)


@contextmanager
def _changing(connect_object: ConnectObject) -> Iterator[None]:
    with transaction.atomic():
        read.lock([connect_object.pk])
        yield
        own = ConnectObject.objects.for_tenant(connect_object.tenant_id)
        own.filter(pk=connect_object.pk).update(fields_rev=F("fields_rev") + 1)
        connect_object.refresh_from_db(fields=["fields_rev"])


def _apply(row: ConnectField, values: Mapping[str, Any]) -> None:
    """Put values on the row, settled and checked."""
    kept = rules.settled({"type": ConnectField.Type.TEXT, **values})
    for name in rules.EDITABLE:
        if name in kept and name != "default":
            setattr(row, name, kept[name])
    row.name, row.label = row.name.strip(), row.label.strip()
    clean(row, exclude=("object", "reference", "default"))
    if row.reference and row.reference.tenant_id != row.tenant_id:
        raise Invalid(fields={"reference": "There is no such object here."})
    shape = field_shape(row)
    if wrong := rules.problems(kept, shape):
        raise Invalid(fields=wrong)
    row.default = rules.default_of(shape, kept.get("default"))


def _refuse_second_key(row: ConnectField) -> None:
    fields = ConnectField.objects.for_tenant(row.tenant_id).filter(object=row.object_id)
    others = fields.filter(is_key=True).exclude(pk=row.pk)
    if row.is_key and (other := others.first()):
        text = f"“{other}” is the key; an object has one."
        raise Invalid(fields={"is_key": text})


def _refuse_renaming(connect_object: ConnectObject, old: FieldShape, new: FieldShape) -> None:
    if new.name != old.name and is_used(connect_object):
        text = f"Records or connections use the name “{old.name}”. Change the label instead."
        raise Invalid(fields={"name": text})


def _refuse_moving_the_key(row: ConnectField, old: FieldShape, new: FieldShape) -> None:
    if new.is_key == old.is_key and (not new.is_key or new.type == old.type):
        return
    if reshape.any_record(row.object_id):
        text = "Records are known by the key, so it stays as it is."
        raise DoesNotFit(text, fields={"is_key": text})
    _refuse_second_key(row)


def _check_stored(connect_object: ConnectObject, field: FieldShape) -> None:
    """Look through the records for values that could not stay as they are."""
    misfits = (
        f"{one.key} ({why})"
        for one in reshape.held(connect_object.pk, field.name)
        if (why := rules.fits(field, one.value))
    )
    if found := list(islice(misfits, _EXAMPLES)):
        text = f"Stored records do not fit: {'; '.join(found)}."
        raise DoesNotFit(text)


def _reindex(connect_object: ConnectObject, old: FieldShape, new: FieldShape) -> None:
    """Bring the searched values of the field in line, and find what is not unique."""
    if (old.searched, old.indexed, old.type) != (new.searched, new.indexed, new.type):
        reshape.reindex(load_shape(connect_object), new)
    loose = not old.is_unique or new.indexed != old.indexed
    if new.is_unique and not new.is_key and loose:
        found = reshape.shared(new.id, _EXAMPLES)
        if found:
            said = "; ".join(f"“{value}” in {' and '.join(keys)}" for value, keys in found)
            text = f"Some records share a value: {said}."
            raise DoesNotFit(text, fields={"is_unique": text})


def _once(row: ConnectField) -> Any:
    return unique("name", f"There is a field “{row.name}” already.")
