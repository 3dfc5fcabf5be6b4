"""Mappings of arrays: each element of the source becomes a line of the target, or a child record.

A line is mapped like a record of its own. Its formulas read the line with `data()` and the record
around it with `parent()`. A line that cannot be mapped refuses the whole record; a line whose
formula says `skip()` is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from connections import refusals
from connections.calculation import Fill, FillAll, is_needed, storer
from connections.document import IfEmpty
from connections.kit.codes import Code
from connections.kit.values import UNSET
from connections.spec import Child, Mapped, Refusal, Row, Surroundings
from formulas.language import Missing, paths
from objects.values import ValueRefused, coercer

Made = TypeVar("Made")
Make = Callable[[Mapping[str, Any], Surroundings], Made | Refusal]
"""Maps one line."""


def of_list(row: Row, inner: FillAll) -> Fill:
    """Make the function that fills a list field.

    Args:
        row: the mapping of the array.
        inner: fills all targets of one line.
    """
    store, convert = storer(row), coercer(row.filled)

    def made(line: Mapping[str, Any], around: Surroundings) -> dict[str, Any] | Refusal:
        mapped = Mapped({}, "")
        refusal = inner(line, mapped, around)
        return refusal if refusal is not None else built(mapped)

    walk = _walker(row, made)

    def fill(values: Mapping[str, Any], mapped: Mapped, around: Surroundings) -> Refusal | None:
        found = walk(values, around)
        if isinstance(found, Refusal):
            return found
        if found is UNSET:
            return None
        try:
            store(mapped, convert(row.default if found is None else found))
        except ValueRefused as error:
            return refusals.of_value(error, row.filled, None)
        return None

    return fill


def of_children(row: Row, child: Child) -> Fill:
    """Make the function that maps the elements of an array to records of a child object."""

    def made(line: Mapping[str, Any], around: Surroundings) -> Mapped | Refusal:
        mapped = child.map(line, around)
        return mapped.refusal or mapped

    walk = _walker(row, made)

    def fill(values: Mapping[str, Any], mapped: Mapped, around: Surroundings) -> Refusal | None:
        found = walk(values, around)
        if isinstance(found, Refusal):
            return found
        if found is UNSET:
            return None
        mapped.children = {**(mapped.children or {}), child.shape.type: found or []}
        return None

    return fill


def built(mapped: Mapped) -> dict[str, Any]:
    """Put values and members of objects together, for something that was not there before."""
    whole = dict(mapped.values)
    for place, value in (mapped.parts or {}).items():
        at = whole
        for name in place[:-1]:
            at = at.setdefault(name, {})
        at[place[-1]] = value
    return whole


def _walker(row: Row, make: Make[Made]) -> Callable[[Mapping[str, Any], Surroundings], Any]:
    """Make the function that gives what became of the lines.

    It gives None for an array that is empty by its option, and UNSET if there is nothing to do;
    it raises `Missing` after all lines have asked for what they look up.
    """
    array, name = paths.getter(paths.parse(row.source), UNSET), row.name
    needed = is_needed(row)

    def walk(values: Mapping[str, Any], around: Surroundings) -> Any:
        lines = array(values)
        if lines is UNSET:
            return refusals.missing(row.filled) if needed else UNSET
        if lines is None or lines == "":
            return UNSET if row.if_empty is IfEmpty.SKIP else None
        if not isinstance(lines, list):
            return Refusal(Code.WRONG_TYPE, name, f"{row.source} of the source is no list.")
        return _each(name, lines, values, around, make)

    return walk


def _each(
    name: str,
    lines: list[Any],
    values: Mapping[str, Any],
    around: Surroundings,
    make: Make[Made],
) -> list[Made] | Refusal:
    context, done = around.context, list[Made]()
    missing: Missing | None = None
    context.parent = values
    try:
        for number, line in enumerate(lines):
            context.line, around.place = number + 1, f"{name}[{number}]."
            if not isinstance(line, Mapping):
                place = f"{name}[{number}]"
                return Refusal(Code.WRONG_TYPE, place, f"{place}: the line is no object.")
            try:
                made = make(line, around)
            except Missing as absent:
                missing = missing or absent
                continue
            if not isinstance(made, Refusal):
                done.append(made)
            elif made.code is not Code.SKIPPED_BY_FORMULA and missing is None:
                return refusals.of_line(made, around.place)
    finally:
        context.parent, context.line, around.place = None, None, ""
    if missing is not None:
        raise missing
    return done
