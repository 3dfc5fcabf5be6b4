"""Runs of connector sets: the connections of its connectors, one after the other.

The row in `set_run` is the whole truth. It is written down at the start what will run in which
order; the next run is queued in the very transaction that ends the one before, so that no crash
can leave a set standing between two of its runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from django.db.models import QuerySet

from connections import connector_sets
from connections.models import Connection, Connector, ConnectorSet
from syncapp.errors import Refused, SyncAppError
from syncapp.sync import services
from syncapp.sync.models import SetRun
from syncapp.sync.signals import run_ended
from syncapp.tenants import door
from syncapp.tenants.actors import Actor
from syncapp.tenants.integrity import unique
from synclogs.models import SyncLog

State = SetRun.State
_BAD: Final = frozenset({"failed", "cancelled", "refused"})
"""States of a step that stop a set, unless it is to go on."""

OPEN: Final = "This set is running already. Wait for its end or stop it."


def listen() -> None:
    """Hear of the end of runs."""
    run_ended.connect(_go_on, dispatch_uid="syncapp.sync.sets")


def request_set_run(
    row: ConnectorSet, *, trigger: str = SyncLog.Trigger.MANUAL, actor: Actor, now: datetime
) -> SetRun:
    """Begin to run a set; the caller also calls `tasks.enqueue`.

    Raises:
        Refused: it runs already, or none of its connectors has an active inbound connection.
    """
    steps = [_planned(connector, connection) for connector, connection in _plan(row)]
    if not steps:
        text = "No connector of this set has an active inbound connection."
        raise Refused(text, code="nothing_to_run")
    made = SetRun(
        tenant_id=row.tenant_id,
        set_id=row.pk,
        state=State.RUNNING,
        on_failure=row.on_failure,
        steps=steps,
        trigger=trigger,
        by=actor.label,
        started_at=now,
    )
    try:
        with unique("set", OPEN):
            made.save(force_insert=True)
    except SyncAppError as error:
        raise Refused(OPEN, code="set_open") from error
    _advance(made, now)
    return made


def request_set_stop(made: SetRun, *, now: datetime) -> SetRun:
    """Stop a set: nothing more is queued, and the present run ends after its page.

    Raises:
        Refused: it has ended already.
    """
    while True:
        # The end of a run locks the run first and then the set; so does this.
        run = _rows(made).select_for_update().filter(pk=made.run_id or 0).first()
        made = SetRun.objects.select_for_update().get(tenant_id=made.tenant_id, pk=made.pk)
        if made.state != State.RUNNING:
            raise Refused("This set has ended already.", code="ended")
        if run is None or made.run_id == run.pk:
            break
    step = made.current
    assert step is not None  # a set that runs is at one of its steps
    step["state"] = "cancelled"
    _end(made, State.CANCELLED, now)
    if run is not None and run.open:
        services.request_stop(run, now=now)
    return made


def last_of(row: ConnectorSet, limit: int = 1) -> list[SetRun]:
    """Give the latest runs of a set."""
    found = SetRun.objects.filter(tenant_id=row.tenant_id, set_id=row.pk).order_by("-pk")
    return list(found[:limit])


def _plan(row: ConnectorSet) -> Iterator[tuple[Connector, Connection]]:
    """List what runs: of each connector in order its active inbound connections, by name."""
    connectors = connector_sets.connectors_of(row)
    active = Connection.objects.for_tenant(row.tenant_id).filter(
        connector__in=connectors, active=True, direction=Connection.Direction.INBOUND
    )
    by_connector: dict[int, list[Connection]] = {}
    for connection in active.order_by("name"):
        by_connector.setdefault(connection.connector_id, []).append(connection)
    for connector in connectors:
        for connection in by_connector.get(connector.pk, ()):
            yield connector, connection


def _planned(connector: Connector, connection: Connection) -> dict[str, Any]:
    return {
        "connector": connector.name,
        "connection": connection.pk,
        "name": connection.name,
        "state": "waiting",
        "run": None,
        "note": "",
    }


def _go_on(run_id: int, now: datetime, **_: Any) -> None:
    """Go on with the set that waits for this run, if one does."""
    made = (
        SetRun.objects.select_for_update()
        .filter(tenant_id=door.current_tenant() or 0, run_id=run_id, state=State.RUNNING)
        .first()
    )
    step = made.current if made is not None else None
    if made is None or step is None:
        return
    step["state"] = _rows(made).values_list("state", flat=True).get(pk=run_id)
    _advance(made, now)


def _advance(made: SetRun, now: datetime) -> None:
    """Queue the next run that can be queued, or end the set."""
    made.run_id = None
    for step in made.steps:
        if step["state"] == "waiting":
            _start(made, step, now)
        if step["state"] == "running":
            made.save(update_fields=["steps", "run_id"])
            return
        if step["state"] in _BAD and made.on_failure == ConnectorSet.OnFailure.STOP:
            _end(made, State.FAILED, now)
            return
    states = {step["state"] for step in made.steps}
    _end(made, State.PARTIAL if states & {*_BAD, "partial"} else State.SUCCEEDED, now)


def _start(made: SetRun, step: dict[str, Any], now: datetime) -> None:
    """Queue the run of a step; what cannot run says why."""
    rows = Connection.objects.for_tenant(made.tenant_id)
    connection = rows.filter(pk=step["connection"]).first()
    if connection is None or not connection.active:
        gone = "was deleted" if connection is None else "is off"
        step |= {"state": "skipped", "note": f"The connection {gone}."}
        return
    try:
        run = services.request_run(
            connection, trigger=made.trigger, actor=Actor(made.by), now=now
        )
    except Refused as refusal:
        other = services.open_run(connection) if refusal.code == "run_open" else None
        if other is None:
            step |= {"state": "refused", "note": refusal.message}
            return
        # Somebody else started it; the set waits for its end, which may be just now.
        run = _rows(made).select_for_update().get(pk=other.pk)
    step |= {"state": "running" if run.open else run.state, "run": run.pk}
    made.run_id = run.pk if run.open else None


def _rows(made: SetRun) -> QuerySet[SyncLog]:
    rows: QuerySet[SyncLog] = SyncLog.objects.for_tenant(made.tenant_id)
    return rows


def _end(made: SetRun, state: str, now: datetime) -> None:
    for step in made.steps:
        if step["state"] == "waiting":
            step["state"] = "skipped"
    made.state, made.run_id, made.ended_at = state, None, now
    made.save(update_fields=["state", "steps", "run_id", "ended_at"])
