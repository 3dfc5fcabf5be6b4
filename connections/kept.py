"""Kept samples: a few source records of each connection, on which mappings and conditions are tried.

Kept are those whose ids have the smallest hashes. That is a fair sample of all records that were
seen, whatever their order, and the same ones stay in it; of each its latest form. Runs may ask the
other system for the mapped fields alone. Such a record is less worth than a whole one: it goes
behind all whole ones, and a whole one only gets the fields that were read.

What is kept are the values as mappings see them, so they are the same for all systems.
"""

from __future__ import annotations

import zlib
from base64 import b64encode
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any, Final

import xxhash
from django.db import connection as database

from connections import discovery
from connections.kit.values import Record
from connections.models import Connection, SourceSample
from connections.sampled import Sampled
from objects.shape import KEY_LIMIT
from objects.values import storable
from syncapp import canonical
from syncapp.errors import Refused
from syncapp.tenants import door

MOST: Final = 500
ENOUGH: Final = 100
"""With so many whole records a rehearsal need not bring others."""

_LARGEST: Final = 1_000_000  # bytes of a record that is kept
_PART: Final = 1 << 62
"""Added to the rank of a record that is not whole."""

_WRITE: Final = """
    WITH gone AS (
        DELETE FROM source_sample WHERE connection_id = %(connection)s
        AND remote_id IN (SELECT jsonb_array_elements_text(%(gone)s::jsonb))
    )
    INSERT INTO source_sample (tenant_id, connection_id, remote_id, rank, raw, at)
    SELECT %(tenant)s, owner.id, r.i, r.k, decode(r.b, 'base64'), %(now)s
    FROM jsonb_to_recordset(%(rows)s::jsonb) AS r(i text, k bigint, b text),
         (SELECT id FROM connection WHERE id = %(connection)s FOR KEY SHARE) AS owner
    ON CONFLICT (connection_id, remote_id) DO UPDATE SET
        rank = excluded.rank, raw = excluded.raw, at = excluded.at"""


def rank(remote_id: str) -> int:
    """Give a record its place in the order: a number that only its id decides."""
    return xxhash.xxh3_64_intdigest(remote_id.encode(errors="surrogatepass")) >> 2


class Keeper:
    """Keeps samples of one connection while its records pass by, inside the tenant's door.

    Attributes:
        filling: there was still room when it began, so that all records are of interest, those
            that have not changed too.
    """

    def __init__(
        self, tenant_id: int, connection_id: int, fields: Sequence[str] | None = None
    ) -> None:
        """Begin with what is kept already.

        Args:
            tenant_id: the tenant.
            connection_id: the connection.
            fields: top-level fields of the records that are offered, if they are not whole.
        """
        self._tenant_id, self._connection_id = tenant_id, connection_id
        self._fields = frozenset(fields) if fields else None
        rows = SourceSample.objects.filter(tenant_id=tenant_id, connection_id=connection_id)
        self._kept: dict[str, tuple[int, bytes]] = {
            remote_id: (place, bytes(raw))
            for remote_id, place, raw in rows.values_list("remote_id", "rank", "raw")
        }
        self._order = sorted((place, name) for name, (place, _) in self._kept.items())
        self._changed: dict[str, None] = {}
        self._gone: dict[str, None] = {}
        self.filling = len(self._order) < MOST

    def offer(self, records: Iterable[Record]) -> None:
        """Keep those that belong to the sample, the latest of several of one id."""
        for place, record in sorted(self._ranked(records), key=itemgetter(0)):
            known = self._kept.get(record.remote_id or "")
            if known is not None or self._fits(self._rank(place)):
                self._take(record, place, known)

    def forget(self, remote_ids: Iterable[str]) -> None:
        """Drop records that are no more."""
        for remote_id in remote_ids:
            if remote_id in self._kept:
                self._drop(remote_id)

    def write(self, now: datetime) -> None:
        """Store what has changed: one statement, or none."""
        while len(self._order) > MOST:
            self._drop(self._order[-1][1])
        if not self._changed and not self._gone:
            return
        rows = [
            {"i": name, "k": self._kept[name][0], "b": b64encode(self._kept[name][1]).decode()}
            for name in self._changed
        ]
        parameters: dict[str, Any] = {
            "tenant": self._tenant_id,
            "connection": self._connection_id,
            "now": now,
            "gone": canonical.text(list(self._gone)),
            "rows": canonical.text(rows),
        }
        with database.cursor() as cursor:
            cursor.execute(_WRITE, parameters)
        self._changed, self._gone = {}, {}

    def _ranked(self, records: Iterable[Record]) -> Iterable[tuple[int, Record]]:
        latest = {record.remote_id: record for record in records if record.remote_id}
        bound = self._order[-1][0] if len(self._order) >= MOST else 2 * _PART
        kept = self._kept
        for remote_id, record in latest.items():
            place = rank(remote_id)
            if place < bound or remote_id in kept:
                yield place, record

    def _rank(self, place: int) -> int:
        return place if self._fields is None else place + _PART

    def _fits(self, place: int) -> bool:
        return len(self._order) < MOST or place < self._order[-1][0]

    def _take(self, record: Record, place: int, known: tuple[int, bytes] | None) -> None:
        values = _values(record)
        if values is None:
            return
        whole = self._fields is None
        if known is not None and known[0] < _PART and self._fields is not None:
            kept = _read(known[1]).items()
            values = {k: v for k, v in kept if k not in self._fields} | values
            whole = True
        packed = _packed(values)
        if packed is None or known == (place if whole else place + _PART, packed):
            return
        name = record.remote_id or ""
        if known is not None:
            self._order.pop(bisect_left(self._order, (known[0], name)))
        self._kept[name] = (place if whole else place + _PART, packed)
        insort(self._order, (self._kept[name][0], name))
        self._changed[name] = None
        self._gone.pop(name, None)
        if len(self._order) > MOST:
            self._drop(self._order[-1][1])

    def _drop(self, name: str) -> None:
        place, _ = self._kept.pop(name)
        self._order.pop(bisect_left(self._order, (place, name)))
        self._changed.pop(name, None)
        self._gone[name] = None


def wanted(tenant_id: int, connection_id: int) -> bool:
    """Tell whether a rehearsal should bring whole records: there are few yet."""
    rows = SourceSample.objects.filter(
        tenant_id=tenant_id, connection_id=connection_id, rank__lt=_PART
    )
    return rows.count() < ENOUGH


def samples(connection: Connection, limit: int = MOST) -> list[Sampled]:
    """Give kept records, whole ones first, in an order that says nothing about them."""
    return [_sampled(row) for row in _rows(connection).order_by("rank")[:limit]]


def whole(connection: Connection) -> list[Sampled]:
    """Give the kept records that have all their fields, not only those that were mapped once."""
    return [_sampled(row) for row in _rows(connection).filter(rank__lt=_PART).order_by("rank")]


def one(connection: Connection, remote_id: str) -> Sampled | None:
    """Give the kept record with this id, or None."""
    found = _rows(connection).filter(remote_id=remote_id).first()
    return _sampled(found) if found is not None else None


def matching(connection: Connection, key_text: str) -> list[Sampled]:
    """Find kept records by a part of their id, or by a text or number that one of their fields is.

    Those with exactly this id come first, then those whose id contains it.
    """
    text = key_text.strip().casefold()
    found = []
    for sampled in samples(connection) if text else ():
        label = sampled.label.casefold()
        if label == text:
            found.append((0, sampled))
        elif text in label:
            found.append((1, sampled))
        elif any(_spells(value, text) for value in sampled.record.values()):
            found.append((2, sampled))
    return [sampled for _, sampled in sorted(found, key=itemgetter(0))]


def look(
    connection: Connection, *, now: Callable[[], datetime], limit: int = discovery.SAMPLE
) -> discovery.Sample:
    """Ask a connection's source for its first records, and keep them, whole as they are.

    Called with no transaction open.

    Raises:
        Refused: the connection is not that far yet.
        RemoteError: the system says why not.
    """
    if connection.config is None or not connection.entity:
        raise Refused("This connection has no config or no entity yet.")
    query = discovery.sample_query(connection.entity, connection.query_filter, limit)
    seen = discovery.first_records(connection.config, query, now=now)
    with door.tenant(connection.tenant_id):
        keeper = Keeper(connection.tenant_id, connection.pk)
        keeper.offer(record for record in seen.records if _followed(record.remote_id or ""))
        keeper.write(now())
    return seen.told()


# --- those that are hard to map -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Awkward:
    """A sample that is worth a look, and why."""

    why: str
    sampled: Sampled


Failing = Callable[[Sequence[Sampled]], Iterable[int]]


def awkward(found: Sequence[Sampled], failing: Failing | None = None) -> list[Awkward]:
    """Choose records that show most of what can go wrong, at most one for each reason.

    Args:
        found: kept samples.
        failing: says which of them go no further under the draft, by their places.
    """
    chosen: dict[int, Awkward] = {}
    if failing is not None:
        place = next(iter(failing(found)), None)
        if place is not None:
            chosen[place] = Awkward("failing", found[place])
    for why, measure in _MEASURES.items():
        measured = [(measure(sampled.record), -place) for place, sampled in enumerate(found)]
        free = [pair for pair in measured if -pair[1] not in chosen and pair[0] > 0]
        if free:
            place = -max(free)[1]
            chosen[place] = Awkward(why, found[place])
    return list(chosen.values())


def _leaves(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    else:
        yield value


def _longest(record: Any) -> int:
    return max((len(one) for one in _leaves(record) if isinstance(one, str)), default=0)


def _nulls(record: Any) -> int:
    return sum(one is None or one == "" for one in _leaves(record))


def _foreign(record: Any) -> int:
    """Count letters beyond Latin ones, which begin at U+0250."""
    texts = (one for one in _leaves(record) if isinstance(one, str) and not one.isascii())
    return sum(letter >= "\u0250" and letter.isalpha() for text in texts for letter in text)


def _items(value: Any) -> int:
    if isinstance(value, dict):
        return sum(map(_items, value.values()))
    return len(value) + sum(map(_items, value)) if isinstance(value, list) else 0


_MEASURES: Final[dict[str, Callable[[Any], int]]] = {
    "longest": _longest,
    "nulls": _nulls,
    "letters": _foreign,
    "lines": _items,
}


# --- the form in which they are stored ----------------------------------------------------


def _rows(connection: Connection) -> Any:
    return SourceSample.objects.filter(tenant_id=connection.tenant_id, connection=connection)


def _sampled(row: SourceSample) -> Sampled:
    return Sampled(row.remote_id, _read(bytes(row.raw)))


def _followed(remote_id: str) -> bool:
    """Tell whether a record has an id by which it can be found again."""
    return 0 < len(remote_id) <= KEY_LIMIT and storable(remote_id)


def _values(record: Record) -> dict[str, Any] | None:
    try:
        return dict(record.values)
    except Exception:  # noqa: BLE001  what cannot be read is the engine's concern
        return None


def _packed(values: dict[str, Any]) -> bytes | None:
    whole = canonical.dumps(values)
    return zlib.compress(whole) if len(whole) <= _LARGEST else None


def _read(raw: bytes) -> dict[str, Any]:
    found: dict[str, Any] = canonical.loads(zlib.decompress(raw))
    return found


def _spells(value: Any, text: str) -> bool:
    if isinstance(value, bool | dict | list) or value is None:
        return False
    return str(value).casefold() == text
