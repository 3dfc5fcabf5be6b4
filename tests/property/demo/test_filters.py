"""Whatever is sent as a filter of the demo ERP: it is one, or it is refused."""

from __future__ import annotations

from hypothesis import given, settings, strategies as st

from syncapp.demo.erp import filters
from syncapp.demo.erp.errors import ODataError
from syncapp.demo.erp.model import ITEMS, PARTNERS
from tests.unit.demo.conftest import PARTNER_ROWS, found, item

WORDS = st.sampled_from(
    [
        *("eq", "ne", "gt", "ge", "lt", "le", "in", "and", "or", "not", "(", ")", ",", "()"),
        *(
            "CardCode",
            "CreditLimit",
            "Frozen",
            "CardType",
            "BillTo/City",
            "BillTo",
            "CreateDate",
        ),
        *("LastModified", "PayTermsGrpCode", "contains", "startswith(", "tolower(", "Nothing"),
        *("'A'", "''", "'Lead'", "5", "-1.5", "true", "false", "null", "2026-01-31"),
        *("2026-01-31T00:00:00Z", "9999-12-31T23:59:59-23:59", "DemoErp.CardType'Lead'", "'"),
    ]
)


@settings(deadline=None)  # the machine may be busy
@given(st.one_of(st.text(), st.lists(WORDS).map(" ".join), st.lists(WORDS).map("".join)))
def test_any_text_is_a_filter_or_refused_by_the_parser(text: str) -> None:
    for entity_set, rows in ((PARTNERS, PARTNER_ROWS), (ITEMS, (item("I1"),))):
        try:
            where = filters.parse(text, entity_set)
        except ODataError:
            continue
        for values in rows:
            assert where(values) in {True, False, None}


VALUES = st.sampled_from(["CardCode eq 'A'", "CreditLimit gt 100", "Frozen", "Phone1 gt ''"])
CONDITIONS = st.recursive(
    VALUES,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(
            lambda t: f"({' '.join(t)})"
        ),
        inner.map(lambda text: f"not ({text})"),
    ),
    max_leaves=8,
)


@settings(max_examples=30, deadline=None)
@given(CONDITIONS)
def test_a_condition_and_its_opposite_part_the_records(text: str) -> None:
    # None of these conditions can be unknown, so the usual logic must hold.
    assert sorted(found(text) + found(f"not ({text})")) == sorted("ABCDE")


@settings(max_examples=30, deadline=None)
@given(CONDITIONS, CONDITIONS)
def test_joined_conditions_are_sets(one: str, other: str) -> None:
    assert set(found(f"{one} and {other}")) == set(found(one)) & set(found(other))
    assert set(found(f"({one}) or ({other})")) == set(found(one)) | set(found(other))
