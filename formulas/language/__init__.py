"""The formula language: text in, a program out, a value for a record.

    program = compile_formula("concat(data('first'), ' ', data('last'))")
    program({"first": "Ada", "last": "Byron"})  # 'Ada Byron'

Every program ends, reads nothing but its record and what its lookups give, and either gives a
value or raises a `FormulaError` that says where and why. This is the whole public face.
"""

from formulas.language.context import Lookups, Missing, Wanted
from formulas.language.errors import (
    ArityError,
    BudgetError,
    FormulaError,
    FormulaSyntaxError,
    FormulaTypeError,
    FormulaValueError,
    RejectedError,
    SkippedError,
    UnknownNameError,
)
from formulas.language.program import Program, build, compile_formula

__all__ = [
    "ArityError",
    "BudgetError",
    "FormulaError",
    "FormulaSyntaxError",
    "FormulaTypeError",
    "FormulaValueError",
    "Lookups",
    "Missing",
    "Program",
    "RejectedError",
    "SkippedError",
    "UnknownNameError",
    "Wanted",
    "build",
    "compile_formula",
]
