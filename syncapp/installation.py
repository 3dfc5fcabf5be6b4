"""An installation: the state directory in which it keeps everything, and the lock on it."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

LOOPBACK = "127.0.0.1"


class LaunchError(Exception):
    """Something that the person at the keyboard must know; shown without a traceback."""


class AlreadyRunningError(LaunchError):
    """Another process holds this state directory."""


class Installation:
    """One state directory: databases, secrets, remembered ports, logs.

    Root keeps it traversable, because PostgreSQL refuses to run as root and has to reach its own
    directory below as user `nobody`; everything secret in it has its own mode.
    """

    def __init__(self, state: Path) -> None:
        """Make the directory if there is none, and refuse one of somebody else."""
        self.state = state
        self.as_root = os.geteuid() == 0
        try:
            state.mkdir(mode=0o700, parents=True, exist_ok=True)
            owner = state.stat().st_uid
        except OSError as error:
            raise LaunchError(
                f"Cannot use {state}: {error}. Set SYNCAPP_STATE to another directory."
            ) from error
        if owner != os.geteuid():
            raise LaunchError(
                f"{state} belongs to another user (uid {owner}). Set SYNCAPP_STATE to a directory of your own."
            )
        state.chmod(0o711 if self.as_root else 0o700)
        self._lock: TextIO | None = None

    def lock(self) -> None:
        """Become the only process that runs this installation; the kernel ends the lock with us."""
        handle = (self.state / "lock").open("a+")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            handle.close()
            raise AlreadyRunningError(
                f"An installation is already running in {self.state}. "
                "For a second one set SYNCAPP_STATE and SYNCAPP_PORT."
            ) from error
        self._lock = handle

    def unlock(self) -> None:
        """Let somebody else have it."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def log(self, name: str) -> Path:
        """The log file of one child process."""
        folder = self.state / "logs"
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder / f"{name}.log"

    def secret_file(self, name: str, make: Callable[[], str] = secrets.token_hex) -> Path:
        """A file that only we may read, holding a secret that is made once."""
        path = self.state / f"{name}.secret"
        if not path.exists():
            write_private(path, make())
        return path

    def secret(self, name: str) -> str:
        """The text of such a file."""
        return self.secret_file(name).read_text().strip()

    def reserve_port(self, name: str) -> Reservation:
        """A free loopback port, the same as last time if it is still free."""
        remembered = self.state / "ports.json"
        ports: dict[str, int] = (
            json.loads(remembered.read_text()) if remembered.exists() else {}
        )
        reservation = Reservation(ports.get(name, 0))
        if ports.get(name) != reservation.port:
            write_private(remembered, json.dumps({**ports, name: reservation.port}))
        return reservation


class Reservation:
    """A port that nobody else is given until `release`, though the server it is meant for can bind it.

    Both sockets carry SO_REUSEADDR and ours never listens, which is all that the kernel asks for.
    """

    def __init__(self, preferred: int = 0) -> None:
        """Take the preferred port, or any free one if it is taken or 0."""
        found = _bound(preferred) or _bound(0)
        if found is None:
            raise LaunchError("No free port on the loopback interface.")
        self._socket = found
        self.port: int = found.getsockname()[1]

    def release(self) -> None:
        """Give the port back, once its server listens or will never come."""
        self._socket.close()


def port_is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    probe = _bound(port)
    if probe is None:
        return False
    with probe:
        try:
            probe.listen(1)
        except OSError:
            return False
    return True


def write_private(path: Path, text: str) -> None:
    """Write a file for our eyes only, whole or not at all."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as handle:
        handle.write(text)
    fresh.replace(path)


def _bound(port: int) -> socket.socket | None:
    probe = socket.socket()
    probe.setsockopt(
        socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
    )  # or ports in TIME_WAIT count as taken
    try:
        probe.bind((LOOPBACK, port))
    except OSError:
        probe.close()
        return None
    return probe
