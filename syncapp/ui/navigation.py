"""The side bar: declared by the composition root, built per request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.http import HttpRequest

from syncapp.ui.access import may
from syncapp.ui.links import tenant_reverse


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry; `count` may give a number worth showing beside it (open issues)."""

    label: str
    url_name: str
    icon: str
    permission: str
    count: Callable[[HttpRequest], int] | None = None


@dataclass(frozen=True, slots=True)
class NavGroup:
    """A heading and its entries; an empty heading is allowed."""

    label: str
    items: tuple[NavItem, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as the template sees it."""

    label: str
    url: str
    icon: str
    active: bool
    count: int | None


@dataclass(frozen=True, slots=True)
class Group:
    """A group as the template sees it."""

    label: str
    items: tuple[Entry, ...]


def build(request: HttpRequest, groups: Sequence[NavGroup]) -> tuple[Group, ...]:
    """Give the groups that whoever is asking may see, the present page's entry marked.

    The longest address that the path begins with wins, so that a list is marked on the pages
    below it. *Home*, whose address every other begins with, is marked on its own page alone.
    """
    seen = [
        (group, [(item, tenant_reverse(request, item.url_name)) for item in group.items])
        for group in groups
    ]
    allowed = [
        (group, [(item, url) for item, url in items if may(request, item.permission)])
        for group, items in seen
    ]
    urls = [url for _, items in seen for _, url in items]
    here = max((url for url in urls if request.path.startswith(url)), key=len, default="")
    if here != request.path and len(urls) > 1 and all(url.startswith(here) for url in urls):
        here = ""
    return tuple(
        Group(
            group.label,
            tuple(
                Entry(
                    item.label,
                    url,
                    item.icon,
                    url == here,
                    item.count(request) if item.count else None,
                )
                for item, url in items
            ),
        )
        for group, items in allowed
        if items
    )
