"""The present state in sets: links, siblings, halves that meet, and where the next read starts.

One statement per question or change, whatever the size of the page. Links and trouble of a page
are written by `recorder.keep`, together with the log rows that are made of the same facts.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import xxhash
from django.db import connection

from connections.spec import SyncSpec
from objects.records.changes import Origin, Source
from syncapp import canonical
from syncapp.sync.changes import Decision, LinkFact

Json = Any
_FACT: Final = "id, record_id, remote_id, encode(uuid_send(in_hash), 'hex'), in_outcome, dead_at IS NOT NULL, in_vec"

# Looked up one by one inside of the statement, see `objects.records.read`. Both unique indexes of
# a link begin with the pair, and of a pair that is new the planner expects so few links that it
# takes either. The order, asked for where it cannot matter, speaks for the right one.
_EACH: Final = "FROM jsonb_array_elements_text(%s::jsonb) AS wanted(item) CROSS JOIN LATERAL"


def links(pair_id: int, remote_ids: Collection[str]) -> dict[str, LinkFact]:
    """Find the links of a pair by remote id."""
    sql = (
        f"SELECT found.* {_EACH} (SELECT {_FACT} FROM link"  # noqa: S608
        " WHERE pair_id = %s AND remote_id >= wanted.item AND remote_id <= wanted.item"
        " ORDER BY remote_id LIMIT 1) AS found"
    )
    rows = _rows(sql, [canonical.text(remote_ids), pair_id])
    return {row[2]: LinkFact._make(row) for row in rows}


def holders(pair_id: int, record_ids: Collection[int]) -> dict[int, LinkFact]:
    """Find the links of a pair by our record."""
    sql = (
        f"SELECT found.* {_EACH} (SELECT {_FACT} FROM link"  # noqa: S608
        " WHERE pair_id = %s AND record_id >= wanted.item::bigint"
        " AND record_id <= wanted.item::bigint ORDER BY record_id LIMIT 1) AS found"
    )
    rows = _rows(sql, [canonical.text(record_ids), pair_id])
    return {row[1]: LinkFact._make(row) for row in rows}


def sibling_pairs(pair_id: int) -> list[int]:
    """List the other pairs of the same object, account and entity."""
    sql = (
        "SELECT other.id FROM pair JOIN pair AS other USING (object_id, account_id, entity_id)"
        " WHERE pair.id = %s AND other.id <> pair.id ORDER BY other.id"
    )
    return [row[0] for row in _rows(sql, [pair_id])]


def siblings(pair_ids: Sequence[int], remote_ids: Collection[str]) -> dict[str, int]:
    """Find our records by remote id in these pairs; the first pair that knows one wins."""
    if not pair_ids:
        return {}
    sql = (
        f"SELECT found.* {_EACH} (SELECT remote_id, record_id FROM link"  # noqa: S608
        " WHERE pair_id = ANY(%s) AND remote_id = wanted.item AND record_id IS NOT NULL"
        " ORDER BY pair_id LIMIT 1) AS found"
    )
    return dict(_rows(sql, [canonical.text(remote_ids), list(pair_ids)]))


def reunite(decisions: Sequence[Decision]) -> None:
    """Make room for links that change hands, before the page's links are written.

    A half link that knew only our record takes the remote id, and the link that knew only theirs
    goes. A link whose source record is gone lets our record go to the one that came in its place.
    """
    halves = [
        {"i": decision.half, "r": decision.record.remote_id}
        for decision in decisions
        if decision.half is not None
    ]
    formers = [decision.former for decision in decisions if decision.former is not None]
    with connection.cursor() as cursor:
        if formers:
            cursor.execute("UPDATE link SET record_id = NULL WHERE id = ANY(%s)", [formers])
        if halves:
            dropped = [
                decision.link.id
                for decision in decisions
                if decision.half is not None and decision.link is not None
            ]
            cursor.execute(
                "WITH gone AS (DELETE FROM link WHERE id = ANY(%s) RETURNING id)"
                " DELETE FROM trouble USING gone WHERE trouble.link_id = gone.id",
                [dropped],
            )
            cursor.execute(
                "UPDATE link SET remote_id = h.r"
                " FROM jsonb_to_recordset(%s::jsonb) AS h(i bigint, r text) WHERE link.id = h.i",
                [canonical.text(halves)],
            )


def look_again(object_id: int, record_ids: Collection[int], source: Source) -> None:
    """Forget what the source last showed of records that somebody else changed here.

    The shortcut by hash must never tell another story than a comparison would: after an edit or
    delete on our side the next page that shows the record is compared again. A pair's own writes
    leave its links alone.
    """
    if not record_ids:
        return
    own = source.id if source.origin is Origin.SYNC else None
    sql = f"""
        UPDATE link SET in_hash = NULL FROM (
            SELECT found.id {_EACH} (
                SELECT link.id FROM pair JOIN link ON link.pair_id = pair.id
                WHERE pair.object_id = %s AND pair.id IS DISTINCT FROM %s
                AND link.record_id = wanted.item::bigint AND link.in_hash IS NOT NULL OFFSET 0
            ) AS found
        ) AS stale WHERE link.id = stale.id
    """  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, [canonical.text(record_ids), object_id, own])


def walk(spec: SyncSpec) -> str:
    """Name what a cursor is a place in; after another filter or mapping it is none any more."""
    parts = [spec.pair_id, spec.entity, spec.query_filter, spec.fingerprint.hex()]
    return xxhash.xxh3_128_hexdigest(canonical.dumps(parts))


def delta_cursor(spec: SyncSpec) -> Mapping[str, Json] | None:
    """Give the place where changes are read from, or None if everything must be read."""
    rows = _rows(
        "SELECT data FROM cursor WHERE connection_id = %s AND kind = 'delta'",
        [spec.connection_id],
    )
    data = canonical.loads(rows[0][0]) if rows else {}
    return data["at"] if data.get("walk") == walk(spec) else None


def page_cursor(run_id: int) -> tuple[int, Mapping[str, Json] | None]:
    """Give the number of the last stored page of a run, and the place after it."""
    rows = _rows(
        "SELECT no, cursor FROM run_page WHERE run_id = %s ORDER BY no DESC LIMIT 1", [run_id]
    )
    return (rows[0][0], canonical.loads(rows[0][1])) if rows else (0, None)


def _rows(sql: str, parameters: list[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: list[Any] = cursor.fetchall()
    return rows
