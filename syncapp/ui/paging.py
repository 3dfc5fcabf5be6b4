"""Pages of lists: numbered where counting is cheap, by key where a table is hot.

Both kinds of pages hand the template the same `Pager`. The page size comes from the address and
is remembered in the session.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.paginator import Paginator
from django.db.models import F, Model, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.http import HttpRequest

from syncapp.errors import SyncAppError
from syncapp.ui import formats

SIZES = (5, 10, 25, 50, 100)
DEFAULT_SIZE = 10
COUNT_LIMIT = 10_000
_SESSION_KEY = "page_size"


class InvalidCursorError(SyncAppError):
    """This cursor was not made by this list; start again without one."""

    code = "invalid_cursor"


@dataclass(frozen=True, slots=True)
class Pager:
    """What the template needs below a table.

    Attributes:
        label: which rows these are: "1–10 of 48", "10 of 10 000+".
        total: the number beside the title.
        previous, next: query parameters of the neighbouring pages, or None.
        pages: (label, query parameters or None for the present page or a gap) of numbered pages.
    """

    size: int
    label: str
    total: str
    previous: dict[str, object] | None = None
    next: dict[str, object] | None = None
    pages: tuple[tuple[str, dict[str, object] | None], ...] = ()
    sizes: tuple[int, ...] = SIZES


def page_size(request: HttpRequest) -> int:
    """Give the page size that was asked for now or earlier, else the usual one."""
    asked = request.GET.get("size", "")
    if asked.isdecimal() and int(asked) in SIZES:
        request.session[_SESSION_KEY] = int(asked)
    size: int = request.session.get(_SESSION_KEY, DEFAULT_SIZE)
    return size


def numbered(rows: Any, *, request: HttpRequest, size: int) -> tuple[list[Any], Pager]:
    """Cut the page that the address asks for; a page that is not there gives the nearest."""
    paginator = Paginator(rows, size)
    page = paginator.get_page(request.GET.get("page"))
    total = formats.count(paginator.count)
    pages: tuple[tuple[str, dict[str, object] | None], ...] = tuple(
        (
            str(number),
            {"page": number} if isinstance(number, int) and number != page.number else None,
        )
        for number in paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    )
    return list(page.object_list), Pager(
        size=size,
        label=f"{formats.count(page.start_index())}–{formats.count(page.end_index())} of {total}",
        total=total,
        previous={"page": page.number - 1} if page.has_previous() else None,
        next={"page": page.number + 1} if page.has_next() else None,
        pages=pages if paginator.num_pages > 1 else (),
    )


@dataclass(frozen=True, slots=True)
class Slice:
    """A page cut by key, with the cursors of its neighbours."""

    rows: list[Any]
    previous: str | None
    next: str | None


@dataclass(frozen=True, slots=True)
class Keyset:
    """An order that pages can be cut by: all columns in one direction, together unique.

    Attributes:
        fields: names of the columns, most significant first.
        descending: newest first.
    """

    fields: tuple[str, ...] = ("pk",)
    descending: bool = True

    def cut(self, rows: QuerySet[Any], *, cursor: str | None, size: int) -> Slice:
        """Give at most `size` rows after (or before) the cursor.

        Raises:
            InvalidCursorError: the cursor is damaged or belongs to another list.
        """
        backward, key = self._decode(cursor, rows.model) if cursor else (False, None)
        falling = self.descending != backward
        if key is not None:
            lookup = TupleLessThan if falling else TupleGreaterThan
            rows = rows.filter(lookup(Tuple(*self.fields), key))
        order = [F(name).desc() if falling else F(name).asc() for name in self.fields]
        found = list(rows.order_by(*order)[: size + 1])
        more, found = len(found) > size, found[:size]
        if backward:
            found.reverse()
        has_previous = more if backward else cursor is not None
        has_next = more if not backward else True
        return Slice(
            found,
            self._encode(found[0], backward=True) if found and has_previous else None,
            self._encode(found[-1], backward=False) if found and has_next else None,
        )

    def _encode(self, row: Any, *, backward: bool) -> str:
        values = [_plain(getattr(row, name)) for name in self.fields]
        return base64.urlsafe_b64encode(json.dumps([int(backward), *values]).encode()).decode()

    def _decode(self, cursor: str, model: type[Model]) -> tuple[bool, tuple[Any, ...]]:
        try:
            backward, *values = json.loads(
                base64.b64decode(cursor, altchars=b"-_", validate=True)
            )
            fields = [_field(model, name) for name in self.fields]
            key = tuple(
                field.to_python(value) for field, value in zip(fields, values, strict=True)
            )
        except (
            binascii.Error,
            ValueError,
            TypeError,
            ValidationError,
            FieldDoesNotExist,
        ) as error:
            raise InvalidCursorError from error
        if None in key:
            raise InvalidCursorError
        return bool(backward), key


def _plain(value: Any) -> int | str:
    if isinstance(value, int):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _field(model: type[Model], name: str) -> Any:
    return model._meta.pk if name == "pk" else model._meta.get_field(name)


def keyed(
    rows: QuerySet[Any], *, keyset: Keyset, request: HttpRequest, size: int
) -> tuple[Sequence[Any], Pager]:
    """Cut a page by key; the total is counted no further than 10 000."""
    cut = keyset.cut(rows, cursor=request.GET.get("cursor"), size=size)
    counted = rows.order_by()[: COUNT_LIMIT + 1].count()
    total = (
        f"{formats.count(COUNT_LIMIT)}+" if counted > COUNT_LIMIT else formats.count(counted)
    )
    return cut.rows, Pager(
        size=size,
        label=f"{formats.count(len(cut.rows))} of {total}",
        total=total,
        previous={"cursor": cut.previous} if cut.previous else None,
        next={"cursor": cut.next} if cut.next else None,
    )
