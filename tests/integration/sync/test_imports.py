"""Imports with the real engine: files in the database, a worker, the record store."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from msgspec import structs

from connections.kit.codes import Code
from connections.models import Connection, Upload, UploadChunk
from connections.uploads import plan as planning, storage
from connections.uploads.plan import Plan
from objects.models import ConnectObject
from objects.records import read
from objects.records.changes import Origin, Stored
from syncapp.errors import Invalid, Refused
from syncapp.sync import imports, leases, services, slices
from syncapp.sync.models import RunLock
from syncapp.tenants import actors, door
from syncapp.tenants.models import Tenant
from synclogs.models import RecordLog, SyncLog
from tests import making
from tests.integration.sync.conftest import Clock, make_engine

CSV = b"code,name,city,credit\nC1,Anna,Bern,1.50\nC2,Ben,,2\n"


@dataclass
class Desk:
    """Somebody who uploads files into one object."""

    tenant: Tenant
    object: ConnectObject
    clock: Clock = field(default_factory=Clock)

    def upload(self, content: bytes, name: str = "partners.csv") -> Upload:
        with door.tenant(self.tenant.pk):
            file = SimpleUploadedFile(name, content)
            return storage.receive(file, self.object, actor=actors.COMMAND)

    def plan(self, upload: Upload, **changes: Any) -> Plan:
        with door.tenant(self.tenant.pk):
            return structs.replace(planning.plan_of(upload), **changes)

    def start(self, upload: Upload, *, dry: bool = False, **changes: Any) -> SyncLog:
        plan = self.plan(upload, **changes)
        with door.tenant(self.tenant.pk):
            return imports.start(upload, plan, actor=actors.COMMAND, now=self.clock(), dry=dry)

    def work(self) -> None:
        self.clock.pass_(seconds=1)
        for _ in range(100):
            claimed = leases.claim(self.clock())
            if claimed is None:
                return
            slices.work(claimed, clock=self.clock, stopping=lambda: False)
        raise AssertionError("work without end")

    def run(self, content: bytes, *, name: str = "partners.csv", **changes: Any) -> SyncLog:
        run = self.start(self.upload(content, name), **changes)
        self.work()
        return self.fresh(run)

    def fresh(self, run: SyncLog) -> SyncLog:
        with door.tenant(self.tenant.pk):
            return SyncLog.objects.get(pk=run.pk)

    def logs(self, run: SyncLog) -> list[RecordLog]:
        with door.tenant(self.tenant.pk):
            return list(RecordLog.objects.filter(run_id=run.pk).order_by("pk"))

    def stored(self, object_: ConnectObject | None = None) -> dict[str, Stored]:
        with door.tenant(self.tenant.pk):
            feed = read.feed((object_ or self.object).pk, 0, 1_000_000)
        return {one.key: one for one in feed if not one.deleted}

    def values(self) -> dict[str, Mapping[str, Any]]:
        return {key: one.values for key, one in self.stored().items()}


@pytest.fixture
def desk(committed_db: None, acme: Tenant) -> Desk:
    """In a database that the reading thread sees."""
    return Desk(acme, making.make_object(acme))


def counts(run: SyncLog) -> dict[str, int]:
    return {str(name): n for name, n in run.counts.items() if n}


def test_rows_become_records_with_origin_import(desk: Desk) -> None:
    run = desk.run(CSV)
    assert (run.state, counts(run), run.expected) == ("succeeded", {"created": 2}, 2)
    assert desk.values()["C1"]["city"] == "Bern"
    assert "city" not in desk.values()["C2"]
    with door.tenant(desk.tenant.pk):
        record = read.one_by_key(desk.object.pk, "C1")
        assert record is not None
        assert record.source == (Origin.IMPORT, run.pk)
        assert not RunLock.objects.exists()
    assert [(row.key, row.remote_id, row.code) for row in desk.logs(run)] == [
        ("C1", "2", Code.NEW),
        ("C2", "3", Code.NEW),
    ]
