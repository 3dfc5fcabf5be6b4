"""What open runs hold, so that no other runs beside them that must not.

A run of a connection holds the connection alone, and its object together with other runs that
write it. An import holds the object alone. Dry runs write nothing and hold nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.db import connection as database

from connections.models import Connection
from syncapp.errors import Refused
from syncapp.sync.models import RunLock
from synclogs.models import SyncLog

SHARED: Final = "shared"
EXCLUSIVE: Final = "exclusive"
_RUN_LOCKS: Final = 7_302
"""First half of the advisory locks under which run locks are taken; any number will do."""

Wanted = Mapping[str, str]
"""Resource → mode."""


def of_connection(connection: Connection) -> str:
    """Name a connection as a resource."""
    return f"connection:{connection.pk}"


def of_object(object_id: int | None) -> str:
    """Name the records of a connect object as a resource."""
    return f"object:{object_id}"


def refuse(tenant_id: int, wanted: Wanted) -> None:
    """Refuse if an open run holds something of this; else nobody takes it before our commit.

    Raises:
        Refused: says which run, and what helps.
    """
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_RUN_LOCKS, tenant_id])
    held = RunLock.objects.filter(tenant_id=tenant_id, resource__in=list(wanted))
    for lock in held.order_by("resource", "run_id"):
        if EXCLUSIVE in {lock.mode, wanted[lock.resource]}:
            _say(tenant_id, lock)


def take(run: SyncLog, wanted: Wanted) -> None:
    """Hold resources until the run ends."""
    RunLock.objects.bulk_create(
        RunLock(tenant_id=run.tenant_id, resource=resource, run_id=run.pk, mode=mode)
        for resource, mode in wanted.items()
    )


def _say(tenant_id: int, lock: RunLock) -> None:
    run = SyncLog.objects.for_tenant(tenant_id).get(pk=lock.run_id)
    helps = "Wait for its end or stop it."
    if lock.resource.startswith("connection:"):
        text = f"Run {run.pk} of “{run.name}” is {run.state}. {helps}"
        raise Refused(text, code="run_open")
    what = "the import of" if run.kind == SyncLog.Kind.IMPORT else "of"
    raise Refused(
        f"Run {run.pk}, {what} “{run.name}”, is {run.state} and writes the same records; an "
        f"import and a sync of one object do not run at the same time. {helps}",
        code="object_busy",
    )
