"""What the worker does: slices of runs, the tick that finds what is due, housekeeping.

A message is a hint that there is work, never the work: which one is decided in the database, by
whoever takes the hint. So a lost message costs a second, and a message that comes twice nothing.
"""

from __future__ import annotations

import mmap
from typing import Any, Final

import structlog
from celery import current_app, shared_task
from celery.signals import worker_ready, worker_shutting_down
from django.db import connection, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from syncapp.sync import keeping, leases, slices

log = structlog.get_logger(__name__)

HINTS: Final = 50
"""Most hints of one tick; the next tick gives those that are left."""

_HINT_EXPIRES_S: Final = 60

_IMPATIENT: Final = {"max_retries": 0, "socket_connect_timeout": 0.3, "socket_timeout": 0.3}
"""Whoever starts a run does not wait for a broker that is gone or hangs: one attempt, a short one."""

_stopping: Final = mmap.mmap(-1, 1)
"""One byte that the worker shares with its processes: 1 once it was told to stop."""


@shared_task(bind=False)
def run_slice(**_: object) -> bool:
    """Do one slice of the work whose turn it is; False if there was none."""
    claimed = leases.claim(timezone.now())
    if claimed is None:
        return False
    slices.work(claimed, clock=timezone.now, stopping=_is_stopping)
    _hint()
    return True


@shared_task
def dispatch_due(**_: object) -> int:
    """Hint at everything that is due: new runs, schedules, waits and leases that have ended."""
    count = leases.hints(timezone.now(), HINTS)
    _hint(count)
    return count


@shared_task
def housekeeping(**_: object) -> None:
    """Make partitions ahead, drop what is old, end runs that nobody can go on with."""
    now = timezone.now()
    keeping.make_partitions(now)
    keeping.drop_partitions(now)
    keeping.drop_sessions()
    keeping.drop_uploads(now)
    keeping.wake_forgotten_runs(now)


def enqueue() -> None:
    """Let a worker look for work as soon as the present transaction is committed.

    Never fails: without a broker the next tick finds the work.
    """
    transaction.on_commit(_hint)


def _hint(times: int = 1) -> None:
    try:
        with current_app.connection_for_write(transport_options=_IMPATIENT) as broker:
            producer = current_app.amqp.Producer(broker, auto_declare=False)
            for _number in range(times):
                run_slice.apply_async(producer=producer, expires=_HINT_EXPIRES_S, retry=False)
    except OperationalError as error:
        log.warning("broker is away; the next tick finds the work", error=str(error))


def _is_stopping() -> bool:
    return _stopping[0] == 1


@worker_shutting_down.connect
def _stop(**_: Any) -> None:
    """Tell this worker's processes to stop after the page they are at."""
    _stopping[0] = 1


@worker_ready.connect
def _get_ready(**_: Any) -> None:
    """Make partitions before the first row needs them, and look for work at once."""
    _stopping[0] = 0
    keeping.make_partitions(timezone.now())
    connection.close()
    _hint()
