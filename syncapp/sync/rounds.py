"""Decodes and maps the records of a page, in rounds while formulas wait for what they look up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

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
    if not spec.programs:
        return [_read(spec, record, None) for record in page.records]
    around, readings = Surroundings.like(context), []
    for place, record in enumerate(page.records):
        around.turn_to(place, record.remote_id, linked=False)
        readings.append(_read(spec, record, around))
    return readings


def read(spec: SyncSpec, one: Incoming, around: Surroundings | None) -> Reading:
    """Read one record; whatever goes wrong stays with this record."""
    if around is not None:
        linked = one.record_id is not None
        around.turn_to(one.index, one.record.remote_id, linked=linked)
    return _read(spec, one.record, around)


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


def _read(spec: SyncSpec, record: Record, around: Surroundings | None) -> Reading:
    if record.deleted:
        return _NOTHING
    try:
        values = record.values
    except Exception as error:  # noqa: BLE001  the record is the unit of failure
        return Reading(None, verdicts.unreadable(error))
    try:
        mapped = spec.map(values, around)
    except Missing:
        return _WAITS
    except Exception as error:  # noqa: BLE001  as above; the mapping itself refuses, not raises
        return Reading(None, verdicts.unmappable(error))
    if mapped.refusal is not None:
        return Reading(mapped, verdicts.of_mapping(mapped.refusal))
    return Reading(mapped, None)
