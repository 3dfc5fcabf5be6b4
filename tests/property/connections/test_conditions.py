"""Any conditions on any record: it passes, or it is told what it fails; nothing else happens."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings, strategies as st

from connections.conditions import compile_conditions
from connections.document import Operator, read_conditions
from connections.kit.codes import Code
from connections.spec import Failed, Surroundings
from formulas.language import FormulaError
from formulas.language.context import Context
from objects.values import storable
from syncapp import canonical

NAMES = st.sampled_from(["a", "b", "c", "a.b", "a[0]", "missing"])
TEXTS = st.one_of(
    st.text(max_size=12).filter(storable),
    st.sampled_from(
        ["1", "-1.50", "007", "2026-11-21", "2026-11-21T10:00:00Z", "true", "(a|b)+$"]
    ),
)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.decimals(allow_nan=False, allow_infinity=False),
    TEXTS,
    st.datetimes().map(lambda moment: moment.isoformat()),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=6,
)
RECORDS = st.dictionaries(st.sampled_from("abc"), VALUES)
LEFT = st.one_of(
    st.fixed_dictionaries({"field": NAMES}),
    st.fixed_dictionaries(
        {"formula": st.sampled_from(["data('a')", "data('a') > data('b')", "upper(data('c'))"])}
    ),
)
ROWS = st.builds(
    lambda left, rest: {**left, **rest},
    LEFT,
    st.fixed_dictionaries(
        {
            "operator": st.sampled_from([str(one) for one in Operator]),
            "value": TEXTS,
            "to": TEXTS,
            "values": st.lists(TEXTS, max_size=3),
            "other": st.one_of(st.just(""), NAMES),
            "enabled": st.booleans(),
        }
    ),
)
JOINS = st.sampled_from(["all", "any"])
GROUPS = st.fixed_dictionaries({"join": JOINS, "rows": st.lists(ROWS, max_size=3)})
CONDITIONS = st.fixed_dictionaries(
    {"join": JOINS, "rows": st.lists(ROWS, max_size=3), "groups": st.lists(GROUPS, max_size=2)}
)
MOMENT = datetime(2026, 11, 21, 12, tzinfo=UTC)
CODES = {Code.SKIPPED_BY_CONDITION, Code.FORMULA_FAILED}


@settings(max_examples=400)
@given(CONDITIONS, RECORDS, RECORDS)
def test_a_record_passes_or_fails(data: Any, record: Any, before: Any) -> None:
    conditions = read_conditions(data)
    try:
        test = compile_conditions(conditions)
    except FormulaError:  # a pattern that is none, or what a field cannot be watched by
        return
    if test is None:
        return
    memory = test.vector(before)
    around = Surroundings(Context(moment=MOMENT))

    found = test(record, around, memory)

    assert found is None or isinstance(found, Failed)
    assert found == test(record, around, memory), "the same again"
    if found is not None:
        assert found.code in CODES
        assert storable(found.sentence)
        assert found.uuid in {row.uuid for row in conditions.each() if row.enabled}


@given(VALUES, VALUES)
def test_changed_is_exact(one: Any, other: Any) -> None:
    test = compile_conditions(
        read_conditions({"rows": [{"field": "a", "operator": "changed"}]})
    )
    assert test is not None

    unchanged = test({"a": other}, None, test.vector({"a": one})) is not None

    assert unchanged is (
        canonical.normal(one) == canonical.normal(other) and _alike(one, other)
    )


def _alike(one: Any, other: Any) -> bool:
    """Whether equal values are so in JSON, where true is not 1."""
    return canonical.digest(one) == canonical.digest(other)
