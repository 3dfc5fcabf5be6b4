"""Coercion answers for every value, and what it lets through survives the way to JSON and back."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from objects.shape import FieldShape
from objects.values import ValueRefused, coerce, index_text, plain
from syncapp import canonical
from tests.property.objects.strategies import json_values

TYPES = (
    *("text", "long_text", "integer", "decimal", "boolean", "date", "datetime", "time"),
    *("choice", "reference", "object", "list"),
)
CODES = {
    *("wrong_type", "too_long", "not_a_choice", "required_missing", "unstorable"),
    *("key_too_long", "empty_key"),
}

fields = st.builds(
    FieldShape,
    id=st.just(1),
    name=st.just("it"),
    type=st.sampled_from(TYPES),
    required=st.booleans(),
    is_key=st.booleans(),
    is_unique=st.booleans(),
    indexed=st.sampled_from(["none", "exact", "fold"]),
    choices=st.lists(st.tuples(st.text(max_size=3), st.text()), max_size=7).map(tuple),
    max_length=st.none() | st.integers(1, 600),
    scale=st.none() | st.integers(0, 12),
)
texts = st.text(st.characters(), max_size=700) | st.from_regex(
    r"[-+]?[0-9]{1,45}(\.[0-9]{0,20})?|[0-9]{4}-[01][0-9]-[0-3][0-9]([T ][0-2][0-9]:[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?)?(Z|[+-][0-2][0-9]:[0-5][0-9])?)?",
    fullmatch=True,
)
anything = (
    texts
    | json_values()
    | st.decimals()
    | st.integers()
    | st.integers(min_value=-(10**60), max_value=10**60)
    | st.floats()
    | st.dates()
    | st.datetimes(timezones=st.none() | st.timezones())
    | st.times()
    | st.binary()
    | st.sampled_from([Decimal("sNaN"), Decimal("1E+999999"), 10**5000, object(), (), set()])
)


@pytest.mark.slow  # 1 000 values
@settings(max_examples=1000, deadline=None)
@given(fields, anything)
def test_every_value_is_taken_or_refused_with_a_reason(field: FieldShape, value: Any) -> None:
    refused: ValueRefused | None = None
    taken: Any = None
    try:
        taken = coerce(field, value)
    except ValueRefused as refusal:
        refused = refusal
    if refused:
        assert refused.code in CODES
        assert refused.message.encode()
        return
    assert not isinstance(taken, float | date | datetime | time | bytes)
    assert coerce(field, taken) == taken
    assert canonical.loads(canonical.text(taken)) == taken
    if field.searched and (text := index_text(field, taken)) is not None:
        assert len(text) <= 512


@settings(deadline=None)
@given(
    st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**20)),
    st.integers(0, 6),
)
def test_a_decimal_is_stored_exactly_or_not_at_all(number: Decimal, scale: int) -> None:
    field = FieldShape(1, "price", type="decimal", scale=scale)
    try:
        taken = coerce(field, number)
    except ValueRefused:
        return
    assert taken == number
    assert plain(taken) == plain(number)
