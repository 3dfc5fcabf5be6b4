"""The tenant's own connect objects, so that connections can be chained: ERP, store, shop.

Source
    This installation's record store, reached through the injected `RecordStore`.

Auth
    None of its own. The store that is injected belongs to the tenant of the run; no setting
    can name another one.

Paging
    By the object's own numbering of changes, which follows the order of commits: no overlap,
    no change missed, removals included. A cursor of another numbering, such as after a
    restore, is worthless, and reading begins anew.

Limits
    1 000 records per page and per write.

Errors
    Refused values are validation errors with the field's name.

Quirks
    There is no address and nothing to log in to. All configs of a tenant are one account.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import ClassVar, Final

from connections.kit import checks
from connections.kit.base import (
    Capabilities,
    Check,
    Context,
    Cursor,
    Entity,
    ErrorKind,
    Op,
    Page,
    Query,
    Record,
    RecordStore,
    RemoteError,
    System,
    WriteItem,
    WriteResult,
)

_VERSION: Final = 1
_MOST: Final = 1000

CAPABILITIES: Final = Capabilities(
    since="sequence",
    deletes="feed",
    ops=frozenset({Op.CREATE, Op.UPDATE, Op.UPSERT, Op.DELETE}),
    batch_max=_MOST,
    write_semantics="idempotent",
    idempotency="natural",
    page_max=_MOST,
    finds_batched=True,
)


class Internal(System):
    """The tenant's own records."""

    label: ClassVar[str] = "Connect objects"
    endpoint_label: ClassVar[str | None] = None

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        if context.store is None:
            message = "The tenant's own records can only be used from inside a tenant."
            raise RemoteError(ErrorKind.CONFIG, message)
        self._store: RecordStore = context.store

    def check(self, *, entities: Sequence[str] = ()) -> Iterator[Check]:
        """Test that the tenant's objects can be seen and read."""
        reads = [(f"read:{name}", partial(self._readable, name)) for name in entities]
        return checks.lines([("auth", self._visible), *reads])

    def entities(self) -> Sequence[Entity]:
        """Describe the tenant's connect objects."""
        return [
            replace(entity, caps=replace(CAPABILITIES, upsert_by=entity.key))
            for entity in self._store.entities()
        ]

    def read(self, query: Query, cursor: Cursor | None) -> Iterator[Page]:
        """Read by the numbering of changes, removals included."""
        feed = self._store.feed(query.entity)
        known = (
            cursor is not None and cursor.get("v") == _VERSION and cursor.get("feed") == feed
        )
        at = int(cursor["seq"]) if cursor and known else 0
        left = query.max_records
        while True:
            limit = max(1, min(query.page_size, _MOST, _MOST if left is None else left))
            records = self._store.page(query.entity, at, limit)
            if records:
                at = int(records[-1].version or at)
            left = None if left is None else left - len(records)
            complete = len(records) < limit or left == 0
            yield Page(records, {"v": _VERSION, "feed": feed, "seq": at}, complete)
            if complete:
                return

    def find(
        self, entity: str, keys: Sequence[Mapping[str, str]]
    ) -> Sequence[Sequence[Record]]:
        """Look records up by their primary key."""
        texts = [_only(key) for key in keys]
        found = self._store.find(entity, texts)
        return [[found[text]] if text in found else [] for text in texts]

    def write(self, entity: str, items: Sequence[WriteItem]) -> Sequence[WriteResult]:
        """Write in sets."""
        return self._store.write(entity, items)

    def _visible(self) -> checks.Found:
        found = f"{len(self._store.entities())} connect objects."
        return checks.Found(found, ("internal", "Connect objects of this tenant"))

    def _readable(self, name: str) -> checks.Found:
        return checks.Found(f"Read {len(self._store.page(name, 0, 1))} records.")


def _only(key: Mapping[str, str]) -> str:
    if len(key) != 1:
        message = "Connect objects are looked up by their primary key, which is one field."
        raise RemoteError(ErrorKind.UNSUPPORTED, message)
    return next(iter(key.values()))
