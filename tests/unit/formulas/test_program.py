"""What a program tells about itself, and what it asks for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from formulas.language import (
    FormulaError,
    FormulaValueError,
    Missing,
    SkippedError,
    Wanted,
    build,
    compile_formula,
    example,
)
from formulas.language.context import Context
from formulas.language.nodes import Call, Comparison, Literal, Logic
from formulas.language.printer import spell

CHAINED = (
    "textvlookup(vlookup('CardCode','fsmcustomer','erp_id','customer_id'),"
    "'fsmobject','customer_id','object_id')"
)


class Collector:
    """Answers what it knows, and notes what it does not: the port of a page of records."""

    def __init__(self) -> None:
        self.known: dict[Wanted, Any] = {}
        self.asked: list[Wanted] = []

    def answer(self, wanted: Wanted) -> Any:
        if wanted not in self.known:
            self.asked.append(wanted)
            raise Missing(wanted)
        return self.known[wanted]


def refusal(run: Callable[[], Any]) -> FormulaError:
    with pytest.raises(FormulaError) as caught:
        run()
    return caught.value


class TestLineage:
    def test_the_fields_it_reads(self) -> None:
        program = compile_formula(
            "concat(data('a'), data('b.c[0].d'), vlookup('e', 'o', 'k', 'v'), data('a'))"
        )

        assert program.fields == {"a", "b.c[0].d", "e"}
        assert [program.text[s.start : s.end] for s in (u.span for u in program.field_uses)] == [
            "'a'", "'b.c[0].d'", "'e'", "'a'",
        ]  # fmt: skip
        assert not program.reads_any

    def test_fields_of_elements_are_none_of_the_records(self) -> None:
        program = compile_formula("map(data('lines'), concat(data('x'), item()))")

        assert program.fields == {"lines"}
        assert not program.reads_any

    @pytest.mark.parametrize("formula", ["data(concat('a', 'b'))", "get(item(), 'a')"])
    def test_a_name_that_is_worked_out_may_be_any(self, formula: str) -> None:
        assert compile_formula(formula).reads_any

    def test_the_lookups_it_makes(self) -> None:
        outer, inner = compile_formula(CHAINED).lookups

        assert (outer.function, outer.object, outer.field, outer.returns) == (
            "textvlookup", "fsmobject", "customer_id", "object_id",
        )  # fmt: skip
        assert (inner.function, inner.object) == ("vlookup", "fsmcustomer")
        assert CHAINED[inner.span.start : inner.span.end].startswith("vlookup('CardCode'")

    def test_a_lookup_whose_object_is_worked_out(self) -> None:
        (use,) = compile_formula("get_entity_data(data('type'), [])").lookups

        assert use.object is None

    @pytest.mark.parametrize(
        ("formula", "volatile"),
        [("now()", True), ("sequence('a')", True), ("uuid()", False), ("data('a')", False)],
    )
    def test_whether_it_may_change_by_itself(self, formula: str, *, volatile: bool) -> None:
        assert compile_formula(f"concat('a', {formula})").volatile is volatile


class TestLookups:
    def test_it_asks_in_rounds_as_deep_as_lookups_are_nested(self) -> None:
        program, port = compile_formula(CHAINED), Collector()
        record = {"CardCode": "C20000"}

        with pytest.raises(Missing):
            program(record, port)
        port.known[port.asked[-1]] = "cust-001"
        with pytest.raises(Missing):
            program(record, port)
        port.known[port.asked[-1]] = "object-7"

        assert program(record, port) == "object-7"
        assert port.asked == [
            Wanted("newest", "fsmcustomer", "erp_id", "C20000", "customer_id"),
            Wanted("newest", "fsmobject", "customer_id", "cust-001", "object_id"),
        ]

    def test_an_array_asks_for_all_of_its_elements_at_once(self) -> None:
        formula = "map(data('lines'), map(item(), textvlookup(item(), 'o', 'k', 'v')))"
        program, port = compile_formula(formula), Collector()
        record = {"lines": [["a", "b"], ["c"]]}

        with pytest.raises(Missing):
            program(record, port)
        assert [wanted.key for wanted in port.asked] == ["a", "b", "c"]
        port.known = {wanted: wanted.key.upper() for wanted in port.asked}

        assert program(record, port) == [["A", "B"], ["C"]]

    def test_what_is_missing_is_no_error_that_formulas_catch(self) -> None:
        with pytest.raises(Missing):
            compile_formula("iferror(textvlookup('a', 'o', 'k', 'v'), 0)")({}, Collector())

    def test_without_anybody_to_ask_it_is_an_error(self) -> None:
        assert (
            "no records"
            in refusal(lambda: compile_formula("textvlookup('a', 'o', 'k', 'v')")({})).message
        )

    def test_keys_go_by_their_text(self) -> None:
        port = Collector()
        with pytest.raises(Missing):
            compile_formula("vlookup('n', 'o', 'k', 'v')")({"n": Decimal("100")}, port)

        assert port.asked[0].key == "100"

    def test_an_error_of_the_port_gets_its_place(self) -> None:
        class Refusing:
            def answer(self, wanted: Wanted) -> Any:
                message = f"There is no object {wanted.object}."
                raise FormulaValueError(message)

        formula = "concat('a', textvlookup('x', 'nope', 'k', 'v'))"
        error = refusal(lambda: compile_formula(formula)({}, Refusing()))

        assert error.message == "There is no object nope."
        assert error.position == formula.index("textvlookup")


class TestExplanation:
    def test_every_part_has_its_value(self) -> None:
        formula = "if(data('n') > 2, concat('x', data('n') * 2), 'small')"
        explained = compile_formula(formula).explain({"n": 3})

        found = {formula[s.span.start : s.span.end]: s.value for s in explained.steps}
        assert explained.value == "x6"
        assert found["data('n')"] == 3
        assert found["data('n') > 2"] is True
        assert found["data('n') * 2"] == 6
        assert found[formula] == "x6"
        assert "'small'" not in found

    def test_an_error_stands_at_its_part(self) -> None:
        formula = "concat('a', 1 / data('n'))"
        explained = compile_formula(formula).explain({"n": 0})

        errors = {
            formula[s.span.start : s.span.end]: s.error for s in explained.steps if s.error
        }
        assert explained.error is not None
        assert explained.error.kind == "value"
        assert errors["1 / data('n')"] == "A number is divided by zero."

    def test_brackets_belong_to_their_part(self) -> None:
        formula = "(1 + 2) * 3"
        steps = compile_formula(formula).explain({}).steps

        assert ("(1 + 2)", 3) in [(formula[s.span.start : s.span.end], s.value) for s in steps]

    def test_a_skip_is_told(self) -> None:
        explained = compile_formula("skip('Not yet')").explain({})

        assert isinstance(explained.error, SkippedError)
        assert explained.error.message == "Not yet"

    def test_it_asks_for_lookups_too(self) -> None:
        explained = compile_formula(CHAINED).explain(example.RECORD, example.context())

        assert explained.value is None
        assert "cust-001" in [step.value for step in explained.steps]

    def test_too_deep_a_value_is_said(self) -> None:
        deep: Any = "x"
        for _ in range(3000):
            deep = [deep]

        explained = compile_formula("data('a') == data('a')").explain({"a": deep})

        assert explained.error is not None
        assert explained.error.kind == "limit"


def test_a_tree_without_a_text_becomes_a_program() -> None:
    tree = Logic(
        "&&",
        (
            Comparison("==", Call("data", (Literal("status"),)), Literal("it's")),
            Comparison(">", Call("data", (Literal("n"),)), Literal(Decimal(5))),
        ),
    )
    program = build(tree)

    assert program({"status": "it's", "n": 6}) is True
    assert program({"status": "it's", "n": None}) is False
    assert program.text == "(data('status') == 'it\\'s') && (data('n') > 5)"


class Spelled(str):
    """A text that is more than one."""

    __slots__ = ()


class Numbered(int):
    """A number that is more than one."""


def test_values_that_are_more_than_values_are_worked_with() -> None:
    record = {"s": Spelled("x"), "i": Numbered(7)}

    assert compile_formula("concat(data('s'), data('i'))")(record) == "x7"
    assert compile_formula("data('s') == 'x' && data('i') == 7")(record) is True


def test_every_node_can_be_written() -> None:
    formula = "concat(-data('a'), !true, [1, null], ['k' => (1 + 2) * 3], 1 < 2 || false)"

    assert spell(compile_formula(formula).node) == (
        "concat(-data('a'), !true, [1, null], ['k' => (1 + 2) * 3], (1 < 2) || false)"
    )


def test_values_are_plain_python() -> None:
    record = {
        "s": Spelled("x"),
        "i": Numbered(7),
        "m": MappingProxyType({"a": 1}),
        "n": 1,
        "f": 0.1,
        "list": [1, 2.5, {"a": 1}],
        "t": (1,),
        "d": datetime.fromisoformat("2024-01-02"),
        "b": True,
    }
    got = {name: compile_formula(f"data('{name}')")(record) for name in record}

    assert got["n"] == Decimal(1)
    assert got["f"] == Decimal("0.1")
    assert got["list"] == [Decimal(1), Decimal("2.5"), {"a": Decimal(1)}]
    assert got["t"] == [Decimal(1)]
    assert got["d"] == datetime(2024, 1, 2, tzinfo=UTC)
    assert got["b"] is True
    assert (got["s"], got["i"], got["m"]) == ("x", Decimal(7), {"a": Decimal(1)})
    assert all(type(value) is not int for value in got.values())


def test_a_program_may_be_used_again_and_again() -> None:
    program, context = compile_formula("concat(data('a'), uuid())"), Context(seed="1")

    first = program.evaluate({"a": "x"}, context)
    context.seed = "2"
    second = program.evaluate({"a": "x"}, context)
    context.seed = "1"

    assert first != second
    assert program.evaluate({"a": "x"}, context) == first


class TestTime:
    BERLIN = datetime(2024, 3, 31, 0, 30, tzinfo=ZoneInfo("Europe/Berlin"))

    def run(self, formula: str, **record: Any) -> Any:
        return compile_formula(formula)(record, None, self.BERLIN)

    def test_a_time_without_offset_is_one_of_the_tenants_zone(self) -> None:
        assert (
            self.run("todatetime('2024-07-01T10:00')").isoformat()
            == "2024-07-01T10:00:00+02:00"
        )
        assert self.run("formatdate('2024-07-01T10:00', 'P')") == "+02:00"
        assert self.run("today()") == date(2024, 3, 31)

    def test_a_time_with_offset_keeps_it(self) -> None:
        assert self.run("formatdate('2024-07-01T23:00:00Z', 'd.m. H:i')") == "01.07. 23:00"
        moved = "formatdate(totimezone('2024-07-01T23:00:00Z', 'Europe/Berlin'), 'd.m. H:i')"
        assert self.run(moved) == "02.07. 01:00"

    @pytest.mark.parametrize(
        ("formula", "result"),
        [
            ("dateadd(now(), 1, 'day')", "2024-04-01T00:30:00+02:00"),
            ("dateadd(now(), 24, 'hour')", "2024-04-01T01:30:00+02:00"),
            ("dateadd(now(), 2, 'hour')", "2024-03-31T03:30:00+02:00"),
            ("dateadd('2024-03-30T02:30', 1, 'day')", "2024-03-31T03:30:00+02:00"),
            ("dateadd('2024-02-29T02:30', 1, 'month')", "2024-03-29T02:30:00+01:00"),
            ("dateadd('2024-10-26T02:30', 1, 'day')", "2024-10-27T02:30:00+02:00"),
        ],
    )
    def test_clocks_that_are_put_forward(self, formula: str, result: str) -> None:
        assert self.run(formula).isoformat() == result

    def test_differences_are_those_of_real_time(self) -> None:
        assert self.run("datediff('2024-03-31T00:00', '2024-04-01T00:00', 'hour')") == 23
        assert self.run("datediff('2024-03-31', '2024-04-01', 'day')") == 1

    def test_constants_are_not_worked_out_in_another_zone(self) -> None:
        assert self.run("timestamp('2024-03-31')") == 1711839600
        assert self.run("'2024-03-31T00:00' == todatetime('2024-03-30T23:00:00Z')") is True

    def test_without_a_time_the_clock_counts(self) -> None:
        assert abs((compile_formula("now()")({}) - datetime.now(UTC)).total_seconds()) < 60  # noqa: TID251
