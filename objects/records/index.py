"""Searched fields: their rows in `field_value`, and what uniqueness forbids."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

from objects.records import read
from objects.records.changes import ChangeOp, RecordChange, Written
from objects.shape import FieldShape, ObjectShape
from objects.values import index_text
from syncapp import canonical


def clashes(shape: ObjectShape, changes: Sequence[RecordChange]) -> dict[int, FieldShape]:
    """Find changes that would give two live records one value of a unique field.

    Ask under the object's lock. One query for each unique field, however many changes.

    Args:
        shape: the object.
        changes: in the order in which they are to be written; the first to claim a value gets
            it, and a value is free once an earlier change has let it go.

    Returns:
        Position of each forbidden change → the first field that forbids it.
    """
    refused: dict[int, FieldShape] = {}
    for field in shape.unique:
        claims = {
            number: text
            for number, change in enumerate(changes)
            if number not in refused and (text := _claimed(field, change)) is not None
        }
        if claims:
            holders = read.by_field(field.id, set(claims.values()))
            owner: dict[str, object] = {text: ids[0] for text, ids in holders.items()}
            refused.update(_contested(field, changes, claims, owner))
    return refused


def _contested(
    field: FieldShape,
    changes: Sequence[RecordChange],
    claims: dict[int, str],
    owner: dict[str, object],
) -> dict[int, FieldShape]:
    refused = {}
    for number, change in enumerate(changes):
        record: object = change.existing.id if change.existing else (number,)
        text = claims.get(number)
        if text is not None and owner.get(text, record) != record:
            refused[number] = field
            continue
        held = _held(field, change)
        lets_go = change.op is ChangeOp.DELETE or field.name in change.values
        if lets_go and owner.get(held) == record:
            del owner[held]
        if text is not None:
            owner[text] = record
    return refused


def _claimed(field: FieldShape, change: RecordChange) -> str | None:
    if change.op is ChangeOp.DELETE:
        return None
    return index_text(field, change.values.get(field.name))


def _held(field: FieldShape, change: RecordChange) -> str:
    existing = change.existing
    if existing is None or existing.deleted:
        return ""
    return index_text(field, existing.values.get(field.name)) or ""


def maintain(
    shape: ObjectShape, changes: Sequence[RecordChange], written: Sequence[Written]
) -> None:
    """Bring the rows of `field_value` in line with changes that were just written."""
    if not shape.searched:
        return
    stale: list[dict[str, int]] = []
    fresh: list[dict[str, Any]] = []
    for change, (record_id, _, _) in zip(changes, written, strict=True):
        for field in shape.searched:
            touched = change.op is ChangeOp.DELETE or field.name in change.values
            if touched and change.op is not ChangeOp.CREATE:
                stale.append({"f": field.id, "r": record_id})
            if (text := _claimed(field, change)) is not None:
                fresh.append({"f": field.id, "r": record_id, "v": text})
    _drop(stale)
    add(shape.tenant_id, fresh)


def _drop(stale: list[dict[str, int]]) -> None:
    if stale:
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM field_value USING jsonb_to_recordset(%s::jsonb) AS s(f bigint, r bigint)"
                " WHERE field_value.record_id = s.r AND field_value.field_id = s.f",
                [canonical.text(stale)],
            )


def add(tenant_id: int, fresh: Iterable[dict[str, Any]]) -> None:
    """Insert rows {"f": field id, "r": record id, "v": text}."""
    rows = list(fresh)
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO field_value (field_id, record_id, tenant_id, value)"
                " SELECT s.f, s.r, %s, s.v"
                " FROM jsonb_to_recordset(%s::jsonb) AS s(f bigint, r bigint, v text)",
                [tenant_id, canonical.text(rows)],
            )
