"""Every way of paging ends, goes on from where it stopped, and refuses to turn in circles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from connections.kit.base import ErrorKind, Record, RemoteError
from connections.kit.paging import (
    Ask,
    Counted,
    InBody,
    Keyset,
    Link,
    Pager,
    Sheet,
    Single,
    fingerprint,
    near,
    walk,
)
from syncapp import canonical
from tests.every import every

HERE = "https://erp.example/api/items?page=1"


def response(url: str = HERE, **headers: str) -> httpx.Response:
    return httpx.Response(200, headers=headers, request=httpx.Request("GET", url))


def sheet(ids: Sequence[int], total: int | None = None, **places: Any) -> Sheet:
    rows = [Record.of(str(number), {"id": number}) for number in ids]
    return Sheet(rows, response(), places, total)


class Source:
    """Numbers from 1 on, given in pages."""

    def __init__(self, count: int, size: int = 3) -> None:
        self.rows = list(range(1, count + 1))
        self.size = size
        self.asked: list[Ask] = []

    def numbered(self, ask: Ask) -> Sheet:
        self.asked.append(ask)
        start = (int(ask.variables["page"]) - 1) * self.size
        return sheet(self.rows[start : start + self.size])

    def offset(self, ask: Ask) -> Sheet:
        self.asked.append(ask)
        start = int(ask.variables["offset"])
        return sheet(self.rows[start : start + self.size], len(self.rows))

    def keyset(self, ask: Ask) -> Sheet:
        last = int(ask.variables["last"] or 0)
        return sheet([row for row in self.rows if row > last][: self.size])

    def token(self, ask: Ask) -> Sheet:
        start = int(ask.variables.get("cursor") or 0)
        following = start + self.size
        more = following < len(self.rows)
        return sheet(self.rows[start:following], next=following if more else None)

    def linked(self, ask: Ask) -> Sheet:
        start = int((ask.url or "?0").rpartition("?")[2])
        following = start + self.size
        more = following < len(self.rows)
        return sheet(self.rows[start:following], next=f"?{following}" if more else "")


WAYS = [
    (Counted("page", first=1), "numbered"),
    (Counted("page", first=1, until_empty=True), "numbered"),
    (Counted("offset"), "offset"),
    (Keyset(lambda record: record.values["id"]), "keyset"),
    (InBody(), "token"),
    (Link(), "linked"),
]


def ids(turned: Any) -> list[int]:
    return [int(record.remote_id or 0) for page, _ in turned for record in page.records]


@every(("pager", "way"), WAYS)
@every("count", [0, 1, 2, 3, 4, 6, 10])
def test_all_pages_come_once_and_in_order(pager: Pager, way: str, count: int) -> None:
    source = Source(count)

    assert ids(walk(pager, getattr(source, way))) == source.rows


@every(("pager", "way"), WAYS)
def test_it_goes_on_from_any_position(pager: Pager, way: str) -> None:
    fetch = getattr(Source(10), way)
    turned = list(walk(pager, fetch))

    for number, (_, position) in enumerate(turned[:-1]):
        kept = canonical.loads(canonical.dumps(position))
        assert ids(turned[: number + 1]) + ids(walk(pager, fetch, kept)) == list(range(1, 11))


def test_everything_at_once() -> None:
    source = Source(5)

    assert ids(walk(Single(), lambda _: sheet(source.rows))) == source.rows


def test_a_page_smaller_than_asked_for_is_not_the_last() -> None:
    """Systems cap the size silently; the first page says nothing about the end."""
    source = Source(4, size=2)

    assert ids(walk(Counted("page", first=1), source.numbered)) == source.rows
    assert [ask.variables["page"] for ask in source.asked] == ["1", "2", "3"]


def test_a_total_spares_the_empty_page() -> None:
    source = Source(6)

    assert ids(walk(Counted("offset"), source.offset)) == source.rows
    assert len(source.asked) == 2


def test_pages_that_shrink_in_the_middle_go_on_if_the_profile_says_so() -> None:
    pages = [[1, 2, 3], [4], [5, 6], []]
    pager = Counted("page", until_empty=True)

    turned = walk(pager, lambda ask: sheet(pages[int(ask.variables["page"])]))

    assert ids(turned) == [1, 2, 3, 4, 5, 6]


def test_an_empty_page_with_a_token_is_not_the_end() -> None:
    pages = {"": ([1], "a"), "a": ([], "b"), "b": ([2], "")}

    def fetch(ask: Ask) -> Sheet:
        found, following = pages[ask.variables["cursor"]]
        return sheet(found, next=following)

    assert ids(walk(InBody(), fetch)) == [1, 2]


def test_a_token_with_nothing_more_is_the_end() -> None:
    turned = list(walk(InBody(), lambda _: sheet([1], next="again", more=False)))

    assert len(turned) == 1


def test_the_link_header_is_followed() -> None:
    def fetch(ask: Ask) -> Sheet:
        if ask.url:
            return sheet([2])
        header = '</api/items?page=2>; rel="next", </api/items?page=9>; rel="last"'
        return Sheet(sheet([1]).records, response(Link=header))

    turned = list(walk(Link(in_header=True), fetch))

    assert ids(turned) == [1, 2]
    assert turned[0][1] == {
        "url": "/api/items?page=2",
        "page": fingerprint(turned[0][0].records),
    }


@every("pager", [Counted("page"), Keyset(lambda record: record.remote_id)])
def test_the_same_page_again_is_an_error(pager: Pager) -> None:
    with pytest.raises(RemoteError, match="the same page again") as caught:
        list(walk(pager, lambda _: sheet([1, 2, 3])))

    assert caught.value.kind is ErrorKind.BAD_RESPONSE


def test_the_same_page_is_noticed_by_who_goes_on_tomorrow() -> None:
    turned = walk(Counted("page"), lambda _: sheet([1, 2, 3]))
    _, position = next(turned)

    with pytest.raises(RemoteError, match="the same page again"):
        next(walk(Counted("page"), lambda _: sheet([1, 2, 3]), position))


def test_pages_in_a_circle_are_noticed() -> None:
    pages = {"": "a", "a": "b", "b": "c", "c": "b"}
    numbers = iter(range(100))

    def fetch(ask: Ask) -> Sheet:
        return sheet([next(numbers)], next=pages[ask.variables["cursor"]])

    with pytest.raises(RemoteError, match="the same page again"):
        list(walk(InBody(), fetch))


def test_a_token_that_does_not_advance_is_noticed() -> None:
    numbers = iter(range(100))

    with pytest.raises(RemoteError, match="the same page again"):
        list(walk(InBody(), lambda _: sheet([next(numbers)], next="stuck")))


def test_there_is_an_end_in_any_case() -> None:
    numbers = iter(range(100))

    with pytest.raises(RemoteError, match="no end after 5 pages"):
        list(walk(Counted("page"), lambda _: sheet([next(numbers)]), most=5))


def test_a_page_that_ends_without_key_cannot_be_followed() -> None:
    with pytest.raises(RemoteError, match="record without key"):
        list(walk(Keyset(lambda _: None), lambda _: sheet([1])))


@every(
    ("link", "found"),
    [
        ("?page=2", "/api/items?page=2"),
        ("items?$skip=20", "/api/items?$skip=20"),
        ("/api/items?a=b%20c", "/api/items?a=b%20c"),
        ("https://erp.example/api/items?page=2", "/api/items?page=2"),
        ("https://ERP.example:443/x", "/x"),
        ("http://erp.example/api/items?page=2", "/api/items?page=2"),
        ("//erp.example/x#frag", "/x"),
    ],
)
def test_links_inside(link: str, found: str) -> None:
    assert near(link, response()) == found


@every(
    "link",
    [
        "https://evil.example/x",
        "//evil.example/x",
        "https://erp.example:8443/x",
        "http://erp.example:8080/x",
        "ftp://erp.example/x",
        "https://erp.example@evil.example/",
        "https://user:pass@erp.example/",
        "https://erp.example.evil.example/",
        "javascript:alert(1)",
    ],
)
def test_links_that_lead_away(link: str) -> None:
    with pytest.raises(RemoteError, match=r"leads away|no address") as caught:
        near(link, response())

    assert caught.value.kind is ErrorKind.BAD_RESPONSE


@every("link", ["https://[broken/x", "https://erp.example:99999999/x"])
def test_links_that_are_no_addresses(link: str) -> None:
    with pytest.raises(RemoteError):
        near(link, response())


def test_never_from_https_to_http() -> None:
    with pytest.raises(RemoteError):
        near("https://erp.example/x", response("http://erp.example/api"))


def test_a_key_in_the_query_is_not_kept() -> None:
    link = "/api/items?key=secret&page=2&keyring=1"

    assert near(link, response(), frozenset({"key"})) == "/api/items?page=2&keyring=1"
