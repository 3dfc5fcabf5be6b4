"""Every function and every piece of syntax, by the files in `cases`: anybody can add to them.

`cases/<group>.json`: function → `normal`, `null` and `wrong` → pairs of formula and result, on the
example record. `cases/syntax.json`: blocks of a record and its cases. A result is JSON, or
`{"error": kind}`, or `{"moment": ISO text}` for a date.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from formulas.language import FormulaError, compile_formula, example
from formulas.language.context import Context
from formulas.language.functions import FUNCTIONS, GROUPS
from tests.every import every

CASES = Path(__file__).parent / "cases"
KINDS = ("normal", "null", "wrong")


def load(name: str) -> Any:
    return json.loads((CASES / name).read_text(), parse_float=Decimal, parse_int=Decimal)


def of_functions() -> Iterator[tuple[str, Any]]:
    for path in sorted(CASES.glob("*.json")):
        if path.name != "syntax.json":
            for kinds in load(path.name).values():
                yield from (tuple(case) for kind in KINDS for case in kinds[kind])


def outcome(formula: str, record: dict[str, Any], context: Context) -> Any:
    try:
        value = compile_formula(formula).evaluate(record, context)
    except FormulaError as error:
        said = error
    else:
        return {"moment": value.isoformat()} if isinstance(value, date) else value
    assert said.message
    assert said.span is not None
    assert said.text == formula
    return {"error": said.kind}


@every(("formula", "result"), list(of_functions()))
def test_functions(formula: str, result: Any) -> None:
    got = outcome(formula, example.RECORD, example.context())

    assert got == result
    assert type(got) is type(result)


@every(
    ("record", "case"),
    [(block["given"], case) for block in load("syntax.json") for case in block["cases"]],
)
def test_syntax(record: dict[str, Any], case: dict[str, Any]) -> None:
    expected = {"error": case["error"]} if "error" in case else case["result"]

    assert outcome(case["formula"], record, example.context()) == expected


@every(
    "shown", [shown for group in GROUPS.values() for one in group for shown in one.examples],

)  # fmt: skip
def test_every_example_is_true(shown: Any) -> None:
    got = compile_formula(shown.formula).evaluate(example.RECORD, example.context())

    assert got == shown.result
    assert type(got) is type(shown.result)


def test_every_function_has_cases_of_each_kind() -> None:
    known: dict[str, Any] = {}
    for path in CASES.glob("*.json"):
        if path.name != "syntax.json":
            known |= load(path.name)

    assert known.keys() == {one.name for one in FUNCTIONS.values()}
    assert {
        name for name, kinds in known.items() if not all(kinds.get(kind) for kind in KINDS)
    } == set()


def test_every_function_says_what_it_does() -> None:
    for one in FUNCTIONS.values():
        assert one.help.endswith("."), one.name
        assert one.examples, one.name
        assert one.parameters or one.most == 0, one.name


def test_the_public_face() -> None:
    program = compile_formula("concat(data('first'), ' ', data('last'))")

    assert program({"first": "Ada", "last": "Byron"}) == "Ada Byron"
    assert program.fields == {"first", "last"}
    assert program.text.startswith("concat")
