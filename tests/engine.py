"""The engine without a database: a spec to follow, and a record store in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from connections.compile import compile_version
from connections.kit.codes import Outcome
from connections.kit.values import Page, Record
from connections.spec import SyncSpec
from formulas.language import Missing, Wanted
from formulas.language.context import Context
from objects.records.changes import ChangeOp, RecordChange, Stored, Written
from objects.shape import FieldShape, ObjectShape
from objects.values import index_text
from syncapp.sync import pipeline, watching, writing
from syncapp.sync.changes import FINAL, Decision, Family, LinkFact, Tally
from syncapp.sync.pipeline import Settled

FIELDS = (
    FieldShape(1, "number", "Number", required=True, is_key=True),
    FieldShape(2, "name", "Name", required=True, max_length=40),
    FieldShape(3, "city", "City"),
    FieldShape(4, "price", "Price", "decimal"),
    FieldShape(5, "vat", "VAT id", is_unique=True),
    FieldShape(6, "tags", "Tags", "list"),
    FieldShape(7, "active", "Active", "boolean"),
)
SHAPE = ObjectShape(7, 1, "customer", "Customers", FIELDS, FIELDS[0])
ROWS = [
    {"target": one.name, "kind": "field", "source": one.name, "value": None} for one in FIELDS
]


@dataclass
class Version:
    """A document in the form of a published version."""

    spec: Mapping[str, Any]
    pk: int = 5
    tenant_id: int = 1
    connection_id: int = 3


def make_spec(
    *,
    shape: ObjectShape = SHAPE,
    shapes: Mapping[str, ObjectShape] | None = None,
    **options: Any,
) -> SyncSpec:
    """Every field of the object copied from the source field of the same name."""
    document = {
        "direction": "inbound",
        "system_type": "sandbox",
        "config_id": 11,
        "account_id": 12,
        "pair_id": 13,
        "entity": "customers",
        "object_id": shape.id,
        "primary_key": "number",
        "query_filter": "",
        "page_size": 100,
        "allow_create": True,
        "allow_update": True,
        "deletes": "ignore",
        "log_all": True,
        "keep_days": 60,
        "rows": ROWS,
        **options,
    }
    return compile_version(Version(document), shape, load_shapes=lambda _tenant: shapes or {})


def source(number: str | None = "1", *, remote_id: str | None = "", **values: Any) -> Record:
    """A source record; its id is its number unless another is given."""
    complete = {"number": number, "name": f"Customer {number}", **values}
    return Record.of(number if remote_id == "" else remote_id, complete)


def tombstone(remote_id: str) -> Record:
    """A source record that was deleted."""
    return Record(remote_id, b"{}", deleted=True)


class Neighbours:
    """Answers lookups after they were fetched: what a text is looked up to, and numbers."""

    def __init__(self) -> None:
        self.record = 0
        self.found: dict[str, Any] = {}
        self.next = 1
        self.rounds: list[int] = []
        self._asked: set[Wanted | tuple[int, str]] = set()
        self._told: dict[Wanted | tuple[int, str], Any] = {}

    def turn_page(self) -> None:
        self._told = {}

    def answer(self, wanted: Wanted) -> Any:
        question = (self.record, wanted.object) if wanted.what == "sequence" else wanted
        if question not in self._told:
            self._asked.add(question)
            raise Missing(wanted)
        return self._told[question]

    def fetch(self) -> None:
        assert self._asked
        self.rounds.append(len(self._asked))
        for question in sorted(self._asked, key=str):
            if isinstance(question, Wanted):
                self._told[question] = self.found.get(question.key)
            else:
                self._told[question] = self.next
                self.next += 1
        self._asked = set()


@dataclass
class Memory:
    """A record store, its links and its log; writes a page as a whole or not at all."""

    spec: SyncSpec
    records: dict[int, Stored] = field(default_factory=dict)
    children: dict[str, dict[int, Stored]] = field(default_factory=dict)
    known: dict[int, LinkFact] = field(default_factory=dict)
    sibling_links: dict[str, int] = field(default_factory=dict)
    remembers: bool = True
    log: list[Decision] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    pages: list[Settled] = field(default_factory=list)
    poison: frozenset[str] = frozenset()
    locks: int = 0
    sets: int = 0
    asked: list[str] = field(default_factory=list)
    answers: Neighbours = field(default_factory=Neighbours)
    context: Context | None = None
    _seq: int = 0
    _open: bool = False

    def run(self, *records: Record, size: int | None = None) -> list[Decision]:
        """Run over these records, page by page; give what became of them."""
        size = size or max(len(records), 1)
        parts = [records[at : at + size] for at in range(0, len(records), size)] or [()]
        pages = [
            Page(part, {"at": number}, complete=number == len(parts))
            for number, part in enumerate(parts, 1)
        ]
        before = len(self.log)
        end = pipeline.run(
            iter(pages), self.spec, self, should_stop=lambda: False, context=self.context
        )
        assert end is pipeline.End.COMPLETE
        return self.log[before:]

    def outcomes(self, *records: Record) -> list[tuple[str, str]]:
        """Run over these records; give outcome and code of each."""
        return [(str(one.outcome), str(one.code)) for one in self.run(*records)]

    def values(self) -> dict[str, dict[str, Any]]:
        """Give the live records by key."""
        return {one.key: one.values for one in self.records.values() if not one.deleted}

    def add(self, key: str, **values: Any) -> Stored:
        """Put a record there, as a person would."""
        self._seq += 1
        stored = Stored(self._seq, key, self._seq, 1, False, {"number": key, **values})
        self.records[stored.id] = stored
        return stored

    def link(self, remote_id: str | None, record_id: int | None, **facts: Any) -> LinkFact:
        """Put a link there."""
        self._seq += 1
        facts = {"digest": None, "outcome": None, "dead": False, **facts}
        link = LinkFact(self._seq, record_id, remote_id, **facts)
        self.known[link.id] = link
        return link

    @contextmanager
    def page(self) -> Iterator[None]:
        children = {name: dict(ones) for name, ones in self.children.items()}
        before = dict(self.records), children, dict(self.known), self._seq
        self._open = True
        self.answers.turn_page()
        try:
            yield
        except BaseException:
            self.records, self.children, self.known, self._seq = before
            raise
        finally:
            self._open = False

    def links(self, remote_ids: Collection[str]) -> Mapping[str, LinkFact]:
        self._ask("links")
        found = (link for link in self.known.values() if link.remote_id in set(remote_ids))
        return {link.remote_id: link for link in found if link.remote_id is not None}

    def lock(self) -> None:
        self._ask("lock")
        self.locks += 1

    def by_ids(self, ids: Collection[int]) -> Mapping[int, Stored]:
        self._ask("by_ids")
        return {number: self.records[number] for number in ids if number in self.records}

    def by_keys(self, keys: Collection[str]) -> Mapping[str, Stored]:
        self._ask("by_keys")
        return {one.key: one for one in self.records.values() if one.key in keys}

    def matches(self, texts: Collection[str]) -> Mapping[str, list[int]]:
        self._ask("matches")
        found: dict[str, list[int]] = {}
        for one in self.records.values():
            text = index_text(self.spec.primary_key, one.values.get(self.spec.primary_key.name))
            if text is not None and text in texts and not one.deleted:
                found.setdefault(text, []).append(one.id)
        return found

    def siblings(self, remote_ids: Collection[str]) -> Mapping[str, int]:
        self._ask("siblings")
        return {
            name: self.sibling_links[name] for name in remote_ids & self.sibling_links.keys()
        }

    def holders(self, record_ids: Collection[int]) -> Mapping[int, LinkFact]:
        self._ask("holders")
        return {
            link.record_id: link
            for link in self.known.values()
            if link.record_id is not None and link.record_id in record_ids
        }

    def family(
        self, child: ObjectShape, keys: Collection[str], parents: Collection[int]
    ) -> Family:
        self._ask(f"family {child.type}")
        records = self._of(child).values()
        by_parent: dict[int, list[Stored]] = {}
        for one in records:
            if one.parent_id in parents and one.parent_id is not None and not one.deleted:
                by_parent.setdefault(one.parent_id, []).append(one)
        return Family({one.key: one for one in records if one.key in keys}, by_parent)

    def write(self, decisions: Sequence[Decision], *, halving: bool) -> None:
        changing = writing.refuse_clashes(self.spec, decisions, self._clashes)
        writing.apply(changing, self._attempt, halving=halving)

    def keep(self, settled: Settled) -> None:
        assert self._open
        self.pages.append(settled)
        for decision in settled.decisions:
            self._link(decision)
        self.log += settled.decisions
        self.tally.counts = [
            a + b for a, b in zip(self.tally.counts, settled.tally.counts, strict=True)
        ]

    def _ask(self, question: str) -> None:
        assert self._open
        self.asked.append(question)

    def _clashes(
        self, shape: ObjectShape, changes: Sequence[RecordChange]
    ) -> dict[int, FieldShape]:
        forbidden = {}
        records = self._of(shape)
        owners = {
            (one.name, record.values.get(one.name)): record.id
            for one in shape.unique
            for record in records.values()
            if not record.deleted
        }
        for number, change in enumerate(changes):
            own: Any = change.existing.id if change.existing else f"new {number}"
            for one in shape.unique:
                value = change.values.get(one.name)
                if value is not None and owners.setdefault((one.name, value), own) != own:
                    forbidden[number] = one
        return forbidden

    def _attempt(self, decisions: Sequence[Decision]) -> None:
        self.sets += 1
        before = dict(self.records), {name: dict(ones) for name, ones in self.children.items()}
        try:
            writing.write(self.spec, decisions, self._write)
        except writing.SetRefused:
            self.records, self.children = before
            raise

    def _write(self, shape: ObjectShape, changes: Sequence[RecordChange]) -> list[Written]:
        if any(change.key in self.poison for change in changes):
            raise writing.SetRefused("poison")
        return [self._written(self._of(shape), change) for change in changes]

    def _of(self, shape: ObjectShape) -> dict[int, Stored]:
        own = shape.id == self.spec.shape.id
        return self.records if own else self.children.setdefault(shape.type, {})

    def _written(self, records: dict[int, Stored], change: RecordChange) -> Written:
        self._seq += 1
        old, key = change.existing, change.new_key or change.key
        taken = [one for one in records.values() if one.key == key]
        assert all(old is not None and one.id == old.id for one in taken), "key is taken"
        if old is None:
            new = Stored(
                self._seq, key, self._seq, 1, False, dict(change.values), change.parent_id
            )
        else:
            assert records[old.id] == old
            whole = change.op is ChangeOp.RESURRECT
            values = {**({} if whole else old.values), **change.values}
            deleted = change.op is ChangeOp.DELETE
            parent = change.parent_id or old.parent_id
            new = Stored(old.id, key, self._seq, old.rev + 1, deleted, values, parent)
        records[new.id] = new
        return Written(new.id, new.seq, new.rev)

    def _vector(self, one: Decision, old: LinkFact | None) -> bytes | None:
        vector = watching.remembered(self.spec, one)
        if vector is not None or one.outcome in FINAL:
            return vector
        return old.vector if old is not None else None

    def _link(self, one: Decision) -> None:
        if one.former is not None:
            self.known[one.former] = self.known[one.former]._replace(record_id=None)
        if one.half is not None:
            if one.link is not None:
                del self.known[one.link.id]
            self.known[one.half] = self.known[one.half]._replace(remote_id=one.record.remote_id)
        if not one.linked:
            return
        old = next(
            (link for link in self.known.values() if link.remote_id == one.record.remote_id),
            None,
        )
        self._seq += old is None
        link = LinkFact(
            old.id if old is not None else self._seq,
            one.record_id,
            one.record.remote_id,
            one.digest if one.outcome in FINAL else None,
            Outcome(one.outcome).number,
            one.dead,
            self._vector(one, old),
        )
        held = [
            other
            for other in self.known.values()
            if other.record_id is not None and other.record_id == link.record_id
        ]
        assert all(other.id == link.id for other in held), "two links hold one record"
        self.known[link.id] = link
