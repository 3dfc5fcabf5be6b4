"""A system in memory with faults to order: for tests, demonstrations and fire drills.

Source
    None; a `connections.kit.world.World` is made by whoever needs it and found by its name.

Auth
    Any password, unless the world names one.

Paging
    By the number of the last change (sequence), or all records in the order of their making
    where the entity offers no changes. Removals come as tombstones if the entity says so.

Limits
    The entity's own capabilities.

Errors
    Whatever a `Fault` raises, at the page, look-up or write that it names.

Quirks
    Everything happens in this process and is gone with it. The same acts in the same order
    give the same pages, ids and versions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import ClassVar, Final

from connections.kit import checks
from connections.kit.base import (
    Check,
    Context,
    Cursor,
    Entity,
    ErrorKind,
    Page,
    Query,
    Record,
    RemoteError,
    Setting,
    SettingKind,
    System,
    WriteItem,
    WriteResult,
)
from connections.kit.paging import fingerprint
from connections.kit.world import Fault, has, worlds

_VERSION: Final = 1


class Sandbox(System):
    """A system in memory with faults to order."""

    label: ClassVar[str] = "Sandbox"
    endpoint_label: ClassVar[str | None] = None
    listed: ClassVar[bool] = False
    settings: ClassVar[tuple[Setting, ...]] = (
        Setting("world", "World", required=True, help="The name that its maker gave it."),
        Setting("password", "Password", SettingKind.SECRET),
    )

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        name = str(context.settings.get("world") or context.endpoint)
        if name not in worlds:
            raise RemoteError(ErrorKind.CONFIG, f"There is no world {name} in this process.")
        self.world = worlds[name]

    def check(self, *, entities: Sequence[str] = ()) -> Iterator[Check]:
        """Test the password and the reading of some entities."""
        reads = [(f"read:{name}", partial(self._readable, name)) for name in entities]
        return checks.lines([("reach", self._reachable), ("auth", self._known), *reads])

    def entities(self) -> Sequence[Entity]:
        """Describe what the world has."""
        self._ask("entities", "", 1)
        return list(self.world.entities)

    def read(self, query: Query, cursor: Cursor | None) -> Iterator[Page]:
        """Read by number of change, or everything where there are no changes to be had."""
        entity = self.world.entity(query.entity)
        known = cursor is not None and cursor.get("v") == _VERSION
        at = int(cursor["seq"]) if cursor and known else 0
        left = query.max_records
        before: list[Record] = []
        number = 0
        while True:
            number += 1
            faults = self._ask("read", entity.name, number)
            size = max(1, query.page_size if left is None else min(query.page_size, left))
            rows = self.world.rows(entity.name, at)
            taken = [remote_id for remote_id, _ in rows[:size]]
            records = [self.world.record(entity.name, remote_id) for remote_id in taken]
            at = int(records[-1].version or at) if records else at
            if entity.caps.deletes != "feed":
                records = [record for record in records if not record.deleted]
            before = self._spoiled(records, before, faults)
            left = None if left is None else left - len(taken)
            complete = len(rows) <= size or left == 0
            resume = 0 if complete and entity.caps.since == "none" else at
            yield Page(before, {"v": _VERSION, "seq": resume}, complete, len(rows))
            if complete:
                return

    def find(
        self, entity: str, keys: Sequence[Mapping[str, str]]
    ) -> Sequence[Sequence[Record]]:
        """Look records up by any of their fields."""
        self._ask("find", entity, 1)
        live = self.world.values(entity)
        return [
            [
                self.world.record(entity, name)
                for name, values in live.items()
                if has(values, key)
            ][:2]
            for key in keys
        ]

    def write(self, entity: str, items: Sequence[WriteItem]) -> Sequence[WriteResult]:
        """Write one after the other."""
        self._ask("write", entity, 1)
        return [self.world.write(entity, item, number) for number, item in enumerate(items, 1)]

    def _ask(self, method: str, entity: str, number: int) -> list[Fault]:
        if method != "check":
            self._known()
        self.world.calls.append((method, entity, number))
        return self.world.strike(method, entity, number)

    @staticmethod
    def _spoiled(
        records: list[Record], before: list[Record], faults: Sequence[Fault]
    ) -> list[Record]:
        """Give the page with what the faults make of it."""
        records += [record for fault in faults for record in fault.add]
        if any(fault.repeat for fault in faults):
            records = before
        if records and fingerprint(records) == fingerprint(before):
            message = "The sandbox gave the same page again instead of the next one."
            raise RemoteError(ErrorKind.BAD_RESPONSE, message)
        return records

    def _reachable(self) -> checks.Found:
        self._ask("check", "", 1)
        return checks.Found(f"World {self.world.name} is here.")

    def _known(self) -> checks.Found:
        password = self.context.secrets.get("password", "")
        if self.world.password and password != self.world.password:
            message = "The sandbox refused the login. Check the password."
            raise RemoteError(ErrorKind.AUTH, message)
        return checks.Found("Logged in.", (self.world.name, f"World {self.world.name}"))

    def _readable(self, name: str) -> checks.Found:
        page = next(self.read(Query(name, page_size=1, max_records=1), None))
        return checks.Found(f"Read {len(page.records)} of {page.expected} records.")
