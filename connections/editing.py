"""What people do with the mappings of a draft: each act makes new rows of the present ones.

Pure. A row is named by its uuid wherever it stands; `inside` names the lines or children it is in.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final

from msgspec import structs

from connections.document import FieldMapping, Kind, every
from connections.sides import ENTITY, SourceField
from connections.target_lines import first_of
from objects.shape import FieldShape, ObjectShape

Rows = tuple[FieldMapping, ...]

_WHOLE: Final = frozenset({"list", "object"})
"""Types that only fit each other."""


def put(rows: Rows, row: FieldMapping, inside: str = "") -> Rows:
    """Write a row: in the place of the one of its name, or at the end."""
    if inside:
        return _each(
            rows,
            lambda one: (
                structs.replace(one, rows=put(one.rows, row)) if one.uuid == inside else one
            ),
        )
    if row.uuid and any(one.uuid == row.uuid for one in rows):
        return tuple(row if one.uuid == row.uuid else one for one in rows)
    return (*rows, row)


def only(around: FieldMapping, row: FieldMapping) -> FieldMapping:
    """Give lines with this one row in them, to be judged by itself."""
    return structs.replace(around, rows=(row,))


def without(rows: Rows, names: Collection[str]) -> Rows:
    """Leave rows out."""
    return tuple(
        structs.replace(row, rows=without(row.rows, names)) if row.rows else row
        for row in rows
        if row.uuid not in names
    )


def moved(rows: Rows, name: str, by: int) -> Rows:
    """Move a row up (by -1) or down among those around it, as far as that goes."""
    at = next((place for place, row in enumerate(rows) if row.uuid == name), None)
    if at is None:
        return _each(
            rows,
            lambda row: (
                structs.replace(row, rows=moved(row.rows, name, by)) if row.rows else row
            ),
        )
    rest = [*rows[:at], *rows[at + 1 :]]
    rest.insert(max(0, min(len(rest), at + by)), rows[at])
    return tuple(rest)


def switched(rows: Rows, names: Collection[str], *, on: bool) -> Rows:
    """Switch rows on or off; whoever does has looked at them."""

    def switch(row: FieldMapping) -> FieldMapping:
        nested = structs.replace(row, rows=_each(row.rows, switch)) if row.rows else row
        if row.uuid in names:
            return structs.replace(nested, enabled=on, suggested=False)
        return nested

    return _each(rows, switch)


def accepted(rows: Rows, names: Collection[str]) -> Rows:
    """Switch those of these rows on that are suggestions."""
    waiting = {row.uuid for row in every(rows) if row.suggested}
    return switched(rows, waiting & set(names), on=True)


def suggested(rows: Rows, shape: ObjectShape, sources: Iterable[SourceField]) -> Rows:
    """Propose mappings of fields that are called alike; they are off until accepted.

    Names are compared without case and punctuation, then the labels. What has a row stays as it
    is, also if it is switched off.
    """
    named: dict[str, SourceField] = {}
    labelled: dict[str, SourceField] = {}
    for source in sources:
        named.setdefault(_bare(source.path), source)
        labelled.setdefault(_bare(source.label), source)
    taken = {first_of(row.target) for row in rows} | {row.target for row in rows}
    found = []
    for field in shape.fields:
        if field.name in taken or (shape.id == ENTITY and field.read_only):
            continue
        alike = _alike(field, named, labelled)
        if alike is not None and (alike.type in _WHOLE) == (field.type in _WHOLE):
            found.append(_proposal(field, alike))
    return (*rows, *found)


def copied(
    rows: Rows, others: Iterable[FieldMapping], shape: ObjectShape, children: Collection[str]
) -> tuple[Rows, list[FieldMapping]]:
    """Take over another connection's rows: those whose target is here and still free.

    Returns:
        The rows, and the other connection's that do not fit.
    """
    taken = {(row.kind is Kind.CHILDREN, row.target) for row in rows}
    fitting, unfit = [], []
    for row in others:
        child = row.kind is Kind.CHILDREN
        known = row.target in children if child else fits(row.target, shape)
        if known and (child, row.target) not in taken:
            fitting.append(structs.replace(row, uuid="", rows=_nameless(row.rows)))
        else:
            unfit.append(row)
    return (*rows, *fitting), unfit


def fits(target: str, shape: ObjectShape) -> bool:
    """Tell whether there is such a target, or an object in which it can be made."""
    if target in shape.by_name:
        return True
    first = shape.by_name.get(first_of(target))
    return first is not None and first.type == "object"


def _proposal(field: FieldShape, source: SourceField) -> FieldMapping:
    return FieldMapping(
        field.name,
        uuid=str(uuid.uuid4()),
        source=source.path,
        enabled=False,
        suggested=True,
    )


def _alike(
    field: FieldShape, named: Mapping[str, SourceField], labelled: Mapping[str, SourceField]
) -> SourceField | None:
    name, label = _bare(field.name), _bare(field.label)
    for table, text in ((named, name), (labelled, label), (named, label), (labelled, name)):
        if text and text in table:
            return table[text]
    return None


def _bare(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def _nameless(rows: Rows) -> Rows:
    return tuple(structs.replace(row, uuid="", rows=_nameless(row.rows)) for row in rows)


def _each(rows: Rows, act: Callable[[FieldMapping], FieldMapping]) -> Rows:
    return tuple(act(row) for row in rows)
