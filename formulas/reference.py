"""The reference of the language, made of the one table of functions: pages, API and docs read it.

Every example is evaluated, so what the reference shows is what formulas do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Final

from formulas.language import compile_formula, example
from formulas.language.functions import GROUPS
from formulas.language.signatures import Function
from syncapp import canonical

KINDS: Final = (
    ("text", "Letters. Null is an empty text; numbers, dates and booleans are spelled out."),
    ("number", "A decimal number, exact. A text that spells one is one; null stays null."),
    ("whole number", "A number without decimals."),
    ("boolean", "True or false."),
    (
        "condition",
        "Any value. Null, false, 0, the texts false and 0 and everything empty are false.",
    ),
    ("date", "A date, or a date and time with its zone. A text in ISO form is one."),
    ("array", "Values in order. Null is an empty one; an object alone is an array of one."),
    ("object", "Names with values, as in ['Type' => 'Item']. Null is an empty one."),
    ("formula", "Evaluated for each element; data() in it reads the element, item() is it."),
    ("value", "Any of these, taken as it is."),
)
"""Kind of a parameter or result → what it takes."""


@dataclass(frozen=True, slots=True)
class Example:
    """A formula of the reference, with what it gives on the example record."""

    formula: str
    result: Any

    @property
    def shown(self) -> str:
        """The result as people read it: texts in quotes, dates without."""
        if isinstance(self.result, date):
            return self.result.isoformat()
        return canonical.text(self.result)


@dataclass(frozen=True, slots=True)
class Entry:
    """A function of the reference."""

    function: Function
    group: str
    examples: tuple[Example, ...]

    def has(self, words: list[str]) -> bool:
        """Tell whether all words occur in its names, its group or what is said about it."""
        one = self.function
        said = (one.name, *one.aliases, self.group, one.help, one.notes)
        text = "\n".join(said).lower()
        return all(word in text for word in words)


@cache
def entries() -> tuple[Entry, ...]:
    """Give all functions in the order of the reference."""
    return tuple(_evaluated())


def found(query: str = "", group: str = "") -> dict[str, list[Entry]]:
    """Give the functions that fit, by group; those with the word in their name come first."""
    words = query.lower().split()
    fitting: dict[str, list[Entry]] = {}
    for entry in entries():
        if (not group or entry.group == group) and entry.has(words):
            fitting.setdefault(entry.group, []).append(entry)
    for members in fitting.values():
        members.sort(key=lambda entry: not _named(entry, words))
    return fitting


def _named(entry: Entry, words: list[str]) -> bool:
    names = (entry.function.name, *entry.function.aliases)
    return not words or any(word in name for word in words for name in names)


def _evaluated() -> Iterator[Entry]:
    for group, functions in GROUPS.items():
        for one in functions:
            examples = tuple(
                Example(
                    shown.formula,
                    compile_formula(shown.formula).evaluate(example.RECORD, example.context()),
                )
                for shown in one.examples
            )
            yield Entry(one, group, examples)
