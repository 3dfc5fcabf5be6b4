"""What must be done now and then: partitions ahead, what is old gone, no run forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import structlog
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection

from connections.models import Upload
from syncapp.sync import leases, ledger
from syncapp.tenants import door
from syncapp.tenants.models import Tenant
from synclogs.models import SyncLog

log = structlog.get_logger(__name__)

AHEAD: Final = timedelta(weeks=8)
UPLOADS_KEPT: Final = timedelta(days=60)
"""As long as the record logs of their imports."""


def make_partitions(now: datetime) -> None:
    """Make the weeks' tables of logs and changes that will be needed."""
    with door.platform(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT record_log_make_partitions(%s), change_make_partitions(%s)",
            [now + AHEAD, now + AHEAD],
        )


def drop_partitions(now: datetime) -> None:
    """Drop the weeks' tables of record logs that no connection keeps any longer."""
    with door.platform(), connection.cursor() as cursor:
        cursor.execute("SELECT record_log_drop_partitions(%s)", [now])


def drop_sessions() -> None:
    """Drop the sessions that have expired; Django itself never does."""
    with door.platform():
        SessionStore.clear_expired()


def drop_uploads(now: datetime) -> None:
    """Delete files that were uploaded long ago; records, runs and logs of their imports stay."""
    with door.platform():
        tenants = list(Tenant.objects.filter(state=Tenant.State.ACTIVE).order_by("pk"))
    for tenant in tenants:
        with door.tenant(tenant.pk):
            old = Upload.objects.for_tenant(tenant).filter(at__lt=now - UPLOADS_KEPT)
            busy = SyncLog.objects.for_tenant(tenant).filter(state__in=SyncLog.OPEN)
            old.exclude(run_id__in=busy.values("pk")).delete()


def wake_forgotten_runs(now: datetime) -> None:
    """Make open runs due that nobody would look at, and end those whose connection is gone.

    Nothing of ours leaves such a run behind; a restored backup or a hand in the database may.
    """
    with door.platform():
        tenants = list(Tenant.objects.filter(state=Tenant.State.ACTIVE).order_by("pk"))
    for tenant in tenants:
        with door.tenant(tenant.pk):
            for run in SyncLog.objects.for_tenant(tenant).filter(state__in=SyncLog.OPEN):
                _wake(run, now)


def _wake(run: SyncLog, now: datetime) -> None:
    if run.connection_id is None:
        reason = "The connection was deleted."
        ledger.close(run.pk, now, state=SyncLog.State.FAILED, error=reason, kind="config")
    elif not leases.is_planned(run.connection_id, run.lane):
        log.warning("open run was forgotten", run=run.pk)
        leases.make_due(run.tenant_id, run.connection_id, run.lane, now)
