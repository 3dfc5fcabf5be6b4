"""Decodes, tests and maps the records of a page, in rounds while formulas wait for an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from connections.kit.values import Page, Record
from connections.spec import Surroundings, SyncSpec
from formulas.language import Missing
from formulas.language.context import Context
from syncapp.sync import verdicts
from syncapp.sync.changes import Incoming, Reading

_NOTHING: Final = Reading(None, None)
_WAITS: Final = Reading(None, None, waits=True)


def ahead(spec: SyncSpec, page: Page, context: Context) -> list[Reading]:
    """Read a whole page before its links are known: nothing may look anything up."""
    if not spec.surrounded:
        return [_read(spec, record, None, None) for record in page.records]
    around, readings = Surroundings.like(context), []
    for place, record in enumerate(page.records):
        around.turn_to(place, record.remote_id, linked=False)
        readings.append(_read(spec, record, around, None))
    return readings


def read(spec: SyncSpec, one: Incoming, around: Surroundings | None) -> Reading:
    """Read one record; whatever goes wrong stays with this record."""
    if around is not None:
        linked = one.record_id is not None
        around.turn_to(one.index, one.record.remote_id, linked=linked)
    before = one.link.vector if one.link is not None else None
    return _read(spec, one.record, around, before)


def map_all(spec: SyncSpec, incoming: Sequence[Incoming], around: Surroundings) -> None:
    """Fetch answers and map those that waited for them, until none waits.

    It takes as many rounds as lookups are nested: each formula asks all that it can before.
    """
    waiting = [one for one in incoming if one.waits]
    while waiting and around.answers is not None:
        around.answers.fetch()
        for one in waiting:
            one.take(read(spec, one, around))
        waiting = [one for one in waiting if one.waits]


def _read(
    spec: SyncSpec, record: Record, around: Surroundings | None, before: bytes | None
) -> Reading:
    if record.deleted:
        return _NOTHING
    try:
        values = record.values
    except Exception as error:  # noqa: BLE001  the record is the unit of failure
        return Reading(None, verdicts.unreadable(error))
    try:
        return _tested(spec, values, around, before)
    except Missing:
        return _WAITS
    except Exception as error:  # noqa: BLE001  as above; the mapping itself refuses, not raises
        return Reading(None, verdicts.unmappable(error))


def _tested(
    spec: SyncSpec,
    values: Mapping[str, Any],
    around: Surroundings | None,
    before: bytes | None,
) -> Reading:
    """Map a record that passes the conditions."""
    if spec.test is not None and (failed := spec.test(values, around, before)):
        return Reading(None, verdicts.of_condition(failed))
    mapped = spec.map(values, around)
    if mapped.refusal is not None:
        return Reading(mapped, verdicts.of_mapping(mapped.refusal))
    return Reading(mapped, None)
