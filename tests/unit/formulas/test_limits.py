"""Nothing hangs, nothing grows without bound, nothing gets out: the nastiest formulas we know."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from formulas.language import FormulaError, compile_formula, limits
from tests.every import every

DEEP: Any = "x"
for _ in range(2000):
    DEEP = [DEEP]

LONG = "x" * 900_000
RECORD = {
    "deep": DEEP,
    "long": LONG,
    "many": list(range(90_000)),
    "lines": [{"n": number} for number in range(2000)],
    "tags": "<script>" * 5_000,
    "as": "a" * 200_000,
    "nan": float("nan"),
    "infinite": Decimal("Infinity"),
    "huge": 10**500,
    "tiny": Decimal("1e-999"),
    "half": "a\ud800",
    "nul": "a\0b",
    "odd": object(),
    "nans": [float("nan")],
    "odds": [object()],
    "too long": "x" * (limits.TEXT + 1),
}


def said(formula: str) -> FormulaError:
    with pytest.raises(FormulaError) as caught:
        compile_formula(formula)(RECORD)
    assert caught.value.message
    assert caught.value.span is not None
    return caught.value


@every(
    ("formula", "kind", "words"),
    [
        ("x" * 10_001, "limit", "10,001 characters"),
        ("concat('" + "x" * 1_000_000 + "')", "limit", "at most 10,000"),
        ("(" * 51 + "upper(" * 51 + "'a'" + ")" * 102, "limit", "deeper than 50"),
        ("!" * 60 + "true", "limit", "deeper than 50"),
        ("[" * 60 + "]" * 60, "limit", "deeper than 50"),
        ("padleft('x', 1e9)", "limit", "1,000,000 characters"),
        ("repeat(data('long'), 3)", "limit", "1,000,000 characters"),
        ("replace(data('as'), 'a', 'aaaaaaaaaa')", "limit", "1,000,000 characters"),
        ("regexreplace(data('as'), 'a', 'aaaaaaaaaa')", "limit", "1,000,000"),
        ("join(data('many'), repeat('-', 100))", "limit", "1,000,000 characters"),
        ("concat(data('long'), data('long'))", "limit", "1,000,000 characters"),
        ("upper(repeat('ß', 900000))", "limit", "1,000,000 characters"),
        ("merge(data('many'), data('many'))", "limit", "100,000 elements"),
        ("map(data('many'), upper(repeat('ab', 200000)))", "limit", ""),
        ("data('deep')", "limit", "nested deeper than 60"),
        ("data('deep') == data('deep')", "limit", "nested deeper than 60"),
        ("tojson(data('deep'))", "limit", "nested deeper than 60"),
        ("fromjson(repeat('[', 90000))", "limit", "nested deeper"),
        ("data('too long')", "limit", "1,000,000 characters"),
        ("1 / 0", "value", "divided by zero"),
        ("1 % 0", "value", "divided by zero"),
        ("data('nan')", "value", "not a number"),
        ("data('infinite') + 1", "value", "not a number"),
        ("data('huge')", "value", "100 digits"),
        ("data('tiny')", "value", "100 digits"),
        ("tonumber('NaN')", "type", "A number is needed"),
        ("'-Infinity' * 1", "type", "A number is needed"),
        ("1e99 * 1e99", "value", "100 digits"),
        ("1" * 39, "value", "38 digits"),
        ("power(9, 999)", "value", "digits"),
        ("dateadd('9999-12-31', 1, 'day')", "value", "years 1 to 9999"),
        ("dateadd('0001-01-01', -1, 'second')", "value", "years 1 to 9999"),
        ("todate('0000-00-00')", "type", "not a date"),
        ("todatetime('999999999999', 'U')", "value", "no date that exists"),
        ("data('half')", "value", "half a character, U+D800"),
        ("data('nul')", "value", "U+0000"),
        ("urlencode(data('half'))", "value", "U+D800"),
        ("sha256(data('half'))", "value", "U+D800"),
        ("regexmatch(data('half'), 'a')", "value", "half a character"),
        ("regexmatch('a', data('half'))", "value", "half a character"),
        ("regexreplace(data('half'), 'a', 'b')", "value", "half a character"),
        ("data('nans') == [1]", "value", "not a number"),
        ("data('odds') == [1]", "type", "none of ours"),
        ("'a\ud800'", "syntax", "U+D800"),
        ("'a\0'", "syntax", "U+0000"),
        ("data('odd')", "type", "none of ours"),
        ("regexmatch('a', repeat('(', 900))", "value", "pattern"),
        ("regexmatch('a', 'a{1000}{1000}{1000}')", "value", "pattern"),
        ("regexmatch('a', repeat('a', 1001))", "value", "1,000 characters"),
        ("todate('1', repeat('d', 200))", "value", "100 characters"),
    ],
)
def test_it_is_refused_with_a_clear_word(formula: str, kind: str, words: str) -> None:
    error = said(formula)

    assert error.kind == kind
    assert words in error.message


@every(
    ("formula", "result"),
    [
        (r"regexmatch(data('as'), '(a+)+b')", False),
        (r"regexmatch(data('as'), '(a|aa)*b')", False),
        (r"regexreplace(data('as'), '(.*)*x', '')", "a" * 200_000),
        ("length(striphtml(data('tags')))", 0),
        ("length(striphtml(repeat('<', 900000)))", 900_000),
        ("length(striphtml(repeat('&#x', 300000)))", 900_000),
        ("count(split(data('as'), 'a'))", 200_001),
        ("sum(data('many'))", sum(range(90_000))),
    ],
)
def test_large_data_is_worked_off(formula: str, result: object) -> None:
    assert compile_formula(formula)(RECORD) == result


def test_a_long_chain_is_no_deep_tree() -> None:
    assert compile_formula("1" + "+1" * 4_000)({}) == 4_001


def test_a_budget_is_for_one_evaluation() -> None:
    program = compile_formula("count(map(data('lines'), item()))")

    for _ in range(3):
        assert program(RECORD) == 2_000
