"""Child processes: started, watched, and stopped together with everything that they started.

A child never outlives us. On an orderly stop it gets its signal, a period of grace, and then its whole
process group is killed. If we are killed ourselves, the kernel sends it `orphan_signal`.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG = 1
LOG_BYTES_MAX = 10 * 1024 * 1024


def dies_with_parent(signum: signal.Signals) -> Callable[[], None]:
    """Return what a fresh child has to call so that it gets `signum` when its parent is gone.

    Only Linux can do this; elsewhere the returned function does nothing. The parent is the *thread*
    that started the child, so start children from a thread that lives as long as the process.
    """
    if not sys.platform.startswith("linux"):
        return lambda: None
    libc = ctypes.CDLL(
        None, use_errno=True
    )  # resolved before the fork, where imports may deadlock
    parent = os.getpid()

    def in_child() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(signum), 0, 0, 0)
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
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES_MAX:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as output:
            self._child = subprocess.Popen(
                list(self.command),
                env=None if self.env is None else dict(self.env),
                cwd=self.cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=dies_with_parent(self.orphan_signal),  # noqa: PLW1509 - main thread only
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

    def stop(self, grace_s: float | None = None) -> None:
        """Ask the child to stop, wait, and kill what is left of its process group."""
        if self._child is None:
            return
        if self._child.poll() is None:
            self._child.send_signal(self.stop_signal)
            with suppress(subprocess.TimeoutExpired):
                self._child.wait(self.grace_s if grace_s is None else grace_s)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait()

    def log_tail(self, lines: int = 15) -> str:
        """The end of the child's log, for an error message."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def as_user(user: pwd.struct_passwd | None) -> dict[str, object]:
    """Arguments of `subprocess` that start a program as this user, and in none of our groups."""
    if user is None:
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
