"""What keeps conditions from being published."""

from __future__ import annotations

from typing import Any

from connections.checking import Known
from connections.condition_gaps import problems
from connections.document import read_conditions
from tests.every import every

FIELDS = {"A", "B", "Address"}


def row(operator: str, field: str = "A", value: str = "", **more: Any) -> dict[str, Any]:
    return {"operator": operator, "field": field, "value": value, **more}


def told(data: Any, fields: Any = FIELDS) -> list[tuple[str, bool]]:
    found = problems(read_conditions(data), Known(0), fields)
    return [(one.message, one.warning) for one in found]


@every(
    "given",
    [
        row("equals", value="x"),
        row("equals", other="B"),
        row("is_empty"),
        row("is_true", "", formula="data('A') > 1"),
        row("in_list", values=["a"]),
        row("between", value="1", to="2"),
        row("between", value="2026-01-01", to="2026-02-01"),
        row("between", value="a", to="b"),
        row("matches", value="^a+$"),
        row("before", value="2026-01-31"),
        row("after", value="2026-01-31T10:00:00Z"),
        row("before", other="B"),
        row("in_last_days", value="30"),
        row("changed"),
        row("changed_from_to", value="open"),
        row("changed_from_to", to="done"),
        row("greater", "Address.City", "5"),
        {**row("equals"), "enabled": False},
        {**row("is_true", "", formula="data("), "enabled": False},
    ],
)
def test_nothing_is_wrong(given: Any) -> None:
    assert told({"rows": [given]}) == []


@every(
    ("given", "says"),
    [
        (row("equals"), "A: Say what it is compared with; for nothing, choose “is empty”."),
        (row("contains"), "A: Say what it is compared with."),
        (row("is_empty", ""), "Choose a field or write a formula."),
        (row("is_true", formula="1 = 1"), "A: Look at a field or at a formula, not at both."),
        (row("is_empty", "A..B"), "A..B: Cannot read “A..B” from “.B” on; "
         "write it like Address.City or Lines[0].Code."),
        (row("equals", other="[0]"), "A: A path begins with the name of a field."),
        (row("in_list"), "A: The list is empty."),
        (row("not_in_list", value="a"), "A: The list is empty."),
        (row("in_list", other="B"), "A: This comparison takes no other field."),
        (row("between", value="1"), "A: Say where it ends."),
        (row("between", value="1", to="b"), "A: Both ends must be numbers, dates or texts."),
        (row("between", value="1", to="2026-01-01"),
         "A: Both ends must be numbers, dates or texts."),
        (row("matches", value="("), "A: This pattern cannot be used: missing ): (."),
        (row("before", value="soon"), "A: “soon” is no date: write it like 2026-03-31."),
        (row("in_last_days", value="-1"),
         "A: The number of days must be a whole number, not “-1”."),
        (row("in_last_days", value="٣"),
         "A: The number of days must be a whole number, not “٣”."),
        (row("in_last_days", value="99999"), "A: At most 36,500 days."),
        (row("in_last_days", value="9" * 30), "A: At most 36,500 days."),
        (row("changed_from_to"),
         "A: Say what it changes from or to; for any change, choose “changed”."),
        (row("changed", "", formula="data('A')"),
         "The formula: Only of a field it is remembered what it was."),
        (row("is_true", "", formula="sequence('n') > 1"),
         "The formula: A condition draws no numbers: records that it leaves out would use them up."),
    ],
)  # fmt: skip
def test_a_row_that_cannot_run(given: Any, says: str) -> None:
    assert told({"rows": [given]}) == [(says, False)]
    assert told({"groups": [{"rows": [given]}]}) == [(says, False)]


def test_a_formula_that_cannot_run_has_a_place() -> None:
    ((says, _),) = told({"rows": [row("is_true", "", formula="data('A') >")]})

    assert says.startswith("The formula: ")
    assert "line 1, column" in says


def test_unknown_fields_are_strange_but_no_gap() -> None:
    rows = [
        row("equals", "X", "1"),
        row("equals", other="Y.Z"),
        row("is_true", "", formula="data('Q') = data('B')"),
    ]

    assert told({"rows": rows}) == [
        ("X: the source has no field “X”, as far as is known.", True),
        ("A: the source has no field “Y.Z”, as far as is known.", True),
        ("The formula: the source has no field “Q”, as far as is known.", True),
    ]
    assert told({"rows": rows}, fields=()) == []


def test_an_empty_group_beside_others_lets_all_pass() -> None:
    says = "A group without conditions lets every record pass: fill it or remove it."
    empty: dict[str, Any] = {"rows": []}

    assert told({"join": "any", "rows": [row("is_empty")], "groups": [empty]}) == [
        (says, False)
    ]
    assert told({"rows": [row("is_empty")], "groups": [empty]}) == []
    assert told({"join": "any", "groups": [empty]}) == []
