"""Runs go on: after a pause, a wait, a crash, in the hands of another worker; and they end."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import OperationalError
from pytest_django import Settings

from connections import registry, services as connection_services
from connections.kit.errors import ErrorKind, RemoteError
from connections.kit.world import Fault
from objects.models import ConnectField
from objects.services import add_fields
from syncapp.sync import leases, services, slices
from syncapp.sync.models import RunLock
from syncapp.tenants import actors, door
from syncapp.tenants.models import Tenant
from synclogs.models import SyncLog
from tests.integration.sync.conftest import Engine, make_engine


@pytest.fixture
def engine(acme: Tenant) -> Engine:
    return make_engine(acme, n=25)


@pytest.fixture
def shared(committed_db: None, acme: Tenant) -> Engine:
    """The same, whose rows the reading thread sees too."""
    return make_engine(acme, n=25)


def locks(engine: Engine) -> list[str]:
    with door.tenant(engine.tenant.pk):
        return sorted(lock.resource for lock in RunLock.objects.all())


def failing(
    engine: Engine, kind: ErrorKind, *, at: int = 2, times: int | None = 1, **more: object
) -> None:
    error = RemoteError(kind, "The ERP is tired.", **more)  # type: ignore[arg-type]
    engine.world.faults.append(Fault("read", at=at, error=error, times=times))


class TestPauses:
    def test_a_slice_that_is_over_leaves_the_rest_to_the_next(
        self, engine: Engine, settings: Settings
    ) -> None:
        settings.SYNCAPP_SLICE_S = 0
        run = engine.start()

        engine.slice()

        between = engine.fresh(run)
        assert (between.state, between.n_read, between.lease_token) == ("running", 10, None)
        assert engine.work() == 2
        assert engine.counts(run) == {"created": 25}
        assert engine.fresh(run).state == "succeeded"
        assert [page.no for page in engine.pages(run)] == [1, 2, 3]

    def test_a_worker_that_is_told_to_stop_gives_the_run_back(self, engine: Engine) -> None:
        run = engine.start()

        engine.slice(stopping=lambda: True)

        assert engine.fresh(run).n_read == 10
        engine.work()
        assert engine.counts(run) == {"created": 25}

    def test_stopping_ends_the_run_after_the_page(self, shared: Engine) -> None:
        engine = shared
        run = engine.start()

        def stop() -> None:
            with door.tenant(engine.tenant.pk):
                services.request_stop(engine.fresh(run), now=engine.clock())

        engine.world.faults.append(Fault("read", at=1, call=stop))
        engine.work()

        ended = engine.fresh(run)
        assert (ended.state, ended.n_read) == ("cancelled", 10)
        assert ended.ended_at is not None
        assert len(engine.stored()) == 10
        assert locks(engine) == []
        assert engine.counts(engine.run()) == {"created": 15, "unchanged": 10}

    def test_stopping_between_two_slices_reads_nothing_more(
        self, engine: Engine, settings: Settings
    ) -> None:
        settings.SYNCAPP_SLICE_S = 0
        run = engine.start()
        engine.slice()
        with door.tenant(engine.tenant.pk):
            services.request_stop(engine.fresh(run), now=engine.clock())
        engine.world.calls.clear()

        engine.work()

        assert engine.fresh(run).state == "cancelled"
        assert engine.world.calls == []

    def test_switching_the_connection_off_ends_its_run(
        self, engine: Engine, settings: Settings
    ) -> None:
        settings.SYNCAPP_SLICE_S = 0
        run = engine.start()
        engine.slice()
        with door.tenant(engine.tenant.pk):
            connection_services.deactivate(engine.connection, actor=actors.COMMAND)

        engine.work()

        ended = engine.fresh(run)
        assert (ended.state, ended.error) == ("cancelled", "The connection was switched off.")

    def test_deleting_the_connection_ends_its_run(self, engine: Engine) -> None:
        run = engine.start()

        def delete() -> bool:
            with door.tenant(engine.tenant.pk):
                connection_services.deactivate(engine.connection, actor=actors.COMMAND)
                connection_services.delete(engine.connection, actor=actors.COMMAND)
            return True

        engine.slice(stopping=delete)

        ended = engine.fresh(run)
        assert (ended.state, ended.error) == ("cancelled", "The connection was deleted.")
        assert len(engine.stored()) == 10


class TestTrouble:
    def test_what_passes_is_tried_again_from_the_page_that_failed(self, engine: Engine) -> None:
        failing(engine, ErrorKind.TRANSIENT)
        run = engine.start()

        engine.work()

        waiting = engine.fresh(run)
        assert (waiting.state, waiting.n_read) == ("running", 10)
        assert (waiting.error, waiting.error_kind) == ("The ERP is tired.", "transient")
        assert leases.claim(engine.clock()) is None
        engine.clock.pass_(seconds=10)
        engine.work()
        ended = engine.fresh(run)
        assert (ended.state, ended.error, ended.error_kind) == ("succeeded", "", "")
        assert engine.counts(run) == {"created": 25}
        assert ended.window == {}

    def test_patience_ends(self, engine: Engine) -> None:
        failing(engine, ErrorKind.TRANSIENT)
        run = engine.start()
        engine.work()
        failing(engine, ErrorKind.TRANSIENT, at=1, times=None)

        slices_done = 0
        for _ in range(10):
            engine.clock.pass_(minutes=6)
            slices_done += engine.work()

        ended = engine.fresh(run)
        assert slices_done == 3
        assert (ended.state, ended.error_kind) == ("failed", "transient")
        assert (ended.n_read, len(engine.stored())) == (10, 10)
        assert locks(engine) == []

    def test_getting_further_restores_patience(self, engine: Engine) -> None:
        for at in (2, 2, 2):
            failing(engine, ErrorKind.TRANSIENT, at=at)
        run = engine.start()
        for _ in range(6):
            engine.work()
            engine.clock.pass_(minutes=6)

        assert engine.fresh(run).state == "succeeded"

    def test_a_wait_that_the_source_asks_for_is_kept(self, engine: Engine) -> None:
        failing(engine, ErrorKind.RATE, retry_after=timedelta(seconds=90))
        run = engine.start()
        engine.work()

        engine.clock.pass_(seconds=89)
        assert engine.work() == 0
        engine.clock.pass_(seconds=1)
        engine.work()

        assert engine.fresh(run).state == "succeeded"

    def test_stopping_a_run_that_waits_ends_it_at_once(self, engine: Engine) -> None:
        failing(engine, ErrorKind.RATE, retry_after=timedelta(minutes=30))
        run = engine.start()
        engine.work()
        with door.tenant(engine.tenant.pk):
            services.request_stop(engine.fresh(run), now=engine.clock())

        assert engine.work() == 1

        assert engine.fresh(run).state == "cancelled"

    def test_what_a_person_must_mend_fails_the_run(self, engine: Engine) -> None:
        failing(engine, ErrorKind.AUTH)

        run = engine.run()

        assert (run.state, run.error, run.error_kind) == ("failed", "The ERP is tired.", "auth")
        assert len(engine.stored()) == 10
        assert engine.counts(engine.run()) == {"created": 15, "unchanged": 10}

    def test_the_cursor_never_passes_what_was_not_stored(self, engine: Engine) -> None:
        engine.run()
        for number in range(12):
            engine.change(f"C{number}", CardName="New")
        failing(engine, ErrorKind.AUTH)
        failed = engine.run()
        assert (failed.state, engine.counts(failed)) == ("failed", {"updated": 10})

        run = engine.run()

        assert engine.counts(run) == {"updated": 2, "unchanged": 10}

    def test_a_full_run_that_fails_leaves_the_cursor_where_it_was(self, engine: Engine) -> None:
        engine.run()
        engine.change("C1", CardName="New")
        failing(engine, ErrorKind.AUTH, at=1)
        assert engine.run("full").state == "failed"

        assert engine.counts(engine.run()) == {"updated": 1}

    def test_a_page_that_repeats_ends_the_run_with_a_name(self, engine: Engine) -> None:
        engine.world.faults.append(Fault("read", at=2, repeat=True))

        run = engine.run()

        assert (run.state, run.error_kind) == ("failed", "bad_response")
        assert "same page" in run.error

    def test_a_source_that_stops_early_is_not_believed(
        self, engine: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sandbox = registry.system_type("sandbox")
        read = sandbox.read
        # The sandbox never breaks this rule; a system that does must not lose records.
        monkeypatch.setattr(sandbox, "read", lambda *args: iter([next(read(*args))]))

        run = engine.run()

        assert (run.state, run.error_kind) == ("failed", "bad_response")

    def test_a_page_that_takes_too_long_is_tried_again(self, engine: Engine) -> None:
        def too_long() -> None:
            raise SoftTimeLimitExceeded

        engine.world.faults.append(Fault("read", at=2, call=too_long))
        run = engine.start()
        engine.work()
        assert engine.fresh(run).error_kind == "transient"
        engine.clock.pass_(minutes=1)
        engine.work()

        assert engine.fresh(run).state == "succeeded"

    def test_a_bug_ends_the_run_without_a_traceback_for_the_tenant(
        self, engine: Engine, caplog: pytest.LogCaptureFixture
    ) -> None:
        def bug() -> None:
            raise ZeroDivisionError("secret detail")

        engine.world.faults.append(Fault("read", at=2, call=bug))

        run = engine.run()

        assert (run.state, run.error_kind, run.n_read) == ("failed", "internal", 10)
        assert "secret detail" not in run.error
        assert "secret detail" in caplog.text

    def test_an_object_that_lost_a_mapped_field_is_told(self, engine: Engine) -> None:
        run = engine.start()
        with door.tenant(engine.tenant.pk):
            ConnectField.objects.filter(name="city").delete()

        engine.work()

        ended = engine.fresh(run)
        assert (ended.state, ended.error_kind) == ("failed", "config")
        assert "city" in ended.error

    def test_fields_that_change_meanwhile_are_no_trouble(self, shared: Engine) -> None:
        def add_field() -> None:
            with door.tenant(shared.tenant.pk):
                assert shared.connection.object is not None
                add_fields(shared.connection.object, [{"name": "extra"}], actor=actors.COMMAND)

        shared.world.faults.append(Fault("read", at=2, call=add_field))

        run = shared.run()

        assert run.state == "succeeded"
        assert shared.counts(run) == {"created": 25}

    def test_a_slow_page_is_kept_alive(self, shared: Engine, settings: Settings) -> None:
        settings.SYNCAPP_LEASE_S = 0.3
        beaten = threading.Event()
        renew = leases.renew

        def renewed(*args: Any) -> bool:
            kept = renew(*args)
            beaten.set()
            return kept

        shared.world.faults.append(Fault("read", at=2, call=lambda: beaten.wait(10)))
        with mock.patch.object(leases, "renew", renewed):  # only to know when it has beaten
            run = shared.run()

        assert beaten.is_set()
        assert run.state == "succeeded"

    def test_a_database_that_goes_away_leaves_the_run_to_the_next(self, engine: Engine) -> None:
        def away() -> None:
            raise OperationalError("gone")

        engine.world.faults.append(Fault("read", at=2, call=away))
        run = engine.start()
        with pytest.raises(OperationalError):
            engine.slice()
        assert engine.work() == 0

        engine.clock.pass_(seconds=31)
        engine.work()

        assert engine.fresh(run).state == "succeeded"
        assert engine.counts(run) == {"created": 25}


class TestCrashes:
    def crash(self, engine: Engine) -> None:
        """Work until a worker dies between two pages; it gives nothing back."""

        def die() -> None:
            raise OperationalError("kill -9")

        engine.world.faults.append(Fault("read", at=2, call=die))
        with pytest.raises(OperationalError):
            engine.slice()

    def test_the_next_worker_goes_on_once_the_lease_has_ended(self, engine: Engine) -> None:
        run = engine.start()
        self.crash(engine)

        engine.clock.pass_(seconds=29)
        assert leases.claim(engine.clock()) is None
        engine.clock.pass_(seconds=2)
        engine.work()

        assert engine.fresh(run).state == "succeeded"
        assert engine.counts(run) == {"created": 25}
        assert [page.no for page in engine.pages(run)] == [1, 2, 3]
        assert len(engine.stored()) == len(engine.logs(run)) == 25

    def test_a_page_that_kills_every_worker_ends_the_run(self, engine: Engine) -> None:
        run = engine.start()
        for _ in range(3):
            engine.world.faults.clear()
            claimed = engine.claim()
            with door.tenant(engine.tenant.pk):
                found = slices._next_run(claimed, engine.clock())
            assert found is not None
            engine.clock.pass_(seconds=31)

        engine.work()

        ended = engine.fresh(run)
        assert (ended.state, ended.error_kind) == ("failed", "internal")
        assert ended.error.startswith("3 workers died at page 1.")

    def test_a_worker_that_comes_back_late_stores_nothing(self, shared: Engine) -> None:
        engine = shared
        run = engine.start()
        first = engine.claim()

        def overtake() -> None:
            engine.clock.pass_(seconds=31)
            slices.work(engine.claim(), clock=engine.clock, stopping=lambda: False)

        engine.world.faults.append(Fault("read", at=1, call=overtake))
        slices.work(first, clock=engine.clock, stopping=lambda: False)

        assert engine.fresh(run).state == "succeeded"
        assert engine.counts(run) == {"created": 25}
        assert len(engine.logs(run)) == 25

    def test_a_connection_without_its_object_fails(self, engine: Engine) -> None:
        run = engine.start("dry")
        window = run.window
        window["draft"]["object_id"] = 0
        with door.tenant(engine.tenant.pk):
            SyncLog.objects.filter(pk=run.pk).update(window=window)

        engine.work()

        assert "object" in engine.fresh(run).error
