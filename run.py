#!/usr/bin/env python3
"""Start syncapp, or test it, from a fresh checkout: the standard library is all that this file needs.

    python3 run.py                  web pages, worker, scheduler and a demo ERP, with demo data
    python3 run.py test [...]       all tests (arguments go to pytest) on throw-away servers
    python3 run.py manage [...]     manage.py, with the addresses of this installation's servers
    python3 run.py env              make the Python environment, print its interpreter, stop

SYNCAPP_PORT (default 8000) is the port of the web pages; SYNCAPP_STATE is where databases, keys and logs are
kept (default: `.state` in the checkout; for root below /var/lib).
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from importlib import util
from pathlib import Path
from typing import Any, Iterator, NoReturn

OLDEST = (3, 11)
REPOSITORY = Path(__file__).resolve().parent
LOCK = REPOSITORY / "requirements.lock"
COMMANDS = ("up", "test", "manage", "env")


def main(arguments: "list[str]") -> int:
    """Check the interpreter, make the environment, become the command."""
    if sys.version_info < OLDEST:
        fail(
            "syncapp needs Python {}.{} or newer; this is {}.".format(
                *OLDEST, sys.version.split()[0]
            )
        )
    command = arguments[0] if arguments else "up"
    if command not in COMMANDS:
        print(__doc__, file=sys.stderr)
        return 0 if command in ("help", "-h", "--help") else 2
    state = state_directory()
    python = environment(venv_directory(state))
    if command == "env":
        print(python)
        return 0
    return become([python, "-m", "syncapp.launcher", command, *arguments[1:]], state)


def become(command: "list[str]", state: Path) -> NoReturn:
    """Hand over to the launcher, which runs in the environment."""
    os.environ["SYNCAPP_STATE"] = str(state)
    unwanted = os.environ.pop("PYTHONDONTWRITEBYTECODE", "")
    if unwanted or not ours(REPOSITORY):
        # Without any each of our processes would compile 1500 modules anew, for seconds.
        os.environ.setdefault("PYTHONPYCACHEPREFIX", str(state / "pycache"))
    os.chdir(REPOSITORY)
    os.execv(command[0], command)


def state_directory() -> Path:
    """Where this user's installation of this checkout keeps everything."""
    chosen = os.environ.get("SYNCAPP_STATE")
    if chosen:
        return Path(chosen).resolve()
    name = "syncapp-" + hashlib.sha256(os.fsencode(REPOSITORY)).hexdigest()[:12]
    if os.geteuid() == 0:  # PostgreSQL will run as `nobody`, who cannot enter root's home
        return Path("/var/lib") / name
    if ours(REPOSITORY):
        return REPOSITORY / ".state"
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state") / name


def venv_directory(state: Path) -> Path:
    """In the checkout, unless that belongs to somebody else or cannot be written."""
    return REPOSITORY / ".venv" if ours(REPOSITORY) else state / "venv"


def ours(directory: Path) -> bool:
    """Whether we own the directory and may write to it."""
    return directory.stat().st_uid == os.geteuid() and os.access(directory, os.W_OK)


def environment(venv: Path) -> str:
    """Make the environment as the lock file describes it, unless it is; return its interpreter."""
    try:
        venv.mkdir(mode=0o755, parents=True, exist_ok=True)
    except OSError as error:
        fail(
            f"Cannot make the Python environment: {error}. Set SYNCAPP_STATE to a directory of your own."
        )
    python, stamp = venv / "bin" / "python", venv / "lock.sha256"
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    with exclusive(venv):
        fits = python.exists() and made_by(venv) == "{}.{}".format(*sys.version_info)
        if not (fits and stamp.exists() and stamp.read_text() == wanted):
            say(f"Preparing the Python environment in {venv}")
            if not fits:
                create(venv)
            install(venv, str(python))
            stamp.write_text(wanted)
    return str(python)


def made_by(venv: Path) -> "str | None":
    """The Python version that the environment was made with, such as 3.11."""
    config = venv / "pyvenv.cfg"
    for line in config.read_text().splitlines() if config.exists() else []:
        name, _, value = line.partition("=")
        if name.strip() in ("version", "version_info"):
            return ".".join(value.strip().split(".")[:2])
    return None


@contextmanager
def exclusive(directory: Path) -> "Iterator[None]":
    """Keep a second run.py waiting until we are done; the kernel ends the lock with us."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def create(venv: Path) -> None:
    """Make an empty environment, whatever was there before."""
    without_pip = shutil.which("uv") is not None
    if not without_pip and util.find_spec("ensurepip") is None:
        fail(
            "This Python cannot make environments (ensurepip is missing).\n"
            "On Debian and Ubuntu: apt-get install python3-venv"
        )
    options = ["--without-pip"] if without_pip else []
    if run([sys.executable, "-m", "venv", "--clear", *options, str(venv)]).returncode:
        fail(f"The environment in {venv} could not be made; the reason is above.")


def install(venv: Path, python: str) -> None:
    """Install exactly the lock file: by uv (from PATH or from the registry), else by pip."""
    uv = shutil.which("uv") or shutil.which("uv", path=str(venv / "bin"))
    if uv is None:
        add_pip(python)
        uv = fetch_uv(venv, python)
    if uv:
        sync = [uv, "pip", "sync", "--quiet", "--python", python, "--require-hashes", str(LOCK)]
        homeless = not os.access(Path.home(), os.W_OK) and "UV_CACHE_DIR" not in os.environ
        if run([*sync, "--no-cache"] if homeless else sync).returncode == 0:
            return
        say("uv did not succeed; trying pip, which takes longer.")
    add_pip(python)
    if run(
        [python, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(LOCK)]
    ).returncode:
        fail("The packages of requirements.lock could not be installed; the reason is above.")


def add_pip(python: str) -> None:
    """Give the environment pip, if it has none."""
    if run(
        [python, "-m", "pip", "--version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ).returncode:
        run([python, "-m", "ensurepip"], stdout=subprocess.DEVNULL)


def fetch_uv(venv: Path, python: str) -> "str | None":
    """Install uv alone, in the version and with the hashes of the lock file; None if that fails."""
    with tempfile.TemporaryDirectory() as folder:
        only = Path(folder) / "uv.txt"
        requirements = LOCK.read_text().replace("\\\n", " ").splitlines()
        only.write_text("\n".join(line for line in requirements if line.startswith("uv==")))
        run([python, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(only)])
    return shutil.which("uv", path=str(venv / "bin"))


def run(command: "list[str]", **options: Any) -> "subprocess.CompletedProcess[bytes]":
    """Run a program, its output going where our messages go."""
    options.setdefault("stdout", sys.stderr)
    clean = {
        name: value
        for name, value in os.environ.items()
        if name not in ("PYTHONHOME", "VIRTUAL_ENV")
    }
    return subprocess.run(command, check=False, env=clean, stdin=subprocess.DEVNULL, **options)


def say(message: str) -> None:
    """Tell the person; standard output belongs to the command."""
    print(message, file=sys.stderr, flush=True)


def fail(message: str) -> NoReturn:
    """Stop with a message."""
    say(message)
    raise SystemExit(1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
