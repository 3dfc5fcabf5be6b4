"""Tasks carry hints; the work stands in the database, so that nothing is lost with Redis."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta

import pytest
import redis
from django.conf import settings as configured
from django.contrib.sessions.models import Session
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from syncapp.celery import app
from syncapp.errors import Invalid, Refused
from syncapp.sync import keeping, leases, services, tasks
from syncapp.sync.models import Wake
from syncapp.tenants import actors, door
from syncapp.tenants.models import Tenant
from synclogs.models import SyncLog
from tests.integration.sync.conftest import Engine, make_engine

OnCommit = DjangoCaptureOnCommitCallbacks


@pytest.fixture
def engine(acme: Tenant) -> Engine:
    """An engine whose clock is the real one, as it is in tasks."""
    engine = make_engine(acme)
    engine.clock.now = timezone.now()
    return engine


@pytest.fixture
def queue() -> Callable[[], int]:
    """Give the number of messages that wait in Redis, beginning with none."""
    client = redis.Redis.from_url(configured.REDIS_URL)
    client.flushdb()
    return lambda: int(client.llen("celery"))


def test_enqueueing_waits_for_the_commit(
    engine: Engine,
    queue: Callable[[], int],
    django_capture_on_commit_callbacks: OnCommit,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        engine.start()
        tasks.enqueue()
        assert queue() == 0

    assert queue() == 1


def test_a_task_does_what_is_due_and_asks_for_more(
    engine: Engine, queue: Callable[[], int]
) -> None:
    run = engine.start()

    assert tasks.run_slice(anything="ignored") is True

    assert engine.fresh(run).state == "succeeded"
    assert queue() == 1
    assert tasks.run_slice() is False
    assert queue() == 1


def test_the_tick_hints_at_what_nobody_enqueued(
    engine: Engine, queue: Callable[[], int]
) -> None:
    engine.start()

    assert tasks.dispatch_due() == 1
    assert tasks.dispatch_due() == 0
    assert queue() == 1


@pytest.fixture
def attempts(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Put a broker in place that hangs up on whoever comes; give the list of those who came."""
    came: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = "redis://{}:{}/0".format(*server.getsockname())
        monkeypatch.setitem(app.conf, "broker_write_url", address)

        def refuse() -> None:
            with suppress(OSError):  # the end of the test closes the server
                while True:
                    visitor, who = server.accept()
                    visitor.close()
                    came.append(str(who))

        thread = threading.Thread(target=refuse)
        thread.start()
        yield came
        server.shutdown(socket.SHUT_RDWR)
    thread.join()


def test_without_redis_nothing_fails_and_nothing_is_lost(
    engine: Engine,
    django_capture_on_commit_callbacks: OnCommit,
    attempts: list[str],
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        run = engine.start()
        tasks.enqueue()
    tasks.dispatch_due()

    assert len(attempts) == 2  # one per hint: nobody waits for a second try
    assert engine.fresh(run).state == "queued"
    assert tasks.run_slice() is True
    assert engine.fresh(run).state == "succeeded"


def test_a_redis_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = "redis://{}:{}/0".format(*silent.getsockname())
        monkeypatch.setitem(app.conf, "broker_write_url", address)
        begun = time.monotonic()

        tasks._hint(50)

        assert (
            time.monotonic() - begun < app.conf.broker_transport_options["socket_timeout"] / 2
        )


def test_flushing_redis_loses_a_second_at_most(
    engine: Engine, queue: Callable[[], int]
) -> None:
    run = engine.start()
    tasks.dispatch_due()
    redis.Redis.from_url(configured.REDIS_URL).flushdb()
    with door.platform():
        Wake.objects.update(hinted_at=timezone.now() - timedelta(seconds=11))

    tasks.dispatch_due()

    assert queue() == 1
    tasks.run_slice()
    assert engine.fresh(run).state == "succeeded"


class TestSchedule:
    def set(self, engine: Engine, every_minutes: int | None) -> None:
        with door.tenant(engine.tenant.pk):
            services.set_schedule(
                engine.connection,
                every_minutes=every_minutes,
                actor=actors.COMMAND,
                now=engine.clock(),
            )

    def runs(self, engine: Engine) -> list[SyncLog]:
        with door.tenant(engine.tenant.pk):
            return list(SyncLog.objects.order_by("pk"))

    def test_it_starts_a_run_every_n_minutes(self, engine: Engine) -> None:
        self.set(engine, 10)
        assert engine.work() == 0

        for _ in range(3):
            engine.clock.pass_(minutes=10)
            engine.work()

        runs = self.runs(engine)
        assert [(run.trigger, run.by, run.lane) for run in runs] == [
            ("schedule", "schedule", "scheduled")
        ] * 3
        assert {run.state for run in runs} == {"succeeded"}

    def test_an_interval_must_be_one(self, engine: Engine) -> None:
        for wrong in (0, services.LONGEST_INTERVAL + 1):
            with pytest.raises(Invalid):
                self.set(engine, wrong)

    def test_the_same_again_moves_nothing(self, engine: Engine) -> None:
        self.set(engine, 10)
        engine.clock.pass_(minutes=4)
        self.set(engine, 10)
        engine.clock.pass_(minutes=6)

        assert engine.work() == 1

    def test_a_run_that_is_open_is_not_doubled(self, engine: Engine) -> None:
        self.set(engine, 10)
        engine.clock.pass_(minutes=10)
        by_hand = engine.start()
        leases.claim(engine.clock())

        engine.work()

        assert [run.pk for run in self.runs(engine)] == [by_hand.pk]
        assert engine.work() == 0

    def test_while_the_connection_is_off_nothing_starts(self, engine: Engine) -> None:
        self.set(engine, 10)
        engine.connection.active = False
        with door.tenant(engine.tenant.pk):
            engine.connection.save()
        engine.clock.pass_(minutes=10)
        engine.work()
        assert self.runs(engine) == []

        engine.connection.active = True
        with door.tenant(engine.tenant.pk):
            engine.connection.save()
        engine.clock.pass_(minutes=10)
        engine.work()

        assert len(self.runs(engine)) == 1

    def test_switched_off_it_starts_nothing(self, engine: Engine) -> None:
        self.set(engine, 10)
        self.set(engine, None)
        engine.clock.pass_(minutes=30)

        engine.work()

        assert self.runs(engine) == []
        assert engine.work() == 0

    def test_a_scheduled_run_can_pause_like_any_other(
        self, engine: Engine, settings: Settings
    ) -> None:
        settings.SYNCAPP_SLICE_S = 0
        self.set(engine, 10)
        for number in range(3, 25):
            engine.put({"CardCode": f"C{number}", "CardName": f"Partner {number}"})
        engine.clock.pass_(minutes=10)

        assert engine.work() == 3

        (run,) = self.runs(engine)
        assert engine.counts(run) == {"created": 25}


def test_only_inbound_connections_run(engine: Engine) -> None:
    engine.connection.direction = "outbound"

    with pytest.raises(Refused, match="inbound"):
        services.request_run(engine.connection, actor=actors.COMMAND, now=engine.clock())


class TestHousekeeping:
    def test_partitions_are_made_ahead_and_old_ones_dropped(
        self, committed_db: None, engine: Engine
    ) -> None:
        run = engine.run()
        assert len(engine.logs(run)) == 3

        tasks.housekeeping()
        assert len(engine.logs(run)) == 3
        keeping.drop_partitions(engine.clock() + timedelta(days=75))

        assert engine.logs(run) == []
        keeping.make_partitions(engine.clock())

    def test_expired_sessions_are_dropped(self, engine: Engine) -> None:
        now = timezone.now()
        for key, age in (("old", timedelta(days=-1)), ("young", timedelta(days=1))):
            Session.objects.create(session_key=key, session_data="", expire_date=now + age)

        keeping.drop_sessions()

        assert list(Session.objects.values_list("pk", flat=True)) == ["young"]

    def test_a_run_that_nobody_would_look_at_is_woken(self, engine: Engine) -> None:
        run = engine.start()
        with door.platform():
            Wake.objects.all().delete()
        assert engine.work() == 0

        keeping.wake_forgotten_runs(engine.clock())
        keeping.wake_forgotten_runs(engine.clock())
        engine.work()

        assert engine.fresh(run).state == "succeeded"

    def test_a_run_of_a_connection_that_is_gone_can_be_stopped(self, engine: Engine) -> None:
        run = engine.start()
        with door.tenant(engine.tenant.pk):
            SyncLog.objects.filter(pk=run.pk).update(connection=None, state="running")

            services.request_stop(run, now=engine.clock())

        assert engine.fresh(run).state == "cancelled"

    def test_a_run_of_a_connection_that_is_gone_ends(self, engine: Engine) -> None:
        run = engine.start()
        with door.tenant(engine.tenant.pk):
            SyncLog.objects.filter(pk=run.pk).update(connection=None)

        keeping.wake_forgotten_runs(engine.clock())

        ended = engine.fresh(run)
        assert (ended.state, ended.error) == ("failed", "The connection was deleted.")


def test_a_worker_that_is_told_to_stop_tells_its_processes() -> None:
    assert not tasks._is_stopping()

    tasks._stop()
    try:
        assert tasks._is_stopping()
    finally:
        tasks._stopping[0] = 0


def test_a_worker_that_is_ready_makes_partitions_and_looks_for_work(
    committed_db: None, queue: Callable[[], int]
) -> None:
    tasks._get_ready()

    assert queue() == 1
