"""What mappings make of sample records, row by row: what the mapping editor shows while one types.

Every row is tried on its own, so that one that is wrong leaves the others their results. Nothing
is changed by it. Lookups of all rows and records are fetched together, in rounds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from time import perf_counter
from typing import Any, Final

from msgspec import structs

import objects.services
from connections import targets, trying
from connections.answering import Asked
from connections.document import NESTED, FieldMapping, Kind, When, every
from connections.kit.values import UNSET
from connections.mapping import row_filler
from connections.rows import (
    NotRunnable,
    Shapes,
    child_of,
    compile_line,
    compile_nested,
    compile_row,
)
from connections.sampled import Sampled
from connections.spec import Mapped, Row, Surroundings
from connections.targets import NoTarget
from formulas.language import Missing, paths
from formulas.language.values import kind as kind_of
from objects.shape import FieldShape, ObjectShape

SECONDS: Final = 2.0
"""How long all rows and records of one preview may take together."""

LEFT_ALONE: Final = "left alone"
"""The kind of a cell whose mapping has nothing to say about this record."""

_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Cell:
    """What one mapping makes of one record.

    Attributes:
        source: the value that it reads, written for people; "" if it reads none or more than one.
        result: what the target gets; "" if nothing.
        problem: why it cannot fill its target, or "".
        kind: of the result: text, number, boolean, array …; `LEFT_ALONE`; with a problem its code.
    """

    source: str = ""
    result: str = ""
    problem: str = ""
    kind: str = LEFT_ALONE


@dataclass(frozen=True, slots=True)
class Preview:
    """The cells of all mappings: uuid of a mapping → one cell for each sample, in their order."""

    cells: Mapping[str, Sequence[Cell]] = field(default_factory=dict)

    def problems(self, sample: int) -> dict[str, str]:
        """Give the problems of one sample by the mappings that have them."""
        return {
            uuid: cells[sample].problem
            for uuid, cells in self.cells.items()
            if cells[sample].problem
        }


Try = Callable[[Mapping[str, Any], Surroundings], Cell]
"""Tries one mapping on one record; raises `Missing` for an answer that is to be fetched."""


def preview(
    rows: Sequence[FieldMapping],
    shape: ObjectShape,
    samples: Sequence[Sampled],
    asked: Asked,
    *,
    seconds: float = SECONDS,
) -> Preview:
    """Try mappings on sample records, inside the tenant's door.

    Rows that are switched off are tried as well; the first line of an array stands for all in the
    cells of its rows, and a problem of any other shows in the cell of the array.

    Args:
        rows: the draft.
        shape: what is filled; see `sides.target_shape`.
        samples: records of the source.
        asked: answers what formulas look up; see `answering.for_holder`.
        seconds: what is not tried by then has an empty cell.
    """
    nested = any(row.kind is Kind.CHILDREN for row in rows)
    shapes = objects.services.load_shapes(shape.tenant_id) if nested else {}
    tries = {uuid: one for row in rows for uuid, one in _tries(row, shape, shapes)}
    found: dict[str, list[Cell]] = {row.uuid: [Cell()] * len(samples) for row in every(rows)}
    ends_at = perf_counter() + seconds
    waiting = [(number, uuid) for number in range(len(samples)) for uuid in tries]
    while waiting:
        behind = []
        for number, uuid in waiting:
            if perf_counter() > ends_at:
                return Preview(found)
            sampled = samples[number]
            asked.turn_to(number, f"{sampled.label}:{uuid}")
            around = Surroundings(asked.context, remote_id=sampled.label)
            try:
                found[uuid][number] = tries[uuid](sampled.record, around)
            except Missing:
                behind.append((number, uuid))
        if behind:
            asked.fetch()
        waiting = behind
    return Preview(found)


def _tries(row: FieldMapping, shape: ObjectShape, shapes: Shapes) -> list[tuple[str, Try]]:
    """List what tries a mapping and those inside of it; what cannot run says why, everywhere."""
    if row.kind not in NESTED:
        return [(row.uuid, _ready(lambda: compile_row(row, shape)))]
    compile_inner = _inner(row, shape, shapes)
    inner = [(line, _compiled(partial(compile_inner, line))) for line in row.rows]
    running = tuple(line for line, compiled in inner if isinstance(compiled, Row))
    whole = structs.replace(row, rows=running)
    tries = [(row.uuid, _ready(lambda: compile_nested(whole, shape, shapes)))]
    array = _reader(row.source)
    return tries + [(line.uuid, _on_first_line(array, compiled)) for line, compiled in inner]


def _inner(
    row: FieldMapping, shape: ObjectShape, shapes: Shapes
) -> Callable[[FieldMapping], Row]:
    """Find what the mappings of lines are compiled for; without it they fill anything."""
    try:
        if row.kind is Kind.CHILDREN:
            child = child_of(row, shape, shapes)
            return lambda line: compile_row(line, child)
        array = targets.find(shape, row.target).leaf
    except NoTarget:
        array = FieldShape(0, row.target, type="list")
    return lambda line: compile_line(line, array)


def _compiled(make: Callable[[], Row]) -> Row | Cell:
    try:
        return make()
    except NotRunnable as error:
        return Cell(problem=error.message, kind=error.code)


def _ready(make: Callable[[], Row]) -> Try:
    """Make what tries one mapping; options that ask what is stored are taken as fulfilled."""
    row = _compiled(make)
    if isinstance(row, Cell):
        cell = row
        return lambda _values, _around: cell
    fill = row_filler(replace(row, when=When.ALWAYS, keep_filled=False))
    read = _reader(row.source)

    def attempt(values: Mapping[str, Any], around: Surroundings) -> Cell:
        mapped = Mapped({}, "")
        source = read(values)
        refusal = fill(values, mapped, around)
        seen = "" if source is UNSET else _written(source)
        if refusal is not None:
            return Cell(seen, "", refusal.message, refusal.code.value)
        result = _result(row, mapped)
        if result is UNSET:
            return Cell(seen)
        return Cell(seen, _written(result, row), "", kind_of(result))

    return attempt


def _on_first_line(array: paths.Getter, compiled: Row | Cell) -> Try:
    """Make what tries a mapping on the first line of an array."""
    if isinstance(compiled, Cell):
        return lambda _values, _around: compiled
    attempt = _ready(lambda: compiled)

    def attempt_inside(values: Mapping[str, Any], around: Surroundings) -> Cell:
        found = array(values)
        if not isinstance(found, list) or not found or not isinstance(found[0], Mapping):
            return Cell()
        context = around.context
        context.parent, context.line = values, 1
        try:
            return attempt(found[0], around)
        finally:
            context.parent, context.line = None, None

    return attempt_inside


def _reader(source: str) -> paths.Getter:
    """Make what reads a source field; of no path, or a wrong one, it reads nothing."""
    try:
        return paths.getter(paths.parse(source), UNSET)
    except paths.PathError:
        return lambda _values: UNSET


def _result(row: Row, mapped: Mapped) -> Any:
    """Take what a mapping gave out of where it put it; UNSET if it gave nothing."""
    if row.child is not None:
        return (mapped.children or {}).get(row.child.shape.type, UNSET)
    if row.path:
        return (mapped.parts or {}).get(row.place, UNSET)
    return mapped.values.get(row.target.name, UNSET)


def _written(value: Any, row: Row | None = None) -> str:
    """Write a value for a cell: arrays by their size, all else as people read it."""
    if isinstance(value, list):
        what = "item" if row is None or not row.rows else "record" if row.child else "line"
        return f"{len(value)} {what}{'' if len(value) == 1 else 's'}"
    text = trying.shown(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
