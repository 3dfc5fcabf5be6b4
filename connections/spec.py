"""What a run follows: one published version with its object's shape, compiled and frozen.

Pure: no database, no network, no clock. `connections.compile` makes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from connections.kit.codes import Code
from objects.shape import FieldShape, ObjectShape


@dataclass(frozen=True, slots=True)
class Row:
    """One mapping of a version: how one target field is filled.

    Attributes:
        kind: `field` (copied from the source) or `raw` (a constant).
        source: path into the source record, for kind `field`.
        value: the constant, coerced, for kind `raw`.
    """

    target: FieldShape
    kind: str
    source: str = ""
    value: Any = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a record cannot be written: the first thing that is wrong with it.

    Attributes:
        field: the target field.
        message: for people; shows the value, shortened, unless the field is sensitive.
    """

    code: Code
    field: str
    message: str


@dataclass(slots=True)
class Mapped:
    """What the mappings made of one source record.

    Attributes:
        values: target field → coerced value; a field that is absent here is left alone,
            None empties it.
        key: text of the primary key field; "" if the record was refused before it was known.
        refusal: why it cannot be written, or None.
        record_key: text of the object's own key field, which a new record gets as its key. The
            same as `key`, unless records are matched by another unique field; "" if not mapped.
    """

    values: dict[str, Any]
    key: str
    refusal: Refusal | None = None
    record_key: str = ""


@dataclass(frozen=True, slots=True)
class SyncSpec:
    """A connection as the engine sees it.

    Attributes:
        entity: what is read on the other side.
        shape: the connect object with its fields.
        primary_key: target field by which existing records are found.
        matched_by_key: the primary key is what the record store keys records by; otherwise it
            is a unique field and is found through its index.
        rows: mappings in their order.
        reads: top-level source fields that the mappings look at.
        fingerprint: changes whenever the same source record could give another result.
        map: source values → Mapped; never raises on data.
    """

    tenant_id: int
    connection_id: int
    version_id: int
    direction: str
    system_type: str
    config_id: int
    account_id: int
    pair_id: int
    entity: str
    shape: ObjectShape
    primary_key: FieldShape
    matched_by_key: bool
    query_filter: str
    page_size: int
    allow_create: bool
    allow_update: bool
    deletes: str
    log_all: bool
    keep_days: int
    rows: tuple[Row, ...]
    reads: tuple[str, ...]
    fingerprint: bytes
    map: Callable[[Mapping[str, Any]], Mapped] = field(repr=False)
