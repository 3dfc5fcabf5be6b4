"""What can be wrong with a formula, or with a record that it meets.

FormulaError
├── FormulaSyntaxError   the text cannot be read
├── UnknownNameError     a function that does not exist
├── ArityError           too few or too many arguments
├── FormulaTypeError     a value of another kind than is needed
├── FormulaValueError    a value of the right kind that cannot be worked with
├── BudgetError          a limit: length, depth, steps, time, size of the result
├── RejectedError        fail(): the formula itself refuses the record
└── SkippedError         skip(): the formula itself leaves the record out
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple


class Span(NamedTuple):
    """A part of a formula: from `start` up to and without `end`, in characters."""

    start: int
    end: int


class FormulaError(Exception):
    """Something is wrong with the formula.

    Attributes:
        kind: one word for programs.
        message: one sentence for people; without values of the record unless they are needed.
        span: the part of the formula that is meant, or None before it is known.
        text: the whole formula, or "" before it is known.
        suggestion: what was probably meant, or "".
    """

    kind: ClassVar[str] = "error"

    def __init__(self, message: str, span: Span | None = None, suggestion: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.span = span
        self.suggestion = suggestion
        self.text = ""

    def at(self, span: Span) -> FormulaError:
        """Say where, unless that is known more exactly already."""
        self.span = self.span or span
        return self

    def within(self, text: str) -> FormulaError:
        """Say in which formula, unless that is known already."""
        self.text = self.text or text
        return self

    @property
    def position(self) -> int:
        """Where it begins, in characters from the start of the formula."""
        return self.span.start if self.span else 0

    @property
    def line(self) -> int:
        """Its line, from 1."""
        return self.text.count("\n", 0, self.position) + 1

    @property
    def column(self) -> int:
        """Its column, from 1."""
        return self.position - (self.text.rfind("\n", 0, self.position) + 1) + 1

    def caret(self) -> str:
        """Draw its line of the formula, and below it carets under the part that is meant."""
        start = self.text.rfind("\n", 0, self.position) + 1
        end = self.text.find("\n", start)
        line = self.text[start : end if end >= 0 else None].replace("\t", " ")
        width = min((self.span.end - self.span.start) if self.span else 1, len(line) + 1)
        width = max(min(width, len(line) - (self.position - start)), 1)
        return f"{line}\n{' ' * (self.position - start)}{'^' * width}"


class FormulaSyntaxError(FormulaError):
    """The text cannot be read as a formula."""

    kind = "syntax"


class UnknownNameError(FormulaError):
    """There is no function of this name."""

    kind = "unknown_name"


class ArityError(FormulaError):
    """The function takes another number of arguments."""

    kind = "arity"


class FormulaTypeError(FormulaError):
    """A value of another kind is needed here."""

    kind = "type"


class FormulaValueError(FormulaError):
    """This value cannot be worked with."""

    kind = "value"


class BudgetError(FormulaError):
    """The formula exceeds a limit."""

    kind = "limit"


class RejectedError(FormulaError):
    """The formula refuses the record, in its own words."""

    kind = "rejected"


class SkippedError(FormulaError):
    """The formula leaves the record out, in its own words."""

    kind = "skipped"


RECOVERABLE = (FormulaTypeError, FormulaValueError)
"""What `iferror` stands in for; limits and the formula's own words come through."""
