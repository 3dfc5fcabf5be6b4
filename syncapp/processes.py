"""Child processes: started, watched, and stopped together with everything that they started.

A child never outlives us. On an orderly stop it gets its signal, a period of grace, and then its whole
process group is killed. If we are killed ourselves, the kernel sends it `orphan_signal`.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

PR_SET_PDEATHSIG = 1
LOG_BYTES_MAX = 10 * 1024 * 1024
# Looked up before any fork: in a fresh child the import lock may never come free.
_libc = ctypes.CDLL(None) if sys.platform.startswith("linux") else None


def die_with_parent(signum: signal.Signals) -> None:
    """From now on, be sent `signum` when our parent is gone.

    Only Linux can do this; elsewhere nothing happens. The parent is the *thread* that started us, so
    start children from a thread that lives as long as its process.
    """
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, int(signum), 0, 0, 0)


def dying_with_parent(signum: signal.Signals) -> Callable[[], None]:
    """The same, to be called between fork and exec (`preexec_fn`)."""
    parent = os.getpid()

    def in_child() -> None:
        die_with_parent(signum)
        if os.getppid() != parent:  # it was gone before we could ask
            os._exit(1)

    return in_child


@dataclass
class Process:
    """One child: how to start it, and how it wants to be stopped."""

    name: str
    command: Sequence[str]
    log: Path
    env: Mapping[str, str] | None = None
    cwd: Path = Path("/")
    user: pwd.struct_passwd | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGKILL
    grace_s: float = 10.0
    _child: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)

    def start(self) -> None:
        """Start the child in a session of its own, so that Ctrl-C reaches only us."""
        with self.log.open("ab") as output:
            self._child = subprocess.Popen(
                list(self.command),
                env=None if self.env is None else dict(self.env),
                cwd=self.cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=dying_with_parent(self.orphan_signal),  # noqa: PLW1509 - main thread only
                **as_user(self.user),
            )

    @property
    def pid(self) -> int | None:
        """The child's process id, once it was started."""
        return self._child.pid if self._child else None

    @property
    def running(self) -> bool:
        """Whether the child was started and is alive."""
        return self._child is not None and self._child.poll() is None

    @property
    def exit_code(self) -> int | None:
        """How the child ended: its code, or minus the signal's number."""
        return self._child.poll() if self._child else None

    def wait(self) -> int:
        """Wait until the child ends by itself; its exit code."""
        if self._child is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._child.wait()

    def stop(self) -> None:
        """Ask the child to stop, wait, and kill what is left of its process group."""
        if self._child is None:
            return
        if self._child.poll() is None:
            self._child.send_signal(self.stop_signal)
            with suppress(subprocess.TimeoutExpired):
                self._child.wait(self.grace_s)
        self.kill()
        self._child.wait()

    def kill(self) -> None:
        """Kill the child's process group at once."""
        if self._child is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._child.pid, signal.SIGKILL)

    def shorten_log(self) -> None:
        """Keep two logs of limited size; the child appends, so it need not know."""
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES_MAX:
            shutil.copyfile(self.log, self.log.with_suffix(".log.1"))
            os.truncate(self.log, 0)

    def log_tail(self, lines: int = 15) -> str:
        """The end of the child's log, for an error message."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


class User(TypedDict, total=False):
    """Arguments of `subprocess` that choose whose the child is."""

    user: int
    group: int
    extra_groups: list[int]


def as_user(user: pwd.struct_passwd | None) -> User:
    """Start a program as this user and in none of our groups; None means ourselves."""
    if user is None:
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def process_state(pid: int) -> str | None:
    """The letter of /proc/<pid>/stat, `Z` for a zombie, or None if there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return None


def command_line(pid: int) -> list[bytes]:
    """The program and arguments of any process, empty if there is none."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return []


def gone(pid: int, *, within_s: float) -> bool:
    """Wait until the process is gone, or a zombie for two seconds."""
    deadline = time.monotonic() + within_s
    zombie_since = None
    while time.monotonic() < deadline:
        state = process_state(pid)
        if state is None:
            return True
        if state == "Z":
            zombie_since = zombie_since or time.monotonic()
            if time.monotonic() - zombie_since > 2:
                return True
        time.sleep(0.05)
    return False
