"""What has become of the fields of a source, and who reads them."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from connections import drift
from connections.document import read_conditions, read_mappings
from connections.drifted import warnings
from tests.every import every

AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def field(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": "text", "fields": [], **more}


def schema(*fields: Any) -> dict[str, Any]:
    return {"fields": [field(one) if isinstance(one, str) else one for one in fields]}


def address(*names: str) -> dict[str, Any]:
    return field("Address", type="object", fields=[field(name) for name in names])


@every(
    ("before", "after", "found"),
    [
        (schema("A"), schema("A"), {}),
        (schema("A"), schema(field("A", label="Other")), {}),
        (schema("A"), schema("A", "B"), {"added": ["B"]}),
        (schema("A", "B"), schema("B"), {"removed": ["A"]}),
        (
            schema(field("A", max_length=20)),
            schema(field("A", max_length=10, required=True)),
            {"changed": {"A": ["text, at most 20 characters",
                               "text, at most 10 characters, required"]}},
        ),
        (
            schema(field("A", type="decimal", scale=2)),
            schema(field("A", type="choice", choices=[["a", "A"], ["b", "B"]])),
            {"changed": {"A": ["decimal, 2 decimal places", "choice, one of a, b"]}},
        ),
        (schema(address("City", "Zip")), schema(address("City")), {"removed": ["Address.Zip"]}),
        (schema("odd.name"), schema(), {"removed": ['["odd.name"]']}),
    ],
)  # fmt: skip
def test_two_descriptions(before: Any, after: Any, found: Any) -> None:
    assert drift.between(before, after) == found


def test_drifts_add_up() -> None:
    steps = [
        schema("A", "B", field("C", max_length=1)),
        schema("A", field("C", max_length=2)),
        schema("A", field("C", max_length=3), "D"),
    ]
    known: Any = {}
    for before, after in pairwise(steps):
        known = drift.added_up(known, drift.between(before, after), AT)

    assert known == {
        "removed": ["B"],
        "added": ["D"],
        "changed": {"C": ["text, at most 1 characters", "text, at most 3 characters"]},
        "at": AT.isoformat(),
    }
    assert drift.added_up(known, drift.between(steps[2], steps[0]), AT) == {}


ROWS = [
    {"target": "name", "source": "CardFName"},
    {"target": "city", "source": "Address.City"},
    {"target": "zip", "source": "Lines[0].Zip"},
    {"target": "both", "kind": "formula", "formula": "concat(data('CardFName'), data('X'))"},
    {"target": "off", "source": "Gone", "enabled": False},
    {"target": "lines", "kind": "lines", "source": "Lines", "rows": [
        {"target": "code", "source": "Code"},
        {"target": "sum", "kind": "formula", "formula": "data('Sum') * 2"},
        {"target": "bad", "kind": "formula", "formula": "data("},
    ]},
]  # fmt: skip
CONDITIONS = {
    "rows": [
        {"field": "CardFName", "operator": "is_not_empty"},
        {"field": "State", "operator": "equals", "other": "Was"},
        {"formula": "data('State') = 1", "operator": "is_true"},
        {"field": "Gone", "operator": "is_true", "enabled": False},
    ]
}


@every(
    ("found", "told"),
    [
        ({}, []),
        ({"added": ["New"]}, []),
        ({"removed": ["Unread"], "changed": {"Other": ["a", "b"]}}, []),
        (
            {"removed": ["CardFName"]},
            ["The source no longer has CardFName, which 2 mappings and 1 condition read."],
        ),
        ({"removed": ["State"]}, ["The source no longer has State, which 2 conditions read."]),
        ({"removed": ["Was"]}, ["The source no longer has Was, which 1 condition reads."]),
        (
            {"removed": ["Address"]},
            ["The source no longer has Address, which 1 mapping reads."],
        ),
        (
            {"removed": ["Lines.Code", "Lines.Sum", "Lines.Zip"]},
            [
                "The source no longer has Lines.Code, which 1 mapping reads.",
                "The source no longer has Lines.Sum, which 1 mapping reads.",
                "The source no longer has Lines.Zip, which 1 mapping reads.",
            ],
        ),
        (
            {"changed": {"Address.City": ["text", "integer"]}},
            ["In the source Address.City is now integer, and was text, which 1 mapping reads."],
        ),
        ({"removed": ["Gone"]}, []),
    ],
)
def test_what_is_read_of_a_drift(found: Any, told: list[str]) -> None:
    mappings = [row for row in read_mappings(ROWS) if row.enabled]

    assert warnings(found, mappings, read_conditions(CONDITIONS)) == told
