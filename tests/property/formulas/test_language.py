"""Laws of the language: every text and every program on every record comes to an end.

A run with `HYPOTHESIS_PROFILE=bench` tries 20 000 examples of each law, any other 500.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Context, Decimal, localcontext
from typing import Any

import pytest
from hypothesis import assume, event, example, given, settings, strategies as st

from formulas.language import FormulaError, build, compile_formula, example as samples, limits
from formulas.language.functions import FUNCTIONS
from formulas.language.nodes import (
    ArrayOf,
    Call,
    Chain,
    Comparison,
    Literal,
    Logic,
    Node,
    ObjectOf,
    Unary,
)
from formulas.language.parser import parse
from formulas.language.printer import spell
from tests.property.formulas.conftest import EXAMPLES

pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")

LAW = settings(max_examples=EXAMPLES, deadline=None)
EXACTLY = Context(prec=100)


def refusal(formula: Callable[[], Any]) -> FormulaError | None:
    """Why it cannot be done, or None if it can."""
    try:
        formula()
    except FormulaError as error:
        return error
    return None


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
NUMBERS = st.decimals(
    min_value=0, max_value=Decimal("1e20"), places=4, allow_nan=False, allow_infinity=False
)
LITERALS = st.one_of(
    st.none(),
    st.booleans(),
    NUMBERS,
    TEXTS,
    st.sampled_from(["CardCode", "Lines", "d.m.Y", "day"]),
).map(Literal)


def compound(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(inner, min_size=2, max_size=4).map(tuple)
    pairs = st.lists(
        st.tuples(TEXTS.map(Literal), inner),
        min_size=1,
        max_size=3,
        unique_by=lambda p: p[0].value,
    )
    return st.one_of(
        st.builds(
            Call, st.sampled_from(sorted(FUNCTIONS)), st.lists(inner, max_size=4).map(tuple)
        ),
        st.sampled_from(sorted(FUNCTIONS)).flatmap(lambda name: fitting(name, inner)),
        st.builds(ArrayOf, st.lists(inner, max_size=3).map(tuple)),
        st.builds(ObjectOf, pairs.map(tuple)),
        st.builds(Unary, st.sampled_from("-!"), inner),
        st.builds(Logic, st.sampled_from(["&&", "||"]), several),
        st.builds(
            Comparison, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), inner, inner
        ),
        chains(inner, "+-"),
        chains(inner, "*/%"),
    )


def fitting(name: str, inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    """Calls with a number of arguments that the function takes."""
    one = FUNCTIONS[name]
    most = one.most if one.most is not None else one.least + 2
    arguments = st.lists(inner, min_size=one.least, max_size=most)
    return st.builds(Call, st.just(name), arguments.map(tuple))


def chains(inner: st.SearchStrategy[Node], signs: str) -> st.SearchStrategy[Node]:
    rest = st.lists(st.tuples(st.sampled_from(signs), inner), min_size=1, max_size=3)
    return st.builds(Chain, inner, rest.map(tuple))


TREES: st.SearchStrategy[Node] = st.recursive(LITERALS, compound, max_leaves=8)

JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.decimals(),
        st.text(max_size=20),
        st.datetimes(),
        st.dates(),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
NAMES = st.one_of(st.sampled_from(sorted(samples.RECORD)), st.text(max_size=8))
RECORDS = st.dictionaries(NAMES, JSON, max_size=8)


def plain(value: Any) -> bool:
    """Is this what the public face promises?"""
    if isinstance(value, list):
        return all(map(plain, value))
    if isinstance(value, dict):
        return all(isinstance(key, str) and plain(item) for key, item in value.items())
    if isinstance(value, Decimal):
        return value.is_finite()
    if isinstance(value, datetime):
        return value.tzinfo is not None
    return value is None or isinstance(value, str | bool | date)


def size(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, list):
        return 1 + sum(map(size, value))
    return 1 + sum(map(size, value.values())) if isinstance(value, dict) else 1


@LAW
@given(st.text(max_size=200))
@example("((((" * 2500)
@example("!" * 9000 + "1")
@example("1" + "+1" * 4000)
@example("[" * 5000 + "]" * 5000)
@example("'" + "\\" * 9001)
def test_any_text_compiles_or_is_refused_with_a_reason(text: str) -> None:
    error = refusal(lambda: compile_formula(text))

    event(error.kind if error else "compiles")
    if error:
        assert error.message
        assert 0 <= error.position <= len(text) + 1
        assert "^" in error.caret()


@LAW
@given(st.lists(st.sampled_from("'\"\\()[],=>+-*/!<&|. 1eéa\n"), max_size=60).map("".join))
def test_so_does_any_pile_of_its_own_signs(text: str) -> None:
    error = refusal(lambda: compile_formula(text))

    assert error is None or error.message


@pytest.mark.slow  # 500 programs and records
@LAW
@given(TREES, RECORDS)
def test_any_program_on_any_record_gives_a_value_or_a_reason(
    tree: Node, record: dict[str, Any]
) -> None:
    values: list[Any] = []
    error = refusal(lambda: values.append(build(tree).evaluate(record, samples.context())))

    event(error.kind if error else "value")
    if error:
        assert error.message
        assert error.text
        assert error.span is not None
    else:
        assert plain(values[0])
        assert size(values[0]) <= limits.TEXT + limits.ELEMENTS


@pytest.mark.slow  # 500 programs
@LAW
@given(TREES)
def test_a_tree_that_is_written_is_read_as_the_same_tree(tree: Node) -> None:
    text = spell(tree)
    assume(len(text) <= limits.LENGTH)

    assert parse(text) == tree
    assert spell(parse(text)) == text


@pytest.mark.slow  # evaluates 500 programs twice
@LAW
@given(TREES, RECORDS)
def test_explaining_comes_to_what_evaluating_comes_to(
    tree: Node, record: dict[str, Any]
) -> None:
    assume(refusal(lambda: build(tree)) is None)
    program = build(tree)

    explained = program.explain(record, samples.context())
    values: list[Any] = []
    error = refusal(lambda: values.append(program.evaluate(record, samples.context())))

    assert (explained.error is None) == (error is None)
    if error is not None and explained.error is not None:
        assert (explained.error.kind, explained.error.message) == (error.kind, error.message)
    else:
        assert [explained.value] == values
    assert all(0 <= step.span.start < step.span.end for step in explained.steps)


@LAW
@given(NUMBERS, NUMBERS)
def test_calculation_is_exact(a: Decimal, b: Decimal) -> None:
    program = compile_formula("data('a') * data('b') + data('a') - data('b')")
    with localcontext(EXACTLY):
        exact = a * b + a - b

    assert program({"a": a, "b": str(b)}) == exact
    assert compile_formula("0.1 + 0.2")({}) == Decimal("0.3")


@pytest.mark.slow  # 500 programs and records
@LAW
@given(TREES, RECORDS)
def test_a_record_is_never_changed(tree: Node, record: dict[str, Any]) -> None:
    before = repr(record)

    refusal(lambda: build(tree).evaluate(record, samples.context()))

    assert repr(record) == before
