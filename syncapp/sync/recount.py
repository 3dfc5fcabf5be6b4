"""How many stored records an outbound draft would send otherwise: counted, not estimated.

The source records of an outbound connection are stored here, so each is mapped by the version that
runs and by the draft. Many records take many requests: each counts for some seconds, and says
where the next goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from time import monotonic
from typing import Any, Final

import connections.services
from connections import sides
from connections.compile import compile_version
from connections.kit.values import Record
from connections.lookups import Answers, foreseen, load_maps
from connections.models import Connection
from connections.spec import Surroundings, SyncSpec
from formulas.language.context import Context
from objects.records import read
from objects.records.changes import Listed
from syncapp.sync import rounds, specs
from syncapp.sync.changes import Incoming, Reading
from synclogs.models import SyncLog

SECONDS: Final = 1.5
"""How long one request counts."""

_PAGE: Final = 500

Reader = Callable[[Sequence[Listed]], Sequence[Reading]]


@dataclass(frozen=True, slots=True)
class Count:
    """What is known so far.

    Attributes:
        tried: stored records that were looked at.
        changed: those that are sent now and would be sent with other values.
        added: those that would be sent only from then on.
        dropped: those that would be sent no longer.
        after: key of the last record that was looked at; None once all were.
    """

    tried: int = 0
    changed: int = 0
    added: int = 0
    dropped: int = 0
    after: str | None = ""


def go_on(
    connection: Connection, count: Count, *, now: datetime, seconds: float = SECONDS
) -> Count:
    """Count on from where a count stands, inside the tenant's door.

    Raises:
        Invalid: the draft has gaps; `fields` lists them.
        Refused: draft or version does not fit the entity.
    """
    new = _reader(connection, specs.draft_of(connection), now)
    assert connection.object_id is not None  # a draft without object has gaps
    live = connection.live_version
    old = _reader(connection, live.spec, now) if live is not None else _nothing
    ends_at = monotonic() + seconds
    while count.after is not None and monotonic() < ends_at:
        wanted = read.Wanted(after=count.after or None)
        records = read.page(connection.object_id, wanted, _PAGE)
        count = _counted(count, old(records), new(records))
        full = len(records) == _PAGE
        count = replace(count, after=records[-1].key if full else None)
    return count


def _counted(count: Count, old: Sequence[Reading], new: Sequence[Reading]) -> Count:
    pairs = [(_sent(before), _sent(after)) for before, after in zip(old, new, strict=True)]
    return Count(
        count.tried + len(pairs),
        count.changed + sum(None not in (a, b) and a != b for a, b in pairs),
        count.added + sum(a is None and b is not None for a, b in pairs),
        count.dropped + sum(a is not None and b is None for a, b in pairs),
    )


def _sent(reading: Reading) -> Any:
    """Give what would be sent; None if the record goes no further."""
    mapped = reading.mapped
    if mapped is None or reading.verdict is not None:
        return None
    children = {
        name: [(one.key, one.values) for one in made]
        for name, made in (mapped.children or {}).items()
    }
    return mapped.key, mapped.values, mapped.parts, children


def _reader(connection: Connection, document: dict[str, Any], now: datetime) -> Reader:
    shape = sides.target_shape(connection)
    assert shape is not None  # without it the draft has a gap
    version = specs.Draft(connection.tenant_id, connection.pk, document)
    spec = compile_version(version, shape, load_maps)
    run = SyncLog(
        tenant=connection.tenant, connection=connection, name=connection.name, queued_at=now
    )
    config = connections.services.config_for(spec.config_id)
    spec, context = specs.surrounded(run, spec, config)
    return lambda records: _mapped(spec, context, records)


def _mapped(spec: SyncSpec, context: Context, records: Sequence[Listed]) -> Sequence[Reading]:
    answers = Answers(spec.tenant_id, spec.maps, foreseen(spec.tenant_id))
    around = Surroundings.like(context, answers)
    incoming = [
        Incoming(number, Record.of(one.key, one.values), "", None, None, None)
        for number, one in enumerate(records)
    ]
    for one in incoming:
        one.take(rounds.read(spec, one, around))
    rounds.map_all(spec, incoming, around)
    return [Reading(one.mapped, one.verdict) for one in incoming]


def _nothing(records: Sequence[Listed]) -> Sequence[Reading]:
    """Send nothing: that is what a connection does that was never published."""
    return [Reading(None, None) for _ in records]
