"""Applies decided changes as a set; what the store refuses is halved down to the guilty records.

Everything that is known to break a statement is refused before; this is the net below.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from connections.spec import SyncSpec
from objects.records.changes import ChangeOp, RecordChange, Written
from objects.shape import FieldShape, ObjectShape
from syncapp.sync import verdicts
from syncapp.sync.changes import Decision

Clashes = Callable[[ObjectShape, Sequence[RecordChange]], Mapping[int, FieldShape]]
Write = Callable[[ObjectShape, Sequence[RecordChange]], Sequence[Written]]
Attempt = Callable[[Sequence[Decision]], None]


class SetRefused(Exception):
    """The store refused a set of changes, and nothing of it was written.

    Attributes:
        message: what it said, for the tenant.
    """

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


def refuse_clashes(
    spec: SyncSpec, decisions: Sequence[Decision], clashes: Clashes
) -> list[Decision]:
    """Reject changes that would give two records one value of a unique field.

    Returns:
        The decisions that still have something to write.
    """
    changing = [decision for decision in decisions if decision.change is not None]
    forbidden = clashes(spec.shape, _changes(changing)) if changing else {}
    for number, field in forbidden.items():
        changing[number].reject(verdicts.not_unique(field))
    for shape in _child_shapes(spec):
        pairs = _child_changes(shape, decisions)
        forbidden = clashes(shape, [change for _, change in pairs]) if pairs else {}
        for number, field in forbidden.items():
            decision, change = pairs[number]
            verdict = verdicts.of_child(shape.type, change.key, verdicts.not_unique(field))
            decision.reject(verdict)
    return [decision for decision in decisions if decision.writes]


def write(spec: SyncSpec, decisions: Sequence[Decision], store: Write) -> None:
    """Write the changes of these decisions, child records after those that they belong to.

    It is noted where each record went. As many sets as there are objects, however many records.
    """
    changing = [decision for decision in decisions if decision.change is not None]
    if changing:
        written = store(spec.shape, _changes(changing))
        for decision, where in zip(changing, written, strict=True):
            decision.record_id, decision.seq = where.id, where.seq
    for shape in _child_shapes(spec):
        pairs = _child_changes(shape, decisions)
        if pairs:
            changes = [change._replace(parent_id=one.record_id) for one, change in pairs]
            store(shape, changes)


def apply(changing: Sequence[Decision], attempt: Attempt, *, halving: bool) -> None:
    """Write what was decided, record by record with its children.

    Args:
        changing: decisions that have something to write.
        attempt: writes a set as a whole or raises `SetRefused` with nothing of it written.
        halving: reject the records that make a set refused; else let the refusal through, which
            costs a page without guilty records nothing.

    Raises:
        SetRefused: without `halving`.
    """
    sets = [list(changing)] if changing else []
    while sets:
        batch = sets.pop()
        try:
            attempt(batch)
        except SetRefused as refusal:
            if not halving:
                raise
            if len(batch) == 1:
                batch[0].reject(verdicts.refused_by_database(refusal.message))
            else:
                half = len(batch) // 2
                sets += [batch[half:], batch[:half]]


def _changes(decisions: Sequence[Decision]) -> list[RecordChange]:
    return [decision.change for decision in decisions if decision.change is not None]


def _child_shapes(spec: SyncSpec) -> list[ObjectShape]:
    return [child.shape for _, child in spec.children]


def _child_changes(
    shape: ObjectShape, decisions: Sequence[Decision]
) -> list[tuple[Decision, RecordChange]]:
    """Give the changes of one child object; what goes first makes room for what comes."""
    pairs = [
        (decision, child.change)
        for decision in decisions
        for child in decision.children
        if child.shape is shape
    ]
    return sorted(pairs, key=lambda pair: pair[1].op is not ChangeOp.DELETE)
