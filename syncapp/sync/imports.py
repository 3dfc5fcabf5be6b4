"""Imports: runs whose source is an uploaded file.

An import is a run like any other: queued, leased, resumable, stoppable, accounted for. Three
things differ. It follows the plan that was made for this one file and is written on the run. It
belongs to a connection that nobody sees, one for each object, so that the queue has a place for
it. And while it is open no connection writes the object, nor the other way round.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import connections.services
from connections.models import Connection, ConnectionConfig, Upload
from connections.spec import SyncSpec
from connections.uploads import plan as planning
from connections.uploads.plan import Plan
from syncapp.errors import Refused
from syncapp.sync import holding, leases
from syncapp.tenants import audit
from syncapp.tenants.actors import Actor
from synclogs.models import SyncLog

PERMISSIONS: Final = {
    "both": ("records.create", "records.edit"),
    "create": ("records.create",),
    "update": ("records.edit",),
}
"""What whoever starts an import must be allowed beside importing, by its mode."""


def start(
    upload: Upload,
    plan: Plan,
    *,
    trigger: str = SyncLog.Trigger.MANUAL,
    actor: Actor,
    now: datetime,
    dry: bool = False,
    max_records: int | None = None,
) -> SyncLog:
    """Queue the import of a file.

    Args:
        upload: the file.
        plan: what becomes of it; the run keeps it, later changes do not concern it.
        trigger: manual or api.
        actor: whom the run names.
        now: when.
        dry: only find out what would happen.
        max_records: end a dry run after so many rows.

    Raises:
        Invalid: the plan has gaps.
        Refused: the file is being imported or was, or another run writes the object.
    """
    window: dict[str, Any] = {
        "draft": planning.document(upload, plan),
        "upload": planning.settings_of(upload, plan),
    }
    if dry and max_records is not None:
        window["max_records"] = max_records
    wanted = {holding.of_object(upload.object_id): holding.EXCLUSIVE}
    if not dry:
        _refuse_again(upload)
        holding.refuse(upload.tenant_id, wanted)
    connection = _place(upload)
    run: SyncLog = SyncLog.objects.create(
        tenant_id=upload.tenant_id,
        connection=connection,
        name=upload.name[:100],
        kind=SyncLog.Kind.DRY if dry else SyncLog.Kind.IMPORT,
        lane=SyncLog.Lane.LIVE if dry else SyncLog.Lane.BULK,
        trigger=trigger,
        by=actor.label,
        keep_days=connection.keep_days,
        window=window,
        queued_at=now,
    )
    if not dry:
        holding.take(run, wanted)
        upload.run_id = run.pk
        upload.save(update_fields=["run_id"])
        audit.record(upload.tenant, actor, "run", upload)
    leases.make_due(run.tenant_id, connection.pk, run.lane, now)
    return run


def runs_of(uploads: Sequence[Upload]) -> dict[int, SyncLog]:
    """Give the runs that imported these files, by upload."""
    ids = {upload.run_id: upload.pk for upload in uploads if upload.run_id is not None}
    if not ids:
        return {}
    rows = SyncLog.objects.for_tenant(uploads[0].tenant_id).filter(pk__in=list(ids))
    return {ids[run.pk]: run for run in rows}


def run_of(upload: Upload) -> SyncLog | None:
    """Give the run that imported this file."""
    return runs_of([upload]).get(upload.pk)


def delete(upload: Upload, *, actor: Actor) -> None:
    """Delete a file; what was imported stays, and so does the run.

    Raises:
        Refused: it is being imported.
    """
    run = run_of(upload)
    if run is not None and run.open:
        raise Refused(f"Run {run.pk} is importing this file. Stop it first.", code="run_open")
    audit.record(upload.tenant, actor, "delete", upload)
    upload.delete()


def is_import(run: SyncLog) -> bool:
    """Tell whether the source of a run, dry or not, is an uploaded file."""
    return run.upload_id is not None


def config_of(run: SyncLog, spec: SyncSpec) -> ConnectionConfig:
    """Give the config that a run reads with; that of an import stands on the run itself.

    Raises:
        NotThere: it is gone.
    """
    if not is_import(run):
        return connections.services.config_for(spec.config_id)
    return ConnectionConfig(
        tenant_id=run.tenant_id,
        name=run.name,
        system_type=planning.SYSTEM,
        settings=run.window["upload"],
    )


def _refuse_again(upload: Upload) -> None:
    """Refuse what is under way or done; what failed or was stopped may be tried again."""
    run = run_of(upload)
    if run is None or run.state in {SyncLog.State.FAILED, SyncLog.State.CANCELLED}:
        return
    text = f"Run {run.pk} has imported this file already, or is at it. Upload it again."
    raise Refused(text, code="imported")


def _place(upload: Upload) -> Connection:
    """Give the connection of an object's imports: a place in the queue, and nothing else."""
    connection, _ = Connection.every.get_or_create(
        tenant_id=upload.tenant_id,
        direction=Connection.Direction.IMPORT,
        name=f"imports into {upload.object_id}",
        defaults={"system_type": planning.SYSTEM},
    )
    return connection
