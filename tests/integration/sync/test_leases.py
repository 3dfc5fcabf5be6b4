"""Who may work on a run: claims, turns, heartbeats."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta

from django.db import OperationalError
from pytest_django import Settings

from connections.kit.world import Fault
from syncapp.sync import leases, ledger, services
from syncapp.sync.leases import Heartbeat
from syncapp.sync.models import Cursor, Link, RunLock, Schedule, Trouble, Wake
from syncapp.tenants import actors, door
from syncapp.tenants.models import Tenant
from synclogs.models import SyncLog
from tests.integration.sync.conftest import Engine, make_engine


def wakes(engine: Engine) -> list[Wake]:
    with door.tenant(engine.tenant.pk):
        return list(Wake.objects.all())


def test_only_one_worker_gets_a_claim(engine: Engine) -> None:
    engine.start()

    assert leases.claim(engine.clock()) is not None
    assert leases.claim(engine.clock()) is None


def test_a_heartbeat_keeps_the_claim(engine: Engine) -> None:
    run = engine.start()
    claimed = engine.claim()
    with door.tenant(engine.tenant.pk):
        leases.take(claimed, run, engine.clock())
    engine.clock.pass_(seconds=20)
    assert leases.renew(claimed, run.pk, engine.clock())

    engine.clock.pass_(seconds=20)

    assert leases.claim(engine.clock()) is None
    renewed = engine.fresh(run).lease_until
    assert renewed == engine.clock() + timedelta(seconds=10)


def test_a_lost_claim_is_not_renewed_nor_given_back(engine: Engine) -> None:
    run = engine.start()
    lost = engine.claim()
    engine.clock.pass_(seconds=31)
    other = engine.claim()

    assert not leases.renew(lost, run.pk, engine.clock())
    with door.tenant(engine.tenant.pk):
        leases.release(lost, lambda: None)
    assert [wake.token for wake in wakes(engine)] == [other.token]


def test_work_asked_for_during_a_slice_is_not_forgotten(
    committed_db: None, engine: Engine
) -> None:
    engine.start()
    dry: list[SyncLog] = []
    engine.world.faults.append(
        Fault("read", at=1, call=lambda: dry.append(engine.start("dry")))
    )

    engine.work()

    assert engine.fresh(dry[0]).state == "succeeded"


def test_tenants_take_turns(engine: Engine, globex: Tenant) -> None:
    other = make_engine(globex)
    with door.tenant(engine.tenant.pk):
        for lane in ("bulk", "scheduled"):
            leases.make_due(engine.tenant.pk, engine.connection.pk, lane, engine.clock())
    engine.clock.pass_(seconds=5)
    with door.tenant(globex.pk):
        leases.make_due(globex.pk, other.connection.pk, "scheduled", engine.clock())
        leases.make_due(globex.pk, other.connection.pk, "live", engine.clock())

    order = []
    for _ in range(4):
        engine.clock.pass_(seconds=1)
        claimed = engine.claim()
        order.append((claimed.tenant_id == globex.pk, claimed.lane))

    assert order == [
        (True, "live"),
        (False, "scheduled"),
        (True, "scheduled"),
        (False, "bulk"),
    ]


def test_a_suspended_tenant_waits(engine: Engine) -> None:
    engine.start()
    with door.platform():
        Tenant.objects.filter(pk=engine.tenant.pk).update(state=Tenant.State.SUSPENDED)

    assert leases.claim(engine.clock()) is None
    assert leases.hints(engine.clock(), 10) == 0


def test_hints_are_given_once_in_a_while(engine: Engine) -> None:
    engine.start()

    assert [leases.hints(engine.clock(), 10) for _ in range(2)] == [1, 0]
    engine.clock.pass_(seconds=11)
    assert leases.hints(engine.clock(), 10) == 1


def test_it_beats_until_the_lease_is_lost(db: None, settings: Settings) -> None:
    settings.SYNCAPP_LEASE_S = 0.03
    beats: list[str] = []

    def beat() -> bool:
        beats.append(threading.current_thread().name)
        return len(beats) < 3

    with Heartbeat(beat) as heartbeat:
        assert heartbeat.lost.wait(5)

    assert beats == ["heartbeat"] * 3


def test_a_database_that_is_away_for_a_beat_is_no_loss(db: None, settings: Settings) -> None:
    settings.SYNCAPP_LEASE_S = 0.03
    done = threading.Event()
    beats: list[int] = []

    def beat() -> bool:
        beats.append(1)
        if len(beats) == 1:
            raise OperationalError("away")
        done.set()
        return True

    with Heartbeat(beat) as heartbeat:
        assert done.wait(5)

    assert not heartbeat.lost.is_set()


def test_a_real_heartbeat_renews_from_its_own_connection(
    committed_db: None, acme: Tenant, settings: Settings
) -> None:
    engine = make_engine(acme, n=3)
    run = engine.start()
    claimed = engine.claim()
    with door.tenant(acme.pk):
        leases.take(claimed, run, engine.clock())
    settings.SYNCAPP_LEASE_S = 1
    engine.clock.pass_(seconds=20)
    beaten = threading.Event()

    def beat() -> bool:
        kept = leases.renew(claimed, run.pk, engine.clock())
        beaten.set()
        return kept

    with door.tenant(acme.pk):
        # A page is being stored: its transaction holds the run's row, and nobody waits for it.
        leases.prove(run.pk, claimed.token, engine.clock())
        with Heartbeat(beat) as heartbeat:
            assert beaten.wait(5)
    assert not heartbeat.lost.is_set()
    assert wakes(engine)[0].lease_until == engine.clock() + timedelta(seconds=1)


def test_closing_a_run_needs_its_lease(engine: Engine) -> None:
    run = engine.start()
    with door.tenant(engine.tenant.pk):
        leases.take(engine.claim(), run, engine.clock())
        stranger = uuid.uuid4()
        assert not ledger.close(run.pk, engine.clock(), state="failed", token=stranger)
        assert ledger.close(run.pk, engine.clock(), state="failed", token=run.lease_token)
        assert not ledger.close(run.pk, engine.clock(), state="cancelled")
    assert engine.fresh(run).state == "failed"


def test_what_keeps_us_in_mind_says_what_it_is(engine: Engine) -> None:
    engine.change("C1", CardName="")
    run = engine.run()
    with door.tenant(engine.tenant.pk):
        services.set_schedule(
            engine.connection, every_minutes=5, actor=actors.COMMAND, now=engine.clock()
        )
        waiting = engine.start("full")
        rows = [
            model.objects.order_by("pk").first()
            for model in (Link, Trouble, Cursor, Schedule, Wake, RunLock)
        ]

    number = engine.connection.pk
    assert [str(row) for row in rows] == [
        f"C0 ↔ {engine.stored()['C0'].id}",
        "Name: A value is required.",
        f"delta cursor of connection {number}",
        "every 5 minutes",
        f"{number}/bulk due {waiting.queued_at}",
        f"connection:{number} by run {waiting.pk}",
    ]
    assert run.state == "partial"
