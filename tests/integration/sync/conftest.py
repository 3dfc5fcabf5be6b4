"""A connection from a sandbox world into a connect object, and a worker at hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from connections.kit.world import World
from connections.models import Connection
from objects.records import read
from objects.records.changes import Stored
from syncapp.sync import leases, services, slices
from syncapp.sync.leases import Claim
from syncapp.sync.models import Link, Trouble
from syncapp.tenants import actors, door
from syncapp.tenants.models import Tenant
from synclogs.models import RecordLog, RunPage, SyncLog
from tests import making
from tests.make import NOW


@dataclass
class Clock:
    """The time, which passes when somebody says so."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **time: float) -> None:
        self.now += timedelta(**time)


@dataclass
class Engine:
    """One connection, and everything that its runs leave behind."""

    tenant: Tenant
    world: World
    connection: Connection
    clock: Clock = field(default_factory=Clock)

    def start(self, kind: str = "normal", **options: Any) -> SyncLog:
        """Queue a run."""
        with door.tenant(self.tenant.pk):
            self.connection.refresh_from_db()
            return services.request_run(
                self.connection, kind=kind, actor=actors.COMMAND, now=self.clock(), **options
            )

    def claim(self) -> Claim:
        """Claim what is due."""
        claimed = leases.claim(self.clock())
        assert claimed is not None, "nothing is due"
        return claimed

    def slice(self, stopping: Callable[[], bool] = lambda: False) -> None:
        """Do one slice of what is due."""
        slices.work(self.claim(), clock=self.clock, stopping=stopping)

    def work(self) -> int:
        """Do all that is due now; how many slices it took."""
        for n in range(1000):
            claimed = leases.claim(self.clock())
            if claimed is None:
                return n
            slices.work(claimed, clock=self.clock, stopping=lambda: False)
        raise AssertionError("work without end")

    def run(self, kind: str = "normal", **options: Any) -> SyncLog:
        """Queue a run and work until nothing is due."""
        run = self.start(kind, **options)
        self.clock.pass_(seconds=1)
        self.work()
        return self.fresh(run)

    def fresh(self, run: SyncLog) -> SyncLog:
        """Give the run as it is now."""
        with door.tenant(self.tenant.pk):
            return SyncLog.objects.get(pk=run.pk)

    def counts(self, run: SyncLog) -> dict[str, int]:
        """Give the outcomes of a run that are not zero."""
        return {str(name): n for name, n in self.fresh(run).counts.items() if n}

    def logs(self, run: SyncLog) -> list[RecordLog]:
        """Give the record logs of a run in order."""
        with door.tenant(self.tenant.pk):
            return list(RecordLog.objects.filter(run_id=run.pk).order_by("pk"))

    def pages(self, run: SyncLog) -> list[RunPage]:
        """Give the page ledger of a run in order."""
        with door.tenant(self.tenant.pk):
            return list(RunPage.objects.filter(run_id=run.pk).order_by("no"))

    def links(self) -> dict[str | None, Link]:
        """Give the links of the pair by remote id."""
        with door.tenant(self.tenant.pk):
            return {link.remote_id: link for link in Link.objects.order_by("pk")}

    def trouble(self) -> list[Trouble]:
        """Give what is open."""
        with door.tenant(self.tenant.pk):
            return list(Trouble.objects.order_by("link_id"))

    def stored(self) -> dict[str, Stored]:
        """Give the live records by key."""
        assert self.connection.object_id is not None
        with door.tenant(self.tenant.pk):
            feed = read.feed(self.connection.object_id, 0, 1_000_000)
        return {one.key: one for one in feed if not one.deleted}

    def put(self, *records: dict[str, Any]) -> None:
        """Create or change records of the world."""
        self.world.put(making.ENTITY, *records)

    def change(self, remote_id: str, **values: Any) -> None:
        """Change a record of the world."""
        self.world.change(making.ENTITY, remote_id, **values)

    def remove(self, *remote_ids: str) -> None:
        """Delete records of the world."""
        self.world.remove(making.ENTITY, *remote_ids)


def make_engine(tenant: Tenant, *, n: int = 3, **options: Any) -> Engine:
    """An active connection to a world of n partners."""
    world = making.make_world(n=n)
    mappings = {**making.MAPPINGS, "credit": "Credit", "vat": "Vat"}
    options = {"page_size": 10, "mappings": mappings, "active": True, **options}
    return Engine(tenant, world, making.make_connection(tenant, **options))


@pytest.fixture
def engine(acme: Tenant) -> Engine:
    """An active connection to a world of three partners, in pages of ten."""
    return make_engine(acme)
