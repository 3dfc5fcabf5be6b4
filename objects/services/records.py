"""Create, change, delete and restore single records, for people and API clients.

Each function takes the object's lock, looks, decides and writes, in one transaction. Values come
as typed or decoded; everything that is wrong with a record is said at once, by field. Fields that
are read-only belong to the syncs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction

from objects.records import index, read
from objects.records.changes import ChangeOp, RecordChange, Source, Stored
from objects.records.write import write
from objects.shape import FieldShape, ObjectShape
from objects.values import ValueRefused, coercer, completed, key_text, missing
from syncapp.errors import Changed, Invalid, NotThere, Refused


class NoKey(Refused):
    """This object has no key field yet; records are known by it."""

    code = "no_key"


class KeyTaken(Refused):
    """Another record has this key."""

    code = "key_taken"


class Gone(Refused):
    """This record is deleted; restore it first."""

    code = "deleted"


class Saved(NamedTuple):
    """What became of a record: its id, and whether it was not there before."""

    id: int
    created: bool


def create_record(
    shape: ObjectShape, values: Mapping[str, Any], *, source: Source, now: datetime
) -> Saved:
    """Write a new record; a deleted one with the same key comes back instead.

    Raises:
        Invalid: values do not fit; `fields` says which.
        KeyTaken: a record with this key is there.
    """
    with transaction.atomic():
        read.lock([shape.id])
        fresh = _fresh(shape, values)
        key = key_text(fresh[_key_field(shape).name])
        existing = read.by_keys(shape.id, [key]).get(key)
        if existing is not None and not existing.deleted:
            raise _taken(shape, key)
        return _create(shape, key, fresh, existing, source, now)


def put_record(
    shape: ObjectShape,
    key: str,
    values: Mapping[str, Any],
    *,
    rev: int | None = None,
    source: Source,
    now: datetime,
) -> Saved:
    """Write the record with this key, whether it is there or not.

    Fields that are not named stay as they are; in a new record they get their default.

    Raises:
        Invalid: values do not fit, or name another key.
        Changed: the record is not at revision `rev`.
    """
    field = _key_field(shape)
    try:
        own = coercer(field)(key)
    except ValueRefused as refusal:
        raise Invalid(refusal.message, fields={field.name: refusal.message}) from refusal
    key = key_text(own)
    with transaction.atomic():
        read.lock([shape.id])
        existing = read.by_keys(shape.id, [key]).get(key)
        alive = existing is not None and not existing.deleted
        if rev is not None and (existing is None or not alive or existing.rev != rev):
            raise Changed
        values = {field.name: own, **values}
        if existing is not None and alive:
            changed = _changed(shape, existing, values)
            if field.name in changed:
                raise _other_key(field)
            return _update(shape, existing, changed, source, now)
        fresh = _fresh(shape, values)
        if key_text(fresh[field.name]) != key:
            raise _other_key(field)
        return _create(shape, key, fresh, existing, source, now)


def update_record(
    shape: ObjectShape,
    record_id: int,
    values: Mapping[str, Any],
    *,
    rev: int | None,
    source: Source,
    now: datetime,
) -> Saved:
    """Change the named fields; None empties one. Equal values change nothing.

    Args:
        shape: the object.
        record_id: the record.
        values: field → value.
        rev: the revision that the caller knows; None for whatever is there.
        source: who writes.
        now: when.

    Raises:
        NotThere, Gone: there is no such record, or it is deleted.
        Changed: somebody else changed it since `rev`.
        Invalid: values do not fit.
        KeyTaken: another record has the new key.
    """
    with transaction.atomic():
        read.lock([shape.id])
        existing = _alive(shape, record_id, rev)
        return _update(shape, existing, _changed(shape, existing, values), source, now)


def delete_record(
    shape: ObjectShape, record_id: int, *, rev: int | None, source: Source, now: datetime
) -> None:
    """Delete a record; a tombstone with its last values stays.

    Raises:
        NotThere, Gone, Changed: as `update_record`.
    """
    with transaction.atomic():
        read.lock([shape.id])
        existing = _alive(shape, record_id, rev)
        change = RecordChange(ChangeOp.DELETE, existing.key, {}, existing)
        write(shape, [change], source, now)


def restore_record(
    shape: ObjectShape, record_id: int, *, source: Source, now: datetime
) -> Saved:
    """Bring a deleted record back with the values that it had.

    Raises:
        NotThere: there is no such record.
        Refused: it is not deleted.
        Invalid: its values do not fit the fields of today.
    """
    with transaction.atomic():
        read.lock([shape.id])
        existing = read.by_ids(shape.id, [record_id]).get(record_id)
        if existing is None:
            raise NotThere
        if not existing.deleted:
            raise Refused("This record is not deleted.", code="not_deleted")
        known = {
            name: existing.values[name] for name in shape.by_name if name in existing.values
        }
        fresh = _complete(shape, _coerced(shape, known))
        return _create(shape, existing.key, fresh, existing, source, now)


def _key_field(shape: ObjectShape) -> FieldShape:
    if shape.key is None:
        raise NoKey
    return shape.key


def _alive(shape: ObjectShape, record_id: int, rev: int | None) -> Stored:
    existing = read.by_ids(shape.id, [record_id]).get(record_id)
    if existing is None:
        raise NotThere
    if existing.deleted:
        raise Gone
    if rev is not None and rev != existing.rev:
        raise Changed
    return existing


def _fresh(shape: ObjectShape, values: Mapping[str, Any]) -> dict[str, Any]:
    _key_field(shape)
    return _complete(shape, _coerced(shape, values, writable_only=True))


def _complete(shape: ObjectShape, coerced: Mapping[str, Any]) -> dict[str, Any]:
    if absent := missing(shape, coerced):
        raise Invalid(fields={field.name: "A value is required." for field in absent})
    return completed(shape, coerced)


def _changed(shape: ObjectShape, existing: Stored, values: Mapping[str, Any]) -> dict[str, Any]:
    """Give the coerced values that differ from what is stored."""
    differing = {
        name: value
        for name, value in _coerced(shape, values).items()
        if name not in existing.values or not _same(existing.values[name], value)
    }
    if fixed := [name for name in differing if shape.by_name[name].read_only]:
        raise Invalid(fields=dict.fromkeys(fixed, _READ_ONLY))
    return differing


_READ_ONLY = "This field is read-only: syncs write it."


def _same(stored: Any, value: Any) -> bool:
    return bool(stored == value) and isinstance(stored, bool) == isinstance(value, bool)


def _coerced(
    shape: ObjectShape, values: Mapping[str, Any], *, writable_only: bool = False
) -> dict[str, Any]:
    coerced: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for name, value in values.items():
        field = shape.by_name.get(name)
        if field is None:
            wrong[name] = "There is no such field."
        elif writable_only and field.read_only:
            wrong[name] = _READ_ONLY
        else:
            try:
                coerced[name] = coercer(field)(value)
            except ValueRefused as refusal:
                wrong[name] = refusal.message
    if wrong:
        absent = {field.name for field in missing(shape, values)} if writable_only else set()
        raise Invalid(fields=dict.fromkeys(absent, "A value is required.") | wrong)
    return coerced


def _create(
    shape: ObjectShape,
    key: str,
    values: Mapping[str, Any],
    existing: Stored | None,
    source: Source,
    now: datetime,
) -> Saved:
    op = ChangeOp.CREATE if existing is None else ChangeOp.RESURRECT
    return _write(shape, RecordChange(op, key, values, existing), source, now)


def _update(
    shape: ObjectShape,
    existing: Stored,
    changed: Mapping[str, Any],
    source: Source,
    now: datetime,
) -> Saved:
    if not changed:
        return Saved(existing.id, created=False)
    new_key = None
    if shape.key is not None and shape.key.name in changed:
        new_key = key_text(changed[shape.key.name])
        if read.by_keys(shape.id, [new_key]):
            raise _taken(shape, new_key)
    change = RecordChange(ChangeOp.UPDATE, existing.key, changed, existing, new_key)
    return _write(shape, change, source, now)


def _write(shape: ObjectShape, change: RecordChange, source: Source, now: datetime) -> Saved:
    changes: Sequence[RecordChange] = [change]
    if clashing := index.clashes(shape, changes):
        field = clashing[0]
        raise Invalid(
            code="not_unique", fields={field.name: "Another record has this value already."}
        )
    (written,) = write(shape, changes, source, now)
    return Saved(written.id, created=change.op is not ChangeOp.UPDATE)


def _taken(shape: ObjectShape, key: str) -> KeyTaken:
    text = f"There is a record with the key “{key[:60]}” already."
    return KeyTaken(text, fields={_key_field(shape).name: text})


def _other_key(field: FieldShape) -> Invalid:
    return Invalid(fields={field.name: "The address names another key."})
