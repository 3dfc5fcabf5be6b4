"""Who works on what: the queue in the table `wake`, and the lease on a run.

A row of `wake` is due, leased or neither. Whoever claims a due row owns the runs of that
connection and lane until the lease ends; a heartbeat prolongs it. While a row is leased it is due
at the end of the lease, so that a worker that dies is replaced without anybody looking for it.
A run carries the same token: every page proves it, and a worker that was replaced meanwhile finds
a foreign one and stores nothing.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import structlog
from django import db
from django.conf import settings
from django.db import connection

from syncapp.sync.pipeline import Fenced
from syncapp.tenants import door
from synclogs.models import SyncLog

log = structlog.get_logger(__name__)

BEATS: Final = 3
"""Heartbeats within a lease: two may be missed."""

_HINT_AGAIN: Final = timedelta(seconds=10)
_PRIORITY: Final = "array_position(ARRAY['live', 'scheduled', 'bulk'], wake.lane)"
_DUE: Final = (
    "wake.due_at <= %(now)s AND (wake.lease_until IS NULL OR wake.lease_until <= %(now)s)"
)


class Claim(NamedTuple):
    """The right to work on the runs of one connection in one lane."""

    tenant_id: int
    connection_id: int
    lane: str
    token: uuid.UUID


def lease() -> timedelta:
    """Give the time after which a silent worker is taken for dead."""
    return timedelta(seconds=settings.SYNCAPP_LEASE_S)


def make_due(tenant_id: int, connection_id: int, lane: str, at: datetime) -> None:
    """Let somebody look at this connection and lane at a time, or earlier if that was planned."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO wake (connection_id, lane, tenant_id, due_at) VALUES (%s, %s, %s, %s)
            ON CONFLICT (connection_id, lane) DO UPDATE
                SET due_at = least(wake.due_at, excluded.due_at), hinted_at = NULL
            """,
            [connection_id, lane, tenant_id, at],
        )


def is_planned(connection_id: int, lane: str) -> bool:
    """Tell whether anybody will look at this connection and lane."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM wake WHERE connection_id = %s AND lane = %s AND due_at IS NOT NULL",
            [connection_id, lane],
        )
        return cursor.fetchone() is not None


def hints(now: datetime, limit: int) -> int:
    """Count what is due and was not hinted at lately, and note that it is now."""
    with door.platform(), connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH due AS (
                SELECT wake.connection_id, wake.lane FROM wake
                JOIN tenant ON tenant.id = wake.tenant_id AND tenant.state = 'active'
                WHERE {_DUE} AND (wake.hinted_at IS NULL OR wake.hinted_at <= %(before)s)
                ORDER BY row_number() OVER (PARTITION BY wake.tenant_id ORDER BY wake.due_at)
                LIMIT %(limit)s
            )
            UPDATE wake SET hinted_at = %(now)s FROM due
            WHERE wake.connection_id = due.connection_id AND wake.lane = due.lane
            """,  # noqa: S608  constants of this module
            {"now": now, "before": now - _HINT_AGAIN, "limit": limit},
        )
        return int(cursor.rowcount)


def claim(now: datetime) -> Claim | None:
    """Take the due work whose turn it is: by lane, then by the tenant that waited longest."""
    token, until = uuid.uuid4(), now + lease()
    with door.platform(), connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH served AS (
                SELECT tenant_id, max(served_at) AS at FROM wake GROUP BY tenant_id
            ), next AS (
                SELECT wake.connection_id, wake.lane FROM wake
                JOIN tenant ON tenant.id = wake.tenant_id AND tenant.state = 'active'
                JOIN served ON served.tenant_id = wake.tenant_id
                WHERE {_DUE}
                ORDER BY {_PRIORITY}, served.at NULLS FIRST, wake.due_at
                LIMIT 1 FOR UPDATE OF wake SKIP LOCKED
            )
            UPDATE wake SET token = %(token)s, lease_until = %(until)s, due_at = %(until)s,
                            served_at = %(now)s, hinted_at = NULL
            FROM next WHERE wake.connection_id = next.connection_id AND wake.lane = next.lane
            RETURNING wake.tenant_id, wake.connection_id, wake.lane
            """,  # noqa: S608  constants of this module
            {"now": now, "token": token, "until": until},
        )
        row = cursor.fetchone()
    return Claim(row[0], row[1], row[2], token) if row else None


def release(claimed: Claim, due_at: Callable[[], datetime | None]) -> None:
    """Give the claim back; nothing happens if somebody else has it by now.

    Args:
        claimed: what `claim` gave.
        due_at: when to look again, asked once nobody can ask for work unseen any more.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM wake WHERE connection_id = %s AND lane = %s AND token = %s FOR UPDATE",
            [claimed.connection_id, claimed.lane, claimed.token],
        )
        if cursor.fetchone() is None:
            return
        cursor.execute(
            "UPDATE wake SET token = NULL, lease_until = NULL, hinted_at = NULL, due_at = %s"
            " WHERE connection_id = %s AND lane = %s",
            [due_at(), claimed.connection_id, claimed.lane],
        )


def take(claimed: Claim, run: SyncLog, now: datetime) -> None:
    """Put the claim's token on an open run, whoever had it before.

    If the run ends in this moment, its pages will be fenced.
    """
    run.state, run.started_at = SyncLog.State.RUNNING, run.started_at or now
    run.lease_token, run.lease_until = claimed.token, now + lease()
    runs = SyncLog.objects.for_tenant(run.tenant_id)
    runs.filter(pk=run.pk, state__in=SyncLog.OPEN).update(
        state=run.state,
        started_at=run.started_at,
        lease_token=run.lease_token,
        lease_until=run.lease_until,
    )


def prove(run_id: int, token: uuid.UUID, now: datetime) -> bool:
    """Prove the lease and prolong it; the run's row stays locked until the transaction ends.

    Returns:
        Whether somebody asked the run to stop.

    Raises:
        Fenced: the run has ended, or another worker has it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE run SET lease_until = %s WHERE id = %s AND lease_token = %s"
            " AND state = 'running' RETURNING stop_requested",
            [now + lease(), run_id, token],
        )
        row = cursor.fetchone()
    if row is None:
        raise Fenced
    return bool(row[0])


def renew(claimed: Claim, run_id: int, now: datetime) -> bool:
    """Prolong both leases; False if they belong to somebody else."""
    until = now + lease()
    with door.tenant(claimed.tenant_id), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE wake SET lease_until = %s, due_at = %s"
            " WHERE connection_id = %s AND lane = %s AND token = %s",
            [until, until, claimed.connection_id, claimed.lane, claimed.token],
        )
        if cursor.rowcount == 0:
            return False
        # A page that is being stored holds the row and has prolonged the lease itself.
        cursor.execute(
            "UPDATE run SET lease_until = %s WHERE id = (SELECT id FROM run WHERE id = %s"
            " AND lease_token = %s FOR NO KEY UPDATE SKIP LOCKED)",
            [until, run_id, claimed.token],
        )
    return True


class Heartbeat:
    """Renews leases from a thread with a database connection of its own; dies with the process."""

    def __init__(self, beat: Callable[[], bool]) -> None:
        """Make it; `beat` renews once and answers False if the leases are lost."""
        self.lost = threading.Event()
        self._beat = beat
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def __enter__(self) -> Heartbeat:
        """Begin to beat."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, and wait for a beat that is under way."""
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._done.wait(settings.SYNCAPP_LEASE_S / BEATS):
            try:
                if not self._beat():
                    self.lost.set()
                    return
            except db.Error:
                log.warning("heartbeat failed", exc_info=True)
            finally:
                connection.close()
