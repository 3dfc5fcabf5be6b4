"""What keeps mappings from being published, row by row, and what is merely strange about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from connections import checking, targets
from connections.checking import Known
from connections.document import NESTED, FieldMapping, IfEmpty, Kind, When
from connections.refusals import top
from connections.rows import child_of, constant, formula_program
from connections.sides import SourceField, fields_of_line
from connections.targets import NoTarget, Target
from formulas.language import FormulaError, paths
from objects.shape import FieldShape, ObjectShape
from objects.values import ValueRefused

_LISTS: Final = frozenset({"list", "any"})
_SOURCED: Final = frozenset({Kind.FIELD, Kind.MAP, Kind.LINES, Kind.CHILDREN})
"""Kinds that read one source field."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that keeps a draft from being published.

    Attributes:
        field: the field of the form that mends it; `mappings` for the mapping table.
        message: what is missing or wrong.
        row: uuid of the mapping that it is about; "" if it is about none, or one that is missing.
    """

    field: str
    message: str
    row: str = ""


def gaps(
    mappings: Sequence[FieldMapping],
    shape: ObjectShape,
    known: Known,
    primary_key: str,
    *,
    creates: bool,
) -> list[Gap]:
    """List what is wrong with mappings, one by one and together.

    Args:
        mappings: those that are switched on.
        shape: what they fill.
        known: what formulas and value maps can name.
        primary_key: the target that identifies records, of which others tell.
        creates: they make new records, which need all required fields.
    """
    found = list(_double(mappings, ""))
    if creates:
        fields = [field for field in shape.fields if field.name != primary_key]
        found += _missing(mappings, fields)
    for mapping in mappings:
        found += row_gaps(mapping, shape, known)
    return found


def row_gaps(mapping: FieldMapping, shape: ObjectShape, known: Known) -> list[Gap]:
    """List what is wrong with one mapping, and with those inside of it."""
    if mapping.kind is Kind.CHILDREN:
        return _children_gaps(mapping, shape, known)
    try:
        target = targets.find(shape, mapping.target)
    except NoTarget as error:
        return [_gap(mapping, error.message, "")]
    found = list(_flaws(mapping, target, known))
    told = [_gap(mapping, message, mapping.target) for message in found]
    if mapping.kind is Kind.LINES:
        told += _lines_gaps(mapping, target.leaf, known)
    return told


def strange(
    mappings: Iterable[FieldMapping], known: Sequence[SourceField], owner: str
) -> list[Gap]:
    """List mappings of source fields that the source does not have, as far as anybody knows.

    Args:
        mappings: those that are switched on.
        owner: how the source is called.
        known: what is known of the source, see `sides.source_fields`; nothing if it is empty.
    """
    names, owner = {top(field.path) for field in known}, f"“{owner}”"
    found: list[Gap] = []
    for mapping in mappings if names else ():
        found += _strange(mapping, names, set(), owner)
        if not mapping.rows:
            continue
        inner = {top(field.path) for field in fields_of_line(known, mapping.source)}
        for row in mapping.rows:
            found += _strange(row, inner, names, f"A line of {mapping.source}", owner)
    return found


# --- one mapping ------------------------------------------------------------------------------


def _flaws(mapping: FieldMapping, target: Target, known: Known) -> Iterator[str]:
    """Say what is wrong with one mapping whose target is there."""
    if target.top.formula:
        yield "the field is calculated by the object itself."
    elif target.leaf.read_only and not target.top.id:
        yield "the other system does not let anybody write it."
    try:
        if mapping.if_empty is IfEmpty.DEFAULT:
            if mapping.kind not in NESTED and not mapping.default:
                yield "say what the default is."
            constant(target.leaf, mapping.default)
        if mapping.kind is Kind.RAW:
            constant(target.leaf, mapping.value)
    except ValueRefused as error:
        yield error.message
    yield from _source_flaws(mapping, known)
    if target.path:
        yield from _steady(mapping, "a part of a field")


def _source_flaws(mapping: FieldMapping, known: Known) -> Iterator[str]:
    """Say what is wrong with where the value comes from."""
    if mapping.kind is Kind.FORMULA and (wrong := checking.problem(mapping.formula, known)):
        yield wrong
    if mapping.kind is Kind.MAP and not mapping.map:
        yield "choose a value map."
    elif mapping.kind is Kind.MAP and mapping.map not in known.maps:
        yield f"There is no value map “{mapping.map}”."
    if mapping.kind not in _SOURCED:
        return
    if not mapping.source:
        yield "choose a source field."
        return
    try:
        paths.parse(mapping.source)
    except paths.PathError as error:
        yield str(error)


def _steady(mapping: FieldMapping, where: str) -> Iterator[str]:
    if mapping.kind is Kind.FORMULA and checking.volatile(mapping.formula):
        yield f"the formula of {where} must always give the same: no clock, no sequence."


# --- lines and children -----------------------------------------------------------------------


def _lines_gaps(mapping: FieldMapping, array: FieldShape, known: Known) -> list[Gap]:
    found = list(_double(mapping.rows, mapping.target))
    if array.type not in _LISTS:
        label = array.label or array.name
        return [_gap(mapping, f"{label} is no list, so lines cannot be put there.", "")]
    if not mapping.rows:
        found.append(_gap(mapping, "map the fields of a line.", mapping.target))
    found += _missing(mapping.rows, array.fields, mapping)
    for row in mapping.rows:
        place = f"{mapping.target}.{row.target}"
        try:
            flaws = list(_flaws(row, targets.member(array, row.target), known))
        except NoTarget as error:
            found.append(_gap(row, error.message, ""))
            continue
        if row.when is not When.ALWAYS or row.keep_filled:
            flaws.append("lines are written as a whole; this option works for child records.")
        flaws += _steady(row, "a line")
        found += [_gap(row, message, place) for message in flaws]
    return found


def _children_gaps(mapping: FieldMapping, shape: ObjectShape, known: Known) -> list[Gap]:
    try:
        child = child_of(mapping, shape, known.objects)
    except NoTarget as error:
        return [_gap(mapping, error.message, "")]
    found = [_gap(mapping, text, mapping.target) for text in _source_flaws(mapping, known)]
    found += _double(mapping.rows, mapping.target)
    found += _missing(mapping.rows, child.fields, mapping)
    assert child.key is not None  # child_of has seen to it
    found += key_gaps(mapping.rows, child.key, mapping.target)
    for row in mapping.rows:
        for gap in row_gaps(row, child, known):
            found.append(Gap(gap.field, f"{mapping.target}.{gap.message}", gap.row))
        if row.kind is Kind.FORMULA and checking.numbers(row.formula):
            message = "sequences give numbers to records, not to their children."
            found.append(_gap(row, message, f"{mapping.target}.{row.target}"))
    return found


def key_gaps(
    mappings: Iterable[FieldMapping], field: FieldShape, around: str = ""
) -> Iterator[Gap]:
    """Say why the mapping of a field cannot identify records; none if it is not mapped."""
    mapping = next((one for one in mappings if one.target == field.name), None)
    if mapping is None:
        return
    label = field.label or field.name
    if mapping.kind is Kind.RAW:
        text = f"Map {label} from a field: all records would get one key."
    elif mapping.kind is Kind.FORMULA and checking.volatile(mapping.formula):
        text = f"{label} identifies records, so its formula must always give the same."
    elif mapping.when is not When.ALWAYS or mapping.keep_filled:
        text = f"{label} identifies records, so its mapping must always count."
    elif mapping.if_empty is IfEmpty.DEFAULT:
        text = f"{label} identifies records: with a default, several would get one key."
    else:
        return
    yield _gap(mapping, text, around)


# --- mappings together ------------------------------------------------------------------------


def _double(mappings: Iterable[FieldMapping], around: str) -> Iterator[Gap]:
    """Say which targets are filled twice, as a whole or in part."""
    taken: dict[tuple[str, ...], FieldMapping] = {}
    within: dict[tuple[str, ...], FieldMapping] = {}
    for mapping in mappings:
        place = _place(mapping)
        wholes = [place[:length] for length in range(1, len(place) + 1)]
        rival = next((taken[one] for one in wholes if one in taken), within.get(place))
        if rival is None:
            taken[place] = mapping
            for one in wholes:
                within.setdefault(one, mapping)
        elif _place(rival) == place:
            yield _gap(mapping, f"{mapping.target} is mapped twice.", around)
        else:
            whole = min(mapping.target, rival.target, key=len)
            text = f"{whole} is mapped as a whole, and {mapping.target} beside that."
            text = text if whole != mapping.target else f"{whole} is mapped, and parts of it."
            yield _gap(mapping, text, around)


def _missing(
    mappings: Sequence[FieldMapping],
    fields: Iterable[FieldShape],
    around: FieldMapping | None = None,
) -> Iterator[Gap]:
    """Say which fields a new record or line needs and does not get."""
    filled = {_place(mapping)[0] for mapping in mappings if mapping.when is not When.UPDATE}
    for field in fields:
        needed = (field.required or field.is_key) and field.default is None
        if needed and not field.formula and not field.read_only and field.name not in filled:
            text = f"Map {field.label or field.name}: it is required."
            row = around.uuid if around is not None else ""
            place = f"{around.target}: " if around is not None else ""
            yield Gap("mappings", f"{place}{text}", row)


def _place(mapping: FieldMapping) -> tuple[str, ...]:
    if mapping.kind is Kind.CHILDREN:
        return ("", mapping.target)  # no field: it shares nothing with one
    try:
        return tuple(str(step) for step in paths.parse(mapping.target))
    except paths.PathError:
        return (mapping.target,)


# --- what is strange --------------------------------------------------------------------------


def _strange(
    mapping: FieldMapping, names: set[str], around: set[str], owner: str, outer: str = ""
) -> Iterator[Gap]:
    """Say what a mapping reads that is not there: in its record, or in that around its line."""
    reads = [(mapping.source, "")] if mapping.kind in _SOURCED and mapping.source else []
    parents: list[str] = []
    if mapping.kind is Kind.FORMULA:
        try:
            program = formula_program(mapping.formula)
        except FormulaError:
            return  # a gap
        reads = [
            (use.name, f" ({checking.place(program.text, use.span)})")
            for use in program.field_uses
        ]
        parents = sorted(program.parents)
    for name, place in reads if names else ():
        if name not in names and top(name) not in names:
            yield _unknown(mapping, name, names, owner, place)
    for name in parents if around else ():
        if name not in around and top(name) not in around:
            yield _unknown(mapping, name, around, outer)


def _unknown(
    mapping: FieldMapping, name: str, names: set[str], owner: str, place: str = ""
) -> Gap:
    folded = top(name).lower()
    meant = next((one for one in sorted(names) if one.lower() == folded), None)
    but = f", but “{meant}”" if meant else ""
    text = f"{owner} has no field “{name}”{but}{place}."
    return _gap(mapping, text, mapping.target)


def _gap(mapping: FieldMapping, message: str, place: str) -> Gap:
    return Gap("mappings", f"{place}: {message}" if place else message, mapping.uuid)
