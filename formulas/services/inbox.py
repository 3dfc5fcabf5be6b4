"""The inbox of a value map: values that were met and that it does not have."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.db import connection

from formulas.models import KEY_LENGTH, ValueMap, ValueMapUnmapped
from formulas.services import maps
from formulas.services.entries import unstorable
from syncapp import canonical
from syncapp.tenants.actors import Actor

MOST: Final = 1_000
"""Different values kept per map; a formula that feeds free text to a map would fill the disk."""

_NOTE: Final = """
INSERT INTO value_map_unmapped AS u (tenant_id, map_id, key, count, first_seen, last_seen, ignored)
SELECT m.tenant_id, m.id, r.key, r.count, %(now)s, %(now)s, false
FROM jsonb_to_recordset(%(met)s::jsonb) AS r(map text, key text, count bigint, place int)
JOIN value_map m ON m.tenant_id = %(tenant)s AND m.name = r.map
WHERE NOT EXISTS (SELECT FROM value_map_entry e WHERE e.map_id = m.id AND e.key = r.key)
  AND (EXISTS (SELECT FROM value_map_unmapped o WHERE o.map_id = m.id AND o.key = r.key)
       OR r.place + (SELECT count(*) FROM value_map_unmapped o WHERE o.map_id = m.id) <= %(most)s)
ORDER BY m.id, r.key
ON CONFLICT (map_id, key) DO UPDATE
SET count = u.count + excluded.count, last_seen = greatest(u.last_seen, excluded.last_seen)
"""


def note_unmapped(tenant_id: int, counts: Mapping[tuple[str, str], int], now: datetime) -> None:
    """Add values that were met to the inboxes, in one statement.

    Args:
        tenant_id: whose maps.
        counts: (name of the map, key) → how often it was met. Maps that do not exist have no
            inbox; neither have keys that no entry could have.
        now: when.
    """
    places: dict[str, int] = {}
    met = []
    for (name, key), count in sorted(counts.items()):
        if 0 < len(key) <= KEY_LENGTH and not unstorable(name + key):
            places[name] = places.get(name, 0) + 1
            met.append({"map": name, "key": key, "count": count, "place": places[name]})
    if not met:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _NOTE,
            {"met": canonical.text(met), "tenant": tenant_id, "now": now, "most": MOST},
        )


def map_value(value: ValueMapUnmapped, to: str, *, actor: Actor) -> ValueMap:
    """Make an entry of an unmapped value, which so leaves the inbox.

    Raises:
        Invalid: `to` is none of the map's type.
    """
    return maps.patch_map(value.map, changes={value.key: to}, actor=actor)


def ignore_value(value: ValueMapUnmapped, *, ignored: bool) -> None:
    """Put a value aside, or back into the inbox; it is counted either way."""
    ValueMapUnmapped.objects.for_tenant(value.tenant).filter(pk=value.pk).update(
        ignored=ignored
    )
