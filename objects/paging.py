"""Pages of records, cut by key or by position; nothing is sorted or counted in full."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, NamedTuple

from objects.records import read
from objects.records.changes import Listed
from objects.records.read import Wanted
from objects.shape import KEY_LIMIT
from objects.values import storable
from syncapp.errors import SyncAppError
from syncapp.ui.paging import InvalidCursorError


class ForeignCursorError(SyncAppError):
    """The records were restored from a backup since; read them again from the beginning."""

    code = "read_again"
    status = 410


class Cut(NamedTuple):
    """One page with the cursors of its neighbours."""

    rows: list[Listed]
    previous: str | None
    next: str | None


def cut(
    object_id: int, wanted: Wanted, *, cursor: str | None, size: int, feed: str = ""
) -> Cut:
    """Give at most `size` records of what is wanted, after (or before) the cursor.

    Args:
        object_id: whose records.
        wanted: which, in which order.
        cursor: a neighbour's, or None for the first page.
        size: at most so many.
        feed: the id of the object's numbering, for cursors that are kept for long.

    Raises:
        InvalidCursorError: the cursor is damaged or belongs to another order.
        ForeignCursorError: it belongs to another numbering.
    """
    backward, position = _decode(cursor, wanted, feed) if cursor else (False, None)
    asked = wanted._replace(after=position, descending=wanted.descending != backward)
    found = read.page(object_id, asked, size + 1)
    more, rows = len(found) > size, found[:size]
    if backward:
        rows.reverse()
    before, after = (more, True) if backward else (cursor is not None, more)
    return Cut(
        rows,
        cursor_at(wanted, rows[0], feed, backward=True) if rows and before else None,
        cursor_at(wanted, rows[-1], feed) if rows and after else None,
    )


def cursor_at(wanted: Wanted, row: Listed, feed: str = "", *, backward: bool = False) -> str:
    """Point behind (or before) this record."""
    position = row.seq if wanted.by == "seq" else row.key
    content = [wanted.by, int(wanted.descending), int(backward), position, feed]
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode()


def _decode(cursor: str, wanted: Wanted, feed: str) -> tuple[bool, Any]:
    try:
        by, descending, backward, position, numbering = json.loads(
            base64.b64decode(cursor, altchars=b"-_", validate=True)
        )
    except (binascii.Error, ValueError, TypeError) as error:
        raise InvalidCursorError from error
    fits = (
        isinstance(position, int) and 0 <= position < 2**63
        if wanted.by == "seq"
        else isinstance(position, str) and len(position) <= KEY_LIMIT and storable(position)
    )
    if by != wanted.by or bool(descending) != wanted.descending or not fits:
        raise InvalidCursorError
    if numbering != feed:
        raise ForeignCursorError
    return bool(backward), position
