"""Decides what the record store needs for each record of a page; does nothing.

Two steps with a look at the store between them. `sift` settles what the bytes alone tell (the
record is what it was, came twice, has no usable id) and maps the rest. `decide` compares the rest
with the facts. Both are pure: no clock, no network, no database; the same input gives the same
answer, so a dry run and a real one cannot differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import xxhash

from connections.kit.codes import Code, Outcome
from connections.kit.values import Record
from connections.spec import Mapped, Refusal, Surroundings, SyncSpec
from objects.records.changes import ChangeOp, RecordChange, Stored
from objects.values import completed, index_text, missing, plain
from syncapp.sync import children, options, rounds, verdicts
from syncapp.sync.changes import Decision, Facts, Incoming, LinkFact, Reading, Verdict

Links = Mapping[str, LinkFact]


def usable_ids(records: Sequence[Record]) -> list[str]:
    """List the remote ids that links can be looked up by."""
    return [
        record.remote_id
        for record in records
        if record.remote_id and verdicts.of_id(record.remote_id) is None
    ]


def sift(
    spec: SyncSpec,
    records: Sequence[Record],
    links: Links,
    readings: Sequence[Reading] | None = None,
    around: Surroundings | None = None,
) -> tuple[list[Decision], list[Incoming]]:
    """Settle what the bytes alone tell, and map the rest.

    Args:
        spec: the published version, compiled.
        records: the page, in source order.
        links: remote id → link, for the usable ids of the page.
        readings: what `rounds.ahead` gave for each record, if somebody had the time.
        around: what formulas have beside the records, if there are any.

    Returns:
        Decisions for the records that are settled, and the others; together one per record.
    """
    last = {record.remote_id: index for index, record in enumerate(records)}
    settled: list[Decision] = []
    incoming: list[Incoming] = []
    fingerprint, hash_of, by_bytes = spec.fingerprint, xxhash.xxh3_128_hexdigest, spec.by_bytes
    for index, record in enumerate(records):
        remote_id = record.remote_id
        link = links.get(remote_id) if remote_id else None
        if link is None and (problem := verdicts.of_id(remote_id)):
            settled.append(_without_link(index, record, problem))
        elif last[remote_id] != index:
            settled.append(_superseded(index, record, link))
        else:
            digest = hash_of(fingerprint + record.raw)
            known = by_bytes and link is not None and link.digest == digest
            if link is not None and known and not record.deleted:
                settled.append(
                    Decision(
                        index,
                        record,
                        Outcome.UNCHANGED,
                        Code.SAME_SOURCE,
                        link,
                        record_id=link.record_id,
                    )
                )
            else:
                one = Incoming(index, record, digest, link, None, None)
                one.take(readings[index] if readings else rounds.read(spec, one, around))
                incoming.append(one)
    return settled, incoming


def decide(spec: SyncSpec, incoming: Sequence[Incoming], facts: Facts) -> list[Decision]:
    """Decide for each record that its bytes did not settle.

    Args:
        spec: the published version, compiled.
        incoming: mapped records of one page, in source order.
        facts: what is stored, read under the object's lock.

    Returns:
        One decision per record, in the same order. A change holds only fields that differ.
    """
    page = _Page(spec, facts, incoming)
    decisions = [page.decide(one) for one in incoming]
    if spec.children:
        children.decide(spec, decisions, incoming, facts)
    return decisions


class _Page:
    """The decisions of one page, which must fit together: one key, one record, one owner."""

    def __init__(self, spec: SyncSpec, facts: Facts, incoming: Sequence[Incoming]) -> None:
        self.spec = spec
        self.facts = facts
        self.last = {
            one.mapped.key: one.index
            for one in incoming
            if one.mapped is not None and one.verdict is None
        }
        self.own_key = spec.shape.key.name if spec.shape.key is not None else ""
        self.taken: set[int] = set()
        self.keys: set[str] = set()

    def decide(self, one: Incoming) -> Decision:
        """Decide for one record, knowing what was decided for those before it."""
        if one.record.deleted:
            return self._removed(one)
        mapped = one.mapped
        if one.verdict is not None or mapped is None:
            return self._refused(one, verdicts.outcome_of(one.verdict), one.verdict)
        if self.last[mapped.key] != one.index:
            decision = self._refused(one, Outcome.SKIPPED, None)
            decision.code = Code.SUPERSEDED
            return decision
        decision = self._open(one, mapped)
        existing = self._existing(decision, mapped)
        if decision.verdict is not None:
            return decision
        if existing is None or existing.deleted:
            return self._create(decision, mapped, existing)
        return self._update(decision, mapped, existing)

    def _open(self, one: Incoming, mapped: Mapped) -> Decision:
        return Decision(
            one.index,
            one.record,
            Outcome.UNCHANGED,
            Code.SAME_VALUES,
            one.link,
            key=mapped.record_key or mapped.key,
            record_id=one.record_id,
            digest=one.digest,
            linked=True,
        )

    def _existing(self, decision: Decision, mapped: Mapped) -> Stored | None:
        """Find our record: by link, by a sibling pair's link, by key; or set a conflict."""
        facts = self.facts
        if decision.record_id is not None and (known := facts.by_id.get(decision.record_id)):
            return known
        decision.record_id = None
        existing = self._unlinked(decision.record.remote_id or "", mapped)
        if existing is None:
            return None
        link, holder = decision.link, facts.holders.get(existing.id)
        if existing.id in self.taken:
            _conflict(decision, verdicts.claimed_twice(mapped.key))
        elif holder is None or (link is not None and holder.id == link.id):
            pass
        elif holder.remote_id is None:
            decision.half = holder.id
        elif holder.dead:
            decision.former = holder.id
        else:
            _conflict(decision, verdicts.linked_elsewhere(mapped.key, holder.remote_id))
        if decision.verdict is None:
            self.taken.add(existing.id)
            decision.record_id = existing.id
        return existing

    def _unlinked(self, remote_id: str, mapped: Mapped) -> Stored | None:
        spec, facts = self.spec, self.facts
        record_id = facts.siblings.get(remote_id)
        if record_id is None and not spec.matched_by_key:
            record_id = next(iter(facts.matches.get(match_text(spec, mapped), ())), None)
        if record_id is not None and (found := facts.by_id.get(record_id)):
            return found
        found = facts.by_key.get(mapped.record_key)
        # Found by another field than the one that matches, a live record is somebody else.
        return found if spec.matched_by_key or found is None or found.deleted else None

    def _create(self, decision: Decision, mapped: Mapped, existing: Stored | None) -> Decision:
        values, refusal = options.counting(self.spec.plan, mapped, None)
        key, shape = self._own_key(mapped, values), self.spec.shape
        if verdict := self._key_problem(key, existing):
            return _stop(decision, verdict)
        if not self.spec.allow_create:
            decision.outcome, decision.code = Outcome.SKIPPED, Code.CREATE_OFF
            return decision
        if refusal is not None:
            return _refuse(decision, refusal)
        if existing is not None and self.spec.plan.numbered:
            values = {**self._numbers(existing), **values}
        if absent := missing(shape, values):
            return _stop(decision, verdicts.absent(absent[0]))
        self.keys.add(key)
        values = completed(shape, values) if shape.defaults else values
        decision.outcome = Outcome.CREATED
        if existing is None:
            decision.code = Code.NEW
            decision.change = RecordChange(ChangeOp.CREATE, key, values)
        else:
            decision.code = Code.RESURRECTED
            renamed = key if key != existing.key else None
            decision.change = RecordChange(
                ChangeOp.RESURRECT, existing.key, values, existing, renamed
            )
        return decision

    def _numbers(self, existing: Stored) -> dict[str, Any]:
        """Give the numbers that a deleted record had, for the one that comes back."""
        stored = existing.values
        return {
            name: stored[name]
            for name in self.spec.plan.numbered
            if stored.get(name) is not None
        }

    def _update(self, decision: Decision, mapped: Mapped, existing: Stored) -> Decision:
        plan = self.spec.plan
        values, refusal = options.counting(plan, mapped, existing.values)
        if refusal is not None:
            return _refuse(decision, refusal)
        patch, also = options.differing(plan, existing.values, values)
        key = "" if self.own_key in plan.volatile else self._own_key(mapped, values)
        renamed = key if key and key != existing.key else None
        matched = decision.link is None or decision.link.record_id != existing.id
        if renamed and (verdict := self._key_problem(renamed, existing)):
            return _stop(decision, verdict)
        if not patch and renamed is None:
            decision.code = Code.MATCHED if matched else Code.SAME_VALUES
            return decision
        if not self.spec.allow_update:
            decision.outcome, decision.code = Outcome.SKIPPED, Code.UPDATE_OFF
            return decision
        if renamed:
            self.keys.add(renamed)
        decision.outcome = Outcome.UPDATED
        decision.code = Code.MATCHED if matched else Code.CHANGED
        patch = {**patch, **also}
        decision.change = RecordChange(ChangeOp.UPDATE, existing.key, patch, existing, renamed)
        return decision

    def _own_key(self, mapped: Mapped, values: Mapping[str, Any]) -> str:
        """Give the key that the record is to have; "" if its mapping does not count."""
        return mapped.record_key if not self.own_key or self.own_key in values else ""

    def _key_problem(self, key: str, existing: Stored | None) -> Verdict | None:
        """Say why the record cannot have this key."""
        if not key:
            return verdicts.NO_KEY
        other = self.facts.by_key.get(key)
        if key in self.keys or (
            other is not None and (existing is None or other.id != existing.id)
        ):
            return verdicts.key_in_use(key)
        return None

    def _removed(self, one: Incoming) -> Decision:
        existing = self.facts.by_id.get(one.record_id or 0)
        decision = Decision(
            one.index,
            one.record,
            Outcome.SKIPPED,
            Code.REMOVED_THERE,
            one.link,
            key=existing.key if existing is not None else None,
            record_id=one.record_id,
            linked=one.link is not None,
            dead=True,
        )
        if self.spec.deletes != "delete" or one.record_id is None:
            return decision
        decision.code = Code.REMOVED
        if existing is None or existing.deleted:
            decision.outcome = Outcome.UNCHANGED
        else:
            decision.outcome = Outcome.DELETED
            decision.change = RecordChange(ChangeOp.DELETE, existing.key, {}, existing)
        return decision

    def _refused(self, one: Incoming, outcome: Outcome, verdict: Verdict | None) -> Decision:
        existing = self.facts.by_id.get(one.record_id or 0)
        return Decision(
            one.index,
            one.record,
            outcome,
            verdict.code if verdict is not None else Code.UNDECODABLE,
            one.link,
            key=_known_key(self.spec, one.mapped) or (existing.key if existing else None),
            record_id=one.record_id,
            linked=True,
            verdict=verdict,
        )


def match_text(spec: SyncSpec, mapped: Mapped) -> str:
    """Spell the primary key field's value the way the store's index holds it."""
    return index_text(spec.primary_key, mapped.values.get(spec.primary_key.name)) or ""


def _known_key(spec: SyncSpec, mapped: Mapped | None) -> str | None:
    """Give the key of a record whose mapping may have ended early."""
    if mapped is None:
        return None
    if mapped.record_key or mapped.key:
        return mapped.record_key or mapped.key
    key = spec.shape.key or spec.primary_key
    value = mapped.values.get(key.name)
    return plain(value) if value is not None else None


def _without_link(index: int, record: Record, verdict: Verdict) -> Decision:
    return Decision(index, record, Outcome.REJECTED, verdict.code, verdict=verdict)


def _superseded(index: int, record: Record, link: LinkFact | None) -> Decision:
    return Decision(
        index,
        record,
        Outcome.SKIPPED,
        Code.SUPERSEDED,
        link,
        record_id=link.record_id if link is not None else None,
    )


def _refuse(decision: Decision, refusal: Refusal) -> Decision:
    verdict = verdicts.of_mapping(refusal)
    decision.reject(verdict)
    decision.outcome = verdicts.outcome_of(verdict)
    return decision


def _stop(decision: Decision, verdict: Verdict) -> Decision:
    if verdict.code is Code.KEY_LINKED_ELSEWHERE:
        _conflict(decision, verdict)
    else:
        decision.reject(verdict)
    return decision


def _conflict(decision: Decision, verdict: Verdict) -> None:
    decision.reject(verdict)
    decision.outcome = Outcome.CONFLICT
