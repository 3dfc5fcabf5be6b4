"""`run.py` as a newcomer uses it: real processes, real ports, an empty state directory.

Slow, because each test starts the whole installation.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from syncapp.embedded import Embedded
from syncapp.installation import AlreadyRunningError, Installation
from syncapp.processes import process_state
from tests.launched import (
    NAMES,
    START_S,
    STOP_S,
    Started,
    answers,
    descendants,
    free_port,
    launched,
    main_processes,
    open_folder,
    until,
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc"),
]


def alive(pids: dict[int, str]) -> dict[int, str]:
    return {pid: line for pid, line in pids.items() if process_state(pid) not in {None, "Z"}}


def listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def alive_named(launcher: Started) -> set[str]:
    lines = alive(descendants(launcher.process.pid)).values()
    return {name for name, part in NAMES.items() if any(part in line for line in lines)}


def pool_processes(launcher: Started) -> int:
    """How many processes the worker has, apart from its first."""
    lines = descendants(launcher.process.pid).values()
    return sum(NAMES["worker"] in line for line in lines) - 1


@pytest.fixture(scope="module")
def running() -> Iterator[Started]:
    """One installation for the tests that leave it running."""
    with launched() as launcher:
        yield launcher


@pytest.fixture
def folder() -> Iterator[Path]:
    with open_folder() as made:
        yield made


def test_first_start_serves_pages_and_says_where(running: Started) -> None:
    until(lambda: answers(f"{running.url}/healthz"), START_S)

    assert running.demo["url"] == running.url
    assert running.demo["logins"]
    for login in running.demo["logins"]:
        assert login["email"] in running.text
        assert login["password"] in running.text
    assert running.demo["api_key"] in running.text
    assert running.demo["demo_erp_url"] in running.text


def test_what_is_secret_is_readable_by_its_owner_only(running: Started) -> None:
    secret = [*running.state.glob("*.secret"), *running.state.glob("*.json")]

    assert len(secret) > 5
    assert {path.name: path.stat().st_mode & 0o077 for path in secret} == dict.fromkeys(
        (path.name for path in secret), 0
    )


def test_dead_children_are_started_again(running: Started) -> None:
    until(lambda: pool_processes(running) >= 2, START_S)
    killed = main_processes(running)

    for pid in killed.values():
        os.kill(pid, signal.SIGKILL)

    until(lambda: not set(killed.values()) & descendants(running.process.pid).keys(), STOP_S)
    until(lambda: len(alive_named(running)) == len(NAMES), START_S)
    until(lambda: answers(f"{running.url}/healthz"), START_S)
    for name in NAMES:
        assert f"{name} ended" in running.text


def test_second_launcher_is_refused_and_commands_use_the_first(running: Started) -> None:
    until(lambda: answers(f"{running.url}/healthz"), START_S)

    other = Started(running.state, free_port(), output=running.state.with_name("other.out"))
    assert other.process.wait(START_S) == 1
    assert "already running" in other.text
    assert running.url in other.text

    assert running.manage("check").returncode == 0
    shown = running.manage("showmigrations", "--plan")
    assert "[X]  tenants.0001_initial" in shown.stdout, shown.stderr
    assert running.process.poll() is None


def test_it_stops_in_order_starts_fast_and_dies_without_orphans(folder: Path) -> None:
    """One long story, because each of its starts takes seconds."""
    state = folder / "state"
    launcher = Started(state, free_port()).ready()
    first = launcher.demo
    below = descendants(launcher.process.pid)
    assert len(below) > len(NAMES)

    assert launcher.end(signal.SIGTERM) == 0

    assert alive(below) == {}
    assert "database system is shut down" in (state / "logs" / "postgres.log").read_text()
    # The database outlived the worker, so nothing that the worker was doing could fail.
    assert "OperationalError" not in (state / "logs" / "worker.log").read_text()

    began = time.monotonic()
    launcher = Started(state, launcher.port).ready()
    assert time.monotonic() - began < 60  # 7 s on an idle machine
    assert {**launcher.demo, "demo_erp_url": ""} == {**first, "demo_erp_url": ""}

    until(lambda: pool_processes(launcher) >= 2, START_S)
    below = descendants(launcher.process.pid)
    launcher.end(signal.SIGKILL)

    until(lambda: not alive(below), 15)
    assert not listens(launcher.port)
    left = Installation(state)
    left.lock()  # the kernel has given it back
    left.unlock()


def test_taken_port_is_named(folder: Path) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        launcher = Started(folder / "state", port)
        assert launcher.process.wait(START_S) == 1

    assert f"Port {port} is taken" in launcher.text
    assert "SYNCAPP_PORT" in launcher.text


def test_state_directory_has_one_owner_at_a_time(folder: Path) -> None:
    first, second = Installation(folder / "state"), Installation(folder / "state")
    first.lock()

    with pytest.raises(AlreadyRunningError, match="already running"):
        second.lock()

    first.unlock()
    second.lock()
    second.unlock()


def test_acknowledged_commits_survive_a_killed_server(folder: Path) -> None:
    """Killed with the power of kill -9, started again: what was committed is there."""
    environment = {name: os.environ.pop(name) for name in ("DATABASE_URL", "REDIS_URL")}
    try:
        installation = Installation(folder / "state")
        embedded = Embedded(installation)
        embedded.start()
        assert embedded.postgres
        with psycopg.connect(embedded.postgres.url, options="-c role=syncapp_owner") as opened:
            opened.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000)")
        assert embedded.postgres.process.pid
        os.kill(embedded.postgres.process.pid, signal.SIGKILL)
        embedded.stop()

        again = Embedded(installation)
        again.start()
        assert again.postgres
        assert again.postgres.url == embedded.postgres.url, "the same port and password"
        with psycopg.connect(again.postgres.url, options="-c role=syncapp_owner") as opened:
            assert opened.execute("SELECT count(*) FROM kept").fetchone() == (1000,)
        again.stop()
    finally:
        os.environ.update(environment)
