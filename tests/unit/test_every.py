"""A table of cases fails as a whole, and names each case that did."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.every import every


def test_all_cases_run_and_those_that_fail_are_named() -> None:
    tried = []

    @every(("one", "other"), [(1, 1), (2, 3), (4, 4), (5, 6)])
    def table(one: int, other: int, sum_: int) -> None:
        tried.append((one, other, sum_))
        if one == 5:
            pytest.fail("never five")
        assert one == other

    with pytest.raises(BaseExceptionGroup, match="table: 2 of 4 cases failed") as caught:
        table(sum_=9)

    assert tried == [(1, 1, 9), (2, 3, 9), (4, 4, 9), (5, 6, 9)]
    notes = [one.__notes__ for one in caught.value.exceptions]
    assert notes == [["case: one=2, other=3"], ["case: one=5, other=6"]]


def test_cases_may_come_from_anywhere_but_must_be_some() -> None:
    def none() -> Iterator[int]:
        yield from ()

    with pytest.raises(AssertionError, match="tests nothing"):
        every("one", none())


@every("one", [1, 2])
@every("other", [3, 4])
def test_tables_multiply(one: int, other: int, request: pytest.FixtureRequest) -> None:
    assert one < other
    assert request.node.name == "test_tables_multiply"
