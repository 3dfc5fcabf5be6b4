from __future__ import annotations

from syncapp.ui import paging
from tests.every import every
from tests.unit.ui.asking import request


def test_the_size_is_remembered() -> None:
    asked = request("/", size="25")

    assert paging.page_size(asked) == 25
    assert asked.session["page_size"] == 25


@every("size", ["", "7", "100000", "-5", "ten", "²"])
def test_an_odd_size_gives_the_usual_one(size: str) -> None:
    assert paging.page_size(request("/", size=size)) == 10


def test_a_page_in_the_middle_knows_its_neighbours() -> None:
    rows, pager = paging.numbered(list(range(48)), request=request("/", page="2"), size=10)

    assert rows == list(range(10, 20))
    assert (pager.label, pager.total) == ("11–20 of 48", "48")
    assert (pager.previous, pager.next) == ({"page": 1}, {"page": 3})
    assert pager.pages == (
        ("1", {"page": 1}),
        ("2", None),
        ("3", {"page": 3}),
        ("4", {"page": 4}),
        ("5", {"page": 5}),
    )


@every(("page", "first"), [("99", 40), ("x", 0), ("-1", 40), ("", 0)])
def test_a_page_that_is_not_there_gives_the_nearest(page: str, first: int) -> None:
    rows, _ = paging.numbered(list(range(48)), request=request("/", page=page), size=10)

    assert rows[0] == first


def test_one_page_needs_no_numbers() -> None:
    _, pager = paging.numbered([1, 2], request=request("/"), size=10)

    assert (pager.pages, pager.previous, pager.next) == ((), None, None)
