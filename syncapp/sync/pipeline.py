"""The engine on one screen; it decides nothing and knows no database.

    for page in source.read(query)               1 read    in a thread, ahead of the rest
        with destination.page():                           proves the lease; one transaction
            diff.sift(records, links)            2 filter  bytes that are known are settled
            spec.test(record)                    3 test    conditions, on the source record
            spec.map(record)                     4 map     fields and constants, type by type
            diff.decide(incoming, facts)         5 diff    one decision per record
            destination.write(decisions)         6 write   in sets; on a dry run not at all
            destination.keep(settled)            7 log     links, record logs, page, counters

A record that does not pass the conditions is skipped, and not mapped; if it is linked already, our
record stays as it is. Formulas are inside of conditions and mappings; what they look up is fetched
for the whole page, and the records that waited for it are tested and mapped again, in rounds.
The record is the unit of failure and the page the unit of work: what happens to a record is an
outcome, what happens to a run is an exception, and a page is stored with all that was decided
about it or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import Enum
from time import perf_counter
from typing import Protocol

from connections.kit.values import Page
from connections.spec import Answers, Surroundings, SyncSpec
from formulas.language.context import Context
from syncapp.sync import diff, facts, rounds
from syncapp.sync.ahead import reading_ahead
from syncapp.sync.changes import Decision, LinkFact, Reading, Tally
from syncapp.sync.writing import SetRefused


class End(Enum):
    """Why the pages ended."""

    COMPLETE = "complete"
    PAUSED = "paused"
    CUT = "cut"  # the last page did not say that it was the last


@dataclass(frozen=True, slots=True)
class Settled:
    """One page with what became of it.

    Attributes:
        decisions: one per record of the page, in source order.
        ms: how long waiting for the page, mapping it, and deciding and writing it took.
    """

    page: Page
    decisions: Sequence[Decision]
    tally: Tally
    ms: tuple[int, int, int]


class Destination(facts.Lookups, Protocol):
    """Where decisions go: the record store of one connection, or nowhere on a dry run.

    Attributes:
        remembers: it has links, so that many records may be settled by their bytes.
    """

    remembers: bool

    def page(self) -> AbstractContextManager[None]:
        """Open what one page is written in; an error inside undoes all of it.

        Raises:
            Fenced: somebody else works on this run now.
        """

    def links(self, remote_ids: Collection[str]) -> Mapping[str, LinkFact]:
        """Find the links of this pair."""

    def lock(self) -> None:
        """Make other writers of the object wait until the page ends."""

    def write(self, decisions: Sequence[Decision], *, halving: bool) -> None:
        """Write the changes; see `writing.apply`."""

    @property
    def answers(self) -> Answers:
        """Who answers what the formulas of the page look up."""

    def keep(self, settled: Settled) -> None:
        """Store what became of the page, and where reading goes on after it."""


class Fenced(Exception):
    """Another worker holds the run's lease; nothing of this page was stored."""


@dataclass(slots=True)
class Outlook:
    """What the next pages will hold, judged by the last: mostly records that must be mapped?"""

    new: bool = False


@dataclass(frozen=True, slots=True)
class Prepared:
    """A page, with the readings of its records where they will probably be needed."""

    page: Page
    readings: Sequence[Reading] | None


def run(
    pages: Iterator[Page],
    spec: SyncSpec,
    destination: Destination,
    *,
    should_stop: Callable[[], bool],
    context: Context | None = None,
    leaving: Callable[[], None] = lambda: None,
    left: Callable[[], None] = lambda: None,
) -> End:
    """Settle page after page until nothing follows or somebody wants a pause.

    Args:
        pages: in source order, from where the run stands; read in a thread.
        spec: the version that the run follows.
        destination: where decisions go.
        should_stop: asked after each page.
        context: time and facts of the run, for formulas.
        leaving: called when no further page will be taken, before the thread is waited for.
        left: called in the thread at its end, to give back what belongs to the thread.

    Raises:
        RemoteError: the source cannot go on; all pages before are stored.
        Fenced: another worker took over; nothing more may be done.
    """
    context = context or Context()
    outlook = Outlook(not destination.remembers)
    with reading_ahead(_prepared(pages, spec, context, outlook), leave=left) as ahead:
        try:
            return _settle_all(ahead, spec, destination, context, outlook, should_stop)
        finally:
            leaving()


def _settle_all(
    ahead: Iterator[Prepared],
    spec: SyncSpec,
    destination: Destination,
    context: Context,
    outlook: Outlook,
    should_stop: Callable[[], bool],
) -> End:
    started = perf_counter()
    for prepared in ahead:
        waited = perf_counter() - started
        try:
            mapped = settle(prepared, spec, destination, context, waited=waited)
        except SetRefused:
            mapped = settle(prepared, spec, destination, context, waited=waited, halving=True)
        outlook.new = 2 * mapped > len(prepared.page.records)
        if prepared.page.complete:
            return End.COMPLETE
        if should_stop():
            return End.PAUSED
        started = perf_counter()
    return End.CUT


def _prepared(
    pages: Iterator[Page], spec: SyncSpec, context: Context, outlook: Outlook
) -> Iterator[Prepared]:
    """Map ahead, in the reading thread, while the database is busy with the page before.

    Formulas that look something up need the database themselves, so they wait for their page;
    so do conditions that ask what a record was when it was synced last.
    """
    for page in pages:
        if outlook.new and not spec.asks and not spec.watched:
            yield Prepared(page, rounds.ahead(spec, page, context))
        else:
            yield Prepared(page, None)


def settle(
    prepared: Prepared,
    spec: SyncSpec,
    destination: Destination,
    context: Context,
    *,
    waited: float = 0.0,
    halving: bool = False,
) -> int:
    """Settle one page in one transaction.

    Args:
        prepared: its records.
        spec: the version that the run follows.
        destination: where decisions go.
        context: time and facts of the run, for formulas.
        waited: seconds that the page took to come.
        halving: find the records that the store refuses.

    Returns:
        How many of its records had to be mapped.

    Raises:
        SetRefused: without `halving`, if the store refuses a change; nothing was stored.
    """
    page = prepared.page
    with destination.page():
        opened = perf_counter()
        links = destination.links(diff.usable_ids(page.records))
        around = Surroundings.like(context, destination.answers) if spec.surrounded else None
        decisions, incoming = diff.sift(spec, page.records, links, prepared.readings, around)
        if around is not None:
            rounds.map_all(spec, incoming, around)
        mapped = perf_counter()
        if incoming:
            destination.lock()
            decided = diff.decide(spec, incoming, facts.gather(spec, incoming, destination))
            destination.write(decided, halving=halving)
            decisions = _in_order(len(page.records), decisions, decided)
        ms = (_ms(waited), _ms(mapped - opened), _ms(perf_counter() - mapped))
        destination.keep(Settled(page, decisions, Tally.of(decisions), ms))
    return len(incoming)


def _in_order(
    n: int, settled: Sequence[Decision], decided: Sequence[Decision]
) -> list[Decision]:
    """Join both parts of a page; no record may be lost between them."""
    by_index = {decision.index: decision for part in (settled, decided) for decision in part}
    return [by_index[index] for index in range(n)]


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
