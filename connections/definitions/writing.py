"""Plain values → YAML text: block style, one spelling for equal values.

Made by hand because the bytes matter: the same definitions give the same file, whatever library
is installed, and texts of several lines stay readable.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from connections.definitions.reading import scalar

_PLAIN: Final = re.compile(r"[A-Za-z_ªµºÀ-ÖØ-öø-ʯ][\w .()/+@',=<>*;!?-]*(?<! )")
_BLOCK: Final = re.compile(
    r"[^\s\x00-\x1f\x7f-\xa0][^\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]*"
)
_HIDDEN: Final = re.compile(r"[\x7f-\xa0\u2028\u2029\ufeff\ufffe\uffff]")
_AMBIGUOUS: Final = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null"])
"""Words that other readers of YAML take for something else than text."""


def write(value: Mapping[str, Any]) -> str:
    """Write a document."""
    return "".join(f"{line}\n" for line in _mapping(value, ""))


def _mapping(value: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, item in value.items():
        yield from _entry(f"{indent}{_quoted(key)}:", item, indent)


def _sequence(value: Sequence[Any], indent: str) -> Iterator[str]:
    for item in value:
        if isinstance(item, Mapping) and item:
            lines = list(_mapping(item, indent + "  "))
            yield f"{indent}- {lines[0].lstrip(' ')}"
            yield from lines[1:]
        else:
            yield from _entry(f"{indent}-", item, indent)


def _entry(head: str, item: Any, indent: str) -> Iterator[str]:
    inner = indent + "  "
    match item:
        case Mapping():
            yield head if item else f"{head} {{}}"
            yield from _mapping(item, inner)
        case list() | tuple():
            yield head if item else f"{head} []"
            yield from _sequence(item, inner)
        case str() if "\n" in item and _fits_block(item):
            yield f"{head} |{_chomping(item)}"
            body = item.removesuffix("\n") if item.endswith("\n") else item
            yield from (f"{inner}{line}" if line else "" for line in body.split("\n"))
        case _:
            yield f"{head} {_scalar(item)}"


def _scalar(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case Decimal():
            return format(value, "f")
        case str():
            return _quoted(value)
    raise TypeError(f"{type(value).__name__} has no spelling in a definition")


def _quoted(text: str) -> str:
    """Spell a text in one line, with quotes only where it needs them."""
    plain = _PLAIN.fullmatch(text) and text.lower() not in _AMBIGUOUS
    if plain and "- " not in text[:2] and scalar(text) == text:
        return text
    spelled = json.dumps(text, ensure_ascii=False)
    return _HIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", spelled)


def _fits_block(text: str) -> bool:
    """Tell whether a block holds the text as it is: no blanks at ends of lines, no odd signs."""
    return bool(_BLOCK.fullmatch(text)) and not re.search(r"[ \xa0](\n|$)", text)


def _chomping(text: str) -> str:
    """Give the sign for the line ends behind a block: one, none or more."""
    if not text.endswith("\n"):
        return "-"
    return "+" if text.endswith("\n\n") else ""
