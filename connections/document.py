"""What a connection is told to do with a record, written down: mappings and conditions.

One form everywhere: in the draft, in a published version, in a wizard's draft, in a template and
in a definition file. Pure: no database. Everything that is read from outside goes through
`read_mappings` and `read_conditions`, which refuse what they do not know.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct, structs

from formulas.language import limits
from objects.values import storable
from syncapp.errors import Invalid

MAX_ROWS: Final = 1000
"""How many mappings, and how many conditions, a connection has at most, nested ones included."""
MAX_PATH: Final = 300
MAX_CONSTANT: Final = 2000
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Kind(StrEnum):
    """How a target is filled."""

    FIELD = "field"  # copied from a source field
    RAW = "raw"  # a constant
    FORMULA = "formula"  # calculated
    MAP = "map"  # a source field through a value map
    LINES = "lines"  # an array of the source becomes an array of the target
    CHILDREN = "children"  # an array of the source becomes records of a child connect object

    @property
    def chip(self) -> str:
        """The letter that stands for it in tables."""
        return {"field": "F", "raw": "R", "formula": "ƒ", "map": "⇄"}.get(self.value, "≡")

    @property
    def label(self) -> str:
        """What people call it."""
        return _LABELS[self.value]


_LABELS: Final = {
    "field": "Field",
    "raw": "Raw data",
    "formula": "Formula",
    "map": "Value map",
    "lines": "Lines",
    "children": "Child records",
}
NESTED: Final = frozenset({Kind.LINES, Kind.CHILDREN})


class When(StrEnum):
    """When a mapping counts."""

    ALWAYS = "always"
    CREATE = "create"  # only if the target record is made
    UPDATE = "update"  # only if it is there already


class IfEmpty(StrEnum):
    """What becomes of a target whose source is null or an empty text."""

    TAKE = "take"  # it gets what the source has: null or the empty text
    SKIP = "skip"  # it is left alone
    CLEAR = "clear"  # it is emptied
    DEFAULT = "default"  # it gets the mapping's default


class FieldMapping(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How one target field is filled.

    Attributes:
        target: field of the target, or path into one that holds an object: `Address.City`. For
            lines the field that holds the array, for children the type of the child object.
        kind: how; it decides which of the following count.
        uuid: names the mapping as long as it lives; made when it is first stored.
        source: path into the source record: `Address.City`, `Lines[0].Code`. For lines and
            children the path of the array.
        value: the constant as text; the target's type decides what it means.
        formula: what calculates it. Inside of lines, `data()` reads the line and `parent()` the
            record around it.
        map: name of a value map.
        when: whether it counts for new records, known ones, or both.
        if_empty: what becomes of the target if the source is null or ''.
        default: the constant that `if_empty` = default takes, as text.
        keep_filled: leave a target alone that has a value already.
        enabled: it counts at all.
        suggested: proposed by name and never looked at by a person; it is off until accepted.
        rows: the mappings of one line or child.
    """

    target: str
    kind: Kind = Kind.FIELD
    uuid: str = ""
    source: str = ""
    value: str | None = None
    formula: str = ""
    map: str = ""
    when: When = When.ALWAYS
    if_empty: IfEmpty = IfEmpty.TAKE
    default: str | None = None
    keep_filled: bool = False
    enabled: bool = True
    suggested: bool = False
    rows: tuple[FieldMapping, ...] = ()


class Operator(StrEnum):
    """How a condition compares."""

    EQUALS = "equals"
    NOT_EQUALS = "not_equals"
    GREATER = "greater"
    GREATER_OR_EQUAL = "greater_or_equal"
    LESS = "less"
    LESS_OR_EQUAL = "less_or_equal"
    BETWEEN = "between"
    CONTAINS = "contains"
    NOT_CONTAINS = "not_contains"
    STARTS_WITH = "starts_with"
    ENDS_WITH = "ends_with"
    IN_LIST = "in_list"
    NOT_IN_LIST = "not_in_list"
    IS_EMPTY = "is_empty"
    IS_NOT_EMPTY = "is_not_empty"
    IS_TRUE = "is_true"
    IS_FALSE = "is_false"
    MATCHES = "matches"
    BEFORE = "before"
    AFTER = "after"
    IN_LAST_DAYS = "in_last_days"
    CHANGED = "changed"
    CHANGED_FROM_TO = "changed_from_to"


class Join(StrEnum):
    """How the parts of a group are joined."""

    ALL = "all"
    ANY = "any"


class Condition(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One row: what is looked at, how, and with what it is compared.

    Attributes:
        operator: how.
        uuid: names the row as long as it lives.
        field: path into the source record that is looked at; or
        formula: what is calculated and then looked at.
        value: compared with this text; for `in_last_days` a number, for `matches` a pattern, for
            `between` the lower end, for `changed_from_to` the value before ("" for any).
        to: for `between` the upper end, for `changed_from_to` the value now ("" for any).
        values: for `in_list` and `not_in_list`.
        other: path of a source field to compare with, instead of `value`.
        enabled: it counts at all.
    """

    operator: Operator
    uuid: str = ""
    field: str = ""
    formula: str = ""
    value: str = ""
    to: str = ""
    values: tuple[str, ...] = ()
    other: str = ""
    enabled: bool = True


class Group(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Conditions that belong together inside of the whole."""

    join: Join = Join.ALL
    uuid: str = ""
    rows: tuple[Condition, ...] = ()


class Conditions(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which source records take part: rows and groups of rows, two levels deep.

    `(A and B) or C` is: any of row C and the group all of A, B. Without rows all records do.
    """

    join: Join = Join.ALL
    rows: tuple[Condition, ...] = ()
    groups: tuple[Group, ...] = ()

    def each(self) -> Iterator[Condition]:
        """Give every row, in order."""
        yield from self.rows
        for group in self.groups:
            yield from group.rows


Row = TypeVar("Row", FieldMapping, Condition, Group)


def read_mappings(data: Any) -> tuple[FieldMapping, ...]:
    """Read mappings from plain JSON values; each gets a uuid if it has none.

    Raises:
        Invalid: not of this form; `fields` names the place, such as `mappings.3`.
    """
    rows = _converted(data, tuple[FieldMapping, ...], "mappings")
    if sum(1 for _ in every(rows)) > MAX_ROWS:
        raise Invalid(fields={"mappings": f"There are more than {MAX_ROWS} mappings."})
    for number, row in enumerate(rows):
        _check_nesting(row, f"mappings.{number}", depth=0)
        for one in every([row]):
            _check_texts(one, f"mappings.{number}")
    seen: set[str] = set()
    return tuple(_identified(row, seen) for row in rows)


def read_conditions(data: Any) -> Conditions:
    """Read conditions from plain JSON values; nothing is no condition.

    Raises:
        Invalid: not of this form; `fields` names the place, such as `conditions.rows.3`.
    """
    found = _converted(data or {}, Conditions, "conditions")
    if sum(1 for _ in found.each()) > MAX_ROWS:
        raise Invalid(fields={"conditions": f"There are more than {MAX_ROWS} conditions."})
    for row in found.each():
        _check_texts(row, "conditions")
    seen: set[str] = set()
    return Conditions(
        found.join,
        tuple(_identified(row, seen) for row in found.rows),
        tuple(_identified(group, seen) for group in found.groups),
    )


def plain(document: Any) -> Any:
    """Give mappings or conditions as JSON has them: dicts, lists and texts."""
    return msgspec.json.decode(msgspec.json.encode(document))


def every(rows: Iterable[FieldMapping]) -> Iterator[FieldMapping]:
    """Give each mapping and those nested in it."""
    for row in rows:
        yield row
        yield from every(row.rows)


def running(rows: Sequence[FieldMapping]) -> tuple[FieldMapping, ...]:
    """Give the mappings that are switched on, in order, nested ones likewise."""
    return tuple(
        structs.replace(row, rows=running(row.rows)) if row.rows else row
        for row in rows
        if row.enabled
    )


def _converted(data: Any, kind: Any, name: str) -> Any:
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        message, _, where = str(error).partition(" - at `$")
        place = where.rstrip("`").replace("[", ".").replace("]", "").strip(".")
        raise Invalid(fields={f"{name}.{place}" if place else name: f"{message}."}) from error


def _identified(row: Row, seen: set[str]) -> Row:
    """Name a row; the second one of a name gets another."""
    name = row.uuid if _UUID.fullmatch(row.uuid) and row.uuid not in seen else str(uuid.uuid4())
    seen.add(name)
    if isinstance(row, Condition):
        return structs.replace(row, uuid=name)
    nested = tuple(_identified(inner, seen) for inner in row.rows)
    return structs.replace(row, uuid=name, rows=nested)


def _check_nesting(row: FieldMapping, place: str, *, depth: int) -> None:
    if row.rows and row.kind not in NESTED:
        raise Invalid(fields={place: f"A mapping of kind {row.kind} has no rows of its own."})
    if row.kind in NESTED and depth:
        raise Invalid(fields={place: "Lines inside of lines are not supported."})
    for inner in row.rows:
        _check_nesting(inner, place, depth=depth + 1)


def _check_texts(row: FieldMapping | Condition, place: str) -> None:
    """Refuse texts that are too long, or that the database cannot hold."""
    for name, value in zip(row.__struct_fields__, structs.astuple(row), strict=True):
        for text in value if name == "values" else (value,):
            if type(text) is not str:  # enums are of the right form by now
                continue
            if len(text) > _longest(name):
                told = f"{name}: more than {_longest(name)} characters."
                raise Invalid(fields={place: told})
            if not storable(text):
                told = f"{name} holds a character that cannot be stored."
                raise Invalid(fields={place: told})


def _longest(name: str) -> int:
    if name == "formula":
        return limits.LENGTH
    return MAX_CONSTANT if name in {"value", "values", "default", "to"} else MAX_PATH
