"""The public face: a formula, compiled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from formulas.language import limits, values
from formulas.language.compiler import Compiler, FieldUse, LookupUse, Notes, Step, Trace
from formulas.language.context import Context, Lookups
from formulas.language.errors import BudgetError, FormulaError
from formulas.language.nodes import Node
from formulas.language.parser import parse
from formulas.language.printer import spell
from formulas.language.signatures import Run
from formulas.language.values import Value

_too_deep: Final = f"A value is nested deeper than {limits.NESTING} levels."


@dataclass(frozen=True, slots=True)
class Explanation:
    """What became of a formula on one record.

    Attributes:
        value: its value, or None if there was an error.
        error: why it has no value, or None.
        steps: value of each part that was evaluated, the inner ones first.
    """

    value: Value
    error: FormulaError | None
    steps: tuple[Step, ...]


class Program:
    """A compiled formula. It holds no state: threads and records may share it.

    Attributes:
        text: as it was written.
        node: its tree.
    """

    def __init__(self, node: Node, text: str) -> None:
        self.text = text
        self.node = node
        compiler = Compiler()
        try:
            self._run: Run = compiler.compile(node)
        except FormulaError as error:
            raise error.within(text) from None
        self._notes: Notes = compiler.notes

    def __call__(
        self,
        record: Mapping[str, Any],
        lookups: Lookups | None = None,
        now: datetime | None = None,
    ) -> Value:
        """Evaluate on a record.

        Args:
            record: as decoded from JSON.
            lookups: answers what the formula looks up; without it a lookup is an error.
            now: an aware time, in whose zone dates without one are meant; the clock in UTC if
                none is given.

        Returns:
            str, Decimal, bool, None, list, dict, aware datetime or date.

        Raises:
            FormulaError: it has no value for this record.
            Missing: `lookups` has an answer not yet.
        """
        return self.evaluate(record, Context(lookups, now))

    def evaluate(self, record: Mapping[str, Any], context: Context) -> Value:
        """Evaluate in a context, which may be used for one evaluation after the other."""
        context.steps, context.ends_at = limits.STEPS, 0.0
        try:
            value = self._run(record, context)
            if (
                type(value) is str
                and value.isascii()
                and len(value) < limits.TEXT
                and "\0" not in value
            ):
                return value
            return values.result(value)
        except FormulaError as error:
            raise self._placed(error) from None
        except RecursionError:
            raise self._placed(BudgetError(_too_deep)) from None

    def explain(self, record: Mapping[str, Any], context: Context | None = None) -> Explanation:
        """Evaluate on a record, and tell the value of each part.

        Raises:
            Missing: the context's lookups have an answer not yet.
        """
        given = context or Context()
        trace = Trace(given.lookups, given.moment, given.facts, given.seed)
        trace.parent, trace.line = given.parent, given.line
        trace.kept = {}
        value, error = None, None
        try:
            value = values.result(self._traced(record, trace))
        except FormulaError as problem:
            error = self._placed(problem)
        except RecursionError:
            error = self._placed(BudgetError(_too_deep))
        return Explanation(value, error, tuple(trace.kept.values()))

    def _placed(self, error: FormulaError) -> FormulaError:
        return error.at(self.node.span).within(self.text)

    @cached_property
    def _traced(self) -> Run:
        return Compiler(traced=True).compile(self.node)

    @property
    def fields(self) -> frozenset[str]:
        """The fields of the record that it reads, as it names them."""
        return frozenset(use.name for use in self._notes.fields)

    @property
    def field_uses(self) -> tuple[FieldUse, ...]:
        """Each place where it reads a field."""
        return tuple(self._notes.fields)

    @property
    def parents(self) -> frozenset[str]:
        """The fields that it reads of the record around its line, as it names them."""
        return frozenset(use.name for use in self._notes.parents)

    @property
    def reads_any_parent(self) -> bool:
        """Whether it may read any field of the record around its line."""
        return self._notes.dynamic_parent

    @property
    def lookups(self) -> tuple[LookupUse, ...]:
        """Each place where it asks for something outside of the record."""
        return tuple(self._notes.lookups)

    @property
    def reads_any(self) -> bool:
        """Whether the name of a field is worked out, so that it may read any."""
        return self._notes.dynamic

    @property
    def volatile(self) -> bool:
        """Whether the same record may give another value another time, lookups aside."""
        return self._notes.volatile


def compile_formula(text: str) -> Program:
    """Compile a formula.

    Raises:
        FormulaError: it cannot be read, calls what is not there, or exceeds a limit; with the
            place, a message for people, and often a suggestion.
    """
    return Program(parse(text), text)


def build(node: Node) -> Program:
    """Compile a tree that was made without a text, such as a condition.

    Raises:
        FormulaError: it calls what is not there.
    """
    text = spell(node)
    return Program(parse(text), text)
