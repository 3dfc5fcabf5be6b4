"""Reading an entity set: all of it, what has changed, or along a delta link.

The cursor is that of `connections.kit.course`, or holds the service's own link (`delta`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

import httpx
import msgspec

from connections.kit.answers import bad_response, body_of, not_json
from connections.kit.base import Cursor, ErrorKind, Page, Query, RemoteError
from connections.kit.course import Course
from connections.kit.faults import StatusError
from connections.kit.odata import spelling, wire
from connections.kit.odata.csdl import EntitySet
from connections.kit.paging import Ask, Pager, Position, Sheet, near, walk
from connections.kit.slices import Picker, Slicer, id_text, joined

_longest_select: Final = 1500
_gone: Final = frozenset({400, 404, 410})
_page = Picker(
    {
        "records": ("value",),
        "next": ("@odata.nextLink",),
        "next_401": ("@nextLink",),
        "delta": ("@odata.deltaLink",),
        "delta_401": ("@deltaLink",),
        "count": ("@odata.count",),
        "count_401": ("@count",),
    },
    "records",
)


class Send(Protocol):
    """Sends a request to an address below the service root."""

    def __call__(
        self,
        method: str,
        address: str,
        *,
        params: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Give the answer, or raise with the service's own words."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a set is read.

    Attributes:
        change_field: by which changes are found; None if by none.
        overlap: how far before the mark a run begins.
        by_keys: each page asks for what stands behind the last record.
        tracked: the service keeps the mark, by delta links.
        ordered: in a fixed order, and counted; a look-up needs neither.
    """

    change_field: str | None = None
    overlap: timedelta = timedelta()
    by_keys: bool = False
    tracked: bool = False
    ordered: bool = True


class Reading:
    """One reading, from a cursor on.

    Args:
        send: the way to the service.
        entity_set: what is read.
        manner: how.
        query: which records of it.
        cursor: where to go on, None for the start.
        now: our clock, for services that do not tell their time.
    """

    def __init__(
        self,
        send: Send,
        entity_set: EntitySet,
        manner: Manner,
        query: Query,
        cursor: Cursor | None,
        now: Callable[[], datetime],
    ) -> None:
        self._send = send
        self._set = entity_set
        self._manner = manner
        self._query = query
        self._size = max(1, min(query.page_size, query.max_records or query.page_size))
        self._course = Course(cursor, now)
        self._delta: str | None = cursor.get("delta") if cursor else None
        self._begun = False
        self._slicer = Slicer(
            wire.shape_of(entity_set, manner.change_field),
            decode=wire.plain,
            identify=self._identify,
        )
        change = [manner.change_field] if manner.change_field else []
        keys = [name for name in entity_set.key if name not in change]
        self._order = [*change, *keys] if manner.ordered else []

    def pages(self) -> Iterator[Page]:
        """Read on; if a stored link is no longer good, from where its run began."""
        try:
            yield from self._pages()
        except StatusError as error:
            stored = self._course.at or self._delta
            if self._begun or not stored or error.http_status not in _gone:
                raise
            self._delta = None
            self._course.restart()
            yield from self._pages()

    def _pages(self) -> Iterator[Page]:
        position = self._course.at
        if position is None and self._delta:
            position = {"url": self._delta}
        left = self._query.max_records
        for sheet, following in walk(self._pager(), self._fetch, position):
            self._begun = True
            self._course.note(sheet.records, sheet.response)
            records = sheet.records if left is None else sheet.records[:left]
            left = None if left is None else left - len(records)
            complete = following is None or left == 0
            link = sheet.places["delta"] if following is None else None
            delta = {"delta": near(str(link), sheet.response)} if link else {}
            yield Page(records, self._course.cursor(following, **delta), complete, sheet.total)
            if complete:
                return

    def _pager(self) -> Pager:
        if self._manner.by_keys and self._set.key and not self._manner.tracked:
            return _ByKeys(self._set, self._order, self._size)
        return _ByLinks(self._size)

    def _fetch(self, ask: Ask) -> Sheet:
        prefer = f"odata.maxpagesize={self._size}"
        if self._manner.tracked:
            prefer = f"odata.track-changes, {prefer}"
        response = self._send(
            "GET",
            ask.url or self._set.name,
            params=None if ask.url else self._options(ask),
            headers={"Prefer": prefer},
        )
        try:
            found = _page.pick(body_of(response))
        except (msgspec.DecodeError, RecursionError) as error:
            raise not_json(response, error) from None
        if found["records"] is None:
            raise bad_response(response, "answered without a list of records.")
        total = found["count"] if found["count"] is not None else found["count_401"]
        places = {
            "next": found["next"] or found["next_401"],
            "delta": found["delta"] or found["delta_401"],
        }
        records = self._slicer.records(found["records"])
        return Sheet(records, response, places, total if isinstance(total, int) else None)

    def _options(self, ask: Ask) -> dict[str, str]:
        options = dict(ask.variables)
        behind = options.pop("behind", "")
        options["$filter"] = spelling.both(self._query.filter, self._since(), behind)
        options |= self._selection()
        if not self._manner.tracked:
            options["$orderby"] = ",".join(self._order)
        if self._manner.ordered and not ask.variables.keys() & {"behind", "$skip"}:
            options["$count"] = "true"
        if self._query.max_records is not None:
            options.setdefault("$top", str(self._query.max_records))
        return options

    def _since(self) -> str:
        since, change = self._course.since(self._manner.overlap), self._manner.change_field
        if since is None or change is None:
            return ""
        return f"{change} ge {spelling.stamp(self._set.properties[change], since)}"

    def _selection(self) -> dict[str, str]:
        """Ask for the wanted fields alone, unless that would make the address too long."""
        if self._query.fields is None:
            return {}
        properties = self._set.properties
        known = [properties[name] for name in self._query.fields if name in properties]
        own = [one.name for one in known if not one.navigation]
        change = [self._manner.change_field] if self._manner.change_field else []
        select = ",".join(dict.fromkeys([*self._set.key, *change, *own]))
        return {
            "$select": select if len(select) <= _longest_select else "",
            "$expand": ",".join(one.name for one in known if one.navigation),
        }

    def _identify(self, raw: bytes) -> str | None:
        """Read the key of a tombstone out of its address."""
        found = spelling.key_in(wire.address_of(raw), len(self._set.key))
        return joined(found) if found else None


class _ByLinks(Pager):
    """Next links; `$top` and `$skip` where a full page came without one."""

    def __init__(self, size: int) -> None:
        self._size = size

    def ask(self, position: Position) -> Ask:
        if "url" in position:
            return Ask(url=str(position["url"]))
        if "skip" in position:
            return Ask({"$skip": str(position["skip"]), "$top": str(self._size)})
        return Ask()

    def following(self, position: Position, sheet: Sheet) -> Position | None:
        if link := sheet.places["next"]:
            return {"url": near(str(link), sheet.response)}
        read = int(position.get("skip", 0)) + len(sheet.records)
        total = sheet.total if sheet.total is not None else position.get("total")
        if "url" in position or len(sheet.records) != self._size:
            return None  # links have ended, or the page is not a full one
        if total is not None and read >= total:
            return None
        return {"skip": read, "total": total}


class _ByKeys(Pager):
    """What stands behind the last record, in the order of change and key."""

    def __init__(self, entity_set: EntitySet, order: Sequence[str], size: int) -> None:
        self._set = entity_set
        self._order = order
        self._size = size

    def ask(self, position: Position) -> Ask:
        if "last" not in position:
            return Ask({"$top": str(self._size)})
        spelled = [
            (name, None if value is None else self._spelled(name, value))
            for name, value in zip(self._order, position["last"], strict=True)
        ]
        return Ask({"$top": str(self._size), "behind": spelling.after(spelled)})

    def following(self, position: Position, sheet: Sheet) -> Position | None:  # noqa: ARG002
        if not sheet.records:
            return None
        values = sheet.records[-1].values
        return {"last": [id_text(values.get(name)) for name in self._order]}

    def _spelled(self, name: str, value: str) -> str:
        try:
            return spelling.literal(self._set.properties[name], value)
        except (KeyError, ValueError):
            message = f"Paging by key is not possible: {name} is not what $metadata says it is."
            raise RemoteError(ErrorKind.BAD_RESPONSE, message) from None
