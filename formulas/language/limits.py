"""How large a formula and what it makes may be."""

from __future__ import annotations

from typing import Final

LENGTH: Final = 10_000
"""Characters of a formula."""

DEPTH: Final = 50
"""Levels of nesting, those of a formula inside of `map` included."""

STEPS: Final = 1_000_000
"""Steps of one evaluation: an element of an array is one, and so are 64 characters of text."""

CHARACTERS_OF_A_STEP: Final = 64

SMALL: Final = 1_000
"""Characters of a text that costs no steps: what made it was counted."""

SECONDS: Final = 1.0
"""Time of one evaluation; looked at only once many steps were made."""

STEPS_BEFORE_THE_CLOCK: Final = 20_000

TEXT: Final = 1_000_000
"""Characters of any text that is made on the way."""

ELEMENTS: Final = 100_000
"""Elements of a result, those of nested arrays and objects included."""

NESTING: Final = 60
"""Levels of arrays and objects inside each other, in values."""

DIGITS: Final = 100
"""Digits of a number, before and behind the point each."""

LITERAL_DIGITS: Final = 38
