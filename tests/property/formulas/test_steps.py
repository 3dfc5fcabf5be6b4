"""Formulas that would work for minutes end after the steps that one evaluation has, which are many."""

from __future__ import annotations

from typing import Any

import pytest

from formulas.language import FormulaError, compile_formula

pytestmark = pytest.mark.slow  # works until it is stopped
RECORD: dict[str, Any] = {
    "many": list(range(90_000)),
    "lines": [{"n": number} for number in range(2000)],
}


@pytest.mark.parametrize(
    "formula",
    [
        "map(data('many'), map(range(1, 2000), 1))",
        "map(data('lines'), map(range(1, 2000), map(range(1, 2000), 1)))",
        "sort(map(range(1, 90000), concat(item())))",
        "where(data('many'), where(range(1, 2000), true))",
    ],
)
def test_it_ends_with_a_clear_word(formula: str) -> None:
    with pytest.raises(FormulaError) as caught:
        compile_formula(formula)(RECORD)

    assert caught.value.kind == "limit"
    assert "needs more than 1" in caught.value.message
    assert caught.value.span is not None
