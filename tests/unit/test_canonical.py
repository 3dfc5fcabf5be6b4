"""JSON is exact, has one spelling for equal values, and bears no absurd documents."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from syncapp import canonical
from tests.every import every


def test_numbers_are_read_and_written_as_they_are() -> None:
    text = '{"a":1.50,"b":12345678901234567890,"c":0.1,"d":1E+3}'

    value = canonical.loads(text)

    assert value["a"] == Decimal("1.50")
    assert canonical.text(value) == text


def test_dates_become_iso_text() -> None:
    assert canonical.text([datetime(2026, 1, 31, 12, tzinfo=UTC)]) == '["2026-01-31T12:00:00Z"]'


@every(
    ("one", "other"),
    [
        (Decimal("1.50"), Decimal("15E-1")),
        (Decimal("1E+3"), 1000),
        (Decimal("0E+9"), 0),
        (Decimal("-0.0"), 0),
        ({"a": 1, "b": [2]}, {"b": [Decimal("2.0")], "a": 1}),
        ((1, 2), [1, 2]),
        (
            Decimal("123456789012345678901234567890123456789.10"),
            Decimal("123456789012345678901234567890123456789.1"),
        ),
    ],
)
def test_equal_values_have_equal_digests(one: object, other: object) -> None:
    assert canonical.digest(one) == canonical.digest(other)


@every(
    ("one", "other"),
    [
        (1, True),
        (1, "1"),
        (None, ""),
        ([1, 2], [2, 1]),
        (
            Decimal("1234567890123456789012345678901.5"),
            Decimal("1234567890123456789012345678901.6"),
        ),
    ],
)
def test_different_values_have_different_digests(one: object, other: object) -> None:
    assert canonical.digest(one) != canonical.digest(other)


def test_a_number_with_a_huge_exponent_costs_nothing() -> None:
    started = time.perf_counter()

    canonical.digest(canonical.loads("[1E+999999999999, 1E-999999999999]"))

    assert time.perf_counter() - started < 0.5


def test_what_is_no_number_is_text() -> None:
    assert canonical.normal([Decimal("NaN"), Decimal("Infinity")]) == ["NaN", "Infinity"]


@every("opening", ["[", '{"a":'])
def test_documents_are_refused_beyond_a_depth(opening: str) -> None:
    closing = "]" if opening == "[" else "}"

    def nested(depth: int) -> str:
        inner = "" if opening == "[" else "1"
        return opening * depth + inner + closing * depth

    assert canonical.loads(nested(canonical.MAX_DEPTH))
    for depth in (canonical.MAX_DEPTH + 1, 500, 100_000):
        with pytest.raises(canonical.type_errors, match="nested deeper"):
            canonical.loads(nested(depth))
        with pytest.raises(canonical.type_errors, match="nested deeper"):
            canonical.loads(nested(depth).encode())


def test_wide_documents_are_not_deep() -> None:
    assert len(canonical.loads("[" + "[]," * 1000 + "{}]")) == 1001


@every("text", ["", "{", '{"a":1', "nan", "{'a':1}", b"\xff", '"\\ud800"'])
def test_what_is_no_json_is_refused(text: str | bytes) -> None:
    with pytest.raises(canonical.type_errors):
        canonical.loads(text)
