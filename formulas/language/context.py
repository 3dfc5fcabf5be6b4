"""What a program has beside its record: the time, answers to lookups, facts, and a budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from time import thread_time
from typing import Any, Protocol

from formulas.language import limits
from formulas.language.errors import BudgetError, FormulaValueError


@dataclass(frozen=True, slots=True)
class Wanted:
    """One thing that a formula looks up.

    Attributes:
        what: `newest`: the value of `returns` in the record whose `field` has the text `key`,
            the most recently updated of several; `like`: the same, but `field` contains `key` in
            any case, and the least recently updated wins; `records`: up to 1 000 records whose
            fields equal all of `filters`, newest first; `map`: what the value map `object` makes
            of `key`; `sequence`: the next number of the sequence `object`.
        object: type of the connect object; name of the value map or sequence.
        field: name of the compared field.
        key: text that is looked for.
        returns: name of the returned field.
        filters: field name and text, for `records`.
    """

    what: str
    object: str
    field: str = ""
    key: str = ""
    returns: str = ""
    filters: tuple[tuple[str, str], ...] = ()


class Lookups(Protocol):
    """Answers what formulas look up. One page of records may share one, to ask in sets."""

    def answer(self, wanted: Wanted) -> Any:
        """Give the value: of a record's field, null if there is none; a list for `records`.

        For `map`: a one-element list with the mapped value, or null if the value is not mapped.

        Raises:
            Missing: not known yet; evaluate again once it was fetched.
            FormulaError: it cannot be answered at all.
        """


class Missing(Exception):
    """A lookup has no answer yet. Formulas cannot catch it; who evaluates fetches and repeats."""

    def __init__(self, wanted: Wanted) -> None:
        super().__init__(wanted)
        self.wanted = wanted


@dataclass(slots=True)
class Context:
    """Goes along through one evaluation.

    Attributes:
        lookups: who answers lookups; None if nobody does.
        moment: the time of the run, in the tenant's zone; None: the clock, in UTC.
        facts: `direction`, `last_run`, `connection` and `settings`, for the functions so called.
        seed: names the record and the field that are filled; `uuid()` depends on it alone.
        steps: what is left of the budget.
        parent: the record around the line that is evaluated; None outside of lines.
        line: the place of this line in its array, from 1; None outside of lines.
    """

    lookups: Lookups | None = None
    moment: datetime | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    seed: str = ""
    steps: int = limits.STEPS
    ends_at: float = 0.0
    parent: Any = None
    line: int | None = None

    @property
    def now(self) -> datetime:
        """The same for a whole run, and within an evaluation in any case."""
        if self.moment is None:
            self.moment = datetime.now(UTC)  # noqa: TID251  whoever gives no time means the clock
        return self.moment

    @property
    def zone(self) -> tzinfo:
        """The zone in which dates without one are meant."""
        return (self.moment and self.moment.tzinfo) or UTC

    def spend(self, steps: int) -> None:
        """Count steps.

        Raises:
            BudgetError: there are none left, or no time.
        """
        self.steps -= steps
        if self.steps < 0:
            raise BudgetError(f"The formula needs more than {limits.STEPS:,} steps.")
        if self.ends_at or self.steps < limits.STEPS - limits.STEPS_BEFORE_THE_CLOCK:
            self.watch_the_clock()

    def watch_the_clock(self) -> None:
        """Look at the clock from now on, each time that steps are counted.

        Raises:
            BudgetError: the time is over.
        """
        now = thread_time()
        if not self.ends_at:
            self.ends_at = now + limits.SECONDS
        elif now > self.ends_at:
            raise BudgetError(f"The formula needs more than {limits.SECONDS:g} s.")

    def room_for(self, characters: int) -> None:
        """Count a text before it is made.

        Raises:
            BudgetError: it, or all of them together, would be too long.
        """
        if characters > limits.TEXT:
            raise BudgetError(f"A text would get more than {limits.TEXT:,} characters.")
        if characters > limits.SMALL:
            self.spend(characters // limits.CHARACTERS_OF_A_STEP)

    def look_up(self, wanted: Wanted) -> Any:
        """Ask the port.

        Raises:
            FormulaValueError: there is nobody to ask.
        """
        if self.lookups is None:
            raise FormulaValueError("There are no records to look something up in.")
        self.spend(1)
        return self.lookups.answer(wanted)
