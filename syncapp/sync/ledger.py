"""The run's own row: opened, moved on page by page, closed; the page ledger beside it.

All counters move in one statement with the ledger's row, and on the last page the run ends in
that same statement, so that no crash can leave a finished run open or its cursor behind.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection

from connections.kit.codes import Outcome
from connections.spec import SyncSpec
from syncapp import canonical
from syncapp.sync import recorder, state
from syncapp.sync.pipeline import Settled
from syncapp.sync.signals import run_ended
from synclogs.models import COUNTERS, SyncLog

_PARTLY: Final = tuple(
    f"n_{outcome}"
    for outcome in (Outcome.CONFLICT, Outcome.REJECTED, Outcome.RETRYABLE, Outcome.UNKNOWN)
)
"""A run that finished with any of these is *partial*."""

_MOVED: Final = ", ".join(f"{name} = {name} + %({name})s" for name in COUNTERS)
_FINISHED: Final = (
    "CASE WHEN "
    + " + ".join(f"{name} + %({name})s" for name in _PARTLY)
    + " > 0 THEN 'partial' ELSE 'succeeded' END"
)
_PAGE: Final = """
    WITH page AS (
        INSERT INTO run_page (run_id, no, tenant_id, at, cursor, counts, ms, unchanged)
        VALUES (%(run)s, %(no)s, %(tenant)s, %(now)s, %(cursor)s::jsonb, %(counts)s, %(ms)s,
                %(unchanged)s)
    )"""
_MOVED_ON: Final = """, delta AS (
        INSERT INTO cursor (connection_id, kind, tenant_id, data, run_id, at)
        VALUES (%(connection)s, 'delta', %(tenant)s, %(delta)s::jsonb, %(run)s, %(now)s)
        ON CONFLICT (connection_id, kind) DO UPDATE
            SET data = excluded.data, run_id = excluded.run_id, at = excluded.at
    )"""
_UNLOCKED: Final = ", unlocked AS (DELETE FROM run_lock WHERE run_id = %(run)s)"
_PASSING: Final = "ARRAY['tries', 'wait_until', 'deaths']"
"""What a run remembers about trouble at one place; forgotten once it has got further."""

_RUN: Final = f"""
    UPDATE run SET pages = %(no)s, n_read = n_read + %(n_read)s, {_MOVED},
        seen = seen + %(n_read)s, expected = coalesce(%(expected)s, expected),
        error = '', error_kind = '', "window" = "window" - {_PASSING}"""  # noqa: S608  constants of this module
_ENDED: Final = f""",
        state = {_FINISHED}, ended_at = %(now)s, lease_token = NULL, lease_until = NULL"""


def turn_page(
    spec: SyncSpec, run: SyncLog, no: int, settled: Settled, unchanged: list[int], now: datetime
) -> None:
    """Note a stored page; the last one also ends the run and moves the delta cursor on."""
    page, tally = settled.page, settled.tally
    once = run.kind in {SyncLog.Kind.DRY, SyncLog.Kind.IMPORT}  # nothing goes on from there
    parameters: dict[str, Any] = {
        "run": run.pk,
        "no": no,
        "tenant": spec.tenant_id,
        "connection": spec.connection_id,
        "now": now,
        "cursor": canonical.text(page.cursor),
        "delta": canonical.text({"at": page.cursor, "walk": state.walk(spec)}),
        "counts": tally.counts,
        "ms": list(settled.ms),
        "unchanged": recorder.pack(unchanged),
        "n_read": tally.read,
        "expected": page.expected,
        **dict(zip(COUNTERS, tally.counts, strict=True)),
    }
    sql = _PAGE
    if page.complete:
        sql += _UNLOCKED if once else _UNLOCKED + _MOVED_ON
    sql += _RUN + (_ENDED if page.complete else "") + " WHERE id = %(run)s"
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
    if page.complete:
        run_ended.send(sender=None, run_id=run.pk, now=now)


def close(
    run_id: int,
    now: datetime,
    *,
    state: str,
    error: str = "",
    kind: str = "",
    token: uuid.UUID | None = None,
) -> bool:
    """End an open run before or without a last page.

    Args:
        run_id: the run.
        now: when.
        state: failed or cancelled.
        error: why, for the tenant.
        kind: what kind of error, see `connections.kit.errors`.
        token: only if this lease still holds; None for whoever may.

    Returns:
        False if the run had ended already, or the lease was lost.
    """
    runs = SyncLog.objects.filter(pk=run_id, state__in=SyncLog.OPEN)
    if token is not None:
        runs = runs.filter(lease_token=token)
    if runs.select_for_update().first() is None:
        return False
    runs.update(
        state=state,
        error=error[:1000],
        error_kind=kind,
        ended_at=now,
        lease_token=None,
        lease_until=None,
    )
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM run_lock WHERE run_id = %s", [run_id])
    run_ended.send(sender=None, run_id=run_id, now=now)
    return True


def pause(
    run_id: int,
    now: datetime,
    *,
    token: uuid.UUID,
    error: str = "",
    kind: str = "",
    wait: timedelta | None = None,
    tries: int = 0,
) -> None:
    """Give the lease of an open run back, and note why it waits and until when.

    Args:
        run_id: the run.
        now: when.
        token: its lease; nothing happens if somebody else has it.
        error: why it waits, for the tenant.
        kind: what kind of error.
        wait: until when; None for not at all.
        tries: how often it was tried again at this place, this time included.
    """
    waiting = {"wait_until": (now + wait).isoformat(), "tries": tries} if wait else {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE run SET lease_token = NULL, lease_until = NULL, error = %s, error_kind = %s,
                           "window" = ("window" - {_PASSING}) || %s::jsonb
            WHERE id = %s AND lease_token = %s
            """,  # noqa: S608  constants of this module
            [error[:1000], kind, canonical.text(waiting), run_id, token],
        )
