"""What a changed field means for calculated ones: their formulas are judged, their values redone."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from objects.models import ConnectField, ConnectObject
from objects.records import computed, read
from objects.records.changes import ChangeOp, Origin, RecordChange, Source
from objects.records.write import write
from objects.services.shapes import load_shape
from objects.shape import FieldShape, ObjectShape
from syncapp.errors import Invalid, Refused
from syncapp.tenants.actors import Actor

_PAGE: Final = 500


def concerned(connect_object: ConnectObject, old: FieldShape, new: FieldShape) -> bool:
    """Tell whether a change of a field may change calculated values."""
    if new.formula:
        return True
    changed = (old.name, old.type, old.formula) != (new.name, new.type, new.formula)
    return changed and bool(load_shape(connect_object).calculated)


def recalculate(connect_object: ConnectObject, name: str, actor: Actor, now: datetime) -> None:
    """Judge the formulas of an object, one of whose fields has changed, and redo the values.

    It is called under the object's lock; values that stay as they are make no new revision.

    Raises:
        Invalid: a formula does not fit the fields.
    """
    connect_object.refresh_from_db(fields=["fields_rev"])
    shape = load_shape(connect_object)
    for field in shape.calculated:
        if wrong := computed.problem(field.name, shape.fields):
            place = "formula" if field.name == name else "name"
            text = wrong if field.name == name else f"The formula of “{field.label}”: {wrong}"
            raise Invalid(fields={place: text})
    _rewrite(shape, Source(Origin.USER, actor.user_id), now)


def refuse_read(row: ConnectField) -> None:
    """Keep a field that a formula reads.

    Raises:
        Refused: names the calculated field.
    """
    shape = load_shape(row.object)
    rest = [field for field in shape.fields if field.name != row.name]
    for field in shape.calculated:
        if field.name != row.name and computed.problem(field.name, rest):
            text = f"“{field.label}” is calculated from this field. Change its formula first."
            raise Refused(text, code="in_use")


def _rewrite(shape: ObjectShape, source: Source, now: datetime) -> None:
    newest = read.position(shape.id)
    after = 0
    while page := [one for one in read.feed(shape.id, after, _PAGE) if one.seq <= newest]:
        after = page[-1].seq
        changes = [
            RecordChange(ChangeOp.UPDATE, one.key, {}, one)
            for one in page
            if not one.deleted and computed.stale(shape, one.values)
        ]
        write(shape, changes, source, now)
