"""The test database: made, migrated, emptied and dropped by the role that owns the tables.

pytest-django would do all of this as the role of the application, which may not, and whose rights the tests
are there to prove.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
from django.core.management import call_command
from django.db import connection
from psycopg import sql

APP, OWNER = "role=syncapp_app", "role=syncapp_owner"


@contextmanager
def owner(database: str | None = None) -> Iterator[psycopg.Connection]:
    """A connection as the owner of all tables, to this database or that of `DATABASE_URL`."""
    address = urlsplit(os.environ["DATABASE_URL"])
    if database is not None:
        address = address._replace(path=f"/{database}")
    with psycopg.connect(address.geturl(), autocommit=True, options=f"-c {OWNER}") as opened:
        yield opened


def create(database: str) -> None:
    """Make the database and migrate it; Django's connections lead to it from now on."""
    with owner() as opened:
        opened.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
    connection.close()
    settings = connection.settings_dict
    settings["NAME"] = database
    options = settings["OPTIONS"]["options"]
    settings["OPTIONS"]["options"] = options.replace(APP, OWNER)
    call_command("migrate", verbosity=0)
    connection.close()
    settings["OPTIONS"]["options"] = options


def drop(database: str) -> None:
    """Remove the database and whoever is still connected to it."""
    connection.close()
    # The login role may end its own sessions, not those of autovacuum; the owner role has none.
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as opened:
        opened.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = %s AND usename = current_user",
            [database],
        )
    with owner() as opened:
        opened.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(database)))


def filled_tables(database: str) -> set[str]:
    """Tables that ever held a row since they were made or emptied.

    Asked of the file size: row-level security hides the rows themselves from the owner, too.
    """
    with owner(database) as opened:
        rows = opened.execute(
            """
            SELECT DISTINCT root.relname
            FROM pg_class root, LATERAL (
                SELECT relid FROM pg_partition_tree(root.oid) UNION SELECT root.oid
            ) part
            WHERE root.relnamespace = 'public'::regnamespace AND root.relkind IN ('r', 'p')
              AND NOT root.relispartition AND pg_relation_size(part.relid) > 0
            """
        )
        return {name for (name,) in rows}


def empty(database: str, keep: set[str]) -> None:
    """Empty all tables but those, which hold what the migrations wrote."""
    tables = filled_tables(database) - keep
    if tables:
        names = sql.SQL(", ").join(sql.Identifier(name) for name in sorted(tables))
        with owner(database) as opened:
            opened.execute(
                "SET lock_timeout = '10s'"
            )  # a forgotten transaction must not hang the run
            opened.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(names))
