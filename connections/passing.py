"""How many sample records pass conditions, and of each row the first record that it stops."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Final, NamedTuple

from connections.answering import Asked
from connections.conditions import Tester, compile_conditions
from connections.document import Conditions
from connections.sampled import Sampled
from connections.spec import Failed, Surroundings
from formulas.language import Missing

SECONDS: Final = 2.0
"""How long the records of one count may take together."""


class Stopped(NamedTuple):
    """A record that a condition stops: which one, its place among the samples, and why."""

    label: str
    sentence: str
    place: int


@dataclass(frozen=True, slots=True)
class Passing:
    """What became of the samples.

    Attributes:
        n: how many pass.
        of: how many were tried.
        first_failing: uuid of a condition → the first record that stops at it.
        stopped: places of all that do not pass.
        left: how many were not tried, because time was over.
    """

    n: int
    of: int
    first_failing: Mapping[str, Stopped]
    stopped: Sequence[int] = ()
    left: int = 0


def passing(
    conditions: Conditions,
    samples: Sequence[Sampled],
    asked: Asked,
    *,
    hidden: Collection[str] = (),
    seconds: float = SECONDS,
) -> Passing:
    """Test samples, inside the tenant's door; what they look up is fetched together.

    All count as records that were never synced, so any field of theirs has changed.

    Args:
        conditions: of a draft; `condition_gaps.problems` should find nothing in them.
        samples: source records.
        asked: time, facts and answers.
        hidden: top-level source fields whose values must not be seen.
        seconds: when to stop.

    Raises:
        FormulaError: a path, pattern or formula that cannot be used.
    """
    test = compile_conditions(conditions, hidden=hidden)
    if test is None:
        return Passing(len(samples), len(samples), {})
    ends_at = perf_counter() + seconds
    found: dict[int, Failed | None] = {}
    waiting = list(range(len(samples)))
    while waiting and perf_counter() <= ends_at:
        behind = _round(test, samples, waiting, asked, found, ends_at)
        if behind:
            asked.fetch()
        waiting = behind
    return _counted(found, samples)


def _round(
    test: Tester,
    samples: Sequence[Sampled],
    places: Sequence[int],
    asked: Asked,
    found: dict[int, Failed | None],
    ends_at: float,
) -> list[int]:
    """Test some; give those that wait for an answer."""
    behind = []
    for place in places:
        if perf_counter() > ends_at:
            break
        asked.turn_to(place, samples[place].label)
        around = Surroundings(asked.context, remote_id=samples[place].label)
        try:
            found[place] = test(samples[place].record, around)
        except Missing:
            behind.append(place)
    return behind


def _counted(found: Mapping[int, Failed | None], samples: Sequence[Sampled]) -> Passing:
    first: dict[str, Stopped] = {}
    stopped = []
    for place, failed in sorted(found.items(), key=lambda pair: pair[0]):
        if failed is not None:
            stopped.append(place)
            one = Stopped(samples[place].label, failed.sentence, place)
            first.setdefault(failed.uuid, one)
    left = len(samples) - len(found)
    return Passing(len(found) - len(stopped), len(found), first, stopped, left)
