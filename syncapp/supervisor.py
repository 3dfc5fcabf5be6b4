"""Keeps the processes of an installation running, and stops them in order."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType
from typing import NoReturn

from syncapp.installation import LaunchError
from syncapp.processes import Process

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
TICK_S = 0.25
BACK_OFF_S = (1, 2, 4, 8, 15, 30)
STEADY_AFTER_S = 60.0


class StopRequested(BaseException):
    """Somebody pressed Ctrl-C or sent a signal; derives from no `Exception`, so nobody swallows it."""


@dataclass
class Watched:
    """A process, and what is needed to restart it sensibly."""

    process: Process
    kill_in_a_hurry: bool
    started_at: float = 0.0
    failures: int = 0
    restart_at: float | None = None


@dataclass
class Supervisor:
    """Starts processes, restarts those that die, stops all: the last one started first."""

    say: Callable[[str], None]
    _watched: list[Watched] = field(default_factory=list)
    _stopping: bool = False

    def listen(self) -> None:
        """From now on a stop signal raises `StopRequested`; a second one ends the waiting for graces."""
        for signum in STOP_SIGNALS:
            signal.signal(signum, self._on_signal)

    def adopt(self, process: Process) -> None:
        """Watch a data service that somebody has started already."""
        self._watched.append(
            Watched(process, kill_in_a_hurry=False, started_at=time.monotonic())
        )

    def start(self, process: Process) -> None:
        """Start a process and watch it."""
        process.start()
        self._watched.append(
            Watched(process, kill_in_a_hurry=True, started_at=time.monotonic())
        )

    def wait_until(self, ready: Callable[[], bool], *, within_s: float) -> None:
        """Wait for a first answer; a process that dies meanwhile will not do better next time."""
        deadline = time.monotonic() + within_s
        while not ready():
            for watched in self._watched:
                if not watched.process.running:
                    raise LaunchError(_ended(watched.process))
            if time.monotonic() > deadline:
                raise LaunchError(f"No answer within {within_s:.0f} s.")
            time.sleep(0.05)

    def watch(self) -> NoReturn:
        """Restart whatever dies, with growing pauses, until `StopRequested` is raised."""
        while True:
            now = time.monotonic()
            for watched in self._watched:
                self._look_after(watched, now)
            time.sleep(TICK_S)

    def stop(self) -> None:
        """Stop all, in the reverse order of starting."""
        self._stopping = True
        for watched in reversed(self._watched):
            watched.process.stop()

    def _look_after(self, watched: Watched, now: float) -> None:
        process = watched.process
        process.shorten_log()
        if process.running:
            if watched.failures and now - watched.started_at > STEADY_AFTER_S:
                watched.failures = 0
        elif watched.restart_at is None:
            pause = BACK_OFF_S[min(watched.failures, len(BACK_OFF_S) - 1)]
            watched.failures += 1
            watched.restart_at = now + pause
            self.say(
                f"{process.name} ended ({process.exit_code}); starting it again in {pause} s. {process.log}"
            )
        elif now >= watched.restart_at:
            process.kill()  # children that it left behind
            process.start()
            watched.started_at, watched.restart_at = now, None

    def _on_signal(self, _signum: int, _frame: FrameType | None) -> None:
        if not self._stopping:
            self._stopping = True
            raise StopRequested
        for watched in self._watched:
            if watched.kill_in_a_hurry:
                watched.process.kill()


def run_once(process: Process) -> None:
    """Run a step of the start to its end; `LaunchError` with the end of its log if it fails."""
    process.start()
    try:
        code = process.wait()
    finally:
        process.stop()
    if code:
        raise LaunchError(_ended(process))


def _ended(process: Process) -> str:
    return f"{process.name} ended ({process.exit_code}), see {process.log}:\n\n{process.log_tail()}"
