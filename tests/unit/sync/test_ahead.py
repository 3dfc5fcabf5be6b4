"""Reading ahead keeps order, errors and bounds, and leaves no thread behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextvars import ContextVar
from typing import NoReturn

import pytest

from syncapp.sync.ahead import reading_ahead

place: ContextVar[str] = ContextVar("place", default="outside")


def test_items_come_in_order() -> None:
    with reading_ahead(iter(range(100))) as ahead:
        assert list(ahead) == list(range(100))


def test_at_most_two_items_are_read_ahead() -> None:
    read: list[int] = []
    reached = threading.Event()

    def items() -> Iterator[int]:
        for number in range(10):
            read.append(number)
            if number == 2:
                reached.set()
            yield number

    with reading_ahead(items()) as ahead:
        assert next(ahead) == 0
        assert reached.wait(5)
        assert max(read) <= 2


def test_an_error_comes_after_the_items_before_it() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise LookupError("gone")

    with reading_ahead(items()) as ahead:
        assert next(ahead) == 1
        with pytest.raises(LookupError, match="gone"):
            next(ahead)


def test_leaving_early_closes_the_source_and_ends_the_thread() -> None:
    closed: list[str] = []

    def items() -> Iterator[int]:
        try:
            yield from range(1000)
        finally:
            closed.append(threading.current_thread().name)

    before = threading.active_count()
    with reading_ahead(items(), leave=lambda: closed.append("left")) as ahead:
        next(ahead)

    assert closed == ["read ahead", "left"]
    assert threading.active_count() == before


def test_an_error_of_the_taker_ends_the_thread() -> None:
    before = threading.active_count()

    def take() -> NoReturn:
        with reading_ahead(iter(range(1000))) as ahead:
            raise LookupError(next(ahead))

    with pytest.raises(LookupError):
        take()

    assert threading.active_count() == before


def test_the_thread_knows_what_its_starter_knew() -> None:
    token = place.set("inside")
    try:
        with reading_ahead(place.get() for _ in range(1)) as ahead:
            assert list(ahead) == ["inside"]
    finally:
        place.reset(token)
