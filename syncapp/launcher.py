"""The commands of `run.py`: start an installation, test it, run a command of manage.py with its servers.

`up` starts, in this order, PostgreSQL and Valkey (unless `DATABASE_URL` and `REDIS_URL` name others), the
demo ERP, the web pages, a worker and the scheduler, and stops them in the reverse order. What it makes, keys
and passwords included, stays in the state directory.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from syncapp.embedded import Embedded, servers
from syncapp.installation import (
    LOOPBACK,
    AlreadyRunningError,
    Installation,
    LaunchError,
    port_is_free,
    write_private,
)
from syncapp.processes import Process, dying_with_parent
from syncapp.supervisor import StopRequested, Supervisor, run_once

REPOSITORY = Path(__file__).resolve().parent.parent
WORKER_PROCESSES = 2
READY_WITHIN_S = 90.0
# Written while `up` runs: the settings in the environment of its processes, for `manage`.
RUNNING = "running.json"
SETTING = re.compile("(SYNCAPP_|DATABASE_URL$|REDIS_URL$)")


def main(arguments: list[str]) -> int:
    """Run one command; the exit code."""
    commands = {"up": up, "test": test, "manage": manage}
    try:
        return commands[arguments[0]](arguments[1:])
    except LaunchError as error:
        print(f"syncapp: {error}", file=sys.stderr)
        return 1


def up(arguments: list[str]) -> int:
    """Start everything, say where it is, and keep it running until a signal comes."""
    if arguments:
        raise LaunchError(f"`up` takes no arguments: {' '.join(arguments)}")
    os.umask(0o077)
    installation = Installation(state_directory())
    _lock(installation)
    port = _web_port(installation)
    supervisor = Supervisor(say)
    supervisor.listen()
    try:
        start_all(installation, supervisor, port)
        demo = json.loads((installation.state / "demo.json").read_text())
        print(welcome(demo, installation.state), flush=True)
        supervisor.watch()
    except StopRequested:
        say("Stopping …")
        return 0
    finally:
        supervisor.stop()
        (installation.state / RUNNING).unlink(missing_ok=True)


def start_all(installation: Installation, supervisor: Supervisor, port: int) -> None:
    """Start the installation step by step, each step ready before the next one needs it."""
    say(f"Starting in {installation.state}")
    embedded = Embedded(installation)
    embedded.start()
    for process in embedded.processes:
        supervisor.adopt(process)
    demo = installation.reserve_port("demo_erp")
    demo_url = f"http://{LOOPBACK}:{demo.port}"
    allowed = filter(None, [os.environ.get("SYNCAPP_EGRESS_ALLOW"), f"{LOOPBACK}:{demo.port}"])
    settings = {
        **{name: value for name, value in os.environ.items() if SETTING.match(name)},
        **_own_environment(installation),
        **embedded.environment,
        "SYNCAPP_BASE_URL": os.environ.get("SYNCAPP_BASE_URL", f"http://{LOOPBACK}:{port}"),
        "SYNCAPP_EGRESS_ALLOW": ",".join(allowed),
    }
    write_private(installation.state / RUNNING, json.dumps(settings))
    start = _Starter(installation, {**os.environ, **settings})
    (installation.state / "static").mkdir(exist_ok=True)

    demo_state = installation.state / "demo-erp.json"
    supervisor.start(
        start.module(
            "demo-erp", "syncapp.demo.erp", f"--port={demo.port}", f"--state={demo_state}"
        )
    )
    run_once(start.python("migrate", "manage.py", "migrate", "--skip-checks"))
    supervisor.start(start.web(port))
    supervisor.wait_until(lambda: answers(demo_url), within_s=READY_WITHIN_S)
    demo.release()
    demo_file = installation.state / "demo.json"
    run_once(
        start.python(
            "seed", "manage.py", "demo", "seed", f"--erp-url={demo_url}", f"--out={demo_file}"
        )
    )
    supervisor.start(start.worker())
    supervisor.start(start.beat())
    supervisor.wait_until(
        lambda: answers(f"http://{LOOPBACK}:{port}/healthz", status=200),
        within_s=READY_WITHIN_S,
    )


def test(arguments: list[str]) -> int:
    """Become pytest; its plugin `tests.services` brings throw-away servers."""
    if not os.access(REPOSITORY, os.W_OK):
        cache = state_directory() / "cache"
        cache.mkdir(parents=True, exist_ok=True)
        os.environ.setdefault("COVERAGE_FILE", str(cache / "coverage"))
        os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(cache / "hypothesis"))
        arguments = ["-o", f"cache_dir={cache / 'pytest'}", *arguments]
    os.environ.pop("SYNCAPP_STATE", None)
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *arguments])


def manage(arguments: list[str]) -> int:
    """Run manage.py with the servers of this installation, starting them if they do not run."""
    command = [sys.executable, str(REPOSITORY / "manage.py"), *arguments]
    installation = Installation(state_directory())
    with _environment_of(installation) as environment:
        child = subprocess.Popen(
            command,
            env=environment,
            preexec_fn=dying_with_parent(signal.SIGTERM),  # noqa: PLW1509 - no threads here
        )
        # Ctrl-C goes to both of us, and the command decides what it means.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda signum, _: child.send_signal(signum))
        return child.wait()


def state_directory() -> Path:
    """The state directory, as run.py has chosen it."""
    return Path(os.environ.get("SYNCAPP_STATE") or REPOSITORY / ".state").resolve()


def answers(url: str, status: int | None = None) -> bool:
    """Whether a server answers there, with this status if one is asked for."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310 - our own loopback address
            return status in {None, response.status}
    except urllib.error.HTTPError as error:
        return status in {None, error.code}
    except OSError:
        return False


def welcome(demo: Mapping[str, Any], state: Path) -> str:
    """What a newcomer needs to know."""
    logins = [
        f"  {login['email']:<28} {login['password']:<20} {login['role']}"
        for login in demo["logins"]
    ]
    return "\n".join(
        [
            "",
            f"syncapp is running: {demo['url']}",
            "",
            "Log in with e-mail and password:",
            *logins,
            "",
            f"Tenant       {demo['tenant']}",
            f"API key      {demo['api_key']}",
            f"API          {demo['url']}/api/v1/",
            f"Demo ERP     {demo['demo_erp_url']}",
            f"State, logs  {state}",
            "",
            "Ctrl-C stops everything.",
        ]
    )


def say(message: str) -> None:
    """Tell the person at the keyboard how it goes."""
    print(message, file=sys.stderr, flush=True)


class _Starter:
    """Makes the processes of one installation."""

    def __init__(self, installation: Installation, environment: Mapping[str, str]) -> None:
        self.installation = installation
        self.environment = environment

    def python(self, name: str, *arguments: str, grace_s: float = 10) -> Process:
        return Process(
            name=name,
            command=[sys.executable, *arguments],
            log=self.installation.log(name),
            env=self.environment,
            cwd=REPOSITORY,
            grace_s=grace_s,
        )

    def module(self, name: str, module: str, *arguments: str, grace_s: float = 10) -> Process:
        return self.python(name, "-m", module, *arguments, grace_s=grace_s)

    def web(self, port: int) -> Process:
        return self.module(
            "web",
            "gunicorn",
            "syncapp.wsgi:application",
            f"--bind={LOOPBACK}:{port}",
            "--worker-class=gthread",
            "--workers=2",
            "--threads=8",
            "--no-control-socket",
            "--access-logfile=-",
            "--graceful-timeout=5",
            "--umask=0o077",
        )

    def worker(self) -> Process:
        """Warm shutdown: finishes what it works on, which its time limit keeps short."""
        return self.module(
            "worker",
            "celery",
            "--app=syncapp.celery",
            "worker",
            "--pool=prefork",
            f"--concurrency={WORKER_PROCESSES}",
            "--loglevel=WARNING",
            "--without-gossip",
            "--without-mingle",
            grace_s=30,
        )

    def beat(self) -> Process:
        return self.module(
            "beat",
            "celery",
            "--app=syncapp.celery",
            "beat",
            f"--schedule={self.installation.state / 'beat.db'}",
            "--pidfile=",
            "--loglevel=WARNING",
            grace_s=5,
        )


def _own_environment(installation: Installation) -> dict[str, str]:
    """What processes of this installation need, whoever starts them; its keys are made once."""
    keys = {
        "SYNCAPP_SECRET_KEY": installation.secret_file("secret_key"),
        "SYNCAPP_ENCRYPTION_KEYS": installation.secret_file("encryption_keys", _fernet_key),
    }
    files = {
        f"{name}_FILE": str(path)
        for name, path in keys.items()
        if not {name, f"{name}_FILE"} & os.environ.keys()
    }
    return {
        **files,
        "PYTHONUNBUFFERED": "1",
        "SYNCAPP_EMBEDDED": "1",
        "SYNCAPP_STATE": str(installation.state),
    }


@contextmanager
def _environment_of(installation: Installation) -> Iterator[Mapping[str, str]]:
    """The environment of the running installation, or of its servers running for our sake."""
    deadline = time.monotonic() + READY_WITHIN_S
    running = installation.state / RUNNING
    while True:
        try:
            installation.lock()
        except AlreadyRunningError:
            if running.exists():
                yield {**os.environ, **json.loads(running.read_text())}
                return
            if time.monotonic() > deadline:
                raise
            time.sleep(
                0.2
            )  # it is starting, or another `manage` has started the servers for itself
        else:
            break
    running.unlink(missing_ok=True)  # of an installation that was killed
    with servers(installation) as embedded:
        yield {**os.environ, **_own_environment(installation), **embedded.environment}


def _lock(installation: Installation) -> None:
    try:
        installation.lock()
    except AlreadyRunningError as error:
        running = installation.state / RUNNING
        if running.exists():
            url = json.loads(running.read_text())["SYNCAPP_BASE_URL"]
            raise AlreadyRunningError(f"{error}\nIt is at {url}") from error
        raise


def _web_port(installation: Installation) -> int:
    """The port of the web pages; `SYNCAPP_PORT=0` takes any that is free."""
    text = os.environ.get("SYNCAPP_PORT", "8000")
    if not text.isdecimal() or int(text) > 65535:
        raise LaunchError(f"SYNCAPP_PORT is not a port: {text}")
    if text == "0":
        reservation = installation.reserve_port("web")
        reservation.release()
        return reservation.port
    if not port_is_free(int(text)):
        raise LaunchError(
            f"Port {text} is taken. Choose another: SYNCAPP_PORT=8001 python3 run.py"
        )
    return int(text)


def _fernet_key() -> str:
    return urlsafe_b64encode(os.urandom(32)).decode()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
