"""Mappings of a document → rows of a spec: targets found, constants, paths and formulas made ready.

Pure: no database.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

from connections import refusals, targets
from connections.calculation import hidden_of
from connections.document import NESTED, FieldMapping, IfEmpty, Kind
from connections.kit.codes import Code, FieldType
from connections.mapping import mapper
from connections.spec import Child, Row
from connections.targets import NoTarget, Target
from formulas.language import FormulaError, Program, build, compile_formula, paths
from formulas.language.nodes import Call, Literal
from objects.shape import FieldShape, ObjectShape
from objects.values import ValueRefused, coercer
from syncapp import canonical
from syncapp.errors import Refused

Shapes = Mapping[str, ObjectShape]
"""Connect objects by type."""

_KEPT: Final = 512  # programs; they hold no state, and an editor compiles all rows at each key
_HOLDING: Final = frozenset({FieldType.OBJECT, FieldType.LIST})


class NotRunnable(Refused):
    """The published version does not fit the connect object any more; publish it again."""

    code = "not_runnable"


def compile_rows(
    rows: Sequence[FieldMapping], shape: ObjectShape, children: Shapes, connection_id: int = 0
) -> tuple[Row, ...]:
    """Make mappings ready.

    Args:
        rows: those that are switched on.
        shape: what they fill.
        children: connect objects by type, for mappings of child records.
        connection_id: a part of what `uuid()` depends on.

    Raises:
        NotRunnable: one of them cannot run.
    """
    flat = {
        number: compile_row(row, shape)
        for number, row in enumerate(rows)
        if row.kind not in NESTED
    }
    hidden = hidden_of(flat.values())
    return tuple(
        flat[number]
        if number in flat
        else compile_nested(row, shape, children, hidden, connection_id)
        for number, row in enumerate(rows)
    )


def compile_row(row: FieldMapping, shape: ObjectShape) -> Row:
    """Make one mapping ready that has none inside of it.

    Raises:
        NotRunnable: its field has gone, or its constant, path or formula does not fit.
    """
    return _compiled(row, _found(row, shape))


def compile_nested(
    row: FieldMapping,
    shape: ObjectShape,
    children: Shapes,
    hidden: Collection[str] = (),
    connection_id: int = 0,
) -> Row:
    """Make a mapping of lines or child records ready, with those inside of it.

    Args:
        row: the mapping.
        shape: what the record around fills.
        children: connect objects by type.
        hidden: source fields of the record around whose values must not be seen.
        connection_id: a part of what `uuid()` depends on.

    Raises:
        NotRunnable: as with `compile_row`.
    """
    if row.kind is Kind.LINES:
        made = _compiled(row, _found(row, shape))
        inner = [compile_line(line, made.filled, hidden) for line in row.rows]
        return replace(made, rows=tuple(inner))
    try:
        child = child_of(row, shape, children)
    except NoTarget as error:
        raise NotRunnable(error.message) from error
    assert child.key is not None  # child_of has seen to it
    rows = tuple(_guarded(compile_row(line, child), hidden) for line in row.rows)
    made = _compiled(row, Target(everything := _all_of(child), (), everything))
    ready = Child(rows, child, mapper(rows, child.key, child.key, connection_id))
    return replace(made, rows=rows, child=ready)


def compile_line(row: FieldMapping, array: FieldShape, hidden: Collection[str] = ()) -> Row:
    """Make one mapping of a line ready.

    Args:
        row: the mapping.
        array: the field that gets the lines.
        hidden: source fields of the record around whose values must not be seen.

    Raises:
        NotRunnable: as with `compile_row`.
    """
    try:
        target = targets.member(array, row.target)
    except NoTarget as error:
        raise NotRunnable(error.message) from error
    return _guarded(_compiled(row, target), hidden)


def child_of(row: FieldMapping, shape: ObjectShape, children: Shapes) -> ObjectShape:
    """Find the object whose records a mapping makes of an array.

    Raises:
        NoTarget: it is none of this object's children, or its records have no key.
    """
    child = children.get(row.target)
    if child is None:
        raise NoTarget(f"There is no connect object “{row.target}”.")
    if child.parent_id is None or child.parent_id != shape.id:
        raise NoTarget(f"“{child.name}” is no child object of “{shape.name}”.")
    if child.key is None:
        raise NoTarget(f"“{child.name}” has no key field, which is to name its records.")
    return child


@lru_cache(maxsize=_KEPT)
def formula_program(text: str) -> Program:
    """Compile a formula, or give what was compiled of the same text before.

    Raises:
        FormulaError: it cannot run.
    """
    return compile_formula(text)


@lru_cache(maxsize=_KEPT)
def map_program(name: str, source: str) -> Program:
    """Make the formula that looks a source field up in a value map."""
    read = Call("data", (Literal(source),))
    return build(Call("translatemap", (Literal(name), read)))


def _found(row: FieldMapping, shape: ObjectShape) -> Target:
    try:
        return targets.find(shape, row.target)
    except NoTarget as error:
        raise NotRunnable(error.message) from error


def _compiled(row: FieldMapping, target: Target) -> Row:
    """Make a mapping ready whose target is found; what is inside of it comes later."""
    leaf = target.leaf
    made = Row(
        target.top,
        row.kind.value,
        source=row.source,
        path=target.path,
        leaf=None if leaf is target.top else leaf,
        when=row.when,
        if_empty=row.if_empty,
        keep_filled=row.keep_filled,
        uuid=row.uuid,
    )
    name = leaf.label or leaf.name
    try:
        if row.if_empty is IfEmpty.DEFAULT:
            made = replace(made, default=constant(leaf, row.default))
        if row.kind is Kind.RAW:
            return replace(made, value=constant(leaf, row.value))
        if row.kind is Kind.FORMULA:
            return replace(made, source="", program=formula_program(row.formula))
        if not row.source:
            raise NotRunnable(f"{name}: choose a source field.")
        paths.parse(row.source)
        if row.kind is Kind.MAP:
            return replace(made, program=map_program(row.map, row.source))
    except (ValueRefused, FormulaError) as error:
        raise NotRunnable(f"{name}: {error.message}") from error
    except paths.PathError as error:
        raise NotRunnable(f"{name}: {error}") from error
    return made


def _all_of(child: ObjectShape) -> FieldShape:
    """Let all records of a child object that belong to one record be a field of that record."""
    return FieldShape(0, child.type, child.name, "list")


def _guarded(row: Row, hidden: Collection[str]) -> Row:
    """Treat what reads a hidden field of the record around it like that field."""
    names = {name for program in row.programs for name in program.parents}
    reads_any = any(program.reads_any_parent for program in row.programs)
    secret = (reads_any and hidden) or any(refusals.top(name) in hidden for name in names)
    if not secret or row.filled.sensitivity != "none":
        return row
    return replace(row, leaf=replace(row.filled, sensitivity="pii"))


def constant(target: FieldShape, text: str | None) -> Any:
    """Turn the text of a raw data mapping into a value of its field; None and "" are null.

    Raises:
        ValueRefused: it is none, or null where the field needs a value.
    """
    if text is None or text == "":
        return coercer(target)(None)
    if target.type in _HOLDING:
        try:
            return coercer(target)(canonical.loads(text))
        except canonical.type_errors as error:
            raise ValueRefused(Code.WRONG_TYPE, f"This is not JSON: {error}.") from error
    return coercer(target)(text)
