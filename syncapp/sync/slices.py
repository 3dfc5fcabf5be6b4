"""One slice of work: the runs of a claimed connection and lane, for some seconds.

A slice ends when nothing is left, when its time is over, when somebody wants the run or the worker
to stop, or when the source cannot go on. Then it gives the claim back and says when to look again;
the next slice, of whichever worker, goes on after the last stored page. Pause, warm shutdown,
fairness, waiting and recovery after a crash are this one mechanism.
"""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from time import monotonic
from typing import Any, Final

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django import db
from django.conf import settings

import connections.services
from connections import discovery, kept
from connections.kit.base import System
from connections.kit.errors import ErrorKind, RemoteError
from connections.kit.values import Page, Query
from connections.models import Connection, ConnectionConfig
from connections.spec import SyncSpec
from objects.records.write import FieldsChanged
from syncapp import logs
from syncapp.errors import Refused, SyncAppError
from syncapp.sync import (
    imports,
    leases,
    ledger,
    pipeline,
    retry,
    schedule,
    services,
    specs,
    state,
)
from syncapp.sync.destination import Rehearsal, Store
from syncapp.sync.importing import Imported
from syncapp.sync.leases import Claim, Heartbeat
from syncapp.sync.models import Schedule
from syncapp.sync.pipeline import End, Fenced
from syncapp.sync.sampling import Sampling
from syncapp.tenants import door
from syncapp.tenants.actors import SCHEDULE
from synclogs.models import SyncLog

log = structlog.get_logger(__name__)
Clock = Callable[[], datetime]
State = SyncLog.State

DEATHS: Final = 3
"""So many workers may die at one page before the run is given up."""


def work(claimed: Claim, *, clock: Clock, stopping: Callable[[], bool]) -> None:
    """Do one slice of the claimed work and give the claim back.

    Args:
        claimed: what `leases.claim` gave.
        clock: the time.
        stopping: asked after each page: is this worker to stop?
    """
    with door.tenant(claimed.tenant_id):
        run = _next_run(claimed, clock())
    if run is not None:
        with logs.context(run=run.pk, connection=claimed.connection_id):
            _Slice(claimed, run, clock, stopping).work()
    with door.tenant(claimed.tenant_id):
        leases.release(claimed, lambda: _due_at(claimed, clock()))


def _open_runs(claimed: Claim) -> list[SyncLog]:
    runs = SyncLog.objects.for_tenant(claimed.tenant_id).filter(
        connection_id=claimed.connection_id, lane=claimed.lane, state__in=SyncLog.OPEN
    )
    return list(runs.select_related("connection").order_by("pk"))


def _next_run(claimed: Claim, now: datetime) -> SyncLog | None:
    """Take the run that is to go on, or the one that the schedule starts now."""
    for run in _open_runs(claimed):
        if run.stop_requested:
            ledger.close(run.pk, now, state=State.CANCELLED)
        elif _switched_off(run):
            reason = "The connection was switched off."
            ledger.close(run.pk, now, state=State.CANCELLED, error=reason)
        elif _wait_until(run, now) <= now and _survives(run, now):
            leases.take(claimed, run, now)
            return run
    begun = _scheduled(claimed, now) if claimed.lane == SyncLog.Lane.SCHEDULED else None
    if begun is not None:
        leases.take(claimed, begun, now)
    return begun


def _survives(run: SyncLog, now: datetime) -> bool:
    """Count the workers that died at this page; a page that kills each worker ends the run."""
    if run.lease_token is None:
        return True
    deaths = run.window.get("deaths", {})
    count = deaths.get("n", 0) + 1 if deaths.get("at") == run.pages else 1
    run.window["deaths"] = {"at": run.pages, "n": count}
    SyncLog.objects.for_tenant(run.tenant_id).filter(pk=run.pk).update(window=run.window)
    if count < DEATHS:
        return True
    reason = f"{count} workers died at page {run.pages + 1}. The operator's log says more."
    ledger.close(run.pk, now, state=State.FAILED, error=reason, kind="internal")
    return False


def _scheduled(claimed: Claim, now: datetime) -> SyncLog | None:
    """Start the run that is due, unless the connection is off or another run is open."""
    due = Schedule.objects.filter(connection_id=claimed.connection_id, next_at__lte=now).first()
    if due is None or due.next_at is None or due.every_minutes is None:
        return None
    next_at = schedule.next_after(due.next_at, due.every_minutes, now)
    Schedule.objects.filter(connection_id=claimed.connection_id).update(next_at=next_at)
    owned = Connection.objects.for_tenant(claimed.tenant_id)
    connection = owned.filter(pk=claimed.connection_id).first()
    if connection is None or not connection.active:
        return None
    try:
        return services.request_run(
            connection, trigger=SyncLog.Trigger.SCHEDULE, actor=SCHEDULE, now=now
        )
    except Refused as refusal:
        log.info("scheduled run left out", reason=refusal.message)
        return None


def _switched_off(run: SyncLog) -> bool:
    """Tell whether somebody switched off what this run follows."""
    own = run.kind in {SyncLog.Kind.DRY, SyncLog.Kind.IMPORT}
    return not own and run.connection is not None and not run.connection.active


def _destination(run: SyncLog) -> type[Store]:
    if imports.is_import(run):
        return Imported
    return Rehearsal if run.kind == SyncLog.Kind.DRY else Store


def _wait_until(run: SyncLog, now: datetime) -> datetime:
    text = run.window.get("wait_until")
    return datetime.fromisoformat(text) if text else now


def _due_at(claimed: Claim, now: datetime) -> datetime | None:
    """Tell when this connection and lane want to be looked at again."""
    times = [_wait_until(run, now) for run in _open_runs(claimed)]
    if claimed.lane == SyncLog.Lane.SCHEDULED:
        planned = Schedule.objects.filter(connection_id=claimed.connection_id).first()
        if planned is not None and planned.next_at is not None:
            times.append(planned.next_at)
    return min(times, default=None)


class _Slice:
    """One slice of one run."""

    def __init__(
        self, claimed: Claim, run: SyncLog, clock: Clock, stopping: Callable[[], bool]
    ) -> None:
        self.claimed = claimed
        self.run = run
        self.clock = clock
        self.stopping = stopping
        self.ends_at = monotonic() + settings.SYNCAPP_SLICE_S
        self.over = threading.Event()

    def work(self) -> None:
        """Go on with the run; whatever happens to it is written on its row."""
        try:
            with Heartbeat(self._beat) as heartbeat:
                self._read(heartbeat)
        except Fenced:
            log.warning("run was taken over by another worker")
        except RemoteError as error:
            self._stopped_by(error)
        except SoftTimeLimitExceeded:
            text = "The source needed longer for one page than a worker may take."
            self._stopped_by(RemoteError(ErrorKind.TRANSIENT, text))
        except FieldsChanged:
            self._pause()  # the next slice compiles the version for the fields as they are now
        except SyncAppError as error:
            self._close(State.FAILED, error.message, ErrorKind.CONFIG)
        except db.OperationalError:
            # The database is away or was busy; the lease ends by itself and the run goes on.
            log.exception("slice was cut off by the database")
            raise
        except Exception:
            log.exception("run broke")
            text = "Something broke on our side. What was stored stays; see the operator's log."
            self._close(State.FAILED, text, "internal")

    def _read(self, heartbeat: Heartbeat) -> None:
        with door.tenant(self.claimed.tenant_id):
            spec = specs.spec_of(self.run)
            config = imports.config_of(self.run, spec)
            spec, context = specs.surrounded(self.run, spec, config)
            pages, cursor = self._place(spec)
            sampling = self._sampling(spec, pages)
        make = _destination(self.run)
        store = make(spec, self.run, self.claimed.token, self.clock, pages)
        store.sampling = sampling
        opened = connections.services.open_system(
            config, now=self.clock, cancelled=self.over.is_set
        )
        with opened as system, in_a_hurry():
            if not pages:
                self._look_again(system, config)
            end = pipeline.run(
                first(system.read(self._query(spec), cursor), self._limit),
                spec,
                store,
                should_stop=self._should_stop(store, heartbeat),
                context=context,
                leaving=self.over.set,
                left=_leave_thread,
            )
        self._ended(end, store)

    def _place(self, spec: SyncSpec) -> tuple[int, Any]:
        """Find where to go on: after the last stored page, or where this kind of run starts."""
        pages, cursor = state.page_cursor(self.run.pk)
        whole = self.run.kind == SyncLog.Kind.FULL or (
            self.run.kind == SyncLog.Kind.DRY and not self.run.window.get("changes_only")
        )
        if pages or whole:
            return pages, cursor
        return 0, state.delta_cursor(spec)

    def _sampling(self, spec: SyncSpec, pages: int) -> Sampling | None:
        """Say who keeps samples; a rehearsal brings some, whole ones, if there are few yet.

        Files keep none: their mappings are made with the file itself at hand.
        """
        if imports.is_import(self.run):
            return None
        if self.run.kind != SyncLog.Kind.DRY:
            return Sampling(spec, whole=False)
        if not pages:
            self.run.window["samples"] = kept.wanted(spec.tenant_id, spec.connection_id)
            owned = SyncLog.objects.for_tenant(self.run.tenant_id)
            owned.filter(pk=self.run.pk).update(window=self.run.window)
        return Sampling(spec, whole=True) if self.run.window.get("samples") else None

    def _look_again(self, system: System, config: ConnectionConfig) -> None:
        """See whether the source's fields have changed; if that fails, reading will tell why."""
        if self.run.kind not in {SyncLog.Kind.NORMAL, SyncLog.Kind.FULL}:
            return
        full = self.run.kind == SyncLog.Kind.FULL
        try:
            discovery.look_again(system, config, now=self.clock(), always=full)
        except RemoteError as error:
            log.warning("fields of the source are not known", kind=error.kind)

    def _query(self, spec: SyncSpec) -> Query:
        whole = self.run.window.get("samples", False)
        return Query(
            spec.entity,
            filter=spec.query_filter,
            page_size=spec.page_size,
            max_records=self._limit,
            fields=None if whole else spec.reads or None,
        )

    @property
    def _limit(self) -> int | None:
        """How many records the run may still read."""
        bound = self.run.window.get("max_records")
        return None if bound is None else max(bound - self.run.n_read, 1)

    def _should_stop(self, store: Store, heartbeat: Heartbeat) -> Callable[[], bool]:
        return lambda: (
            store.stop_requested
            or heartbeat.lost.is_set()
            or monotonic() >= self.ends_at
            or self.stopping()
        )

    def _ended(self, end: End, store: Store) -> None:
        if end is End.CUT:
            text = "The source ended without saying that it was complete."
            raise RemoteError(ErrorKind.BAD_RESPONSE, text)
        if end is End.PAUSED and store.stop_requested:
            self._close(State.CANCELLED)
        elif end is End.PAUSED and self._connection_is_gone():
            self._close(State.CANCELLED, "The connection was deleted.")
        elif end is End.PAUSED:
            self._pause()

    def _connection_is_gone(self) -> bool:
        with door.tenant(self.claimed.tenant_id):
            self.run.refresh_from_db(fields=["connection"])
        return self.run.connection_id is None

    def _beat(self) -> bool:
        return leases.renew(self.claimed, self.run.pk, self.clock())

    def _stopped_by(self, error: RemoteError) -> None:
        """Wait for what passes by itself; else the run has failed."""
        with door.tenant(self.claimed.tenant_id):
            self.run.refresh_from_db(fields=["window", "pages"])
        tries = self.run.window.get("tries", 0)
        wait = retry.wait_after(error, tries)
        log.warning("source cannot go on", kind=error.kind, detail=error.detail, tries=tries)
        if wait is None:
            self._close(State.FAILED, error.message, error.kind)
        else:
            tries += retry.counts(error)
            self._pause(error=error.message, kind=error.kind, wait=wait, tries=tries)

    def _pause(self, **waiting: Any) -> None:
        with door.tenant(self.claimed.tenant_id):
            ledger.pause(self.run.pk, self.clock(), token=self.claimed.token, **waiting)

    def _close(self, state: str, error: str = "", kind: str = "") -> None:
        with door.tenant(self.claimed.tenant_id):
            ledger.close(
                self.run.pk,
                self.clock(),
                state=state,
                error=error,
                kind=kind,
                token=self.claimed.token,
            )


@contextmanager
def in_a_hurry() -> Iterator[None]:
    """Set the interpreter up for pages: few looks for garbage, short turns of threads.

    A page makes ten thousand objects that no circle holds. Looking for circles among them and in
    the whole application costs a third of the engine's time. And whoever waits for the database
    must not wait for the reading thread as well.
    """
    usual, turn_s = gc.get_threshold(), sys.getswitchinterval()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    sys.setswitchinterval(0.001)
    try:
        yield
    finally:
        sys.setswitchinterval(turn_s)
        gc.set_threshold(*usual)
        gc.unfreeze()


def _leave_thread() -> None:
    """Close the database connection that a system may have opened in the reading thread."""
    db.connection.close()  # looked up here: it is another one in each thread


def first(pages: Iterator[Page], limit: int | None) -> Iterator[Page]:
    """Give pages until so many records were read; the page that fills the bound is the last."""
    left = limit
    for page in pages:
        if left is not None and len(page.records) >= left:
            yield replace(page, records=page.records[:left], complete=True, expected=limit)
            return
        yield page
        left = None if left is None else left - len(page.records)
