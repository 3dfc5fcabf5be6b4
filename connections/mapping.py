"""All mappings of one record made ready: one loop over a plan of tuples, then what is calculated.

The mapper runs once per record of every run, so everything that can be decided before is decided
here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from connections import calculation, lines, refusals
from connections.calculation import Fill, FillAll
from connections.document import Kind
from connections.kit.values import UNSET
from connections.spec import Mapped, Mapper, Refusal, Row, Surroundings
from formulas.language import Missing, paths
from formulas.language.context import Context
from objects.shape import FieldShape
from objects.values import ValueRefused, coercer, key_text

Step = tuple[str, str, paths.Getter | None, Callable[[Any], Any], bool]


def mapper(
    rows: Sequence[Row],
    primary: FieldShape,
    own_key: FieldShape | None,
    connection_id: int = 0,
) -> Mapper:
    """Make the function that maps one record; the first thing wrong with it ends its mapping.

    Args:
        rows: mappings in their order; copied fields come first, whatever their place.
        primary: the field that finds existing records.
        own_key: the object's key field, if it has one.
        connection_id: with record and field it names what `uuid()` belongs to.
    """
    fill = filling(rows, connection_id)
    key_name, checked = primary.name, primary.is_key  # its own coercer checks a key
    other_key = own_key if own_key is not None and own_key.name != key_name else None

    def map_values(values: Mapping[str, Any], around: Surroundings | None = None, /) -> Mapped:
        mapped = Mapped({}, "")
        refusal = fill(values, mapped, around)
        if refusal is not None:
            mapped.refusal = refusal
            return mapped
        filled, field = mapped.values, primary
        value = filled.get(key_name)
        try:
            key = value if checked and type(value) is str else key_text(value)
            if other_key is None:
                mapped.record_key = key
            elif other_key.name in filled:
                field, value = other_key, filled[other_key.name]
                mapped.record_key = key_text(value)
            mapped.key = key
        except ValueRefused as error:
            mapped.refusal = refusals.of_value(error, field, value)
        return mapped

    return map_values


def filling(rows: Sequence[Row], connection_id: int) -> FillAll:
    """Make the function that fills all targets of these mappings.

    It gives the first refusal, and raises `Missing` if answers must be fetched first; all formulas
    have asked for theirs by then.
    """
    simple = [row for row in rows if row.simple]
    constants = {row.target.name: row.value for row in simple if row.kind == Kind.RAW}
    plan = [_step(row) for row in simple if row.kind == Kind.FIELD]
    targets = {row.target.name: row.target for row in simple}
    calculate = _calculation([row for row in rows if not row.simple], rows, connection_id)

    def fill(
        values: Mapping[str, Any], mapped: Mapped, around: Surroundings | None
    ) -> Refusal | None:
        filled = mapped.values
        filled.update(constants)
        name, value = "", None
        try:
            for name, top, deep, convert, needed in plan:
                value = values.get(top, UNSET) if deep is None else deep(values)
                if value is not UNSET:
                    filled[name] = convert(value)
                elif needed:
                    return refusals.missing(targets[name])
        except ValueRefused as error:
            return refusals.of_value(error, targets[name], value)
        return calculate(values, mapped, around) if calculate is not None else None

    return fill


def row_filler(row: Row, hidden: frozenset[str] = frozenset(), connection_id: int = 0) -> Fill:
    """Make the function that fills the target of one mapping, of whatever kind.

    Args:
        row: the mapping.
        hidden: top-level source fields whose values must not be seen.
        connection_id: a part of what `uuid()` depends on.
    """
    if row.child is not None:
        fill = lines.of_children(row, row.child)
    elif row.kind == Kind.LINES:
        fill = lines.of_list(row, filling(row.rows, connection_id))
    else:
        fill = calculation.filler(row, hidden)
    return calculation.doubtful(row, fill) if row.sometimes else fill


def _calculation(
    calculated: Sequence[Row], rows: Sequence[Row], connection_id: int
) -> FillAll | None:
    """Make the function that does what is more than copying; None if nothing is.

    Args:
        calculated: what it does.
        rows: all mappings; they say which source fields are sensitive.
        connection_id: a part of what `uuid()` depends on.
    """
    hidden = calculation.hidden_of(rows)
    plan = [
        (row.numbered, row.name, row_filler(row, hidden, connection_id)) for row in calculated
    ]
    if not plan:
        return None

    def calculate(
        values: Mapping[str, Any], mapped: Mapped, around: Surroundings | None
    ) -> Refusal | None:
        around = around or Surroundings(Context())
        context = around.context
        seed = f"{connection_id}:{around.remote_id}:{around.place}"
        missing: Missing | None = None
        for numbered, name, fill in plan:
            if numbered and around.linked:
                continue
            context.seed = seed + name
            try:
                refusal = fill(values, mapped, around)
            except Missing as absent:
                missing = missing or absent
            else:
                if refusal is not None and missing is None:
                    return refusal
        if missing is not None:
            raise missing
        return None

    return calculate


def _step(row: Row) -> Step:
    path = paths.parse(row.source)
    deep = paths.getter(path, UNSET) if len(path) > 1 else None
    return (
        row.target.name,
        str(path[0]),
        deep,
        coercer(row.target),
        calculation.is_needed(row),
    )
