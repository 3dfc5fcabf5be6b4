"""Answers what formulas ask of records, value maps and sequences, for a whole page together.

Evaluate the formulas of all records, `fetch` what was missing, and evaluate again those that
missed something, until none does: as many rounds as lookups are nested.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import Any, Protocol

import formulas.services
import objects.services
from formulas.language import FormulaValueError, Missing, Wanted
from objects.lookups import NoAnswer, Records
from syncapp.errors import Invalid

Maps = Mapping[str, Mapping[str, Any]]


class Numbers(Protocol):
    """Gives numbers of sequences."""

    def __call__(self, name: str, n: int, /) -> int:
        """Give the first of the next `n` numbers of a sequence.

        Raises:
            Invalid: no sequence can be called so.
        """


class Answers:
    """Fits `formulas.language.Lookups`, inside the tenant's door.

    Attributes:
        record: names the record whose formulas are evaluated now; numbers are drawn once for it,
            and what it finds unmapped counts once.
    """

    def __init__(self, tenant_id: int, maps: Maps, numbers: Numbers) -> None:
        self.record: int = 0
        self._records = Records(partial(objects.services.load_shapes, tenant_id))
        self._maps = maps
        self._numbers = numbers
        self.turn_page()

    def turn_page(self) -> None:
        """Forget what the records of a page were told; others may have changed since."""
        self._known: dict[Wanted, Any] = {}
        self._wanted: dict[Wanted, None] = {}
        self._given: dict[tuple[int, str], Any] = {}
        self._due: dict[str, dict[int, None]] = {}
        self._unmapped: dict[tuple[str, str], set[int]] = {}

    def answer(self, wanted: Wanted) -> Any:
        """Answer, or raise Missing.

        Raises:
            Missing: `fetch` gets it.
            FormulaValueError: there is no such object, field or map, or no such sequence can be.
        """
        match wanted.what:
            case "map":
                return self._mapped(wanted)
            case "sequence":
                return self._number(wanted)
        try:
            found = self._known[wanted]
        except KeyError:
            self._wanted[wanted] = None
            raise Missing(wanted) from None
        return _told(found)

    def fetch(self) -> None:
        """Get what was missing: a statement for each distinct lookup or sequence."""
        if self._wanted:
            self._known.update(self._records.find(self._wanted))
            self._wanted = {}
        for name, records in sorted(self._due.items()):
            try:
                first = self._numbers(name, len(records))
            except Invalid as refusal:
                refused = NoAnswer(refusal.message)
                self._given.update({(record, name): refused for record in records})
            else:
                numbers = enumerate(records, first)
                self._given.update({(record, name): number for number, record in numbers})
        self._due = {}

    @property
    def unmapped(self) -> Counter[tuple[str, str]]:
        """Values that were met on this page and that their map does not have, by map and value."""
        return Counter({pair: len(records) for pair, records in self._unmapped.items()})

    def _mapped(self, wanted: Wanted) -> Any:
        found = self._maps.get(wanted.object)
        if found is None:
            raise FormulaValueError(f"There is no value map “{wanted.object}”.")
        if wanted.key in found:
            return [found[wanted.key]]
        self._unmapped.setdefault((wanted.object, wanted.key), set()).add(self.record)
        return None

    def _number(self, wanted: Wanted) -> Any:
        place = self.record, wanted.object
        if place not in self._given:
            self._due.setdefault(wanted.object, {})[self.record] = None
            raise Missing(wanted)
        return _told(self._given[place])


def drawn(tenant_id: int) -> Numbers:
    """Take numbers for good."""
    return partial(formulas.services.draw, tenant_id)


def foreseen(tenant_id: int) -> Numbers:
    """Tell the numbers that would come next, one after the other, and take none."""
    told: Counter[str] = Counter()

    def numbers(name: str, n: int, /) -> int:
        first = formulas.services.peek(tenant_id, name) + told[name]
        told[name] += n
        return first

    return numbers


def load_maps(tenant_id: int) -> dict[str, Mapping[str, Any]]:
    """Give the tenant's value maps as programs use them: name → key → value."""
    found = formulas.services.load_maps(tenant_id)
    return {name: loaded.values for name, loaded in found.items()}


def _told(found: Any) -> Any:
    if type(found) is NoAnswer:
        raise FormulaValueError(found.message)
    return found
