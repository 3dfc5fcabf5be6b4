"""Decides what becomes of child records: those that an array of a source record holds.

The array is the whole truth about the children of its record: what it holds is created or updated
or, if another record of ours had it, moved here; what it no longer holds is deleted. A child that
cannot be written rejects its record, and a record of which only a child differs is updated. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connections.document import When
from connections.kit.codes import Code, Outcome
from connections.spec import Child, Mapped, Row, SyncSpec
from objects.records.changes import ChangeOp, RecordChange, Stored
from objects.values import completed, missing
from syncapp.sync import options, verdicts
from syncapp.sync.changes import (
    FINAL,
    ChildChange,
    Decision,
    Facts,
    Family,
    Incoming,
    Verdict,
)


def decide(
    spec: SyncSpec, decisions: Sequence[Decision], incoming: Sequence[Incoming], facts: Facts
) -> None:
    """Add what becomes of child records to what was decided about their records.

    Args:
        spec: the published version, compiled.
        decisions: one for each of `incoming`, in the same order.
        incoming: mapped records of one page.
        facts: what is stored, children included.
    """
    for row, child in spec.children:
        family = facts.children.get(child.shape.type) or Family()
        _Array(row, child, family).settle(decisions, incoming)
    for decision in decisions:
        if decision.children and decision.outcome is Outcome.UNCHANGED:
            _update(spec, decision)


@dataclass(slots=True)
class _Array:
    """The arrays of one mapping, of all records of a page, which must fit together.

    Attributes:
        claims: key of a child → place of the record in the page that holds it.
    """

    row: Row
    child: Child
    family: Family
    claims: dict[str, int] = field(default_factory=dict)

    def settle(self, decisions: Sequence[Decision], incoming: Sequence[Incoming]) -> None:
        """Decide for the whole page."""
        held: dict[int, list[tuple[Mapped, dict[str, Any]]]] = {}
        for decision, one in zip(decisions, incoming, strict=True):
            lines = self._lines(decision, one.mapped)
            if lines is None:
                continue
            found = self._checked(decision, lines)
            if isinstance(found, Verdict):
                decision.reject(found)
            else:
                held[decision.index] = found
                self.claims.update({line.key: decision.index for line in lines})
        for decision in decisions:
            changes = list(self._gone(decision, held))
            for line, values in held.get(decision.index, ()):
                changes += self._change(decision, line, values)
            if changes:
                shaped = (ChildChange(self.child.shape, change) for change in changes)
                decision.children = (*decision.children, *shaped)

    def _lines(self, decision: Decision, mapped: Mapped | None) -> list[Mapped] | None:
        """Give the elements that count; None where the children are left alone."""
        if mapped is None or decision.outcome not in FINAL:
            return None
        new = decision.outcome is Outcome.CREATED
        if self.row.when is (When.UPDATE if new else When.CREATE):
            return None
        if self.row.keep_filled and not new and self._stored(decision):
            return None
        if refusal := (mapped.doubts or {}).get(self.row.place):
            verdict = verdicts.of_mapping(refusal)
            decision.reject(verdict)
            decision.outcome = verdicts.outcome_of(verdict)
            return None
        return (mapped.children or {}).get(self.child.shape.type)

    def _checked(
        self, decision: Decision, lines: Sequence[Mapped]
    ) -> list[tuple[Mapped, dict[str, Any]]] | Verdict:
        """Give the values of each child, or what is wrong with the first that is wrong."""
        found, keys, type_ = [], set[str](), self.child.shape.type
        for line in lines:
            if line.key in keys or self.claims.get(line.key, decision.index) != decision.index:
                return verdicts.child_twice(type_, line.key, here=line.key in keys)
            keys.add(line.key)
            stored = self._live(line.key)
            values, refusal = options.counting(
                self.child, line, stored.values if stored is not None else None
            )
            if refusal is not None:
                return verdicts.of_child(type_, line.key, verdicts.of_mapping(refusal))
            if stored is None and (absent := missing(self.child.shape, values)):
                return verdicts.of_child(type_, line.key, verdicts.absent(absent[0]))
            found.append((line, values))
        return found

    def _change(
        self, decision: Decision, line: Mapped, values: dict[str, Any]
    ) -> Iterator[RecordChange]:
        """Say what it takes that the child is as its line, and belongs to this record."""
        stored = self.family.by_key.get(line.key)
        shape = self.child.shape
        if stored is None:
            yield RecordChange(ChangeOp.CREATE, line.key, completed(shape, values))
        elif stored.deleted:
            whole = completed(shape, values)
            yield RecordChange(ChangeOp.RESURRECT, line.key, whole, stored)
        else:
            patch, also = options.differing(self.child, stored.values, values)
            if patch or stored.parent_id != decision.record_id:
                patch = {**patch, **also}
                yield RecordChange(ChangeOp.UPDATE, line.key, patch, stored)

    def _gone(self, decision: Decision, held: Mapping[int, Any]) -> Iterator[RecordChange]:
        """Say which children go: no longer in the array, or their record goes itself."""
        if decision.index in held or decision.outcome is Outcome.DELETED:
            for stored in self._stored(decision):
                if stored.key not in self.claims:
                    yield RecordChange(ChangeOp.DELETE, stored.key, {}, stored)

    def _stored(self, decision: Decision) -> Sequence[Stored]:
        return self.family.by_parent.get(decision.record_id or 0, ())

    def _live(self, key: str) -> Stored | None:
        stored = self.family.by_key.get(key)
        return stored if stored is not None and not stored.deleted else None


def _update(spec: SyncSpec, decision: Decision) -> None:
    """Count a record with its children: it is updated if one of them is."""
    if spec.allow_update:
        decision.outcome = Outcome.UPDATED
        decision.code = Code.CHANGED if decision.code is Code.SAME_VALUES else decision.code
    else:
        decision.outcome, decision.code = Outcome.SKIPPED, Code.UPDATE_OFF
        decision.children = ()
