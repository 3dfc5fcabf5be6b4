"""Regular expressions of users: RE2, whose time is linear in the text whatever the pattern."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import re2

from formulas.language.context import Context
from formulas.language.errors import FormulaValueError

_LONGEST: Final = 1_000


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.max_mem = 1 << 22  # a pattern that unfolds to more is refused
    options.log_errors = False
    return re2.compile(pattern, options)


def compiled(pattern: str) -> Any:
    """Compile a pattern.

    Raises:
        FormulaValueError: it is none, or too large.
    """
    if len(pattern) > _LONGEST:
        raise FormulaValueError(f"A pattern may have at most {_LONGEST:,} characters.")
    try:
        return _compiled(pattern)
    except re2.error as error:
        reason = error.args[0] if error.args else "it cannot be read"
        reason = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        raise FormulaValueError(f"This pattern cannot be used: {reason}.") from None
    except UnicodeEncodeError:
        raise FormulaValueError("This pattern contains half a character.") from None


def search(ctx: Context, pattern: str, text: str) -> Any:
    """Find the first match, or None."""
    ctx.room_for(len(text))
    try:
        return compiled(pattern).search(text)
    except UnicodeEncodeError:
        raise FormulaValueError("The text contains half a character.") from None


def extract(ctx: Context, pattern: str, text: str, group: int) -> str | None:
    """Give a group of the first match, or null."""
    groups = compiled(pattern).groups
    if not 0 <= group <= groups:
        raise FormulaValueError(f"The pattern has {groups} groups, and none of number {group}.")
    match = search(ctx, pattern, text)
    if match is None:
        return None
    found: str | None = match.group(group)
    return found


def replace(ctx: Context, pattern: str, text: str, with_: str) -> str:
    """Replace each match; in `with_`, `$1` to `$9` are groups, `$0` the match and `$$` a dollar.

    Raises:
        FormulaValueError: a group that the pattern does not have.
        BudgetError: the result would be too long.
    """
    regex = compiled(pattern)
    parts = _parts(with_, regex.groups)
    ctx.room_for(len(text))
    made: list[str] = []
    at = size = 0
    try:
        for match in regex.finditer(text):
            start, end = match.span()
            piece = "".join(
                part if isinstance(part, str) else match.group(part) or "" for part in parts
            )
            made += (text[at:start], piece)
            size += len(piece) + start - at
            if size > len(text):
                ctx.room_for(size)
            ctx.spend(1)
            at = end
    except UnicodeEncodeError:
        raise FormulaValueError("The text contains half a character.") from None
    made.append(text[at:])
    return "".join(made)


def _parts(with_: str, groups: int) -> list[str | int]:
    parts: list[str | int] = []
    pieces = with_.split("$")
    parts.append(pieces[0])
    rest = iter(pieces[1:])
    for piece in rest:
        if piece[:1].isascii() and piece[:1].isdigit():
            if int(piece[0]) > groups:
                message = f"The pattern has {groups} groups, and none of number {piece[0]}."
                raise FormulaValueError(message)
            parts += (int(piece[0]), piece[1:])
        elif not piece:
            parts.append("$" + next(rest, ""))
        else:
            parts.append("$" + piece)
    return parts
