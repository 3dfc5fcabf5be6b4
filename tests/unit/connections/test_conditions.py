"""What passes a condition and what does not, operator by operator; groups; the words of a failure."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connections import conditions
from connections.conditions import compile_conditions, watched
from connections.document import read_conditions
from connections.kit.codes import Code
from connections.spec import Failed, Surroundings
from formulas.language import FormulaError, Missing, Wanted
from formulas.language.context import Context
from tests.every import every

NOW = datetime(2026, 11, 21, 10, 30, tzinfo=ZoneInfo("Europe/Vienna"))
AROUND = Surroundings(Context(moment=NOW))
ABSENT = object()


def ready(data: Any, **options: Any) -> conditions.Tester:
    found = compile_conditions(read_conditions(data), **options)
    assert found is not None
    return found


def passes(value: Any, operator: str, /, **operands: Any) -> bool:
    record = {} if value is ABSENT else {"x": value}
    test = ready({"rows": [{"operator": operator, "field": "x", **operands}]})
    return test(record, AROUND) is None


def row(field: str, operator: str, value: str = "", **more: Any) -> dict[str, Any]:
    return {"field": field, "operator": operator, "value": value, **more}


def failed(data: Any, record: Any, **options: Any) -> Failed:
    found = ready(data, **options)(record, AROUND)
    assert found is not None
    return found


ONE: dict[str, list[Any]] = {
    "equals": [
        ("open", "OPEN", True),
        ("Straße", "STRASSE", True),
        ("open", "closed", False),
        (5, "5", True),
        (Decimal("5.00"), "5", True),
        ("5.0", "5", True),
        ("007", "7", False),
        (Decimal("0.1"), "0.10", True),
        (0.1, "0.1", True),
        (12345678901234567890, "12345678901234567891", False),
        (True, "true", True),
        (True, "Yes", True),
        (False, "0", True),
        (False, "no matter", False),
        ("true", "true", True),
        ("2026-11-21", "2026-11-21", True),
        ("2026-11-20T23:30:00Z", "2026-11-21", True),  # half past midnight in Vienna
        ("2026-11-21T00:00:00+01:00", "2026-11-20T23:00:00Z", True),
        ("/Date(1580605267000)/", "2020-02-02T01:01:07Z", True),
        ("2026-11-21", "2026-11-22", False),
        (["a"], "a", False),
        ({"a": 1}, "a", False),
        ("", "a", False),
        (Decimal("1E+999999999"), "1", False),
    ],
    "greater": [
        (6, "5", True),
        (5, "5", False),
        ("10", "9", True),
        ("00012", "5", True),
        (Decimal("5.0000000000000000001"), "5", True),
        ("b", "A", True),
        ("a", "B", False),
        ("n/a", "5", False),
        (5, "n/a", False),
        ("2026-11-22", "2026-11-21T23:00:00", True),
        ("2026-11-22", "soon", False),
        (True, "0", False),
        ([9], "5", False),
        ("", "0", False),
    ],
    "greater_or_equal": [(5, "5", True), (4, "5", False), ("B", "b", True)],
    "less": [(4, "5", True), (5, "5", False), ("9", "10", True), ({}, "5", False)],
    "less_or_equal": [(5, "5", True), (6, "5", False)],
    "contains": [
        ("A big Dog", "BIG", True),
        ("cat", "dog", False),
        (150, "5", True),
        (["Red", "green"], "red", True),
        (["Red", None], "re", False),
        ({"red": 1}, "red", False),
    ],
    "starts_with": [
        ("Abc", "aB", True),
        ("abc", "b", False),
        (150, "15", True),
        ([], "a", False),
    ],
    "ends_with": [("abC", "Bc", True), ("abc", "b", False), (150, "50", True)],
    "is_true": [
        (True, "", True),
        ("yes", "", True),
        (1, "", True),
        (False, "", False),
        ("maybe", "", False),
        (5, "", False),
    ],
    "is_false": [(False, "", True), ("No", "", True), (0, "", True), ("", "", False)],
    "is_not_empty": [("a", "", True), (0, "", True), (False, "", True), ("", "", False)],
    "matches": [
        ("AB12", r"^[A-Z]+\d+$", True),
        ("ab12", r"^[A-Z]+\d+$", False),
        ("ab12", r"(?i)^[A-Z]+\d+$", True),
        (12, "^12$", True),
        (["12"], "12", False),
        ("half \ud83d", "half", False),
    ],
    "before": [
        ("2026-11-20", "2026-11-21", True),
        ("2026-11-21T09:00:00Z", "2026-11-21", False),
        ("2026-11-21T09:00:00", "2026-11-21T10:00:00", True),
        ("soon", "2026-11-21", False),
        (20261120, "2026-11-21", False),
    ],
    "after": [
        ("2026-11-22", "2026-11-21", True),
        ("2026-11-21T22:59:00Z", "2026-11-21", False),
        ("2026-11-21T23:00:00Z", "2026-11-21", True),  # the next day in Vienna
        ("9999-12-31T23:59:59-12:00", "2026-11-21", False),  # has no day in Vienna
    ],
    "in_last_days": [
        ("2026-11-21", "0", True),
        ("2026-11-21T09:29:00Z", "0", True),
        ("2026-11-21T09:31:00Z", "0", False),  # a minute ahead
        ("2026-11-14", "7", True),
        ("2026-11-13", "7", False),
        ("2026-11-22", "7", False),
        ("2026-11-20", "x", False),
        ("0001-01-01", "999999999", False),
        ("soon", "7", False),
        (7, "7", False),
    ],
}


@every(
    ("operator", "value", "operand", "expected"),
    [(name, *case) for name, cases in ONE.items() for case in cases],
)
def test_an_operator(operator: str, value: Any, operand: str, expected: bool) -> None:
    assert passes(value, operator, value=operand) is expected


@every(
    ("operator", "opposite"),
    [("equals", "not_equals"), ("contains", "not_contains")],
)
def test_an_operator_and_its_opposite(operator: str, opposite: str) -> None:
    for value, operand, expected in ONE[operator]:
        assert passes(value, opposite, value=operand) is not expected


@every(
    ("value", "low", "high", "expected"),
    [
        (5, "1", "5", True),
        (1, "1", "5", True),
        (Decimal("5.01"), "1", "5", False),
        ("b", "A", "c", True),
        ("2026-11-21T22:00:00Z", "2026-11-01", "2026-11-21", True),
        ("x", "1", "5", False),
    ],
)
def test_between_includes_both_ends(value: Any, low: str, high: str, expected: bool) -> None:
    assert passes(value, "between", value=low, to=high) is expected


@every(
    ("value", "listed", "expected"),
    [
        ("b", ("a", "B"), True),
        (2, ("1", "2.0"), True),
        (True, ("true",), True),
        ("c", ("a", "b"), False),
        (["a"], ("a",), False),
        ("a", (), False),
    ],
)
def test_lists(value: Any, listed: tuple[str, ...], expected: bool) -> None:
    assert passes(value, "in_list", values=listed) is expected
    assert passes(value, "not_in_list", values=listed) is not expected


@every(("value", "expected"), [(None, True), (ABSENT, True), ("", True), ([], True), ({}, True),
                               (" ", False), (0, False), (False, False), ([None], False)])  # fmt: skip
def test_empty_is_null_absent_or_without_content(value: Any, expected: bool) -> None:
    assert passes(value, "is_empty") is expected
    assert passes(value, "is_not_empty") is not expected


@every(
    "operator",
    [
        *(set(ONE)),
        "not_equals",
        "not_contains",
        "between",
        "in_list",
        "not_in_list",
        "is_false",
    ],
)
def test_null_passes_nothing_else(operator: str) -> None:
    for value in (None, ABSENT):
        assert not passes(value, operator, value="2026-11-21", to="2026-11-22", values=["a"])
        assert not passes(value, operator, value="", values=[])


def test_another_field_is_compared_with() -> None:
    test = ready({"rows": [row("Due", "less_or_equal", other="Limit")]})

    assert test({"Due": "9", "Limit": 10}) is None
    assert test({"Due": 11, "Limit": 10}) is not None
    assert test({"Due": 9}) is not None
    assert test({"Due": 9, "Limit": None}) is not None
    both = ready({"rows": [row("A", "equals", other="B")]})
    assert both({"A": [1, {"b": 2}], "B": [Decimal("1.0"), {"b": 2}]}) is None


def test_a_path_leads_into_the_record() -> None:
    test = ready({"rows": [row("Lines[1].Code", "equals", "b")]})

    assert test({"Lines": [{"Code": "a"}, {"Code": "B"}]}) is None
    assert test({"Lines": [{"Code": "a"}]}) is not None


@every(
    ("formula", "record", "expected"),
    [
        ("data('a') > 3", {"a": 4}, True),
        ("data('a') > 3", {"a": 3}, False),
        ("data('a')", {"a": "anything"}, True),
        ("data('a')", {}, False),
    ],
)
def test_a_formula_is_true(formula: str, record: Any, expected: bool) -> None:
    test = ready({"rows": [{"operator": "is_true", "formula": formula}]})

    assert (test(record) is None) is expected


def test_a_formula_is_compared_like_a_field() -> None:
    test = ready(
        {"rows": [{"operator": "equals", "formula": "left(data('a'), 2)", "value": "AB"}]}
    )

    assert test({"a": "abc"}) is None
    found = test({"a": "xyz"})
    assert found is not None
    assert found.sentence == "The formula left(data('a'), 2) is 'xy', must be equal to 'AB'."


A, B, C = row("a", "is_true"), row("b", "is_true"), row("c", "is_true")


@every(
    ("data", "passing"),
    [
        ({"rows": [A, B]}, {"ab", "abc"}),
        ({"join": "any", "rows": [A, B]}, {"a", "b", "ab", "ac", "bc", "abc"}),
        # C, or both of A and B
        ({"join": "any", "rows": [C], "groups": [{"rows": [A, B]}]}, {"c", "ac", "bc", "ab", "abc"}),
        # A, and one of B and C
        ({"rows": [A], "groups": [{"join": "any", "rows": [B, C]}]}, {"ab", "ac", "abc"}),
        # an empty group passes, also as one of any
        ({"rows": [A], "groups": [{"rows": []}]}, {"a", "ab", "ac", "abc"}),
        ({"join": "any", "rows": [A], "groups": [{"rows": []}]}, None),
        ({"rows": [A, {**B, "enabled": False}]}, {"a", "ab", "ac", "abc"}),
    ],
)  # fmt: skip
def test_groups(data: Any, passing: set[str] | None) -> None:
    everything = ["", "a", "b", "c", "ab", "ac", "bc", "abc"]
    test = ready(data)

    found = {name for name in everything if test(dict.fromkeys(name, True)) is None}

    assert found == (set(everything) if passing is None else passing)


@every(
    "data",
    [None, {}, {"rows": [], "groups": [{"join": "any"}]}, {"rows": [{**A, "enabled": False}]}],
)
def test_without_rows_that_count_there_is_no_test(data: Any) -> None:
    assert compile_conditions(read_conditions(data)) is None


LONG = "x" * 100


@every(
    ("data", "record", "sentence"),
    [
        (row("Status", "equals", "completed"), {"Status": "open"},
         "Status is 'open', must be equal to 'completed'."),
        (row("Status", "not_equals", "a"), {}, "Status has no value, must not be equal to 'a'."),
        (row("N", "between", "1", to="3"), {"N": Decimal("4.50")},
         "N is 4.5, must be between '1' and '3'."),
        (row("N", "in_list", values=list("abcdefg")), {"N": True},
         "N is true, must be one of 'a', 'b', 'c', 'd', 'e' and 2 more."),
        (row("D", "in_last_days", "7"), {"D": "2020-01-01"},
         "D is '2020-01-01', must be within the last 7 days."),
        (row("S", "is_empty"), {"S": LONG}, f"S is '{'x' * 60}…', must be empty."),
        (row("S", "is_empty"), {"S": [1, {"a": None}]}, 'S is [1,{"a":null}], must be empty.'),
        (row("A", "greater", other="B"), {"A": 1, "B": 2}, "A is 1, must be greater than B, which is 2."),
        (row("A", "equals", other="B"), {"A": "\0"}, "A is '␀', must be equal to B, which has no value."),
        (row("A", "changed_from_to", "x", to="y"), {"A": "z"},
         "A is 'z', must have changed from 'x' to 'y' since the last sync."),
    ],
)  # fmt: skip
def test_the_sentence_tells_what_is_and_what_must_be(
    data: Any, record: Any, sentence: str
) -> None:
    found = failed({"rows": [data]}, record)

    assert found.sentence == sentence
    assert found.code is Code.SKIPPED_BY_CONDITION


def test_the_first_row_that_fails_is_told() -> None:
    rows = [
        row("a", "is_true"),
        {**row("b", "is_true"), "uuid": "11111111-2222-3333-4444-555555555555"},
    ]

    found = failed({"rows": [*rows, row("c", "is_true")]}, {"a": True})

    assert found.uuid == "11111111-2222-3333-4444-555555555555"
    assert found.sentence.startswith("b has no value")


def test_of_any_it_is_told_that_none_holds() -> None:
    found = failed({"join": "any", "rows": [A, B, C]}, {"a": False})

    assert found.sentence == "None of 3 conditions holds. The first: a is false, must be true."


def test_sensitive_values_are_not_shown() -> None:
    hidden = {"hidden": {"Salary"}}
    assert (
        "4711"
        not in failed(
            {"rows": [row("Salary", "greater", "5000")]}, {"Salary": 4711}, **hidden
        ).sentence
    )
    assert (
        "4711"
        not in failed(
            {"rows": [row("A", "greater", other="Salary")]}, {"A": 1, "Salary": 4711}, **hidden
        ).sentence
    )
    formulas = [
        "data('Salary') > 5000",
        "data(concat('Sal', 'ary')) > 5000",
        "todate(data('Salary'))",
    ]
    for formula in formulas:
        told = failed(
            {"rows": [{"operator": "is_true", "formula": formula}]},
            {"Salary": "4711"},
            **hidden,
        )
        assert "4711" not in told.sentence


@every(
    ("formula", "code", "says"),
    [
        ("tonumber(data('a'))", Code.FORMULA_FAILED, "At line 1, column 1"),
        ("fail('No partner.')", Code.REFUSED_BY_FORMULA, "No partner."),
        ("skip('Not ours.')", Code.SKIPPED_BY_FORMULA, "Not ours."),
    ],
)
def test_a_formula_without_a_value_is_no_matter_of_passing(
    formula: str, code: Code, says: str
) -> None:
    broken = {"operator": "is_true", "formula": formula}
    for data in ({"rows": [broken, A]}, {"join": "any", "rows": [broken, A]}):
        found = failed(data, {"a": "x"})
        assert found.code is code
        assert says in found.sentence


class Slow:
    """Knows nothing at first."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.known: dict[str, str] = {}

    def answer(self, wanted: Wanted) -> Any:
        if wanted.key not in self.known:
            self.asked.append(wanted.key)
            raise Missing(wanted)
        return self.known[wanted.key]


@pytest.mark.parametrize("join", ["all", "any"])
def test_all_rows_ask_in_one_round(join: str) -> None:
    text = "vlookup('{}', 'place', 'zip', 'town')"
    rows = [
        {"operator": "equals", "formula": text.format(name), "value": "yes"} for name in "ab"
    ]
    test, slow = ready({"join": join, "rows": [*rows, C]}), Slow()
    around = Surroundings(Context(slow))

    with pytest.raises(Missing):
        test({"a": "1", "b": "2", "c": False}, around)

    assert slow.asked == ["1", "2"]
    slow.known = {"1": "no", "2": "yes"}
    found = test({"a": "1", "b": "2", "c": False}, around)
    assert (found is None) is (join == "any")


@every("data", [row("x", "matches", "("), row("a..b", "equals", "1"), row("", "is_empty")])
def test_what_cannot_be_used_is_refused(data: Any) -> None:
    with pytest.raises(FormulaError):
        compile_conditions(read_conditions({"rows": [data]}))


def test_what_a_test_needs_is_known() -> None:
    formula = {"operator": "is_true", "formula": "data('F') = today()"}
    test = ready(
        {"rows": [row("A.B", "equals", other="C"), row("D", "changed"), formula],
         "groups": [{"rows": [row("D", "changed_from_to", to="x"), row("A", "is_empty")]}]}
    )  # fmt: skip

    assert test.reads == ("A", "C", "D", "F")
    assert test.watched == ("D",)
    assert test.unsteady
    assert not ready({"rows": [A]}).unsteady
    assert ready({"rows": [row("d", "in_last_days", "7")]}).unsteady
    dynamic = ready({"rows": [{"operator": "is_true", "formula": "data(data('x'))"}]})
    assert dynamic.reads_any
    assert watched(read_conditions({"rows": [{**row("D", "changed"), "enabled": False}]})) == ()


# --- what it was before -------------------------------------------------------------------

CHANGED = {"rows": [row("s", "changed")]}


@every(
    ("before", "now", "expected"),
    [
        ("a", "a", False),
        ("a", "A", True),
        ("a", None, True),
        (None, None, False),
        (1, Decimal("1.0"), False),
        (1, "1", True),
        ([1, {"b": 2, "a": 1}], [1, {"a": 1, "b": 2}], False),
        ([1, 2], [2, 1], True),
    ],
)
def test_changed(before: Any, now: Any, expected: bool) -> None:
    test = ready(CHANGED)
    vector = test.vector({"s": before})

    assert (test({"s": now}, AROUND, vector) is None) is expected
    assert test({"s": now}, AROUND, None) is None, "what was never synced has changed"


@every(
    ("given", "before", "now", "expected"),
    [
        (("open", "done"), "open", "done", True),
        (("OPEN", "Done"), "Open", "DONE", True),
        (("open", "done"), "held", "done", False),
        (("open", "done"), "open", "held", False),
        (("open", "done"), "done", "done", False),
        (("open", ""), "open", None, True),
        (("open", ""), "open", "OPEN", False),
        (("", "done"), "open", "done", True),
        (("", "done"), None, "done", True),
        (("", "done"), "done", "done", False),
        (("1", "2"), Decimal("1.0"), "2.00", True),
        (("false", "true"), False, True, True),
    ],
)
def test_changed_from_to(given: Any, before: Any, now: Any, expected: bool) -> None:
    test = ready({"rows": [row("s", "changed_from_to", given[0], to=given[1])]})
    vector = test.vector({"s": before})

    assert (test({"s": now}, AROUND, vector) is None) is expected
    assert test({"s": now}, AROUND, None) is not None, "never synced: it changed from nothing"


def test_a_memory_outlives_other_conditions() -> None:
    first, later = ready({"rows": [row("a", "changed")]}), ready(
        {"rows": [row("b", "changed"), row("a", "changed_from_to", "1", to="2")]}
    )  # fmt: skip
    record = {"a": "1", "b": "1"}
    vector = first.vector(record)

    grown = later.completed(record, vector)

    assert later.completed(record, grown) is None
    assert first({"a": "1"}, AROUND, grown) is not None
    assert later({"a": "2", "b": "2"}, AROUND, grown) is None
    assert first({"a": "1"}, AROUND, b"no vector") is None


def test_the_clock_and_the_zone_are_those_of_the_run() -> None:
    test = ready({"rows": [row("d", "in_last_days", "0")]})
    late = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)

    assert test({"d": "2026-11-21"}, Surroundings(Context(moment=late))) is None
    vienna = late.astimezone(ZoneInfo("Europe/Vienna"))
    assert test({"d": "2026-11-21"}, Surroundings(Context(moment=vienna))) is not None
