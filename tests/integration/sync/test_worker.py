"""A real worker against a real server: killed in mid-run, told to stop, started again.

Slow, because processes start, die and are missed for the length of a lease.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.utils import timezone

from connections.kit.world import World
from syncapp.sync import services, tasks
from syncapp.tenants import actors, door
from syncapp.tenants.models import Tenant
from synclogs.models import SyncLog
from tests import demo_erp, making
from tests.integration.sync.conftest import Clock, Engine

ROOT = Path(__file__).resolve().parents[3]
PARTNERS, PAGE = 2000, 40
LEASE_S = 3
PATIENCE_S = 90

pytestmark = pytest.mark.slow


class Worker:
    """A Celery worker with a beat inside, as it runs in production."""

    def __init__(self, log: Path, schedule: Path) -> None:
        environment = {
            **os.environ,
            "SYNCAPP_LEASE_S": str(LEASE_S),
            "SYNCAPP_EGRESS_ALLOW": "127.0.0.1",
        }
        command = (
            "-m celery --app=syncapp.celery worker --beat --pool=prefork --concurrency=1"
            " --loglevel=INFO --without-gossip --without-mingle"
        )
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, *command.split(), f"--schedule={schedule}"],
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def kill(self) -> None:
        """End it as a power cut would: the worker, its processes, its beat."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> float:
        """Ask it to stop; how many seconds it took."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        return time.monotonic() - started


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Worker]]:
    """Starts workers; those that are left are killed at the end, and their log is shown."""
    workers: list[Worker] = []

    def start() -> Worker:
        workers.append(Worker(tmp_path / "worker.log", tmp_path / "beat.db"))
        return workers[-1]

    yield start
    for worker in workers:
        if worker.process.poll() is None:
            worker.kill()
    print((tmp_path / "worker.log").read_text()[-5000:])


@pytest.fixture(scope="module")
def erp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[demo_erp.DemoErp]:
    with demo_erp.running(tmp_path_factory.mktemp("erp") / "state.json") as erp:
        yield erp


@pytest.fixture
def engine(committed_db: None, acme: Tenant, erp: demo_erp.DemoErp) -> Engine:
    config = making.make_config(
        acme,
        system_type="odata",
        endpoint=erp.url,
        settings={"auth": "basic", "user": "syncapp"},
        secrets={"password": demo_erp.PASSWORD},
    )
    connection = making.make_connection(
        acme,
        config=config,
        mappings={"code": "CardCode", "name": "CardName"},
        page_size=PAGE,
        active=True,
    )
    return Engine(acme, World("none"), connection, Clock(datetime.now(UTC)))  # noqa: TID251  real processes have a real clock


def begin(engine: Engine) -> SyncLog:
    with door.tenant(engine.tenant.pk):
        run = services.request_run(
            engine.connection, kind="full", actor=actors.COMMAND, now=timezone.now()
        )
        tasks.enqueue()
    return run


def until(engine: Engine, run: SyncLog, reached: Callable[[SyncLog], bool]) -> SyncLog:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if reached(now := engine.fresh(run)):
            return now
        time.sleep(0.05)
    pytest.fail(f"run stands at {engine.fresh(run).n_read} records, {engine.fresh(run).state}")


def check_complete(engine: Engine, run: SyncLog) -> None:
    assert (run.state, run.error) == ("succeeded", "")
    assert (run.n_read, engine.counts(run)) == (PARTNERS, {"created": PARTNERS})
    assert len(engine.stored()) == len(engine.links()) == PARTNERS
    logs = engine.logs(run)
    assert len(logs) == len({row.remote_id for row in logs}) == PARTNERS
    pages = engine.pages(run)
    assert [page.no for page in pages] == list(range(1, len(pages) + 1))
    assert sum(sum(page.counts) for page in pages) == PARTNERS


def test_a_killed_workers_run_is_finished_by_the_next(
    engine: Engine, start: Callable[[], Worker]
) -> None:
    run = begin(engine)
    for stop_at in (100, 600):
        worker = start()
        until(engine, run, lambda now, at=stop_at: now.n_read >= at)  # type: ignore[misc]  # bound at once
        worker.kill()
        assert engine.fresh(run).state == "running"

    start()

    check_complete(engine, until(engine, run, lambda now: not now.open))


def test_a_worker_that_is_told_to_stop_leaves_the_run_to_the_next_at_once(
    engine: Engine, start: Callable[[], Worker]
) -> None:
    run = begin(engine)
    worker = start()
    until(engine, run, lambda now: now.n_read >= 100)

    took_s = worker.stop()

    between = engine.fresh(run)
    assert took_s < 15
    assert (between.state, between.lease_token) == ("running", None)
    assert between.n_read < PARTNERS
    start()
    check_complete(engine, until(engine, run, lambda now: not now.open))
