"""What can be said of a formula before it runs: does it compile, and is there what it names?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Final

import formulas.services
import objects.services
from connections.rows import formula_program
from connections.spec import RECORDS
from formulas.language import FormulaError, Program
from formulas.language.compiler import LookupUse
from formulas.language.errors import Span
from objects.shape import ObjectShape

INDEXED: Final = ("vlookup", "textvlookup")
"""Functions that compare a field with one value, for which it gets an index."""


class Known:
    """What formulas of a tenant can name; read once, when the first of them names something."""

    def __init__(self, tenant_id: int) -> None:
        self.tenant_id = tenant_id

    @cached_property
    def objects(self) -> Mapping[str, ObjectShape]:
        """Connect objects by type."""
        return objects.services.load_shapes(self.tenant_id)

    @cached_property
    def maps(self) -> Mapping[str, int]:
        """Value maps: name → id."""
        return formulas.services.map_ids(self.tenant_id)


def problem(text: str, known: Known) -> str:
    """Say why a formula cannot run, and where; nothing if it can."""
    if not text.strip():
        return "Write a formula."
    try:
        program = formula_program(text)
    except FormulaError as error:
        return f"{error.message} ({place(text, error.span)})"
    wrong = next(_unknown(program, known), None)
    return f"{wrong[0]} ({place(text, wrong[1])})" if wrong else ""


def volatile(text: str) -> bool:
    """Tell whether a formula may give the same record another value another time."""
    try:
        return formula_program(text).volatile
    except FormulaError:
        return False


def numbers(text: str) -> bool:
    """Tell whether a formula draws numbers of a sequence."""
    try:
        return any(use.function == "sequence" for use in formula_program(text).lookups)
    except FormulaError:
        return False


def maps(program: Program) -> Iterator[str]:
    """Name the value maps that a formula uses, as far as it names them outright."""
    for use in program.lookups:
        if use.function == "translatemap" and use.object is not None:
            yield use.object


def indexed(program: Program) -> Iterator[tuple[str, str]]:
    """List the objects and fields that are searched by value, as far as the formula names them."""
    for use in program.lookups:
        if use.function in INDEXED and use.object and use.field:
            yield use.object, use.field


def place(text: str, span: Span | None) -> str:
    """Say where in a formula something is."""
    start = span.start if span else 0
    line = text.count("\n", 0, start) + 1
    column = start - (text.rfind("\n", 0, start) + 1) + 1
    return f"line {line}, column {column}"


def _unknown(program: Program, known: Known) -> Iterator[tuple[str, Span]]:
    """List what is looked up and is not there."""
    for use in program.lookups:
        wrong = ""
        if use.function in RECORDS and use.object is not None:
            wrong = _unknown_field(use, known)
        elif use.function == "translatemap" and use.object is not None:
            wrong = "" if use.object in known.maps else f"There is no value map “{use.object}”."
        if wrong:
            yield wrong, use.span


def _unknown_field(use: LookupUse, known: Known) -> str:
    shape = known.objects.get(use.object or "")
    if shape is None:
        return f"There is no connect object “{use.object}”."
    for name in (use.field, use.returns):
        if name is not None and name not in shape.by_name:
            return f"The connect object “{use.object}” has no field “{name}”."
    return ""
