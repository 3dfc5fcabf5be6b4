"""Stores what became of a page: links, trouble, log rows, the page ledger and the run's counters.

Three statements at most, whatever the size of the page. What the shortcut settled takes no
parameter but the ids of its links; all the rest travels once, as one JSON parameter.
"""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

import msgspec
from django.db import connection

from connections.kit.codes import OUTCOMES, Code, Outcome
from connections.spec import SyncSpec
from objects.records.changes import ChangeOp, RecordChange
from objects.values import storable
from syncapp import canonical
from syncapp.sync import state, watching
from syncapp.sync.changes import FINAL, TROUBLE, ChildChange, Decision, Verdict
from syncapp.sync.pipeline import Settled

INBOUND: Final = 0
"""The side of `trouble` that inbound runs write."""

_MESSAGE_LENGTH: Final = 512
_KEY_LENGTH: Final = 512
_OPEN: Final = sorted(outcome.number for outcome in TROUBLE)
_FINAL: Final = sorted(outcome.number for outcome in FINAL)
_DONE: Final = {
    ChangeOp.CREATE: "created",
    ChangeOp.RESURRECT: "brought back",
    ChangeOp.UPDATE: "updated",
    ChangeOp.DELETE: "deleted",
}
_NUMBERS: Final[dict[Any, int]] = {outcome: outcome.number for outcome in OUTCOMES}


class Row(msgspec.Struct, omit_defaults=True):
    """One decision on its way to the database; the names are those of `_ROWS`."""

    o: int
    d: str
    r: str | None = None
    k: str | None = None
    l: int | None = None  # noqa: E741  a column of one letter, as the others
    c: int | None = None
    s: int | None = None
    h: str | None = None
    v: str | None = None
    f: str | None = None
    m: str | None = None
    j: Any = None
    e: str | None = None
    w: bool = False
    x: bool = False
    g: bool = True


_ROWS: Final = """
    WITH r AS MATERIALIZED (
        SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb) AS r(
            o smallint, d text, r text, k text, l bigint, c bigint, s bigint, h uuid, v text,
            f text, m text, j jsonb, e text, w boolean, x boolean, g boolean)
    )"""

_LINKED: Final = """, linked AS (
        INSERT INTO link (tenant_id, pair_id, remote_id, record_id, remote_version, in_outcome,
                          in_code, in_hash, in_version, in_vec, in_at, dead_at)
        SELECT %(tenant)s, %(pair)s, r.r, r.c, r.v, r.o, r.d, r.h, %(version)s,
               decode(r.e, 'hex'), %(now)s, CASE WHEN r.x THEN %(now)s END
        FROM r WHERE r.w
        ON CONFLICT (pair_id, remote_id) DO UPDATE SET
            record_id = excluded.record_id, remote_version = excluded.remote_version,
            in_outcome = excluded.in_outcome, in_code = excluded.in_code,
            in_hash = excluded.in_hash, in_version = excluded.in_version, in_at = excluded.in_at,
            in_vec = CASE WHEN excluded.in_outcome = ANY(%(final)s) THEN excluded.in_vec
                     ELSE coalesce(excluded.in_vec, link.in_vec) END,
            dead_at = CASE WHEN excluded.dead_at IS NOT NULL
                      THEN coalesce(link.dead_at, excluded.dead_at) END
        RETURNING id, remote_id
    )"""

_TROUBLED: Final = """, troubled AS (
        INSERT INTO trouble (link_id, side, tenant_id, connection_id, outcome, code, field,
                             message, verdicts, first_at, last_at)
        SELECT linked.id, %(side)s, %(tenant)s, %(connection)s, r.o, r.d, r.f, coalesce(r.m, ''),
               r.j -> 'verdicts', %(now)s, %(now)s
        FROM r JOIN linked ON linked.remote_id = r.r WHERE r.w AND r.o = ANY(%(open)s)
        ON CONFLICT (link_id, side) DO UPDATE SET
            connection_id = excluded.connection_id, outcome = excluded.outcome,
            code = excluded.code, field = excluded.field, message = excluded.message,
            verdicts = excluded.verdicts, attempts = trouble.attempts + 1,
            last_at = excluded.last_at
    ), cured AS (
        DELETE FROM trouble WHERE side = %(side)s AND link_id = ANY(%(cured)s)
    )"""

_LOGGED: Final = """, logged AS (
        INSERT INTO record_log (tenant_id, keep, run_id, at, outcome, code, link_id, record_id,
                                key, remote_id, seq, message, detail)
        SELECT %(tenant)s, %(keep)s, %(run)s, %(now)s, r.o, r.d, coalesce(linked.id, r.l), r.c,
               r.k, r.r, r.s, r.m, r.j
        FROM r LEFT JOIN linked ON linked.remote_id = r.r WHERE r.g IS NOT FALSE
    )
    SELECT linked.id FROM r JOIN linked ON linked.remote_id = r.r
    WHERE r.w AND r.o = %(unchanged)s"""

_ONLY_LOGGED: Final = """
    INSERT INTO record_log (tenant_id, keep, run_id, at, outcome, code, link_id, record_id, key,
                            remote_id, seq, message, detail)
    SELECT %(tenant)s, %(keep)s, %(run)s, %(now)s, r.o, r.d, r.l, r.c, r.k, r.r, r.s, r.m, r.j
    FROM r WHERE r.g IS NOT FALSE"""

_SAME: Final = """
    INSERT INTO record_log (tenant_id, keep, run_id, at, outcome, code, link_id, record_id, key,
                            remote_id)
    SELECT %s, %s, %s, %s, %s, %s, found.id, found.record_id,
           (SELECT record.key FROM record WHERE record.id = found.record_id), found.remote_id
    FROM jsonb_array_elements_text(%s::jsonb) AS same(id) CROSS JOIN LATERAL (
        SELECT id, record_id, remote_id FROM link WHERE link.id = same.id::bigint LIMIT 1
    ) AS found"""


def keep(spec: SyncSpec, run_id: int, settled: Settled, now: datetime) -> list[int]:
    """Write links, trouble and log rows of a page.

    Returns:
        Ids of the links that were unchanged, the evidence for the page ledger.
    """
    same, rest = _parted(settled.decisions)
    if rest:
        state.reunite(rest)
        same_values = _keep(spec, run_id, rest, now)
    else:
        same_values = []
    _log_same(spec, run_id, same, now)
    return same + same_values


def rehearse(spec: SyncSpec, run_id: int, settled: Settled, now: datetime) -> list[int]:
    """Write log rows that tell what a run would do, and nothing else."""
    same, rest = _parted(settled.decisions)
    if rest:
        log(spec, run_id, rest, now, rehearsed=True)
    _log_same(spec, run_id, same, now)
    unchanged = Outcome.UNCHANGED
    return same + [one.link.id for one in rest if one.link and one.outcome is unchanged]


def log(
    spec: SyncSpec,
    run_id: int,
    decisions: Sequence[Decision],
    now: datetime,
    *,
    rehearsed: bool = False,
) -> None:
    """Write log rows and nothing else: no link is made, none is touched."""
    rows = [_row(spec, decision, rehearsed=rehearsed) for decision in decisions]
    with connection.cursor() as cursor:
        cursor.execute(_ROWS + _ONLY_LOGGED, _parameters(spec, run_id, rows, now))


def _keep(
    spec: SyncSpec, run_id: int, decisions: Sequence[Decision], now: datetime
) -> list[int]:
    rows = [_row(spec, decision) for decision in decisions]
    cured = [
        one.link.id
        for one in decisions
        if one.linked
        and one.link is not None
        and one.link.outcome in _OPEN
        and one.outcome not in TROUBLE
    ]
    troubled = bool(cured) or any(one.outcome in TROUBLE for one in decisions)
    sql = _ROWS + _LINKED + (_TROUBLED if troubled else "") + _LOGGED
    with connection.cursor() as cursor:
        cursor.execute(sql, _parameters(spec, run_id, rows, now) | {"cured": cured})
        return [row[0] for row in cursor.fetchall()]


def _log_same(spec: SyncSpec, run_id: int, link_ids: Sequence[int], now: datetime) -> None:
    if spec.log_all and link_ids:
        outcome, code = Outcome.UNCHANGED.number, Code.SAME_SOURCE.value
        ids = canonical.text(link_ids)
        with connection.cursor() as cursor:
            cursor.execute(
                _SAME, [spec.tenant_id, spec.keep_days, run_id, now, outcome, code, ids]
            )


def _parted(decisions: Sequence[Decision]) -> tuple[list[int], list[Decision]]:
    """Separate the links that the shortcut settled from all other decisions."""
    same: list[int] = []
    rest: list[Decision] = []
    same_source = Code.SAME_SOURCE
    for decision in decisions:
        if decision.code is same_source and decision.link is not None:
            same.append(decision.link.id)
        else:
            rest.append(decision)
    return same, rest


def _parameters(
    spec: SyncSpec, run_id: int, rows: Sequence[Row], now: datetime
) -> dict[str, Any]:
    return {
        "rows": canonical.text(rows),
        "tenant": spec.tenant_id,
        "pair": spec.pair_id,
        "connection": spec.connection_id,
        "version": spec.version_id,
        "keep": spec.keep_days,
        "run": run_id,
        "now": now,
        "side": INBOUND,
        "open": _OPEN,
        "final": _FINAL,
        "unchanged": Outcome.UNCHANGED.number,
    }


def _row(spec: SyncSpec, decision: Decision, *, rehearsed: bool = False) -> Row:
    record, outcome, link = decision.record, decision.outcome, decision.link
    row = Row(
        _NUMBERS[outcome],
        decision.code,
        record.remote_id,
        decision.key,
        link.id if link is not None else None,
        decision.record_id,
        decision.seq,
        decision.digest if outcome in FINAL else None,
        record.version,
        e=_remembered(spec, decision) if spec.watched else None,
        w=decision.linked,
        x=decision.dead,
        g=spec.log_all or outcome is not Outcome.UNCHANGED,
    )
    if decision.verdict is not None:
        _tell(row, decision.verdict)
        if not decision.linked and row.r is not None:
            row.r = _plain(row.r, _KEY_LENGTH)
    elif rehearsed and decision.writes:
        row.j = _planned(decision.change) if decision.change is not None else {"diff": {}}
        if decision.children:
            row.j["children"] = [_planned_child(child) for child in decision.children]
    if decision.children:
        row.m = _told_children(decision)
    if row.v is not None and not storable(row.v):
        row.v = None
    return row


def _remembered(spec: SyncSpec, decision: Decision) -> str | None:
    vector = watching.remembered(spec, decision)
    return vector.hex() if vector is not None else None


def _tell(row: Row, verdict: Verdict) -> None:
    """Say why: for people in the message, for programs in the verdicts."""
    row.f = verdict.field or None
    row.m = _plain(verdict.message, _MESSAGE_LENGTH)
    told = {
        "step": verdict.step,
        "code": verdict.code,
        "field": verdict.field,
        "message": row.m,
    }
    row.j = {
        "verdicts": [told | ({"condition": verdict.condition} if verdict.condition else {})]
    }
    row.k = _plain(row.k, _KEY_LENGTH) if row.k else None


def _plain(text: str, limit: int) -> str:
    """Make any text storable and not longer than this."""
    if not storable(text):
        text = text.replace("\0", "␀").encode(errors="replace").decode()
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _told_children(decision: Decision) -> str:
    """Say how many child records are written along: they have no rows of their own."""
    ops = [child.change.op for child in decision.children]
    parts = [f"{ops.count(op)} {word}" for op, word in _DONE.items() if op in ops]
    return f"Child records: {', '.join(parts)}."


def _planned_child(child: ChildChange) -> dict[str, Any]:
    change = child.change
    op = change.op.name.lower()
    return {"object": child.shape.type, "key": change.key, "op": op, **_planned(change)}


def _planned(change: RecordChange) -> dict[str, Any]:
    """Show what a rehearsed change would do."""
    existing = change.existing
    if change.op is ChangeOp.DELETE:
        return {"before": existing.values if existing is not None else {}}
    if change.op is not ChangeOp.UPDATE or existing is None:
        return {"after": change.values}
    old = existing.values
    return {"diff": {name: [old.get(name), value] for name, value in change.values.items()}}


def pack(link_ids: Iterable[int]) -> bytes | None:
    """Compress ids: differences between neighbours, which are mostly 1."""
    ids = sorted(link_ids)
    if not ids:
        return None
    steps = array("q", ids[:1])
    steps.extend(after - before for before, after in pairwise(ids))
    return zlib.compress(steps.tobytes(), 6)


def unpack(packed: bytes | memoryview | None) -> list[int]:
    """Give the ids that `pack` compressed."""
    steps = array("q")
    if packed is not None:
        steps.frombytes(zlib.decompress(packed))
    total, ids = 0, []
    for step in steps:
        total += step
        ids.append(total)
    return ids
