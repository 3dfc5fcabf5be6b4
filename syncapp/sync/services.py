"""What can be asked of the engine: start a run, stop it, run by itself.

Each function works in the caller's transaction and leaves rows: a queued run, its locks, a due
`wake`. Whoever calls it also calls `tasks.enqueue`, which only makes a worker look sooner.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from connections.models import Connection, ConnectionConfig
from syncapp.errors import Invalid, Refused
from syncapp.sync import holding, leases, ledger, specs
from syncapp.sync.models import RunLock, Schedule
from syncapp.tenants import audit
from syncapp.tenants.actors import Actor
from synclogs.models import SyncLog

LONGEST_INTERVAL: Final = 31 * 24 * 60
"""Minutes between two scheduled runs, at most."""


def request_run(
    connection: Connection,
    *,
    kind: str = SyncLog.Kind.NORMAL,
    trigger: str = SyncLog.Trigger.MANUAL,
    actor: Actor,
    now: datetime,
    max_records: int | None = None,
    changes_only: bool = False,
) -> SyncLog:
    """Queue a run.

    Args:
        connection: an inbound connection; active, unless the run is dry.
        kind: normal, full or dry. A dry run follows the draft as it is now.
        trigger: manual, api or schedule.
        actor: whom the run names.
        now: when.
        max_records: end a dry run after so many.
        changes_only: let a dry run start where the next run would, not at the beginning.

    Raises:
        Refused: it is switched off, or a run of it is open.
        Invalid: a dry run of a draft with gaps; or bounds on a run that writes.
    """
    dry = kind == SyncLog.Kind.DRY
    window: dict[str, Any] = {}
    if connection.direction != Connection.Direction.INBOUND or kind == SyncLog.Kind.IMPORT:
        raise Refused("Only inbound connections can run.", code="not_inbound")
    if dry:
        window = {"draft": specs.draft_of(connection), "changes_only": changes_only}
        if max_records is not None:
            window["max_records"] = max_records
    elif max_records is not None or changes_only:
        name = "max_records" if max_records is not None else "changes_only"
        raise Invalid(fields={name: "Only a dry run can be bounded."})
    elif not connection.active:
        raise Refused(f"“{connection}” is off. Activate it first.", code="inactive")
    run: SyncLog = SyncLog(
        tenant_id=connection.tenant_id,
        connection=connection,
        version_id=None if dry else connection.live_version_id,
        name=_told_name(connection, window.get("draft")),
        kind=kind,
        lane=_lane(kind, trigger),
        trigger=trigger,
        by=actor.label,
        keep_days=connection.keep_days,
        window=window,
        queued_at=now,
    )
    if not dry:
        holding.refuse(connection.tenant_id, _wanted(connection))
    run.save()
    if not dry:
        holding.take(run, _wanted(connection))
    leases.make_due(run.tenant_id, connection.pk, run.lane, now)
    return run


def _told_name(connection: Connection, draft: Mapping[str, Any] | None) -> str:
    """Name the connection as logs do: with its environment, unless that is the live one.

    Logs keep it, whatever the connection is changed to later.
    """
    version = connection.live_version
    document = draft or (version.spec if version is not None else {})
    configs = ConnectionConfig.objects.for_tenant(connection.tenant_id)
    config = configs.filter(pk=document.get("config_id")).only("environment").first()
    if config is None or config.environment == ConnectionConfig.Environment.LIVE:
        return connection.name
    return f"[{config.environment.upper()}] {connection.name}"[:100]


def request_stop(run: SyncLog, *, now: datetime) -> SyncLog:
    """Ask a run to stop after the page it is at; one that nobody works on ends at once.

    Raises:
        Refused: it has ended already.
    """
    running = SyncLog.objects.for_tenant(run.tenant_id).filter(state=SyncLog.State.RUNNING)
    running.filter(pk=run.pk).update(stop_requested=True)
    run.refresh_from_db()
    if not run.open:
        raise Refused(f"Run {run.pk} has ended already.", code="ended")
    if run.state == SyncLog.State.QUEUED or run.connection_id is None:
        ledger.close(run.pk, now, state=SyncLog.State.CANCELLED)
        run.refresh_from_db()
    else:
        leases.make_due(run.tenant_id, run.connection_id, run.lane, now)
    return run


def schedule_of(connection: Connection) -> Schedule | None:
    """Give the schedule of a connection, if it ever had one."""
    found: Schedule | None = Schedule.objects.filter(connection_id=connection.pk).first()
    return found


def set_schedule(
    connection: Connection, *, every_minutes: int | None, actor: Actor, now: datetime
) -> Schedule:
    """Run a connection every so many minutes, the first time after that time; None: not at all.

    Raises:
        Invalid: an interval that is none.
    """
    if every_minutes is not None and not 1 <= every_minutes <= LONGEST_INTERVAL:
        text = f"A whole number of minutes from 1 to {LONGEST_INTERVAL}."
        raise Invalid(fields={"every_minutes": text})
    present = schedule_of(connection)
    before = present.every_minutes if present is not None else None
    if present is not None and before == every_minutes:
        return present
    next_at = now + timedelta(minutes=every_minutes) if every_minutes else None
    schedule, _ = Schedule.objects.update_or_create(
        connection_id=connection.pk,
        defaults={
            "tenant_id": connection.tenant_id,
            "every_minutes": every_minutes,
            "next_at": next_at,
        },
    )
    if next_at is not None:
        leases.make_due(connection.tenant_id, connection.pk, SyncLog.Lane.SCHEDULED, next_at)
    changes = {"schedule": [_told(before), _told(every_minutes)]}
    audit.record(connection.tenant, actor, "edit", connection, diff=changes)
    return schedule


def open_run(connection: Connection) -> SyncLog | None:
    """Give the run that keeps others of this connection from starting."""
    lock = RunLock.objects.filter(resource=holding.of_connection(connection)).first()
    if lock is None:
        return None
    runs = SyncLog.objects.for_tenant(connection.tenant_id)
    found: SyncLog | None = runs.filter(pk=lock.run_id).first()
    return found


def _lane(kind: str, trigger: str) -> str:
    """Give the lane: what somebody waits for goes before what nobody watches."""
    if trigger == SyncLog.Trigger.SCHEDULE:
        return SyncLog.Lane.SCHEDULED
    return SyncLog.Lane.BULK if kind == SyncLog.Kind.FULL else SyncLog.Lane.LIVE


def _wanted(connection: Connection) -> holding.Wanted:
    """Give what a run holds: the connection alone, its object together with other runs."""
    return {
        holding.of_connection(connection): holding.EXCLUSIVE,
        holding.of_object(connection.object_id): holding.SHARED,
    }


def _told(every_minutes: int | None) -> str:
    return f"every {every_minutes} minutes" if every_minutes else "off"
