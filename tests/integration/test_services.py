"""The servers of the tests are what a deployment has: same roles, same collation, same rights."""

from __future__ import annotations

import os

import psycopg
import pytest
import redis


def connect(role: str | None = None) -> psycopg.Connection:
    options = f"-c role={role}" if role else None
    return psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, options=options)


def answer(role: str | None, query: str) -> object:
    with connect(role) as opened:
        row = opened.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize("role", ["syncapp_owner", "syncapp_app", "syncapp_platform"])
def test_login_may_become_each_role(role: str) -> None:
    assert answer(role, "SELECT current_user::text") == role
    assert not answer(
        role, "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
    )


@pytest.mark.parametrize("role", [None, "syncapp_app", "syncapp_platform"])
def test_nobody_but_the_owner_makes_tables(role: str | None) -> None:
    with connect(role) as opened, pytest.raises(psycopg.errors.InsufficientPrivilege):
        opened.execute("CREATE TABLE public.refused (id int)")


def test_login_itself_may_read_nothing() -> None:
    with connect("syncapp_owner") as opened:
        opened.execute("CREATE TABLE owned (id int)")
        try:
            with connect() as login, pytest.raises(psycopg.errors.InsufficientPrivilege):
                login.execute("SELECT * FROM public.owned")
        finally:
            opened.execute("DROP TABLE owned")


def test_login_may_not_become_the_backup_role_or_the_superuser() -> None:
    for role in ("syncapp_backup", "postgres"):
        with pytest.raises(psycopg.OperationalError, match="permission denied to set role"):
            connect(role)


def test_text_sorts_by_code_point_on_every_machine() -> None:
    sorting = "SELECT datlocprovider::text || datlocale FROM pg_database WHERE datname = current_database()"
    assert answer(None, sorting) == "bC.UTF-8"
    assert answer(None, "SELECT 'Z' < 'a'")


def test_valkey_refuses_writes_rather_than_forgetting_some() -> None:
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert client.config_get("appendonly") == {"appendonly": "yes"}
