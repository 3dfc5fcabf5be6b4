"""The language of calculated fields: formulas that need nothing but the record itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from formulas.language import FormulaError, Program, compile_formula


class Computed:
    """A compiled formula of a calculated field.

    Attributes:
        fields: names of the fields that it reads.
    """

    def __init__(self, program: Program) -> None:
        self.fields = frozenset(program.fields)
        self._program = program

    def __call__(self, values: Mapping[str, Any], /) -> Any:
        """Give the value, None if there is an error."""
        try:
            value = self._program(values)
        except FormulaError:
            return None
        return value.isoformat() if isinstance(value, date) else value


@lru_cache(maxsize=1024)
def compile_computed(text: str) -> Computed:
    """Compile the formula of a calculated field.

    Raises:
        ValueError: it does not compile, or needs more than the record: other records, value maps,
            numbers, the clock, or a field whose name is worked out.
    """
    try:
        program = compile_formula(text)
    except FormulaError as error:
        raise ValueError(error.message) from None
    if program.lookups:
        name = program.lookups[0].function
        message = f"{name}() looks outside of the record, which calculated fields cannot."
        raise ValueError(message)
    if program.volatile:
        message = "It would give another value each time; calculated fields stay as they are."
        raise ValueError(message)
    if program.reads_any:
        message = "Name the fields outright, in quotes."
        raise ValueError(message)
    return Computed(program)
