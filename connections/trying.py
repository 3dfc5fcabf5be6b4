"""Tries a formula out: what it gives on one record, part by part, and on many.

What is tried changes nothing: no record, no sequence, no inbox.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final

from connections.answering import Asked
from connections.samples import Sampled
from formulas.language import FormulaError, Missing, Program, compile_formula, values
from formulas.language.compiler import Step
from formulas.language.context import Context
from formulas.language.program import Explanation
from syncapp import canonical

SECONDS: Final = 5.0
"""How long the records of one test may take together."""

_SHOWN: Final = 2_000  # characters of a value that is shown to a person
_PART: Final = 10_000  # size of a part's value that is still given whole


@dataclass(frozen=True, slots=True)
class Failed:
    """A record on which the formula has no value."""

    sampled: Sampled
    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the records of a test.

    Attributes:
        ok: how many gave a value.
        null: how many gave null.
        failed: those that gave none, in order.
        left: how many were not tried, because time was over.
        error: why the formula cannot be tried at all, or None.
    """

    ok: int = 0
    null: int = 0
    failed: Sequence[Failed] = ()
    left: int = 0
    error: FormulaError | None = None

    @property
    def tried(self) -> int:
        """How many records were tried."""
        return self.ok + self.null + len(self.failed)


def answer(
    text: str,
    record: Mapping[str, Any],
    asked: Asked,
    *,
    explain: bool = False,
) -> dict[str, Any]:
    """Evaluate a formula on a record, and tell all about it as JSON has it.

    A formula that is wrong is an answer, too: `error` says why and where. Places count
    characters from the start of the formula.
    """
    try:
        program = compile_formula(text)
    except FormulaError as problem:
        told = {**_answer(text, None, problem), "fields": [], "lookups": []}
        return told | {"steps": []} if explain else told
    found = _explained(program, record, asked)
    told = {
        **_answer(text, found.value, found.error),
        "fields": [{"name": use.name, **_place(use.span)} for use in program.field_uses],
        "lookups": [_lookup(use) for use in program.lookups],
    }
    return told | {"steps": [_step(step, text) for step in found.steps]} if explain else told


def tally(
    text: str,
    samples: Sequence[Sampled],
    asked: Asked,
    *,
    seconds: float = SECONDS,
) -> Tally:
    """Evaluate a formula on many records; lookups of all of them are fetched together."""
    try:
        program = compile_formula(text)
    except FormulaError as error:
        return Tally(error=error)
    ends_at = perf_counter() + seconds
    results: dict[int, Any] = {}
    waiting = list(range(len(samples)))
    while waiting and perf_counter() <= ends_at:
        behind = []
        for number in waiting:
            if perf_counter() > ends_at:
                break
            try:
                asked.turn_to(number, samples[number].label)
                results[number] = _outcome(program, samples[number], asked.context)
            except Missing:
                behind.append(number)
        if behind:
            asked.fetch()
        waiting = behind
    return _counted(results, samples)


def shown(value: Any) -> str:
    """Write a value for people: text as it is, everything else as JSON; shortened."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    written = canonical.text(value) if isinstance(value, list | Mapping) else values.text(value)
    return written if len(written) <= _SHOWN else f"{written[:_SHOWN]}…"


def _explained(program: Program, record: Mapping[str, Any], asked: Asked) -> Explanation:
    """Repeat until no lookup is without an answer; each round knows more than the last."""
    while True:
        try:
            return program.explain(record, asked.context)
        except Missing:
            asked.fetch()


def _outcome(program: Program, sampled: Sampled, context: Context) -> Any:
    try:
        return program.evaluate(sampled.record, context)
    except FormulaError as error:
        return Failed(sampled, error.kind, error.message)


def _counted(results: Mapping[int, Any], samples: Sequence[Sampled]) -> Tally:
    found = [results[number] for number in sorted(results)]
    failed = [one for one in found if isinstance(one, Failed)]
    null = sum(one is None for one in found)
    ok = len(found) - null - len(failed)
    return Tally(ok, null, failed, len(samples) - len(found))


def _answer(text: str, value: Any, error: FormulaError | None) -> dict[str, Any]:
    return {
        "value": value,
        "kind": None if error else values.kind(value),
        "shown": "" if error else shown(value),
        "error": error and _error(text, error),
    }


def _error(text: str, error: FormulaError) -> dict[str, Any]:
    start = error.position
    end = error.span.end if error.span else len(text)
    return {
        "kind": error.kind,
        "message": error.message,
        "line": error.line,
        "column": error.column,
        "start": start,
        "end": end,
        "suggestion": error.suggestion,
        "caret": error.caret(),
    }


def _place(span: tuple[int, int]) -> dict[str, int]:
    return {"start": span[0], "end": span[1]}


def _lookup(use: Any) -> dict[str, Any]:
    names = {name: getattr(use, name) for name in ("function", "object", "field", "returns")}
    return {**names, **_place(use.span)}


def _step(step: Step, text: str) -> dict[str, Any]:
    """Describe a part; of a large value only the beginning, else an answer has no bounds."""
    error, value = step.error, None
    try:
        value = None if error else values.result(step.value)
    except FormulaError as problem:
        error = problem.message
    whole = _size(value, _PART) <= _PART
    return {
        **_place(step.span),
        "text": text[slice(*step.span)],
        "value": value if whole else None,
        "kind": None if error else values.kind(value),
        "shown": "" if error else shown(value) if whole else f"large {values.kind(value)}",
        "error": error,
    }


def _size(value: Any, bound: int) -> int:
    """Weigh a value, no further than to the bound: elements and characters."""
    if isinstance(value, str):
        return len(value)
    if not isinstance(value, list | Mapping):
        return 1
    weight = len(value)
    for item in value.values() if isinstance(value, Mapping) else value:
        if weight > bound:
            break
        weight += _size(item, bound - weight)
    return weight
