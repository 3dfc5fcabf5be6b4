"""Errors say what, where and what was probably meant."""

from __future__ import annotations

import pytest

from formulas.language import FormulaError, compile_formula
from tests.every import every


def refused(formula: str, record: dict[str, object] | None = None) -> FormulaError:
    with pytest.raises(FormulaError) as caught:
        compile_formula(formula)(record or {})
    return caught.value


@every(
    ("formula", "message", "marked"),
    [
        ("concta('a')", "There is no function “concta”. Did you mean concat?", "concta"),
        ("upper('a', 'b')", "upper takes 1 argument, not 2: upper(text)", "upper('a', 'b')"),
        ("left('a')", "left takes 2 arguments, not 1: left(text, length)", "left('a')"),
        ("substr('a')", "substr takes 2 to 3 arguments, not 1: substr(text, start, [length])", "substr('a')"),
        ("switch(1)", "switch takes at least 3 arguments, not 1: switch(value, case, result, more, …)", "switch(1)"),
        ("concat('a', Status)", "“Status” stands alone.", "Status"),
        ("concat('a'; 'b')", "Arguments are separated by commas, not by “;”.", ";"),
        ("concat('a'", "A “)” is missing here.", ""),
        ("['a' => 1", "A “]” is missing here.", ""),
        ("upper('abc)", "This text is never closed.", "'abc)"),
        ("  =upper('a')", "A formula begins without “=”.", "="),
        ("upper('a'))", "This bracket was never opened.", ")"),
        ("upper(“a”)", "““” is no quotation mark of formulas.", "“"),
        ("1 +", "The formula ends too early.", ""),
        ("{Status}", "“{” has no meaning here. A field is read with data('Name').", "{"),
        ("1 * tonumber('x')", "A number is needed, not “x”.", "tonumber('x')"),
        ("padleft('x', data('n'), '0')", "A number is needed, not “many”.", "data('n')"),
        ("'a' + 1", "A number is needed, not “a”. Texts are joined with concat().", "'a' + 1"),
        ("round(1 / 0, 2)", "A number is divided by zero.", "1 / 0"),
        ("map([1], 'item( * 2')", "In the inner formula: “*” does not fit here.", "'item( * 2'"),
        ("data('a..b')", "Cannot read “a..b” from “.b” on", "data('a..b')"),
    ],
)  # fmt: skip
def test_the_message_and_the_place(formula: str, message: str, marked: str) -> None:
    error = refused(formula, {"n": "many"})

    assert error.message.startswith(message)
    assert error.span is not None
    assert formula[error.span.start : error.span.end] == marked
    assert error.text == formula


def test_the_caret_stands_below_the_line_that_is_meant() -> None:
    error = refused("concat(\n  'a',\n  uper('b')\n)")

    assert (error.line, error.column) == (3, 3)
    assert error.suggestion == "upper"
    assert error.caret() == "  uper('b')\n  ^^^^"


def test_a_name_without_likeness_gets_no_suggestion() -> None:
    error = refused("qqqqqqqq()")

    assert error.suggestion == ""
    assert "Did you mean" not in error.message


def test_a_field_that_stands_alone_is_written_as_it_should_be() -> None:
    assert refused("Status").suggestion == "data('Status')"
