"""Laws of mapping: any record is mapped or refused, and what is mapped can be stored."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import event, given, strategies as st

from connections.kit.base import UNSET
from connections.mapping import mapper
from connections.spec import Row
from formulas.language import paths
from objects.shape import KEY_LIMIT, FieldShape
from objects.values import coerce
from syncapp import canonical

TYPES = [
    "text",
    "long_text",
    "integer",
    "decimal",
    "boolean",
    "date",
    "datetime",
    "time",
    "choice",
    "reference",
    "object",
    "list",
]
KEY = FieldShape(0, "key", "Key", "text", required=True, is_key=True)
FIELDS = [
    KEY,
    *(
        FieldShape(
            number,
            f"{kind}{'_needed' if needed else ''}",
            type=kind,
            required=needed,
            max_length=10 if kind == "text" else None,
            scale=2 if kind == "decimal" else None,
            choices=(("a", "A"), ("b", "B")),
            sensitivity="pii" if needed else "none",
        )
        for number, kind in enumerate(TYPES, 1)
        for needed in {False, kind in {"text", "decimal"}}
    ),
]
numbers = st.decimals(allow_nan=True, allow_infinity=True) | st.integers()
scalars = st.none() | st.booleans() | numbers | st.text()
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=4
)
fitting = {
    "text": st.text(max_size=10),
    "long_text": st.text() | st.integers(-(2**63), 2**63 - 1),
    "integer": st.integers(-(2**63), 2**63 - 1) | st.just("12"),
    "decimal": st.decimals(-(10**9), 10**9, places=2),
    "boolean": st.booleans() | st.sampled_from(["yes", 0]),
    "date": st.dates().map(str),
    "datetime": st.datetimes().map(lambda moment: moment.isoformat()),
    "time": st.times().map(str),
    "choice": st.sampled_from("ab"),
    "reference": st.text(max_size=10),
    "object": st.dictionaries(st.text(), st.text()),
    "list": st.lists(st.text()),
}
good = st.fixed_dictionaries(
    {"key": st.text(min_size=1, max_size=9), "text_needed": st.text(min_size=1, max_size=9)}
    | {"decimal_needed": fitting["decimal"]},
    optional={kind: fitting[kind] | st.none() for kind in TYPES},
)
spoilt = st.dictionaries(st.sampled_from([field.name for field in FIELDS]), values, max_size=1)
records = st.builds(lambda record, changes: {**record, **changes}, good, spoilt)
map_record = mapper([Row(field, "field", source=field.name) for field in FIELDS], KEY, KEY)


@given(records)
def test_any_record_is_mapped_or_refused(record: dict[str, Any]) -> None:
    mapped = map_record(record)

    if mapped.refusal is not None:
        field = next(one for one in FIELDS if one.name == mapped.refusal.field)
        assert mapped.refusal.message
        assert len(mapped.refusal.message) < 500
        mapped.refusal.message.encode()
        if field.sensitivity != "none":
            assert "not shown" in mapped.refusal.message or "has none" in mapped.refusal.message
        return
    assert 0 < len(mapped.key) <= KEY_LIMIT
    assert mapped.values.keys() <= record.keys()
    stored = canonical.dumps(mapped.values)
    assert b"\\u0000" not in stored


@given(records)
def test_mapping_what_was_mapped_changes_nothing(record: dict[str, Any]) -> None:
    mapped = map_record(record)
    event("mapped" if mapped.refusal is None else "refused")
    if mapped.refusal is None:
        again = map_record(canonical.loads(canonical.dumps(mapped.values)))

        assert again.refusal is None
        assert again.key == mapped.key
        assert again.values == mapped.values


@given(st.text(max_size=40))
def test_any_text_is_a_path_or_refused(text: str) -> None:
    try:
        path = paths.parse(text)
    except paths.PathError:
        return
    assert paths.getter(path, UNSET)({}) is UNSET


@given(st.text(min_size=1).filter(lambda name: '"' not in name), values)
def test_any_name_can_be_spelled_and_found(name: str, value: Any) -> None:
    follow = paths.getter(paths.parse(paths.spell(name)))

    found = follow({name: value})

    assert found is value


def test_the_fields_are_of_all_types() -> None:
    assert coerce(KEY, Decimal("1.0")) == "1.0"
    assert {field.type for field in FIELDS} == {*TYPES}
