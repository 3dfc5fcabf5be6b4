"""All functions: compiler, reference, completion, docs and tests read this one table."""

from __future__ import annotations

import difflib
from typing import Final

from formulas.language.functions import (
    array,
    convert,
    dates,
    fields,
    logic,
    number,
    system,
    test,
    text,
)
from formulas.language.signatures import Function

_MODULES: Final = {
    "Fields and lookups": fields,
    "Logic": logic,
    "Text": text,
    "Number": number,
    "Date": dates,
    "Array": array,
    "Convert": convert,
    "System": system,
    "Test": test,
}

GROUPS: Final[dict[str, list[Function]]] = {
    heading: [one for one in vars(module).values() if isinstance(one, Function)]
    for heading, module in _MODULES.items()
}
"""Heading → its functions, in the order of the reference."""

FUNCTIONS: Final[dict[str, Function]] = {
    name: one for group in GROUPS.values() for one in group for name in (one.name, *one.aliases)
}
"""Name or alias → function."""


def meant(name: str) -> str:
    """Guess which function was meant by a name that is none; "" without an idea."""
    close = difflib.get_close_matches(name, FUNCTIONS, n=1, cutoff=0.6)
    return close[0] if close else ""
