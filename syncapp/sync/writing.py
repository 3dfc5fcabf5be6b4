"""Applies decided changes as a set; what the store refuses is halved down to the guilty records.

Everything that is known to break a statement is refused before; this is the net below.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from objects.records.changes import RecordChange, Written
from objects.shape import FieldShape
from syncapp.sync import verdicts
from syncapp.sync.changes import Decision

Clashes = Callable[[Sequence[RecordChange]], Mapping[int, FieldShape]]
Attempt = Callable[[Sequence[RecordChange]], Sequence[Written]]


class SetRefused(Exception):
    """The store refused a set of changes, and nothing of it was written.

    Attributes:
        message: what it said, for the tenant.
    """

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


def refuse_clashes(decisions: Sequence[Decision], clashes: Clashes) -> list[Decision]:
    """Reject changes that would give two records one value of a unique field.

    Returns:
        The decisions that still have a change.
    """
    changing = [decision for decision in decisions if decision.change is not None]
    forbidden = clashes(_changes(changing)) if changing else {}
    for number, field in forbidden.items():
        changing[number].reject(verdicts.not_unique(field))
    return [decision for decision in changing if decision.change is not None]


def apply(changing: Sequence[Decision], attempt: Attempt, *, halving: bool) -> None:
    """Write the changes and note where they went.

    Args:
        changing: decisions that have a change.
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
            written = attempt(_changes(batch))
        except SetRefused as refusal:
            if not halving:
                raise
            if len(batch) == 1:
                batch[0].reject(verdicts.refused_by_database(refusal.message))
            else:
                half = len(batch) // 2
                sets += [batch[half:], batch[:half]]
            continue
        for decision, where in zip(batch, written, strict=True):
            decision.record_id, decision.seq = where.id, where.seq


def _changes(decisions: Sequence[Decision]) -> list[RecordChange]:
    return [decision.change for decision in decisions if decision.change is not None]
