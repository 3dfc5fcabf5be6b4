"""An installation that a test has started, as `python3 run.py` does it: real processes, real ports."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from syncapp.installation import Reservation

ROOT = Path(__file__).resolve().parents[1]
START_S, STOP_S = 120, 60


class Started:
    """A launcher that a test has started, with its installation."""

    def __init__(
        self,
        state: Path,
        port: int,
        output: Path | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.state, self.port = state, port
        self.url = f"http://127.0.0.1:{port}"
        self.output = output or state.with_suffix(".out")
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if name not in {"DATABASE_URL", "REDIS_URL"} and not name.startswith("SYNCAPP_")
        }
        self.environment |= {"SYNCAPP_STATE": str(state), "SYNCAPP_PORT": str(port)}
        self.environment |= settings or {}
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


def status(url: str) -> int:
    with urllib.request.urlopen(url, timeout=10) as response:
        return int(response.status)


def answers(url: str) -> bool:
    try:
        return status(url) == 200
    except OSError:
        return False


def free_port() -> int:
    reservation = Reservation()
    reservation.release()
    return reservation.port


@contextmanager
def open_folder() -> Iterator[Path]:
    """A fresh folder that everybody may walk through, for root's PostgreSQL runs as `nobody`.

    Not pytest's `tmp_path`: each start of pytest locks the folders of the others up again.
    """
    with tempfile.TemporaryDirectory(prefix="syncapp-launched-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


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


@contextmanager
def launched(**settings: str) -> Iterator[Started]:
    """One with the demo, running for the time of a `with` block."""
    with open_folder() as folder:
        launcher = Started(folder / "state", free_port(), settings=settings)
        try:
            yield launcher.ready()
        finally:
            launcher.end(signal.SIGTERM)
