"""The base of every table and its column kinds. One template draws them all: `ui/_table.html`.

Kinds: text, link, state, when, duration, count, mono, actions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import django_tables2
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django_tables2.data import TableQuerysetData
from django_tables2.utils import Accessor

from syncapp.ui import formats, html
from syncapp.ui.icons import icon
from syncapp.ui.links import Action, Link, tenant_reverse

_MOST_ACTIONS = 3


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's head: `sort` is the value that the next click puts into the address."""

    name: str
    label: str
    kind: str
    telling: bool
    sort: str | None
    direction: str | None


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as the template sees it."""

    head: Heading
    content: SafeString | str


class Table(django_tables2.Table):  # type: ignore[misc]  # the library ships no types
    """A table of ours.

    Attributes:
        telling: the two columns that remain where the window is narrow and rows become cards;
            the first two if nothing is said.
    """

    telling: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        data: Iterable[Any],
        *,
        request: HttpRequest,
        order_by: str | Sequence[str] | None = None,
        orderable: bool = True,
        heads: list[Heading] | None = None,
    ) -> None:
        # Not handed to the parent, which would read sorting and paging from the address itself.
        super().__init__(data=data, order_by=order_by, orderable=orderable)
        self.request = request
        self._heads = heads

    def ordered(self) -> Any:
        """Give the data in this table's order, ties broken by primary key.

        Without the tie-break a row can appear on two pages, or on none.
        """
        if not isinstance(self.data, TableQuerysetData):
            return self.data.data
        rows = self.data.data
        return rows.order_by(*rows.query.order_by, "pk")

    def showing(self, found: list[Any]) -> Table:
        """Give the same table with one page's rows; the heads keep showing the order."""
        return type(self)(found, request=self.request, order_by=(), heads=self.headings())

    def headings(self) -> list[Heading]:
        """Give the visible columns' heads."""
        if self._heads is not None:
            return self._heads
        columns = list(self.columns)
        telling = self.telling or tuple(column.name for column in columns[:2])
        return [
            Heading(
                name=column.name,
                label=str(column.header),
                kind=getattr(column.column, "kind", "text"),
                telling=column.name in telling,
                sort=str(column.order_by_alias.next) if column.orderable else None,
                direction=_direction(column),
            )
            for column in columns
        ]

    def lines(self) -> Iterator[list[Cell]]:
        """Give the rows' cells."""
        heads = {head.name: head for head in self.headings()}
        for row in self.rows:
            yield [Cell(heads[column.name], content) for column, content in row.items()]


def _direction(column: Any) -> str | None:
    if not column.is_ordered:
        return None
    return "descending" if column.order_by_alias.is_descending else "ascending"


class TextColumn(django_tables2.Column):  # type: ignore[misc]  # the library ships no types
    """Plain text; an empty value shows as a dash.

    Attributes:
        kind: CSS class of the column's cells.
    """

    kind = "text"

    def __init__(self, verbose_name: str | None = None, **options: Any) -> None:
        options.setdefault("default", html.EMPTY)
        super().__init__(verbose_name, **options)


class LinkColumn(TextColumn):
    """Text that leads to a page of the record (or of one it refers to).

    Args:
        url_name: name of an address below the tenant with one argument `pk`.
        pk: where the record keeps that argument.
        row: a click anywhere in the row follows this link.
    """

    kind = "link"

    def __init__(
        self,
        verbose_name: str | None = None,
        *,
        url_name: str,
        pk: str = "pk",
        row: bool = True,
        **options: Any,
    ) -> None:
        super().__init__(verbose_name, **options)
        self.url_name, self.pk, self.row = url_name, Accessor(pk), row

    def render(self, value: object, record: Any, table: Table) -> SafeString:
        """Give the link; the record's own is what a click on the row follows."""
        pk = self.pk.resolve(record, quiet=True)
        if pk is None:
            return format_html("{}", value)
        url = tenant_reverse(table.request, self.url_name, pk=pk)
        look = "row-link" if self.row else "reference"
        return format_html('<a class="{}" href="{}">{}</a>', look, url, value)


class StateColumn(TextColumn):
    """A badge; reads the stored code, not the label that `choices` give it."""

    kind = "state-cell"

    def render(self, value: object, record: Any, bound_column: Any) -> SafeString:
        """Give the badge of the code."""
        code = bound_column.accessor.resolve(record, quiet=True)
        return html.badge(value if code is None else code)


class WhenColumn(TextColumn):
    """A moment, newest first on the first click."""

    kind = "when"

    def __init__(self, verbose_name: str | None = None, **options: Any) -> None:
        options.setdefault("initial_sort_descending", True)
        super().__init__(verbose_name, **options)

    def render(self, value: Any) -> SafeString:
        """Give the relative time; this is the edge where the clock is read."""
        return html.when(value, timezone.now())


class DurationColumn(TextColumn):
    """A span of time: a timedelta, or a number of seconds (`ms=True`: of milliseconds)."""

    kind = "number"

    def __init__(
        self, verbose_name: str | None = None, *, ms: bool = False, **options: Any
    ) -> None:
        super().__init__(verbose_name, **options)
        self.ms = ms

    def render(self, value: Any) -> str:
        """Give at most two units."""
        return formats.duration(value / 1000 if self.ms else value)


class CountColumn(TextColumn):
    """A whole number, right-aligned, thousands grouped."""

    kind = "number"

    def render(self, value: int) -> str:
        """Give the grouped number."""
        return formats.count(value)


class MonoColumn(TextColumn):
    """An identifier in monospace with a copy button."""

    kind = "mono"

    def render(self, value: object) -> SafeString:
        """Give the text and its button."""
        return html.copyable(value)


class ActionsColumn(django_tables2.Column):  # type: ignore[misc]  # the library ships no types
    """At most three icons; each says to screen readers what it does and to which record.

    Args:
        actions: their addresses take one argument `pk`; those that whoever is asking may not
            use are left out.
        pk: where the record keeps that argument.
    """

    kind = "actions"

    def __init__(self, actions: Sequence[Action], *, pk: str = "pk") -> None:
        if len(actions) > _MOST_ACTIONS:
            raise ValueError("a row has room for three actions; put the others on its page")
        super().__init__("Actions", orderable=False, empty_values=())
        self.actions, self.pk = tuple(actions), Accessor(pk)

    def render(self, record: Any, table: Table) -> SafeString:
        """Give the icons that may be used."""
        pk = self.pk.resolve(record)
        links = (action.link(table.request, pk=pk) for action in self.actions)
        return format_html_join(
            "", "{}", ((_button(link, str(record), table),) for link in links if link)
        )


def _button(link: Link, name: str, table: Table) -> SafeString:
    label = f"{link.label} {name}"
    if link.method == "post":
        return format_html(
            '<form method="post" action="{}"><input type="hidden" name="csrfmiddlewaretoken"'
            ' value="{}"><button class="btn-icon-quiet" aria-label="{}" title="{}">{}</button></form>',
            link.url,
            get_token(table.request),
            label,
            link.label,
            icon(link.icon),
        )
    dialog = (
        format_html(' hx-get="{}" hx-target="#dialog-body" aria-haspopup="dialog"', link.url)
        if link.dialog
        else ""
    )
    return format_html(
        '<a class="btn-icon-quiet" href="{}"{} aria-label="{}" title="{}">{}</a>',
        link.url,
        dialog,
        label,
        link.label,
        icon(link.icon),
    )
