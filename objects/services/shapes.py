"""Connect objects as plain values: what other rooms see of them."""

from __future__ import annotations

from collections.abc import Iterable

from objects.models import ConnectField, ConnectObject
from objects.shape import FieldShape, ObjectShape


def load_shape(connect_object: ConnectObject) -> ObjectShape:
    """Read an object's fields, in one query, as plain values."""
    fields = ConnectField.objects.for_tenant(connect_object.tenant_id)
    rows = fields.filter(object=connect_object).order_by("position", "pk")
    return shape_of(connect_object, rows)


def load_shapes(tenant_id: int) -> dict[str, ObjectShape]:
    """Read the fields of all objects that keep records, in two queries, by type."""
    stores = ConnectObject.objects.for_tenant(tenant_id).filter(kind=ConnectObject.Kind.STORE)
    fields: dict[int, list[ConnectField]] = {}
    rows = ConnectField.objects.for_tenant(tenant_id).order_by("position", "pk")
    for row in rows:
        fields.setdefault(row.object_id, []).append(row)
    return {one.type: shape_of(one, fields.get(one.pk, ())) for one in stores}


def shape_of(connect_object: ConnectObject, rows: Iterable[ConnectField]) -> ObjectShape:
    """Give an object with these fields as plain values."""
    fields = tuple(field_shape(row) for row in rows)
    return ObjectShape(
        id=connect_object.pk,
        tenant_id=connect_object.tenant_id,
        type=connect_object.type,
        name=connect_object.name,
        fields=fields,
        key=next((field for field in fields if field.is_key), None),
        rev=connect_object.fields_rev,
        parent_id=connect_object.parent_id,
    )


def field_shape(row: ConnectField) -> FieldShape:
    """Give one field as plain values."""
    return FieldShape(
        id=row.pk,
        name=row.name,
        label=row.label,
        type=row.type,
        required=row.required,
        is_key=row.is_key,
        is_unique=row.is_unique,
        indexed=row.indexed,
        reference_id=row.reference_id,
        choices=tuple((value, label) for value, label in row.choices),
        max_length=row.max_length,
        scale=row.scale,
        default=row.default,
        read_only=row.read_only,
        sensitivity=row.sensitivity,
        formula=row.formula,
    )
