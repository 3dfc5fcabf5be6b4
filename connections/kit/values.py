"""The values that travel between the engine and a system: entities, records, pages, writes.

Reached through `connections.kit.base`, which shows them to everybody else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from connections.kit.codes import FieldType, Op, Outcome, SettingKind
from connections.kit.errors import RemoteError
from syncapp import canonical

Json = Any
Cursor = Mapping[str, Json]
"""Where reading goes on: opaque to the engine, JSON, versioned by the system type."""


class Unset:
    """The field is absent: leave it alone."""

    def __repr__(self) -> str:
        return "UNSET"


class Clear:
    """The field must be emptied, in the system's own way."""

    def __repr__(self) -> str:
        return "CLEAR"


UNSET: Final = Unset()
CLEAR: Final = Clear()


@dataclass(frozen=True, slots=True)
class Setting:
    """One field of a connection config's form."""

    name: str
    label: str
    kind: SettingKind = SettingKind.TEXT
    required: bool = False
    default: Json = None
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()

    @property
    def secret(self) -> bool:
        """Stored encrypted, never shown again."""
        return self.kind is SettingKind.SECRET


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an entity."""

    name: str
    type: FieldType = FieldType.TEXT
    label: str = ""
    required: bool = False
    readable: bool = True
    writable: bool = True
    key: bool = False
    unique: bool = False
    max_length: int | None = None
    scale: int | None = None
    choices: tuple[tuple[str, str], ...] = ()
    reference: str | None = None
    fields: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an entity can do; the engine plans by it.

    Attributes:
        since: how changes are asked for: none, time, sequence or delta.
        deletes: how removals are seen: none, feed (tombstones in the stream) or compare.
        ops: what may be written; empty means read-only.
        upsert_by: key fields that UPSERT accepts.
        batch_max: most items per write call.
        batch_atomic: one bad item refuses the whole batch, so the engine bisects.
        write_semantics: idempotent, searchable or neither (`data-model`: unknown outcomes).
        idempotency: none, natural or header.
        page_max: largest page the system gives; None if it sets no bound.
        finds_batched: `find` answers many keys with one call.
    """

    since: str = "none"
    deletes: str = "none"
    ops: frozenset[Op] = frozenset()
    upsert_by: tuple[str, ...] = ()
    batch_max: int = 1
    batch_atomic: bool = False
    write_semantics: str = "neither"
    idempotency: str = "none"
    page_max: int | None = None
    finds_batched: bool = False


@dataclass(frozen=True, slots=True)
class Entity:
    """A kind of record on the remote side.

    Attributes:
        guessed: nobody describes its fields; they are those of some records.
    """

    name: str
    label: str = ""
    fields: tuple[Field, ...] = ()
    key: tuple[str, ...] = ()
    caps: Capabilities = Capabilities()
    change_field: str | None = None
    guessed: bool = False


class Record:
    """One remote record: its identity at once, its values when somebody asks.

    Most records of a second run are recognised by their raw bytes and never decoded, so
    decoding is put off. Equal raw bytes mean an equal record.

    Attributes:
        remote_id: the system's own id as text, or None if the record has no usable one.
        raw: the record's bytes as they came (or canonical JSON, where nothing came as bytes).
        version: etag, revision or change stamp.
        changed_at: aware datetime of the last change, if the system tells.
        deleted: this is a tombstone; it has no values.
    """

    __slots__ = ("_decode", "_values", "changed_at", "deleted", "raw", "remote_id", "version")

    def __init__(
        self,
        remote_id: str | None,
        raw: bytes,
        *,
        decode: Callable[[bytes], Json] = canonical.loads,
        version: str | None = None,
        changed_at: datetime | None = None,
        deleted: bool = False,
    ) -> None:
        self.remote_id = remote_id
        self.raw = raw
        self.version = version
        self.changed_at = changed_at
        self.deleted = deleted
        self._decode = decode
        self._values: Mapping[str, Json] | None = None

    @property
    def values(self) -> Mapping[str, Json]:
        """Field → value, exact numbers, vendor wrappers removed.

        Raises:
            ValueError: the bytes are not a record; the engine rejects this record alone.
        """
        if self._values is None:
            values = self._decode(self.raw)
            if not isinstance(values, Mapping):
                message = "not a JSON object"
                raise ValueError(message)
            self._values = values
        return self._values

    @classmethod
    def of(cls, remote_id: str | None, values: Mapping[str, Json], **facts: Any) -> Record:
        """Make a record from decoded values; its raw form is their canonical JSON."""
        return cls(remote_id, canonical.dumps(values), **facts)


@dataclass(frozen=True, slots=True)
class Query:
    """What to read.

    Attributes:
        filter: text in the system's own language, as the administrator wrote it.
        page_size: wanted records per page; the system may give fewer.
        max_records: stop after so many (test query, preview).
        fields: top-level fields wanted, None for all.
    """

    entity: str
    filter: str = ""
    page_size: int = 1000
    max_records: int | None = None
    fields: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Records in source order, and where to go on once they are stored.

    Attributes:
        cursor: resumes after this page; on the last page, where the next delta run starts.
        complete: nothing follows in this run.
        expected: the system's own guess of all records of this run.
    """

    records: Sequence[Record]
    cursor: Cursor
    complete: bool
    expected: int | None = None


@dataclass(frozen=True, slots=True)
class WriteItem:
    """One record to write."""

    index: int
    op: Op
    key: Mapping[str, str]
    values: Mapping[str, Json | Unset | Clear] = field(default_factory=dict)
    remote_id: str | None = None
    if_version: str | None = None
    idempotency_key: str = ""
    action: str | None = None


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What became of one item: created, updated, unchanged, deleted, or why not.

    "Not attempted" is `retryable`; "sent, answer lost" is `unknown`, never `retryable`.
    """

    index: int
    outcome: Outcome
    remote_id: str | None = None
    version: str | None = None
    error: RemoteError | None = None
    answer: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the test of a config.

    Attributes:
        name: address, tls, reach, auth, read:<entity>, clock, quota or version.
        message: what was found; on failure, what is wrong and what to do.
        account: on the auth line, the fingerprint and label of the remote company.
    """

    name: str
    ok: bool
    message: str
    elapsed_ms: int = 0
    account: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """At most so many requests within so many seconds, for all workers together."""

    requests: int
    per_seconds: float
    name: str = "requests"


@dataclass(frozen=True, slots=True)
class AuthState:
    """A session or token, encrypted at rest, replaced as a whole."""

    data: Mapping[str, Json]
    expires_at: datetime | None = None
    version: int = 0
