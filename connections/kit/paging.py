"""Paging: how to ask for the next page, and how to notice that there is none, or none new.

A pager knows one way of paging. Its position is JSON and says where the next page is, so a
reader can stop after any page and go on from there another day. `walk` turns the pages and
refuses to turn in circles: a position that does not advance, or a page that came before.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urljoin

import httpx
import xxhash

from connections.kit.errors import ErrorKind, RemoteError
from connections.kit.values import Json, Record
from syncapp import canonical

Position = Mapping[str, Json]
"""Where a page is. `{}` is the first one."""

MOST_PAGES: Final = 100_000


@dataclass(frozen=True, slots=True)
class Ask:
    """What to ask for: template variables for the request, or a path and query instead."""

    variables: Mapping[str, str] = field(default_factory=dict)
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page as it came.

    Attributes:
        records: its records.
        response: the answer, for its headers and its address.
        places: what was found at the places that the pager wants to see.
        total: how many records there are in all, if the system tells.
    """

    records: Sequence[Record]
    response: httpx.Response
    places: Mapping[str, Json] = field(default_factory=dict)
    total: int | None = None


class Pager(ABC):
    """One way of paging."""

    @abstractmethod
    def ask(self, position: Position) -> Ask:
        """Say how to ask for the page at `position`."""

    @abstractmethod
    def following(self, position: Position, sheet: Sheet) -> Position | None:
        """Say where the next page is, or None if `sheet` was the last one."""


class Single(Pager):
    """Everything comes at once."""

    def ask(self, position: Position) -> Ask:  # noqa: ARG002  there is but one
        """Ask for everything."""
        return Ask()

    def following(self, position: Position, sheet: Sheet) -> None:  # noqa: ARG002
        """Say that nothing follows."""
        return


class Counted(Pager):
    """Pages by number, or by how many records to leave out.

    The last page is the empty one, or one with fewer records than the page before: what was
    asked for is no measure, because systems cap it silently.

    Args:
        variable: "page" or "offset".
        first: number of the first page, or of the first record.
        until_empty: only an empty page is the last one.
    """

    def __init__(self, variable: str, *, first: int = 0, until_empty: bool = False) -> None:
        self._variable = variable
        self._first = first
        self._until_empty = until_empty

    def ask(self, position: Position) -> Ask:
        """Ask by number."""
        return Ask({self._variable: str(position.get("at", self._first))})

    def following(self, position: Position, sheet: Sheet) -> Position | None:
        """Count on, until a page is empty, shorter than the one before, or all were seen."""
        count, before = len(sheet.records), int(position.get("size", 0))
        read = int(position.get("read", 0)) + count
        if not count or (count < before and not self._until_empty):
            return None
        if sheet.total is not None and read >= sheet.total:
            return None
        at = int(position.get("at", self._first)) + (1 if self._variable == "page" else count)
        return {"at": at, "size": max(count, before), "read": read}


class InBody(Pager):
    """A token for the next page in the body."""

    def ask(self, position: Position) -> Ask:
        """Hand the token back."""
        return Ask({"cursor": str(position.get("token", ""))})

    def following(self, position: Position, sheet: Sheet) -> Position | None:  # noqa: ARG002
        """Take the token of the next page."""
        token = sheet.places.get("next")
        if token in (None, "", False) or sheet.places.get("more") is False:
            return None
        return {"token": str(token)}


class Link(Pager):
    """The address of the next page, in the body or in the `Link` header.

    Addresses are opaque; they may be absolute or relative, and they must lead to where the
    page came from.

    Args:
        in_header: look into the `Link` header.
        forget: parameters that must not be kept, such as a key that goes into each query.
    """

    def __init__(self, *, in_header: bool = False, forget: Sequence[str] = ()) -> None:
        self._in_header = in_header
        self._forget = frozenset(forget)

    def ask(self, position: Position) -> Ask:
        """Follow the link."""
        url = position.get("url")
        return Ask(url=str(url)) if url else Ask()

    def following(self, position: Position, sheet: Sheet) -> Position | None:  # noqa: ARG002
        """Take the link to the next page."""
        link = sheet.places.get("next")
        if self._in_header:
            link = sheet.response.links.get("next", {}).get("url")
        if not link:
            return None
        return {"url": near(str(link), sheet.response, self._forget)}


class Keyset(Pager):
    """Pages by the greatest key so far: nothing is missed when records come and go.

    Args:
        last: gives the key of a record.
    """

    def __init__(self, last: Callable[[Record], Json]) -> None:
        self._last = last

    def ask(self, position: Position) -> Ask:
        """Ask for what comes after the last key."""
        return Ask({"last": str(position.get("last", ""))})

    def following(self, position: Position, sheet: Sheet) -> Position | None:  # noqa: ARG002
        """Take the last key, until a page is empty."""
        if not sheet.records:
            return None
        last = self._last(sheet.records[-1])
        if last in (None, ""):
            message = (
                "A record without key ended the page, so the next one cannot be asked for."
            )
            raise RemoteError(ErrorKind.BAD_RESPONSE, message)
        return {"last": str(last)}


def walk(
    pager: Pager,
    fetch: Callable[[Ask], Sheet],
    position: Position | None = None,
    *,
    most: int = MOST_PAGES,
) -> Iterator[tuple[Sheet, Position | None]]:
    """Turn the pages from `position` on; yields each with the position of the next one.

    Raises:
        RemoteError: BAD_RESPONSE if a page repeats, a position does not advance, or there is
            no end.
    """
    position = dict(position or {})
    seen_pages = {position.pop("page", None)}
    seen_positions = {_canonical(position)}
    for _ in range(most):
        sheet = fetch(pager.ask(position))
        mark = fingerprint(sheet.records)
        if mark is not None and mark in seen_pages:
            raise _again(sheet.response)
        seen_pages.add(mark)
        following = pager.following(position, sheet)
        if following is None:
            yield sheet, None
            return
        spot = _canonical(following)
        if spot in seen_positions:
            raise _again(sheet.response)
        seen_positions.add(spot)
        # The mark travels along: a reader that goes on here tomorrow still knows this page.
        yield sheet, {**following, "page": mark}
        position = dict(following)
    message = f"There is no end after {most} pages. Check the paging of this entity."
    raise RemoteError(ErrorKind.BAD_RESPONSE, message)


def fingerprint(records: Sequence[Record]) -> str | None:
    """Tell pages apart by all that is in them; None for an empty page."""
    if not records:
        return None
    state = xxhash.xxh3_64()
    for record in records:
        state.update(record.raw)
    return f"{len(records)}-{state.hexdigest()}"


def near(link: str, response: httpx.Response, forget: frozenset[str] = frozenset()) -> str:
    """Resolve a link against the page that it stood on; gives path and query.

    Raises:
        RemoteError: BAD_RESPONSE if it leads to another origin.
    """
    here = response.request.url
    try:
        there = httpx.URL(urljoin(str(here), link))
    except (ValueError, httpx.InvalidURL):
        message = "The link to the next page is no address."
        raise RemoteError(ErrorKind.BAD_RESPONSE, message) from None
    # Behind a proxy that ends TLS, servers believe themselves at http://; we stay encrypted.
    believed = (
        here.scheme == "https" and there.scheme == "http" and there.port in (None, here.port)
    )
    same = (there.scheme == here.scheme and there.port == here.port) or believed
    if not same or there.host != here.host or there.userinfo:
        shown = f"{there.scheme}://{there.host}"
        message = f"The link to the next page leads away to {shown}; it was not followed."
        raise RemoteError(ErrorKind.BAD_RESPONSE, message)
    path, _, query = there.raw_path.decode().partition("?")
    kept = [pair for pair in query.split("&") if pair and pair.partition("=")[0] not in forget]
    return path + ("?" + "&".join(kept) if kept else "")


def _canonical(position: Position) -> bytes:
    return canonical.dumps(sorted(position.items()))


def _again(response: httpx.Response) -> RemoteError:
    host = response.request.url.host
    return RemoteError(
        ErrorKind.BAD_RESPONSE,
        f"{host} gave the same page again instead of the next one. Reading was stopped, for it "
        "would not end. Check the paging of this entity.",
    )
