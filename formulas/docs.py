"""Writes the generated parts of `docs/formulas.md`; the rest of it is written by hand.

A part stands between `<!-- begin NAME -->` and `<!-- end NAME -->`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from formulas import reference
from formulas.language import limits
from formulas.language.signatures import Parameter
from formulas.reference import Entry

_PART: Final = re.compile(r"(<!-- begin (\w+) -->\n).*?(<!-- end \2 -->)", re.DOTALL)


def renewed(text: str) -> str:
    """Give the page with its generated parts as they should be.

    Raises:
        KeyError: a part is named that nobody makes.
    """
    return _PART.sub(lambda part: f"{part[1]}{_PARTS[part[2]]()}{part[3]}", text)


def _kinds() -> str:
    rows = [f"| {name} | {about} |" for name, about in reference.KINDS]
    return "\n".join(["| kind | takes |", "|---|---|", *rows, ""])


def _limits() -> str:
    rows = (
        ("length of a formula", f"{limits.LENGTH:,} characters"),
        ("nesting of a formula", f"{limits.DEPTH} levels"),
        ("a number in a formula", f"{limits.LITERAL_DIGITS} digits"),
        ("a calculated number", f"{limits.DIGITS} digits before and behind the point each"),
        ("a text, also on the way", f"{limits.TEXT:,} characters"),
        ("a result", f"{limits.ELEMENTS:,} elements, {limits.NESTING} levels"),
        (
            "steps of one evaluation",
            f"{limits.STEPS:,}; an element of an array is one, and so are"
            f" {limits.CHARACTERS_OF_A_STEP} characters of a long text",
        ),
        ("time of one evaluation", f"{limits.SECONDS:g} s"),
    )
    return "\n".join(
        ["| what | at most |", "|---|---|", *(f"| {a} | {b} |" for a, b in rows), ""]
    )


def _functions() -> str:
    lines: list[str] = []
    for group, members in reference.found().items():
        names = ", ".join(f"`{entry.function.name}`" for entry in members)
        lines += [f"### {group}", "", names, ""]
        for entry in members:
            lines += _function(entry)
    return "\n".join(lines)


def _function(entry: Entry) -> Iterator[str]:
    one = entry.function
    yield f"#### `{one.signature}`"
    yield ""
    yield f"{one.help} {one.notes}".strip()
    yield ""
    also = f" Also called {', '.join(f'`{alias}`' for alias in one.aliases)}." * bool(
        one.aliases
    )
    taken = ", ".join(map(_parameter, one.parameters))
    yield f"Takes {taken or 'nothing'}; gives {one.returns}.{also}"
    yield ""
    yield "```"
    for shown in entry.examples:
        yield f"{shown.formula}  →  {shown.shown}"
    yield "```"
    yield ""


def _parameter(one: Parameter) -> str:
    if one.many:
        return f"`{one.name}` ({one.kind.name}, any number)"
    if one.default is not None:
        return f"`{one.name}` ({one.kind.name}, else `{one.default}`)"
    return f"`{one.name}` ({one.kind.name})"


_PARTS: Final = {"kinds": _kinds, "limits": _limits, "functions": _functions}
