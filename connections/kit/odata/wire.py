"""OData v4 on the wire: headers, records without annotations, bodies, errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from connections.kit.answers import json_of
from connections.kit.base import CLEAR, ErrorKind, Json, RemoteError, Unset
from connections.kit.faults import StatusError
from connections.kit.odata.csdl import EntitySet
from connections.kit.slices import Picker, Shape
from syncapp import canonical

HEADERS: Final = {
    "Accept": "application/json;odata.metadata=minimal",
    "OData-Version": "4.0",
    "OData-MaxVersion": "4.0",
}

_address = Picker({"id": ("@id",), "id_40": ("@odata.id",), "deleted": ("id",)})


def shape_of(entity_set: EntitySet, change_field: str | None) -> Shape:
    """Say where a record of this set tells who it is."""
    return Shape(
        key=tuple((name,) for name in entity_set.key),
        version=("@odata.etag",),
        changed=(change_field,) if change_field else None,
        removed=("@removed",),
    )


def plain(raw: bytes) -> Json:
    """Decode a record without the annotations of the protocol."""
    values = canonical.loads(raw)
    # Most records hold annotations at their first level only, many none at all.
    return _without_notes(values) if b'"@' in raw or b"@odata." in raw else values


def body_of(values: Mapping[str, Any]) -> dict[str, Json]:
    """Make a request's body: what is UNSET stays away, what is CLEAR becomes null."""
    return {
        name: None if value is CLEAR else value
        for name, value in values.items()
        if not isinstance(value, Unset)
    }


def explain(error: StatusError) -> RemoteError:
    """Read an OData error body into the error: code, message, field.

    The older versions' forms are read too: a code that is a number, a message with language.
    """
    try:
        body = json_of(error.response)
    except RemoteError:
        return error
    told = body.get("error", body.get("odata.error")) if isinstance(body, dict) else None
    if not isinstance(told, dict):
        return error
    details = [one for one in told.get("details") or () if isinstance(one, dict)]
    error.code = str(told.get("code") or "") or None
    target = told.get("target") or next(
        (one["target"] for one in details if one.get("target")), ""
    )
    error.field_name = str(target).replace("/", ".") or None
    more = [text for one in details if (text := str(one.get("message") or ""))]
    if more and error.kind is ErrorKind.VALIDATION:
        error.message = f"{error.message} {' '.join(more)[:300]}"
    error.hide(error.redact)
    return error


def address_of(tombstone: bytes) -> str:
    """Give the address by which a tombstone names what is gone."""
    found = _address.pick(tombstone)
    return str(found["id"] or found["id_40"] or found["deleted"] or "")


def _without_notes(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _without_notes(item) for name, item in value.items() if "@" not in name}
    if isinstance(value, list):
        return [_without_notes(item) for item in value]
    return value
