"""Values are spelled as OData spells them, and nothing slips into a filter."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connections.kit.odata import spelling
from connections.kit.odata.csdl import EntitySet, Property
from tests.every import every

KEYS = {
    "A": Property("A", "Edm.String"),
    "N": Property("N", "Edm.Int32"),
}
PAIR = EntitySet("Pairs", ("A", "N"), KEYS)
ONE = EntitySet("Ones", ("A",), KEYS)


@every(
    ("kind", "value", "spelled"),
    [
        ("Edm.String", "O'Neil", "'O''Neil'"),
        ("Edm.Int32", " 007 ", "7"),
        ("Edm.Int64", "-5", "-5"),
        ("Edm.Decimal", "1.50", "1.50"),
        ("Edm.Boolean", "True", "true"),
        (
            "Edm.Guid",
            "01234567-89ab-cdef-0123-456789ABCDEF",
            "01234567-89ab-cdef-0123-456789ABCDEF",
        ),
        ("Edm.Date", "2026-01-31", "2026-01-31"),
        ("Edm.TimeOfDay", "10:00:00.5", "10:00:00.5"),
        ("Edm.DateTimeOffset", "2026-01-31T10:00:00.1234567Z", "2026-01-31T10:00:00.1234567Z"),
        ("Edm.DateTimeOffset", "2026-01-31T10:00:00+02:00", "2026-01-31T10:00:00+02:00"),
        ("Edm.Duration", "PT1H", "'PT1H'"),
        ("N.Kind", "A", "N.Kind'A'"),
    ],
)
def test_literals(kind: str, value: str, spelled: str) -> None:
    assert spelling.literal(Property("x", kind), value) == spelled


@every(
    ("kind", "value"),
    [
        ("Edm.Int32", "1 or 1 eq 1"),
        ("Edm.Decimal", "1)"),
        ("Edm.Decimal", "NaN"),
        ("Edm.Boolean", "maybe"),
        ("Edm.Guid", "x"),
        ("Edm.Date", "31.01.2026"),
        ("Edm.TimeOfDay", "noon"),
        ("Edm.DateTimeOffset", "2026-01-31T10:00:00Z or true"),
    ],
)
def test_values_that_cannot_be(kind: str, value: str) -> None:
    with pytest.raises(ValueError, match=r"no number|look like|invalid literal|neither"):
        spelling.literal(Property("x", kind), value)


def test_moments() -> None:
    at = datetime(2026, 1, 31, 10, tzinfo=UTC)

    assert spelling.stamp(Property("x", "Edm.Date"), at) == "2026-01-31"
    assert spelling.stamp(Property("x", "Edm.DateTimeOffset"), at) == "2026-01-31T10:00:00Z"


def test_keys_in_addresses() -> None:
    assert spelling.predicate(ONE, ["a/b?c"]) == "('a%2Fb%3Fc')"
    assert spelling.predicate(PAIR, ["x", "2"]) == "(A='x',N=2)"
    with pytest.raises(ValueError, match="zip"):
        spelling.predicate(PAIR, ["x"])


@every(
    ("address", "count", "key"),
    [
        ("https://h/Items('A')", 1, ["A"]),
        ("Items('it%27%27s')/", 1, ["it's"]),
        ("Items(7)", 1, ["7"]),
        ("Pairs(A='x,y)',N=2)", 2, ["x,y)", "2"]),
        ("Items(7)", 2, None),
        ("Items", 1, None),
        ("", 1, None),
    ],
)
def test_keys_are_read_out_of_addresses(
    address: str, count: int, key: list[str] | None
) -> None:
    assert spelling.key_in(address, count) == key


def test_what_stands_behind_a_record() -> None:
    assert spelling.after([("A", "'x'")]) == "(A gt 'x')"
    assert spelling.after([("C", None), ("A", "1"), ("B", "2")]) == (
        "(C ne null) or (C eq null and A gt 1) or (C eq null and A eq 1 and B gt 2)"
    )


def test_filters_are_joined() -> None:
    assert spelling.both("", " ") == ""
    assert spelling.both("a or b", "") == "a or b"
    assert spelling.both("a or b", "c") == "(a or b) and (c)"


def test_clauses_are_packed_within_bounds() -> None:
    clauses = ["x" * 30] * 10

    assert list(spelling.batches(clauses, longest=100, most=50)) == [
        [0, 1], [2, 3], [4, 5], [6, 7], [8, 9],
    ]  # fmt: skip
    assert [len(b) for b in spelling.batches(clauses, longest=9999, most=4)] == [4, 4, 2]
    assert list(spelling.batches(["x" * 500], longest=100, most=4)) == [[0]]
    assert list(spelling.batches([], longest=100, most=4)) == []
