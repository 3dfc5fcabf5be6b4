"""pytest plugin: a throw-away PostgreSQL and Valkey for the time of a test run.

Addresses are reserved before Django reads its settings; the servers start once the collected tests turn out
to need them, which tests in `tests/unit` never do. With `DATABASE_URL` and `REDIS_URL` set, those are
used instead. Workers of pytest-xdist share the servers of the main process.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

PREFIX = "syncapp-tests-"
UNIT = Path(__file__).parent / "unit"
# Made up, and the same in each run: nothing that a test encrypts outlives it.
SECRETS = {
    "SYNCAPP_SECRET_KEY": "for tests only",
    "SYNCAPP_ENCRYPTION_KEYS": "dGVzdHMgb25seTogbm90IGEgc2VjcmV0LCByZWFsbHk=",
}


class Services:
    """The state directory of this run, and the servers in it."""

    def __init__(self) -> None:
        """Make a fresh directory, reserve addresses, and put both into the environment."""
        from syncapp.embedded import Embedded  # noqa: PLC0415 - after coverage has started
        from syncapp.installation import Installation  # noqa: PLC0415

        forget_killed_runs()
        self.state = Path(tempfile.mkdtemp(prefix=PREFIX))
        (self.state / "static").mkdir()
        self.installation = Installation(self.state)
        self.installation.lock()
        self.embedded = Embedded(self.installation, throwaway=True)
        self.running = False
        os.environ.update(self.embedded.environment)
        os.environ["SYNCAPP_STATE"] = str(self.state)

    def start(self) -> None:
        """Start the servers, unless they run already."""
        if not self.running:
            self.embedded.start()
            self.running = True

    def stop(self) -> None:
        """Stop the servers and forget their data."""
        self.embedded.stop()
        shutil.rmtree(self.state, ignore_errors=True)
        self.installation.unlock()


def forget_killed_runs() -> None:
    """Remove what runs have left behind that could not end: nobody holds their locks any more."""
    from syncapp.installation import Installation, LaunchError  # noqa: PLC0415

    for lock in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/lock"):
        try:
            left = Installation(lock.parent)
            left.lock()
        except LaunchError:  # it runs, or belongs to somebody else
            continue
        shutil.rmtree(lock.parent, ignore_errors=True)
        left.unlock()


services_key = pytest.StashKey[Services]()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    """Complete the environment before pytest-django loads the settings."""
    os.environ.update(SECRETS)
    os.environ["SYNCAPP_EMBEDDED"] = "1"
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker:  # a Redis database of its own; PostgreSQL's is made in conftest.py
        url = urlsplit(os.environ["REDIS_URL"])
        number = int(worker.removeprefix("gw")) % 15 + 1
        os.environ["REDIS_URL"] = url._replace(path=f"/{number}").geturl()
        return (yield)
    services = early_config.stash[services_key] = Services()
    try:
        return (yield)
    except BaseException:  # the settings do not load, say; nobody will call pytest_unconfigure
        services.stop()
        raise


def pytest_sessionstart(session: pytest.Session) -> None:
    """Start the servers for the workers of pytest-xdist, which collect for themselves."""
    if session.config.getoption("numprocesses", None):
        _start(session.config)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Start the servers if a test may need them."""
    if any(UNIT not in item.path.parents for item in session.items):
        _start(session.config)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the servers, however the run has ended."""
    if services_key in config.stash:
        config.stash[services_key].stop()


def _start(config: pytest.Config) -> None:
    if services_key in config.stash and not config.option.collectonly:
        config.stash[services_key].start()
