"""Values are brought to the type of their field exactly, or refused with the reason."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from objects.shape import FieldShape, ObjectShape
from objects.values import (
    ValueRefused,
    coerce,
    coercer,
    completed,
    index_text,
    key_text,
    missing,
    plain,
)
from tests.every import every

CHOICES = (("net30", "30 days"), ("net60", "60 days"))


def field(type_: str = "text", **options: Any) -> FieldShape:
    return FieldShape(id=1, name="it", label="It", type=type_, **options)


@every(
    ("shape", "given", "stored"),
    [
        (field(), "Ünïcode 🎈", "Ünïcode 🎈"),
        (field(), " kept ", " kept "),
        (field(), 12, "12"),
        (field(), Decimal("1.50"), "1.50"),
        (field(), Decimal("1E+3"), "1000"),
        (field(), "", ""),
        (field("long_text"), "a\nb", "a\nb"),
        (field("integer"), 12, 12),
        (field("integer"), "12", 12),
        (field("integer"), " -7 ", -7),
        (field("integer"), Decimal("12.0"), 12),
        (field("integer"), "12.00", 12),
        (field("integer"), 2**63 - 1, 2**63 - 1),
        (field("decimal"), Decimal("12.345"), Decimal("12.345")),
        (field("decimal"), "0.1", Decimal("0.1")),
        (field("decimal"), 7, Decimal(7)),
        (field("decimal", scale=2), Decimal("1.5000"), Decimal("1.50")),
        (field("decimal", scale=2), "-.5", Decimal("-0.5")),
        (field("decimal", scale=0), Decimal("3.000"), Decimal(3)),
        (field("decimal", scale=2), Decimal("1234567890123456789012345678901234.50"),
         Decimal("1234567890123456789012345678901234.50")),
        (field("boolean"), True, True),
        (field("boolean"), "Yes", True),
        (field("boolean"), "false", False),
        (field("boolean"), 0, False),
        (field("boolean"), Decimal("1.0"), True),
        (field("date"), "2026-11-21", "2026-11-21"),
        (field("date"), "20261121", "2026-11-21"),
        (field("date"), "2026-11-21T00:00:00", "2026-11-21"),
        (field("date"), "2026-11-21T00:00:00+01:00", "2026-11-21"),
        (field("date"), date(2026, 11, 21), "2026-11-21"),
        (field("datetime"), "2026-11-21T14:05:00Z", "2026-11-21T14:05:00Z"),
        (field("datetime"), "2026-11-21T14:05:00+02:00", "2026-11-21T12:05:00Z"),
        (field("datetime"), "2026-11-21 14:05", "2026-11-21T14:05:00Z"),
        (field("datetime"), "2026-11-21T14:05:00.25Z", "2026-11-21T14:05:00.250000Z"),
        (field("datetime"), "2026-11-21", "2026-11-21T00:00:00Z"),
        (field("datetime"), "2026-W47-6T00:00:00Z", "2026-11-21T00:00:00Z"),
        (field("datetime"), datetime(2026, 11, 21, tzinfo=timezone(timedelta(hours=1))),
         "2026-11-20T23:00:00Z"),
        (field("time"), "14:05", "14:05:00"),
        (field("time"), time(14, 5, 6), "14:05:06"),
        (field("choice", choices=CHOICES), "net30", "net30"),
        (field("choice", choices=(("1", "One"),)), 1, "1"),
        (field("reference"), "C1", "C1"),
        (field("reference"), 17, "17"),
        (field("object"), {"a": [Decimal("1.10"), None]}, {"a": [Decimal("1.10"), None]}),
        (field("list"), [], []),
        (field(is_key=True), "C/1 ä", "C/1 ä"),
        (field("integer", is_key=True), "17", 17),
    ],
)  # fmt: skip
def test_a_fitting_value_is_stored_so(shape: FieldShape, given: Any, stored: Any) -> None:
    got = coerce(shape, given)
    assert (type(got), got) == (type(stored), stored)
    assert coerce(shape, got) == got


@every(
    ("shape", "given", "code"),
    [
        (field(), True, "wrong_type"),
        (field(), ["x"], "wrong_type"),
        (field(), {}, "wrong_type"),
        (field(), 1.5, "wrong_type"),
        (field(), "a\0b", "unstorable"),
        (field(), "half \ud800", "unstorable"),
        (field(max_length=3), "four", "too_long"),
        (field(indexed="exact"), "x" * 513, "too_long"),
        (field(is_unique=True), "x" * 513, "too_long"),
        (field(indexed="fold"), "ß" * 300, "too_long"),
        (field("reference"), "x" * 513, "too_long"),
        (field("integer"), Decimal("12.5"), "wrong_type"),
        (field("integer"), True, "wrong_type"),
        (field("integer"), "twelve", "wrong_type"),
        (field("integer"), "١٢", "wrong_type"),
        (field("integer"), 2**63, "wrong_type"),
        (field("integer"), 10**4000, "wrong_type"),
        (field("integer"), Decimal("1E+999999"), "wrong_type"),
        (field("integer"), Decimal("NaN"), "wrong_type"),
        (field("decimal"), "1,5", "wrong_type"),
        (field("decimal"), "1e5", "wrong_type"),
        (field("decimal"), 0.1, "wrong_type"),
        (field("decimal"), Decimal("Infinity"), "wrong_type"),
        (field("decimal"), Decimal("NaN123"), "wrong_type"),
        (field("decimal"), Decimal("1E+40"), "wrong_type"),
        (field("decimal"), Decimal(10**38), "wrong_type"),
        (field("decimal", scale=2), Decimal("1.005"), "wrong_type"),
        (field("boolean"), "maybe", "wrong_type"),
        (field("boolean"), 2, "wrong_type"),
        (field("boolean"), Decimal("sNaN"), "wrong_type"),
        (field("date"), "2026-02-30", "wrong_type"),
        (field("date"), "2026-11-21T14:05:00", "wrong_type"),
        (field("date"), 20261121, "wrong_type"),
        (field("datetime"), "yesterday", "wrong_type"),
        (field("datetime"), "0001-01-01T00:00:00+10:00", "wrong_type"),
        (field("time"), "14:05:00Z", "wrong_type"),
        (field("time"), "25:00", "wrong_type"),
        (field("choice", choices=CHOICES), "net90", "not_a_choice"),
        (field("object"), [], "wrong_type"),
        (field("object"), {"a": {"b\0": 1}}, "unstorable"),
        (field("object"), {"a": Decimal("1E+5000")}, "unstorable"),
        (field("object"), {"a": 1.5}, "wrong_type"),
        (field("list"), "[]", "wrong_type"),
        (field("list"), ["\0"], "unstorable"),
        (field(required=True), None, "required_missing"),
        (field(required=True), "", "required_missing"),
        (field("integer", required=True), "", "required_missing"),
        (field(is_key=True), None, "empty_key"),
        (field(is_key=True), "", "empty_key"),
        (field(is_key=True), " \t", "empty_key"),
        (field(is_key=True), "k" * 513, "key_too_long"),
    ],
)
def test_another_value_is_refused(shape: FieldShape, given: Any, code: str) -> None:
    with pytest.raises(ValueRefused) as refusal:
        coerce(shape, given)
    assert refusal.value.code == code
    assert len(refusal.value.message) < 200


@every("type_", ["integer", "decimal", "boolean", "date", "datetime", "time", "object", "list"])
def test_nothing_is_null(type_: str) -> None:
    assert coerce(field(type_), None) is None
    assert coerce(field(type_), "") is None


def test_null_and_blank_text_stay_apart() -> None:
    take = coercer(field())
    assert take(None) is None
    assert take("") == ""
    assert coerce(field("choice", choices=CHOICES), "") is None


def test_zero_false_and_empty_lists_are_values() -> None:
    assert coerce(field("integer", required=True), 0) == 0
    assert coerce(field("boolean", required=True), False) is False
    assert coerce(field("list", required=True), []) == []


def test_nesting_has_a_bottom() -> None:
    deep: list[Any] = []
    for _ in range(89):
        deep = [deep]
    assert coerce(field("list"), deep) == deep
    with pytest.raises(ValueRefused, match="Nested deeper than 90"):
        coerce(field("list"), [deep])


def test_a_refusal_lists_a_few_choices() -> None:
    many = field("choice", choices=tuple((f"c{n}", "") for n in range(9)))
    with pytest.raises(ValueRefused, match=r"'x' is not one of c0, c1, c2, c3, c4, …\."):
        coerce(many, "x")


def test_a_long_wrong_value_is_not_repeated_in_full() -> None:
    with pytest.raises(ValueRefused) as refusal:
        coerce(field("integer"), "x" * 10_000)
    assert len(refusal.value.message) < 100


@every(
    ("value", "text"),
    [
        ("C1", "C1"),
        (17, "17"),
        (Decimal("1.500"), "1.5"),
        (Decimal("-0.0"), "0"),
        (Decimal("1E+2"), "100"),
        (True, "true"),
    ],
)
def test_equal_values_have_one_spelling(value: Any, text: str) -> None:
    assert plain(value) == text
    assert key_text(value) == text


def test_index_text_folds_if_the_field_says_so() -> None:
    assert index_text(field(indexed="fold"), "STRASSE") == index_text(
        field(indexed="fold"), "straße"
    )
    assert index_text(field(indexed="exact"), "A") == "A"
    assert index_text(field("object", indexed="exact"), {}) is None
    assert index_text(field(indexed="exact"), None) is None


def test_a_new_record_gets_defaults_and_misses_what_is_needed() -> None:
    key = FieldShape(1, "number", is_key=True)
    shape = ObjectShape(
        1,
        1,
        "customer",
        "Customers",
        (key, FieldShape(2, "name", required=True), FieldShape(3, "terms", default="net30")),
        key,
    )
    assert completed(shape, {"number": "C1"}) == {"number": "C1", "terms": "net30"}
    assert completed(shape, {"terms": None}) == {"terms": None}
    assert [one.name for one in missing(shape, {"number": "C1"})] == ["name"]
    assert [one.name for one in missing(shape, {})] == ["number", "name"]


def test_aware_datetimes_are_stored_in_utc() -> None:
    moment = datetime(2026, 11, 21, 12, 30, 1, 500_000, tzinfo=UTC)
    assert coerce(field("datetime"), moment) == "2026-11-21T12:30:01.500000Z"
