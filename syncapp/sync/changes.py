"""The values that travel through a page: links, facts, decisions and their count."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from connections.kit.codes import OUTCOMES, Code, Outcome
from connections.kit.values import Record
from connections.spec import Mapped
from objects.records.changes import RecordChange, Stored
from objects.shape import ObjectShape

FINAL: Final = frozenset({Outcome.CREATED, Outcome.UPDATED, Outcome.UNCHANGED})
"""Outcomes after which the same source record needs no second look."""

TROUBLE: Final = frozenset({Outcome.REJECTED, Outcome.CONFLICT})
"""Outcomes that stay open until a later run settles them."""


class LinkFact(NamedTuple):
    """A link as the page found it.

    Attributes:
        record_id: our record, or None while only the other side was seen.
        remote_id: their record, or None while only ours was seen.
        digest: hash of the source record that was settled last; None forces a second look.
        outcome: number of the last outcome inbound, None if there was none.
        dead: the source record was deleted.
        vector: hashes of what the source record held when it was synced last, of the fields
            that conditions watch.
    """

    id: int
    record_id: int | None
    remote_id: str | None
    digest: str | None
    outcome: int | None
    dead: bool
    vector: bytes | None = None


class Verdict(NamedTuple):
    """Why a step let a record go no further.

    Attributes:
        step: read, condition, map, match or write.
        field: the target field concerned, or "".
        message: one sentence for the tenant.
        condition: uuid of the condition concerned, or "".
    """

    step: str
    code: Code
    field: str
    message: str
    condition: str = ""


class Reading(NamedTuple):
    """What the mappings made of a record.

    Attributes:
        mapped: its values; None for a tombstone or an unreadable record.
        verdict: what is wrong with it already.
        waits: its formulas ask for something that is still to be fetched.
    """

    mapped: Mapped | None
    verdict: Verdict | None
    waits: bool = False


@dataclass(slots=True)
class Incoming:
    """A record of the page that its bytes alone did not settle.

    Attributes:
        index: its place in the page.
        digest: hash of program and source record.
        mapped, verdict, waits: its reading.
    """

    index: int
    record: Record
    digest: str
    link: LinkFact | None
    mapped: Mapped | None
    verdict: Verdict | None
    waits: bool = False

    def take(self, reading: Reading) -> None:
        """Take over what was read."""
        self.mapped, self.verdict, self.waits = reading

    @property
    def record_id(self) -> int | None:
        """Our record, as far as the link knows it."""
        return self.link.record_id if self.link is not None else None


class Family(NamedTuple):
    """What is stored of one child object, for the records of a page.

    Attributes:
        by_key: its records, live and deleted.
        by_parent: the live ones, by the id of the record that they belong to.
    """

    by_key: Mapping[str, Stored] = {}
    by_parent: Mapping[int, Sequence[Stored]] = {}


class ChildChange(NamedTuple):
    """What to write of a child record; whose child it is, is the decision's record."""

    shape: ObjectShape
    change: RecordChange


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about the records of a page, read in sets before anything is decided.

    Attributes:
        by_id: stored records, live and deleted.
        by_key: the same by key.
        matches: text of the primary key field → record ids, where that field is not the key.
        siblings: remote id → record id, from other pairs of the same entity and object.
        holders: record id → the link of this pair that holds the record.
        children: type of a child object → what is stored of it.
    """

    by_id: Mapping[int, Stored] = field(default_factory=dict)
    by_key: Mapping[str, Stored] = field(default_factory=dict)
    matches: Mapping[str, list[int]] = field(default_factory=dict)
    siblings: Mapping[str, int] = field(default_factory=dict)
    holders: Mapping[int, LinkFact] = field(default_factory=dict)
    children: Mapping[str, Family] = field(default_factory=dict)


@dataclass(slots=True)
class Decision:
    """What becomes of one record, and why.

    Attributes:
        index: its place in the page.
        link: the link that was found, if any.
        key: the record's key, as far as it is known.
        record_id: our record; for a new one known after writing.
        change: what to write into the record store, or None.
        children: the same for its child records.
        digest: kept with the link if the outcome is final.
        linked: the link is to be written; False where it is right already or cannot be.
        dead: the link's source record is deleted.
        verdict: why it failed or was left out, for those that did not pass all steps.
        half: a link of this pair that knew only our record; it takes over `link`.
        former: a link whose deleted source record gave our record up to this one.
        seq: position of the change in the object's numbering, known after writing.
    """

    index: int
    record: Record
    outcome: Outcome
    code: Code
    link: LinkFact | None = None
    key: str | None = None
    record_id: int | None = None
    change: RecordChange | None = None
    digest: str | None = None
    linked: bool = False
    dead: bool = False
    verdict: Verdict | None = None
    half: int | None = None
    former: int | None = None
    seq: int | None = None
    children: Sequence[ChildChange] = ()

    @property
    def writes(self) -> bool:
        """Whether there is anything to write for it."""
        return self.change is not None or bool(self.children)

    def reject(self, verdict: Verdict) -> None:
        """Turn it into a rejection: nothing will be written for this record."""
        self.outcome, self.code, self.verdict = Outcome.REJECTED, verdict.code, verdict
        self.change = self.half = self.former = None
        self.children = ()
        self.record_id = self.link.record_id if self.link is not None else None


@dataclass(slots=True)
class Tally:
    """How many records came to which outcome; they always add up to those read."""

    counts: list[int] = field(default_factory=lambda: [0] * len(OUTCOMES))

    @classmethod
    def of(cls, decisions: Iterable[Decision]) -> Tally:
        """Count decisions."""
        tally = cls()
        counts, numbers = tally.counts, _NUMBERS
        for decision in decisions:
            counts[numbers[decision.outcome]] += 1
        return tally

    @property
    def read(self) -> int:
        """All of them."""
        return sum(self.counts)

    def by_name(self) -> dict[str, int]:
        """Outcome → number."""
        return dict(zip((str(outcome) for outcome in OUTCOMES), self.counts, strict=True))


_NUMBERS: Final[dict[Any, int]] = {outcome: outcome.number for outcome in OUTCOMES}
