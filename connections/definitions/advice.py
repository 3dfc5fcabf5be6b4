"""What the decoder refused, said to somebody who can mend it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any, Final, Literal, get_args, get_origin

import msgspec
from msgspec import Struct

from connections.definitions.places import Place

Found = re.Match[str]


def on(message: str, kind: Any) -> tuple[str, Place]:
    """Say what is wrong and what to do.

    Args:
        message: the decoder's.
        kind: type that belongs at the place.

    Returns:
        A sentence, and the rest of the way if the place is further inside.
    """
    if unknown := re.match(r"Object contains unknown field `(.*)`", message):
        known = [one.name for one in msgspec.structs.fields(kind)] if _is_part(kind) else []
        hint = f" There are: {_listed(known)}." if known else ""
        return f"This is not known here.{hint}", (unknown[1],)
    for pattern, say in _RULES:
        if found := re.match(pattern, message):
            return say(found), ()
    if choices := _choices(kind):
        return f"This is none of: {_listed(choices)}.", ()
    return f"{message}.", ()


def _of_type(found: Found) -> str:
    expected, got = (_TYPES.get(name, name) for name in found.groups())
    hint = " Put it in quotes." if "text" in expected and got in _SCALARS else ""
    return f"This is {got}, and should be {expected}.{hint}"


def _bound(found: Found) -> str:
    return f"This must be at {'least' if found[1] == '>=' else 'most'} {found[2]}."


_RULES: Final[tuple[tuple[str, Callable[[Found], str]], ...]] = (
    (r"Object missing required field `(.*)`", lambda found: f"“{found[1]}” is missing."),
    (r"Expected `(.*)`, got `(.*)`", _of_type),
    (
        r"Expected `str` of length <= (\d+)",
        lambda found: f"This is longer than {found[1]} characters.",
    ),
    (
        r"Expected `str` (matching|of length >= 1)",
        lambda _: "A name is not empty and has no blanks at its ends.",
    ),
    (r"Expected `int` ([<>]=) (\d+)", _bound),
)
_TYPES: Final[Mapping[str, str]] = {
    "str": "text",
    "int": "a whole number",
    "decimal": "a number",
    "bool": "true or false",
    "null": "empty",
    "array": "a list",
    "object": "a mapping",
    "int | null": "a whole number or nothing",
    "str | null": "text",
}
_SCALARS: Final = frozenset({"a whole number", "a number", "true or false", "empty"})


def _choices(kind: Any) -> Iterable[Any]:
    if get_origin(kind) is Literal:
        return get_args(kind)
    return kind if isinstance(kind, type) and issubclass(kind, StrEnum) else ()


def _listed(words: Iterable[Any]) -> str:
    return ", ".join(map(str, words))


def _is_part(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Struct)
