"""What travels to and from the record store."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import IntEnum
from typing import Any, NamedTuple


class Origin(IntEnum):
    """What kind of thing wrote."""

    USER = 0
    API = 1
    SYNC = 2
    IMPORT = 3
    UNDO = 4


class Source(NamedTuple):
    """Who wrote: the id is a user's, an API key's or, for a sync, the pair's."""

    origin: Origin
    id: int | None = None


class Stored(NamedTuple):
    """A record as it is stored; a deleted one keeps its last values."""

    id: int
    key: str
    seq: int
    rev: int
    deleted: bool
    values: dict[str, Any]
    parent_id: int | None = None


class Listed(NamedTuple):
    """A record with what lists and pages show beside its values."""

    id: int
    object_id: int
    key: str
    seq: int
    rev: int
    values: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    source: Source


class ChangeOp(IntEnum):
    """What a change does; the numbers are stored."""

    CREATE = 0
    UPDATE = 1
    DELETE = 2
    RESURRECT = 3


class RecordChange(NamedTuple):
    """One decided change of one record.

    Attributes:
        values: for CREATE and RESURRECT the whole record, for UPDATE only the fields that
            change (None sets null), for DELETE nothing.
        existing: what is stored; needed for everything but CREATE.
        new_key: the key, if an UPDATE changes it.
        parent_id: the record that it belongs to from now on; None leaves that as it is.
    """

    op: ChangeOp
    key: str
    values: Mapping[str, Any]
    existing: Stored | None = None
    new_key: str | None = None
    parent_id: int | None = None


class Written(NamedTuple):
    """Where a change went."""

    id: int
    seq: int
    rev: int


class Announcement(NamedTuple):
    """What `records_changing` tells about one record: all values before and after.

    `before` is empty for a record that was not there or was deleted, `after` for one that is
    deleted now.
    """

    record_id: int
    op: ChangeOp
    changed: tuple[str, ...]
    before: Mapping[str, Any]
    after: Mapping[str, Any]


class Past(NamedTuple):
    """One entry of a record's history; `diff` is field → (before, after)."""

    seq: int
    at: datetime
    op: ChangeOp
    source: Source
    diff: dict[str, list[Any]]
