"""The page about the language is what the functions say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from formulas import docs, reference
from formulas.language import FormulaError, compile_formula, example
from formulas.language.functions import FUNCTIONS

PAGE = Path(__file__).parents[3] / "docs" / "formulas.md"


def test_the_page_is_up_to_date() -> None:
    call_command("formulas", "docs", "--check")


def test_a_page_that_is_not_is_refused_and_renewed(tmp_path: Path, settings: Settings) -> None:
    page = tmp_path / "docs" / "formulas.md"
    page.parent.mkdir()
    page.write_text(PAGE.read_text().replace("#### `padleft(", "#### `padright("))
    settings.BASE_DIR = tmp_path
    with pytest.raises(CommandError, match="out of date"):
        call_command("formulas", "docs", "--check")
    call_command("formulas", "docs")
    assert page.read_text() == PAGE.read_text()


def test_every_function_is_described_in_its_place() -> None:
    text = PAGE.read_text()
    for name, one in FUNCTIONS.items():
        assert f"#### `{one.signature}`" in text
        assert f"`{name}`" in text
    assert docs.renewed("no parts") == "no parts"


def test_the_formulas_written_by_hand_are_formulas() -> None:
    head = PAGE.read_text().partition("## Functions")[0]
    block = re.search(r"```\n(if\(.*?)```", head, re.DOTALL)
    assert block is not None
    assert compile_formula(block[1])(example.RECORD) == "C20000 / 1,250.50"
    for formula, result in {
        "0.1 + 0.2 = 0.3": True,
        "'10' < '9'": True,
        "1 = '1' && 1 != '01'": True,
        "null < 1": False,
        "true = 'TRUE'": True,
        "data('Address.City')": "Köln",
        "data('[\"odd.name\"].City')": None,
        "'\\d+'": "\\d+",
    }.items():
        assert compile_formula(formula)(example.RECORD) == result
    with pytest.raises(FormulaError) as refused:
        compile_formula("concatt(data('a'))")
    assert refused.value.message in head
    assert refused.value.caret() in head


def test_the_kinds_of_all_parameters_and_results_are_explained() -> None:
    explained = {name for name, _ in reference.KINDS}
    used = {one.kind.name for function in FUNCTIONS.values() for one in function.parameters}
    assert used | {function.returns for function in FUNCTIONS.values()} == explained


def test_searching_finds_names_and_help() -> None:
    names = [entry.function.name for entry in reference.found("LOOK up")["Fields and lookups"]]
    assert {"vlookup", "textvlookup"} <= set(names)
    first = reference.found("field")["Fields and lookups"][0]
    assert first.function.name == "data"  # by its alias
    assert reference.found("xyzzy") == {}
    assert set(reference.found(group="Logic")) == {"Logic"}
