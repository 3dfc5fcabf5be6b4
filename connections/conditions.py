"""Conditions, made ready to test one source record after the other. Pure.

    test = compile_conditions(read_conditions(connection.conditions))
    failed = test(record)  # None: it passes

A test looks at the record as the source has it, before it is mapped. It gives the first row that
the record fails, in words, and never raises on data, but `Missing` for an answer that is still to
be fetched, as mappings do.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from connections import operators, refusals, vectors
from connections.document import Condition, Conditions, Join, Operator
from connections.operators import Operand
from connections.spec import RECORDS, Failed, Surroundings
from formulas.language import (
    FormulaError,
    FormulaValueError,
    Missing,
    Program,
    compile_formula,
    paths,
    values as kinds,
)
from formulas.language.context import Context
from objects.shape import FieldShape

Values = Mapping[str, Any]

CHANGES: Final = frozenset({Operator.CHANGED, Operator.CHANGED_FROM_TO})
"""Operators that ask what a field was when the record was synced last."""

_TARGET: Final = FieldShape(
    0, "", "Condition"
)  # what a refusal names that no field is filled by
_SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class _Look:
    """What a row has beside the record.

    Attributes:
        seed: begins what `uuid()` depends on.
        before: entries of the link's vector.
    """

    context: Context
    seed: str
    before: Mapping[int, int]


Check = Callable[[Values, _Look], Failed | None]


class _BrokenError(Exception):
    """A formula has no value for this record, so it can be neither passed nor failed."""

    def __init__(self, failed: Failed) -> None:
        super().__init__(failed.sentence)
        self.failed = failed


class Tester:
    """Tests source records. It holds no state: threads and records may share it.

    Attributes:
        watched: paths of the fields whose former values count.
        programs: the formulas of the conditions.
        reads: top-level source fields that are looked at.
        reads_any: a formula works out which field it reads.
        unsteady: the same record may pass one time and fail another.
    """

    def __init__(self, check: Check, rows: Sequence[Condition], connection_id: int) -> None:
        self._check = check
        self._connection_id = connection_id
        self._slots = tuple(_slots(rows))
        self.watched = watched(rows)
        self.programs = tuple(compile_formula(row.formula) for row in rows if row.formula)
        named = chain.from_iterable(_named(row) for row in rows)
        read = chain.from_iterable(sorted(program.fields) for program in self.programs)
        self.reads = tuple(dict.fromkeys(refusals.top(name) for name in chain(named, read)))
        self.reads_any = any(program.reads_any for program in self.programs)
        self.unsteady = any(row.operator is Operator.IN_LAST_DAYS for row in rows) or any(
            program.volatile or any(use.function in RECORDS for use in program.lookups)
            for program in self.programs
        )

    def __call__(
        self, record: Values, around: Surroundings | None = None, before: bytes | None = None
    ) -> Failed | None:
        """Say what a record fails, or None.

        Args:
            record: of the source.
            around: what formulas and dates depend on beside it.
            before: the vector of its link; None for a record that was never synced.

        Raises:
            Missing: an answer must be fetched first.
        """
        around = around or Surroundings(Context())
        seed = f"{self._connection_id}:{around.remote_id}:"
        entries = vectors.unpack(before) if self._slots else {}
        try:
            return self._check(record, _Look(around.context, seed, entries))
        except _BrokenError as broken:
            return broken.failed

    def vector(self, record: Values) -> bytes | None:
        """Give what is to be remembered of a record that was synced; None if nothing is."""
        return vectors.pack({key: of(record) for key, of in self._slots}) or None

    def completed(self, record: Values, before: bytes | None) -> bytes | None:
        """Add to a vector what it does not have yet; None if it lacks nothing.

        So a field that is watched from now on has something to have changed from.
        """
        entries = vectors.unpack(before)
        absent = {key: of(record) for key, of in self._slots if key not in entries}
        return vectors.pack(entries | absent) if absent else None


def compile_conditions(
    conditions: Conditions, *, hidden: Collection[str] = (), connection_id: int = 0
) -> Tester | None:
    """Make conditions ready; None if there are none that count.

    Args:
        conditions: published or draft ones; `condition_gaps.problems` tells what is wrong.
        hidden: top-level source fields whose values must not be seen.
        connection_id: a part of what `uuid()` depends on.

    Raises:
        FormulaError: a path, pattern or formula that cannot be used.
    """
    rows = [row for row in conditions.each() if row.enabled]
    if not rows:
        return None
    members = [_row(row, hidden) for row in conditions.rows if row.enabled]
    for group in conditions.groups:
        inner = [_row(row, hidden) for row in group.rows if row.enabled]
        members.append(_joined(group.join, inner))
    return Tester(_joined(conditions.join, members), rows, connection_id)


def watched(rows: Conditions | Sequence[Condition]) -> tuple[str, ...]:
    """List the paths of the fields whose former values count, each once."""
    each = rows.each() if isinstance(rows, Conditions) else rows
    found = (row.field for row in each if row.enabled and row.operator in CHANGES)
    return tuple(dict.fromkeys(found))


def _named(row: Condition) -> list[str]:
    """List the source fields that a row names itself."""
    return [name for name in ("" if row.formula else row.field, row.other) if name]


def _joined(join: Join, members: Sequence[Check]) -> Check:
    if len(members) == 1:
        return members[0]
    return _all(members) if join is Join.ALL or not members else _any(members)


def _all(members: Sequence[Check]) -> Check:
    def check(record: Values, look: _Look) -> Failed | None:
        missing: Missing | None = None
        for member in members:
            try:
                failed = member(record, look)
            except Missing as absent:
                missing = missing or absent
            except _BrokenError:
                if missing is None:
                    raise
            else:
                if failed is not None and missing is None:
                    return failed
        return _settled(missing, None)

    return check


def _any(members: Sequence[Check]) -> Check:
    def check(record: Values, look: _Look) -> Failed | None:
        missing: Missing | None = None
        first: Failed | None = None
        for member in members:
            try:
                failed = member(record, look)
            except Missing as absent:
                missing = missing or absent
            except _BrokenError:
                if missing is None:
                    raise
            else:
                if failed is None and missing is None:
                    return None
                first = first or failed
        return _settled(missing, first and _none_of(len(members), first))

    return check


def _settled(missing: Missing | None, failed: Failed | None) -> Failed | None:
    """End a group: all its rows have asked for what they look up, so that it comes in one round.

    What a row behind a missing answer gave does not count yet, or the order in which answers
    come would decide which row a record fails.
    """
    if missing is not None:
        raise missing
    return failed


def _none_of(n: int, first: Failed) -> Failed:
    return Failed(first.uuid, f"None of {n} conditions holds. The first: {first.sentence}")


def _row(row: Condition, hidden: Collection[str]) -> Check:
    """Make one row ready."""
    calculated = row.formula and row.operator not in CHANGES
    value_of = _formula(row, hidden) if calculated else _field(row.field)
    other_of = _field(row.other) if row.other else None
    holds, secret = _holding(row), _secret(row, hidden)
    secret_other = row.other and refusals.top(row.other) in hidden

    def check(record: Values, look: _Look) -> Failed | None:
        value = value_of(record, look)
        other = other_of(record, look) if other_of is not None else None
        if holds(value, other, look):
            return None
        told = (
            f"{row.other}, which {_is(other, hidden=bool(secret_other))}" if row.other else ""
        )
        sentence = f"{_named_left(row)} {_is(value, hidden=secret)}"
        return Failed(row.uuid, f"{sentence}, {operators.wanted(row, told)}.")

    return check


def _holding(row: Condition) -> Callable[[Any, Any, _Look], bool]:
    """Make the comparison itself: of a value, the other field's value if there is one, and more."""
    if row.operator is Operator.IS_EMPTY:
        return lambda value, _other, _look: operators.empty(value)
    if row.operator in CHANGES:
        return _changed(row) if row.operator is Operator.CHANGED else _changed_from_to(row)
    test, given = operators.TESTS[row.operator], operators.against(row)
    if row.formula and row.operator in {Operator.IS_TRUE, Operator.IS_FALSE}:
        wants = row.operator is Operator.IS_TRUE
        return lambda value, _other, _look: value is not None and kinds.truth(value) is wants
    if not row.other:
        return lambda value, _other, look: (
            value is not None and test(Operand(value), given, look.context)
        )
    return lambda value, other, look: (
        value is not None
        and other is not None
        and test(Operand(value), operators.Against(Operand(other), given.to), look.context)
    )


def _changed(row: Condition) -> Callable[[Any, Any, _Look], bool]:
    key = vectors.name(row.field)
    return lambda value, _other, look: look.before.get(key) != vectors.digest(value)


def _changed_from_to(row: Condition) -> Callable[[Any, Any, _Look], bool]:
    key, to = vectors.name(_spelled_name(row)), Operand(row.to)
    came_from = vectors.digest(operators.spelled(row.value)) if row.value else None

    def holds(value: Any, _other: Any, look: _Look) -> bool:
        before = look.before.get(key)
        if before is None or before == vectors.digest(operators.spelled(value)):
            return False
        if came_from is not None and before != came_from:
            return False
        return not row.to or (
            value is not None and operators.equal(Operand(value), to, look.context.zone)
        )

    return holds


def _slots(rows: Sequence[Condition]) -> list[tuple[int, Callable[[Values], int]]]:
    """List what is remembered: entry's name, and what hashes the value out of a record."""
    found: dict[int, Callable[[Values], int]] = {}
    for row in rows:
        if row.operator not in CHANGES:
            continue
        if row.operator is Operator.CHANGED:
            found[vectors.name(row.field)] = _hashing(row.field, lambda value: value)
        else:
            found[vectors.name(_spelled_name(row))] = _hashing(row.field, operators.spelled)
    return list(found.items())


def _hashing(path: str, form: Callable[[Any], Any]) -> Callable[[Values], int]:
    get = paths.getter(paths.parse(path))
    return lambda record: vectors.digest(form(get(record)))


def _spelled_name(row: Condition) -> str:
    """Name the entry of a field's value as `changed_from_to` compares it: without case."""
    return f"~{row.field}"


def _field(text: str) -> Callable[[Values, _Look], Any]:
    try:
        get = paths.getter(paths.parse(text))
    except paths.PathError as error:
        raise FormulaValueError(str(error)) from None
    return lambda record, _look: get(record)


def _formula(row: Condition, hidden: Collection[str]) -> Callable[[Values, _Look], Any]:
    program = compile_formula(row.formula)

    def value_of(record: Values, look: _Look) -> Any:
        look.context.seed = look.seed + row.uuid
        try:
            return program.evaluate(record, look.context)
        except FormulaError as error:
            refusal = refusals.of_formula(error, _TARGET, program, record, hidden)
            raise _BrokenError(Failed(row.uuid, refusal.message, refusal.code)) from None

    return value_of


def _secret(row: Condition, hidden: Collection[str]) -> bool:
    if not row.formula:
        return refusals.top(row.field) in hidden
    program: Program = compile_formula(row.formula)
    read = {refusals.top(name) for name in program.fields}
    return bool(not read.isdisjoint(hidden) or (program.reads_any and hidden))


def _named_left(row: Condition) -> str:
    if not row.formula:
        return row.field
    text = " ".join(row.formula.split())
    return f"The formula {text if len(text) <= _SHOWN else f'{text[:_SHOWN]}…'}"


def _is(value: Any, *, hidden: bool) -> str:
    if hidden:
        return "is not shown"
    return "has no value" if value is None else f"is {operators.shown(value)}"
