"""The course of a reading: up to which change it was read, and where the next page is.

The cursor holds `mark`, up to which changes were read before this run; `seen`, the greatest
change stamp since then; `at`, where the next page is. On the last page `seen` becomes `mark`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

import httpx

from connections.kit.faults import http_date
from connections.kit.paging import Position
from connections.kit.slices import moment
from connections.kit.values import Cursor, Json, Record

VERSION: Final = 1


class Course:
    """Follows one reading.

    Args:
        cursor: where it goes on; a cursor of another version means the start.
        now: our clock, for systems that do not tell their time.
    """

    def __init__(self, cursor: Cursor | None, now: Callable[[], datetime]) -> None:
        known = cursor if cursor and cursor.get("v") == VERSION else {}
        self._now = now
        self.mark = moment(known.get("mark"))
        self.seen = moment(known.get("seen"))
        self.at: Position | None = known.get("at")

    def since(self, overlap: timedelta) -> datetime | None:
        """Say from when on changes are wanted; None for everything."""
        return self.mark - overlap if self.mark else None

    def note(self, records: Iterable[Record], response: httpx.Response) -> None:
        """See the change stamps of a page, but none from the system's future.

        One record dated into next year would otherwise hide all changes until then.
        """
        stamps = [record.changed_at for record in records if record.changed_at]
        if stamps:
            self.reach(min(max(stamps), self.there(response)))

    def reach(self, moment_seen: datetime) -> None:
        """Move on to a moment, never back."""
        self.seen = max(self.seen, moment_seen) if self.seen else moment_seen

    def there(self, response: httpx.Response) -> datetime:
        """Give the system's own time, or ours if it does not tell."""
        return http_date(response.headers.get("date", "")) or self._now()

    def restart(self) -> None:
        """Forget the page, keep the mark."""
        self.at = self.seen = None

    def cursor(self, following: Position | None, **more: Json) -> Mapping[str, Json]:
        """Give the cursor behind a page."""
        times = {"mark": self.mark, "seen": self.seen}
        if following is None:
            times = {"mark": max(filter(None, times.values()), default=None)}
        else:
            more["at"] = dict(following)
        kept = {name: time.isoformat() for name, time in times.items() if time}
        return {"v": VERSION, **kept, **more}
