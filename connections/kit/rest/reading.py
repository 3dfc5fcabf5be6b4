"""Reading the list of an entity, page by page, as its profile says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from connections.kit.base import Cursor, Json, Page, Query, Record
from connections.kit.course import Course
from connections.kit.paging import (
    Ask,
    Counted,
    InBody,
    Keyset,
    Link,
    Pager,
    Sheet,
    Single,
    walk,
)
from connections.kit.rest import templates
from connections.kit.rest.calling import Caller
from connections.kit.rest.profile import Profile
from connections.kit.rest.selecting import Selector
from connections.kit.slices import Path, Shape, Slicer, id_text, moment, path_of

OVERLAP: Final = 300


class Reading:
    """One reading of an entity's list, from a cursor on."""

    def __init__(
        self,
        caller: Caller,
        entity: Profile,
        query: Query,
        cursor: Cursor | None,
        now: Callable[[], datetime],
    ) -> None:
        self._caller = caller
        self._list = entity["list"]
        self._paging = entity.get("paging", {"type": "none"})
        self._since = entity.get("since", {})
        self._query = query
        self._course = Course(cursor, now)
        self._slicer = slicer(entity)
        places = {name: self._paging[name] for name in ("next", "more") if name in self._paging}
        if "total" in self._list:
            places["total"] = self._list["total"]
        self._selector = Selector(self._list.get("records", "@"), places)

    def pages(self) -> Iterator[Page]:
        """Read on to the end."""
        left = self._query.max_records
        for sheet, following in walk(self._pager(), self._fetch, self._course.at):
            if self._since.get("field"):
                self._course.note(sheet.records, sheet.response)
            elif self._since and self._course.seen is None:
                # Lists without a stamp: the system's own time when the run began.
                self._course.reach(self._course.there(sheet.response))
            records = sheet.records if left is None else sheet.records[:left]
            left = None if left is None else left - len(records)
            complete = following is None or left == 0
            yield Page(records, self._course.cursor(following), complete, sheet.total)
            if complete:
                return

    def _pager(self) -> Pager:
        kind = self._paging["type"]
        until_empty = self._paging.get("stop") == "empty_page"
        if kind in {"page", "offset"}:
            first = self._paging.get("first", 1 if kind == "page" else 0)
            return Counted(kind, first=first, until_empty=until_empty)
        if kind == "cursor":
            return InBody()
        if kind in {"link_header", "next_url"}:
            auth = self._caller.auth
            forget = [auth.parameter] if auth and auth.parameter else []
            return Link(in_header=kind == "link_header", forget=forget)
        if kind == "keyset":
            field = self._paging["field"]
            return Keyset(lambda record: id_text(record.values.get(field)))
        return Single()

    def _fetch(self, ask: Ask) -> Sheet:
        if ask.url:
            response = self._caller.follow(ask.url)
        else:
            wanted = {**ask.variables, "limit": str(self._limit()), "since": self._stamp()}
            method = self._list.get("method", "GET")
            body = self._list.get("body")
            response = self._caller.call(
                method,
                templates.path(self._list["path"], wanted),
                params=self._params(wanted),
                json=None if body is None else templates.tree(body, wanted),
                safe=True,
            )
        slices, places = self._selector.select(response)
        total = places.pop("total", None)
        records = self._slicer.records(slices)
        return Sheet(records, response, places, total if isinstance(total, int) else None)

    def _limit(self) -> int:
        most: int = self._paging.get("max", self._query.page_size)
        return max(1, min(self._query.page_size, most))

    def _params(self, variables: Mapping[str, str]) -> dict[str, str]:
        query = self._list.get("query", {})
        params = {name: templates.text(value, variables) for name, value in query.items()}
        if "param" in self._since:
            params[self._since["param"]] = variables["since"]
        return params | dict(parse_qsl(self._query.filter))

    def _stamp(self) -> str:
        overlap = timedelta(seconds=self._since.get("overlap_seconds", OVERLAP))
        since = self._course.since(overlap)
        return spelled(since, self._since) if since and self._since else ""


def slicer(entity: Profile) -> Slicer:
    """Make the slicer for an entity's records."""
    since = entity.get("since", {})
    shape = Shape(
        key=tuple(place_of(name) for name in entity["key"]),
        version=place_of(entity["version"]) if "version" in entity else None,
        changed=place_of(since["field"]) if "field" in since else None,
    )
    return Slicer(shape, stamp=lambda value: understood(value, since))


def place_of(name: str) -> Path:
    """Give the path to a field; a name that is no plain path is one field."""
    return path_of(name) or (name,)


def value_at(values: Json, path: Path) -> Json:
    """Give what stands at a path of decoded values; None if nothing does."""
    for name in path:
        values = values.get(name) if isinstance(values, Mapping) else None
    return values


def key_texts(record: Record, names: Any) -> list[str | None]:
    """Give some fields of a record as texts of a key."""
    return [id_text(value_at(record.values, place_of(name))) for name in names]


def spelled(at: datetime, since: Profile) -> str:
    """Spell a moment as the system wants it."""
    local = at.astimezone(ZoneInfo(since.get("timezone", "UTC")))
    form = since.get("format", "iso8601_utc")
    if form == "epoch_s":
        return str(int(at.timestamp()))
    if form == "epoch_ms":
        return str(int(at.timestamp() * 1000))
    if form == "date":
        return local.date().isoformat()
    if form == "local":
        return local.strftime("%Y-%m-%d %H:%M:%S")
    if form == "iso8601":
        return local.isoformat(timespec="seconds")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def understood(value: Json, since: Profile) -> datetime | None:
    """Read a change stamp as the system spells it; None if it is none."""
    if isinstance(value, str) and not value.isdigit():
        zone = since.get("timezone")
        if not zone:
            return moment(value)
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            return None
        return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))
    try:
        seconds = float(value) / (1000 if since.get("format") == "epoch_ms" else 1)
        return datetime.fromtimestamp(seconds, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
