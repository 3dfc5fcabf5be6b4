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
from syncapp.ui.paging import InvalidCursorError


class Cut(NamedTuple):
    """One page with the cursors of its neighbours."""

    rows: list[Listed]
    previous: str | None
    next: str | None


def cut(object_id: int, wanted: Wanted, *, cursor: str | None, size: int) -> Cut:
    """Give at most `size` records of what is wanted, after (or before) the cursor.

    Raises:
        InvalidCursorError: the cursor is damaged or belongs to another order.
    """
    backward, position = _decode(cursor, wanted) if cursor else (False, None)
    asked = wanted._replace(after=position, descending=wanted.descending != backward)
    found = read.page(object_id, asked, size + 1)
    more, rows = len(found) > size, found[:size]
    if backward:
        rows.reverse()
    before, after = (more, True) if backward else (cursor is not None, more)
    return Cut(
        rows,
        _encode(wanted, rows[0], backward=True) if rows and before else None,
        _encode(wanted, rows[-1], backward=False) if rows and after else None,
    )


def _encode(wanted: Wanted, row: Listed, *, backward: bool) -> str:
    position = row.seq if wanted.by == "seq" else row.key
    content = [wanted.by, int(wanted.descending), int(backward), position]
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode()


def _decode(cursor: str, wanted: Wanted) -> tuple[bool, Any]:
    try:
        by, descending, backward, position = json.loads(
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
    return bool(backward), position
