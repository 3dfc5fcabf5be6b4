"""The records and the journal of their edits.

Each edit is one line of the journal, written before it counts; a line that a crash cut off
counts for nothing. At start the journal is replayed over the made-up records and written anew,
atomically, with one line per changed record. The file is handed to the kernel, not forced to the
disk: it outlives the process, which is what a demo needs.
"""

from __future__ import annotations

import fcntl
import threading
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import FileIO
from itertools import islice
from pathlib import Path
from typing import Any

from syncapp import canonical
from syncapp.demo.erp import data
from syncapp.demo.erp.model import SETS, EntitySet, Values
from syncapp.demo.erp.query import Query


class StateError(Exception):
    """The journal cannot be read, or somebody else writes it."""


@dataclass(frozen=True, slots=True)
class Row:
    """A record, ready to be sent."""

    values: Values
    etag: str
    body: bytes

    @classmethod
    def of(cls, values: Values) -> Row:
        """Serialise a record, once for all pages that it will stand on."""
        etag = f'W/"{canonical.digest(values):016x}"'
        return cls(values, etag, canonical.dumps({"@odata.etag": etag} | values))


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows; `token` says where to go on, None if nothing follows."""

    rows: list[Row]
    token: str | None
    count: int | None


class Table:
    """The records of one entity set, in order of their key."""

    def __init__(self, entity_set: EntitySet, records: Iterable[Values]) -> None:
        self.entity_set = entity_set
        self.rows = {str(values[entity_set.key]): Row.of(values) for values in records}
        self.keys = sorted(self.rows)

    def put(self, key: str, values: Values | None) -> None:
        """Set a record, or remove it."""
        known = key in self.rows
        if values is not None:
            self.rows[key] = Row.of(values)
            if not known:
                insort(self.keys, key)
        elif known:
            del self.rows[key]
            del self.keys[bisect_left(self.keys, key)]

    def page(self, query: Query, size: int) -> Page:
        """Give the next rows of a list."""
        rows = [self.rows[key] for key in self.keys]
        if not query.order.by_key:
            rows.sort(key=lambda row: query.order.position(row.values))
        count = sum(1 for _ in _matching(rows, query)) if query.count else None
        if query.after is not None:
            start = bisect_right(
                rows, query.after, key=lambda row: query.order.position(row.values)
            )
            rows = rows[start:]
        limit = size if query.top is None else min(size, query.top)
        found = list(islice(_matching(rows, query), query.skip, query.skip + limit + 1))
        more = len(found) > limit and (query.top is None or limit < query.top)
        given = found[:limit]
        token = query.order.token(given[-1].values) if more and given else None
        return Page(given, token, count)


def _matching(rows: Iterable[Row], query: Query) -> Iterator[Row]:
    where = query.where
    return iter(rows) if where is None else (row for row in rows if where(row.values))


class Store:
    """All tables, their journal, and the one lock over both.

    Args:
        state: the journal; made if it is missing.
        now: the clock.
        records: what the tables hold before any edit.
    """

    def __init__(
        self,
        state: Path,
        now: Callable[[], datetime],
        records: Mapping[str, Iterable[Values]],
    ) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._tables = {name: Table(SETS[name], made) for name, made in records.items()}
        self._lock_file = _locked(state)
        try:
            edits = _read(state)
        except StateError:
            self._lock_file.close()
            raise
        for (name, key), values in edits.items():
            self._tables[name].put(key, values)
        rows = [row for table in self._tables.values() for row in table.rows.values()]
        self._last = max((row.values["LastModified"] for row in rows), default="")
        self._journal = _rewrite(state, edits)

    @contextmanager
    def open(self, entity_set: EntitySet) -> Iterator[Table]:
        """Give a table to one thread alone; only `put` of this store may change it."""
        with self._lock:
            yield self._tables[entity_set.name]

    def put(self, table: Table, key: str, values: Values | None) -> Row | None:
        """Write an edit down, then do it; within `open`."""
        if values is not None:
            values = values | {"LastModified": self._stamp()}
        self._append(_line(table.entity_set.name, key, values))
        table.put(key, values)
        return table.rows.get(key)

    def close(self) -> None:
        """Let go of the journal."""
        self._journal.close()
        self._lock_file.close()

    def _append(self, line: bytes) -> None:
        place = self._journal.tell()
        try:
            if self._journal.write(line) != len(line):
                message = "the journal took only part of an edit"
                raise OSError(message)
        except OSError:
            self._journal.truncate(place)
            raise

    def _stamp(self) -> str:
        """Give a moment later than any given before, even if the clock was put back."""
        now = data.stamp(self._now())
        if now <= self._last:
            last = datetime.fromisoformat(self._last)
            now = data.stamp(last + timedelta(microseconds=1))
        self._last = now
        return now


Edits = dict[tuple[str, str], Values | None]


def _line(name: str, key: str, values: Values | None) -> bytes:
    return canonical.dumps({"set": name, "key": key, "values": values}) + b"\n"


def _locked(state: Path) -> FileIO:
    """Become the only one to use this journal; the kernel ends it with the process."""
    state.parent.mkdir(parents=True, exist_ok=True)
    # Not the journal itself, because a start puts a new file in its place.
    file = FileIO(state.with_name(state.name + ".lock"), "a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        message = f"Another demo ERP uses {state}."
        raise StateError(message) from error
    return file


def _read(state: Path) -> Edits:
    edits: Edits = {}
    content = state.read_bytes() if state.exists() else b""
    for number, line in enumerate(content.split(b"\n")[:-1], start=1):
        try:
            name, key, values = _edit(canonical.loads(line))
        except (*canonical.type_errors, LookupError, TypeError) as error:
            message = (
                f"Line {number} of {state} is no edit of the demo ERP; move the file away."
            )
            raise StateError(message) from error
        edits[name, key] = values
    return edits


def _edit(line: Any) -> tuple[str, str, Values | None]:
    name, key, values = line["set"], line["key"], line["values"]
    names = {found.name for found in SETS[name].properties}
    if not isinstance(key, str) or (values is not None and set(values) != names):
        raise LookupError(name)
    return SETS[name].name, key, values


def _rewrite(state: Path, edits: Edits) -> FileIO:
    fresh = state.with_name(state.name + ".new")
    fresh.write_bytes(b"".join(_line(*place, values) for place, values in edits.items()))
    fresh.replace(state)
    return FileIO(state, "ab")
