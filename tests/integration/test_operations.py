"""What docs/operations.md and docker-compose.yml promise of the database, on a cluster of its own.

Slow: it makes a cluster, migrates it, dumps it and restores it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from syncapp.installation import Installation
from syncapp.postgres import DATABASE, LOGIN, SUPERUSER, Postgres
from tests.launched import open_folder, until

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow


class Cluster:
    """A running server, and the client programs of its version."""

    def __init__(self, server: Postgres) -> None:
        self.server = server

    def superuser(self, database: str = DATABASE) -> psycopg.Connection:
        return psycopg.connect(
            host="127.0.0.1",
            port=self.server.port,
            user=SUPERUSER,
            password=self.server.password,
            dbname=database,
            autocommit=True,
        )

    def client(
        self, program: str, *arguments: str, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [
                self.server.binaries / program,
                "--host=127.0.0.1",
                f"--username={SUPERUSER}",
                *arguments,
            ],
            env={
                "PATH": os.environ["PATH"],
                "PGPORT": str(self.server.port),
                "PGPASSWORD": self.server.password,
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with open_folder() as folder:
        server = Postgres(Installation(folder / "state"), throwaway=True)
        server.initialise()
        server.process.start()
        try:
            until(server.answers, within_s=30)
            server.prepare_database()
            yield Cluster(server)
        finally:
            server.process.stop()
            server.reservation.release()


def test_container_takes_the_password_from_its_environment(cluster: Cluster) -> None:
    scripts = [
        f"--file={ROOT / 'syncapp' / name}" for name in ("roles.sql", "roles_password.sql")
    ]
    run = ("psql", f"--dbname={DATABASE}", "--set=ON_ERROR_STOP=1", *scripts)

    without = cluster.client(*run)
    assert without.returncode != 0
    assert "roles_password.sql" in without.stderr

    done = cluster.client(*run, SYNCAPP_DB_PASSWORD="it's new")
    assert done.returncode == 0, done.stderr
    with psycopg.connect(
        host="127.0.0.1",
        port=cluster.server.port,
        user=LOGIN,
        password="it's new",
        dbname=DATABASE,
        options="-c role=syncapp_owner",
        autocommit=True,
    ) as opened:
        opened.execute("CREATE SCHEMA only_the_owner_may")
        opened.execute("DROP SCHEMA only_the_owner_may")
    cluster.server.prepare_database()  # the launcher puts its own password back


def test_roles_may_be_made_again(cluster: Cluster) -> None:
    roles = "SELECT rolname, rolcanlogin, rolbypassrls, rolinherit FROM pg_roles ORDER BY 1"
    with cluster.superuser() as opened:
        before = opened.execute(roles).fetchall()
        opened.execute((ROOT / "syncapp" / "roles.sql").read_bytes())

        assert opened.execute(roles).fetchall() == before


def test_dump_holds_the_rows_of_all_tenants_and_comes_back(
    cluster: Cluster, tmp_path: Path
) -> None:
    dump = str(tmp_path / "syncapp.dump")
    migrated = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity=0"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": cluster.server.url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert migrated.returncode == 0, migrated.stderr
    with cluster.superuser() as opened:
        for slug in ("acme", "globex"):
            opened.execute(
                "INSERT INTO tenant (slug, name, time_zone, state, created_at)"
                " VALUES (%s, %s, 'UTC', 'active', now())",
                [slug, slug],
            )
        opened.execute("CREATE DATABASE restored OWNER syncapp_owner")

    dumped = cluster.client(
        "pg_dump", "--role=syncapp_backup", "--format=custom", f"--file={dump}", DATABASE
    )
    assert dumped.returncode == 0, dumped.stderr
    restored = cluster.client("pg_restore", "--exit-on-error", "--dbname=restored", dump)
    assert restored.returncode == 0, restored.stderr

    shape = """
        SELECT relname, relowner::regrole::text, relrowsecurity, relforcerowsecurity, relacl::text
        FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY relname
    """
    with cluster.superuser() as before, cluster.superuser("restored") as after:
        slugs = after.execute("SELECT slug FROM tenant ORDER BY slug").fetchall()
        assert slugs == [("acme",), ("globex",)]
        assert after.execute(shape).fetchall() == before.execute(shape).fetchall()
        policies = "SELECT tablename, policyname, roles, qual, with_check FROM pg_policies ORDER BY 1, 2"
        assert after.execute(policies).fetchall() == before.execute(policies).fetchall()
