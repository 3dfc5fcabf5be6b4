"""What a run follows: one published version with its object's shape, compiled and frozen.

Pure: no database, no network, no clock. `connections.compile` makes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Protocol

from connections.document import IfEmpty, When
from connections.kit.codes import Code
from formulas.language import Lookups, Program
from formulas.language.context import Context
from objects.shape import FieldShape, ObjectShape

RECORDS: Final = ("vlookup", "textvlookup", "textvlookuplike", "get_entity_data")
"""Functions that look into other records, which change without the source record."""


@dataclass(frozen=True, slots=True)
class Row:
    """One mapping of a version: how one target field is filled.

    Attributes:
        target: the field; for children it stands for all of them together.
        kind: one of `connections.document.Kind`.
        source: path into the source record, for kind `field` and arrays.
        value: the constant, coerced, for kind `raw`.
        program: what calculates it, for kinds `formula` and `map`.
        path: names that lead from the target to the member that is filled; () for all of it.
        leaf: the member, or None if it is the target itself.
        when: whether it counts for new records, known ones, or both.
        if_empty: what becomes of the target if the value is null or ''.
        default: coerced, for `if_empty` = default.
        keep_filled: it does not count where the target has a value already.
        rows: the mappings of one line or child.
        child: what the elements of the array become, for kind `children`.
        uuid: names the mapping of the document.
    """

    target: FieldShape
    kind: str
    source: str = ""
    value: Any = None
    program: Program | None = None
    path: tuple[str, ...] = ()
    leaf: FieldShape | None = None
    when: When = When.ALWAYS
    if_empty: IfEmpty = IfEmpty.TAKE
    default: Any = None
    keep_filled: bool = False
    rows: tuple[Row, ...] = ()
    child: Child | None = None
    uuid: str = ""

    @property
    def filled(self) -> FieldShape:
        """What gets the value: the target, or a member of it."""
        return self.leaf or self.target

    @property
    def place(self) -> tuple[str, ...]:
        """All names from the record to what is filled."""
        return (self.target.name, *self.path)

    @property
    def name(self) -> str:
        """The same in one text, as messages and documents have it."""
        return self.filled.name

    @property
    def sometimes(self) -> bool:
        """Whether what is stored decides if it counts."""
        return self.keep_filled or self.when is not When.ALWAYS

    @property
    def simple(self) -> bool:
        """Whether it is a field that is copied, or a constant, with nothing more to it."""
        plain = self.if_empty is IfEmpty.TAKE and not self.sometimes and not self.path
        return plain and self.kind in {"field", "raw"}

    @property
    def volatile(self) -> bool:
        """Whether its value may be another one next time although nothing has changed."""
        return any(program.volatile for program in self.programs)

    @property
    def numbered(self) -> bool:
        """Whether it draws numbers, of which a record keeps the one that it has."""
        return self.uses("sequence")

    @property
    def programs(self) -> tuple[Program, ...]:
        """Its formula, and those of its lines."""
        own = (self.program,) if self.program is not None else ()
        return own + tuple(program for row in self.rows for program in row.programs)

    def uses(self, *functions: str) -> bool:
        """Whether a formula of it asks for something by one of these functions."""
        return any(
            use.function in functions for program in self.programs for use in program.lookups
        )


@dataclass(frozen=True)
class Plan:
    """What the mappings of one object say beside the values that they give."""

    rows: tuple[Row, ...]

    @cached_property
    def own(self) -> tuple[Row, ...]:
        """Mappings of fields; the others are of child records, which are decided by themselves."""
        return tuple(row for row in self.rows if row.child is None)

    @cached_property
    def volatile(self) -> frozenset[str]:
        """Target fields whose values alone never make a record differ."""
        return frozenset(row.target.name for row in self.own if row.volatile)

    @cached_property
    def numbered(self) -> frozenset[str]:
        """Target fields that hold numbers of sequences, which stay as they were given."""
        return frozenset(row.target.name for row in self.own if row.numbered)

    @cached_property
    def sometimes(self) -> tuple[Row, ...]:
        """Mappings that count only for some records, which only what is stored can tell."""
        return tuple(row for row in self.own if row.sometimes)

    @cached_property
    def defaults(self) -> tuple[Row, ...]:
        """Mappings that have a value for a new record even if the source has no such field."""
        return tuple(row for row in self.own if row.if_empty is IfEmpty.DEFAULT)

    @cached_property
    def whole(self) -> bool:
        """Whether the mapped values are all that counts, for any record."""
        return not self.sometimes and not self.defaults and not any(r.path for r in self.own)


@dataclass(frozen=True)
class Child(Plan):
    """A child object of which the records are kept that an array of the source holds.

    Attributes:
        shape: the child object; its key field names its records.
        map: maps one element.
    """

    shape: ObjectShape
    map: Mapper = field(repr=False, compare=False)


class Answers(Lookups, Protocol):
    """Answers lookups of a page's records together.

    Attributes:
        record: place of the record whose formulas are evaluated now.
    """

    record: int

    def fetch(self) -> None:
        """Get what was missing; then evaluate again."""


@dataclass(slots=True)
class Surroundings:
    """What formulas have beside a record's values; one serves record after record.

    Attributes:
        context: time, facts and answers of the run.
        answers: the context's lookups, if formulas look something up.
        remote_id: of the record that is mapped now.
        linked: it is linked to a record of ours, which keeps its numbers.
        place: of the line that is mapped now, such as `Lines[2].`; "" for the record itself.
    """

    context: Context
    answers: Answers | None = None
    remote_id: str = ""
    linked: bool = False
    place: str = ""

    @classmethod
    def like(cls, context: Context, answers: Answers | None = None) -> Surroundings:
        """Make some for one thread: time and facts of this context, and other answers."""
        return cls(Context(answers, context.moment, context.facts), answers)

    def turn_to(self, place: int, remote_id: str | None, *, linked: bool) -> None:
        """Say which record of the page is mapped next."""
        self.remote_id, self.linked = remote_id or "", linked
        if self.answers is not None:
            self.answers.record = place


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a record cannot be written: the first thing that is wrong with it.

    Attributes:
        field: the target field.
        message: for people; shows the value, shortened, unless the field is sensitive.
    """

    code: Code
    field: str
    message: str


@dataclass(slots=True)
class Mapped:
    """What the mappings made of one source record.

    Attributes:
        values: target field → coerced value; a field that is absent here is left alone,
            None empties it.
        key: text of the primary key field; "" if the record was refused before it was known.
        refusal: why it cannot be written, or None.
        record_key: text of the object's own key field, which a new record gets as its key. The
            same as `key`, unless records are matched by another unique field; "" if not mapped.
        parts: members of target fields: names that lead there → value; others stay as they are.
        doubts: what is wrong with mappings that may turn out not to count: place → refusal.
        children: type of a child object → what the elements of its array became.
    """

    values: dict[str, Any]
    key: str
    refusal: Refusal | None = None
    record_key: str = ""
    parts: dict[tuple[str, ...], Any] | None = None
    doubts: dict[tuple[str, ...], Refusal] | None = None
    children: dict[str, list[Mapped]] | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """The condition that a record does not pass, or that cannot be judged for it.

    Attributes:
        uuid: of the row.
        sentence: what the record has, and what was wanted; values are shortened, sensitive ones
            not shown.
        code: `skipped_by_condition`, or what a formula ended with.
    """

    uuid: str
    sentence: str
    code: Code = Code.SKIPPED_BY_CONDITION


class Test(Protocol):
    """Tests records before they are mapped; `connections.conditions` makes it.

    Attributes:
        programs: the formulas of the conditions.
        watched: paths of the source fields whose former values count.
        unsteady: the same record may pass one time and fail another.
    """

    programs: tuple[Program, ...]
    watched: tuple[str, ...]
    unsteady: bool

    def __call__(
        self,
        record: Mapping[str, Any],
        around: Surroundings | None = None,
        before: bytes | None = None,
        /,
    ) -> Failed | None:
        """Say what a record fails, or None if it takes part."""

    def vector(self, record: Mapping[str, Any], /) -> bytes | None:
        """Give what is remembered of a record that was synced."""

    def completed(self, record: Mapping[str, Any], before: bytes | None, /) -> bytes | None:
        """Add what a vector lacks; None if it lacks nothing."""


class Mapper(Protocol):
    """Maps one record."""

    def __call__(
        self, values: Mapping[str, Any], around: Surroundings | None = None, /
    ) -> Mapped:
        """Give what the mappings make of the values of a source record."""


@dataclass(frozen=True)
class SyncSpec:
    """A connection as the engine sees it.

    Attributes:
        entity: what is read on the other side.
        shape: the connect object with its fields.
        primary_key: target field by which existing records are found.
        matched_by_key: the primary key is what the record store keys records by; otherwise it
            is a unique field and is found through its index.
        rows: mappings in their order.
        reads: top-level source fields that mappings and conditions look at; empty for all.
        maps: value maps that formulas use: name → key → value.
        fingerprint: changes whenever the same source record could give another result, lookups
            and clock aside.
        map: source values → Mapped; never raises on data, but `Missing` for an answer that is
            still to be fetched.
        test: which source records take part; None for all of them.
    """

    tenant_id: int
    connection_id: int
    version_id: int
    direction: str
    system_type: str
    config_id: int
    account_id: int
    pair_id: int
    entity: str
    shape: ObjectShape
    primary_key: FieldShape
    matched_by_key: bool
    query_filter: str
    page_size: int
    allow_create: bool
    allow_update: bool
    deletes: str
    log_all: bool
    keep_days: int
    rows: tuple[Row, ...]
    reads: tuple[str, ...]
    maps: Mapping[str, Mapping[str, Any]] = field(repr=False)
    fingerprint: bytes
    map: Mapper = field(repr=False)
    test: Test | None = field(default=None, repr=False)

    @cached_property
    def plan(self) -> Plan:
        """What the mappings say beside the values that they give."""
        return Plan(self.rows)

    @cached_property
    def children(self) -> tuple[tuple[Row, Child], ...]:
        """Mappings whose lines become records of their own, in the order of their objects."""
        found = ((row, row.child) for row in self.rows if row.child is not None)
        return tuple(sorted(found, key=lambda pair: pair[1].shape.id))

    @cached_property
    def programs(self) -> tuple[Program, ...]:
        """The formulas of the mappings, those of lines too, and of the conditions."""
        tested = self.test.programs if self.test is not None else ()
        return tuple(program for row in self.rows for program in row.programs) + tested

    @cached_property
    def surrounded(self) -> bool:
        """Whether time, zone and facts of the run may decide about a record."""
        return bool(self.programs) or self.test is not None

    @cached_property
    def watched(self) -> tuple[str, ...]:
        """Source fields whose former values count."""
        return self.test.watched if self.test is not None else ()

    @cached_property
    def asks(self) -> bool:
        """Whether formulas ask for something outside of the record, so that answers are fetched."""
        return any(program.lookups for program in self.programs)

    @cached_property
    def by_bytes(self) -> bool:
        """Whether the same source record always gives the same result.

        Value maps are no matter: their content belongs to the fingerprint.
        """
        steady = self.test is None or not self.test.unsteady
        return steady and not any(row.volatile or row.uses(*RECORDS) for row in self.rows)
