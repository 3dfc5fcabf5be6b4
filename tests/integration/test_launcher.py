"""`run.py` as a newcomer uses it: real processes, real ports, an empty state directory.

Slow, because each test starts the whole installation.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from syncapp.embedded import Embedded
from syncapp.installation import AlreadyRunningError, Installation, Reservation
from syncapp.processes import process_state

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc"),
]
START_S, STOP_S = 120, 60


class Started:
    """A launcher that a test has started, with its installation."""

    def __init__(self, state: Path, port: int, output: Path | None = None) -> None:
        self.state, self.port = state, port
        self.url = f"http://127.0.0.1:{port}"
        self.output = output or state.with_suffix(".out")
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if name not in {"DATABASE_URL", "REDIS_URL"} and not name.startswith("SYNCAPP_")
        }
        self.environment |= {"SYNCAPP_STATE": str(state), "SYNCAPP_PORT": str(port)}
        with self.output.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "syncapp.launcher", "up"],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def ready(self) -> Started:
        until(lambda: "Ctrl-C" in self.text or self.process.poll() is not None, START_S)
        assert self.process.poll() is None, self.text
        return self

    @property
    def text(self) -> str:
        return self.output.read_text()

    @property
    def demo(self) -> dict[str, Any]:
        return dict(json.loads((self.state / "demo.json").read_text()))

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "syncapp.launcher", "manage", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def end(self, signum: signal.Signals) -> int:
        self.process.send_signal(signum)
        return self.process.wait(STOP_S)


def until(true: Callable[[], bool], within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.1)


def descendants(pid: int) -> dict[int, str]:
    """The processes below this one, with their command lines."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                parents[int(entry.name)] = int(
                    (entry / "stat").read_text().rsplit(")", 1)[1].split()[1]
                )
            except OSError:  # ended meanwhile
                continue
    below: dict[int, str] = {}
    grown = True
    while grown:
        found = {
            child for child, parent in parents.items() if parent in {pid, *below}
        } - below.keys()
        for child in found:
            below[child] = command_line(child)
        grown = bool(found)
    return below


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def alive(pids: dict[int, str]) -> dict[int, str]:
    return {pid: line for pid, line in pids.items() if process_state(pid) not in {None, "Z"}}


def status(url: str) -> int:
    with urllib.request.urlopen(url, timeout=10) as response:
        return int(response.status)


def listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


NAMES = {
    "web": "gunicorn syncapp.wsgi",
    "worker": "syncapp.celery worker",
    "beat": "syncapp.celery beat",
    "demo-erp": "syncapp.demo.erp",
    "postgres": "bin/postgres -D",
    "valkey": "valkey-server",
}


def main_processes(launcher: Started) -> dict[str, int]:
    """The launcher's own children by name, without what they have started."""
    below = descendants(launcher.process.pid)
    return {
        name: min(pid for pid, line in below.items() if part in line)
        for name, part in NAMES.items()
    }


def alive_named(launcher: Started) -> set[str]:
    lines = alive(descendants(launcher.process.pid)).values()
    return {name for name, part in NAMES.items() if any(part in line for line in lines)}


def pool_processes(launcher: Started) -> int:
    """How many processes the worker has, apart from its first."""
    lines = descendants(launcher.process.pid).values()
    return sum(NAMES["worker"] in line for line in lines) - 1


def answers(url: str) -> bool:
    try:
        return status(url) == 200
    except OSError:
        return False


def free_port() -> int:
    reservation = Reservation()
    reservation.release()
    return reservation.port


def reachable(folder: Path) -> Path:
    """Let everybody through to this folder of pytest: root's PostgreSQL runs as `nobody`."""
    folder.chmod(0o755)
    for place in folder.parents:
        if "pytest" in place.name:
            place.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    """One installation for the tests that leave it running."""
    folder = reachable(tmp_path_factory.mktemp("running"))
    launcher = Started(folder / "state", free_port())
    try:
        yield launcher.ready()
    finally:
        launcher.end(signal.SIGTERM)


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


def test_it_stops_in_order_starts_fast_and_dies_without_orphans(tmp_path: Path) -> None:
    """One long story, because each of its starts takes seconds."""
    state = reachable(tmp_path) / "state"
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
    assert time.monotonic() - began < 30  # 6 s on an idle machine
    assert {**launcher.demo, "demo_erp_url": ""} == {**first, "demo_erp_url": ""}

    until(lambda: pool_processes(launcher) >= 2, START_S)
    below = descendants(launcher.process.pid)
    launcher.end(signal.SIGKILL)

    until(lambda: not alive(below), 15)
    assert not listens(launcher.port)
    left = Installation(state)
    left.lock()  # the kernel has given it back
    left.unlock()


def test_taken_port_is_named(tmp_path: Path) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        launcher = Started(tmp_path / "state", port)
        assert launcher.process.wait(START_S) == 1

    assert f"Port {port} is taken" in launcher.text
    assert "SYNCAPP_PORT" in launcher.text


def test_state_directory_has_one_owner_at_a_time(tmp_path: Path) -> None:
    first, second = Installation(tmp_path / "state"), Installation(tmp_path / "state")
    first.lock()

    with pytest.raises(AlreadyRunningError, match="already running"):
        second.lock()

    first.unlock()
    second.lock()
    second.unlock()


def test_acknowledged_commits_survive_a_killed_server(tmp_path: Path) -> None:
    """Killed with the power of kill -9, started again: what was committed is there."""
    import psycopg  # noqa: PLC0415

    environment = {name: os.environ.pop(name) for name in ("DATABASE_URL", "REDIS_URL")}
    try:
        installation = Installation(reachable(tmp_path) / "state")
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
