"""Puts a row into every table of a tenant, whatever the table: the catalogue says how."""

from __future__ import annotations

from typing import Any

from django.db import connection

from syncapp.tenants import catalog, door
from syncapp.tenants.models import Tenant

_BY_TYPE = {
    "int2": "1",
    "timestamptz": "now()",
    "jsonb": "'{}'",
    "uuid": "gen_random_uuid()",
    "bytea": "'\\x00'",
    "bool": "false",
    "numeric": "1",
}
_BY_COLUMN = {
    "cursor.kind": "'delta'",
    "run_lock.mode": "'shared'",
    "wake.lane": "'live'",
    "record_log.keep": "30",
    "link.remote_id": "'x'",
    "draft_step.wizard_id": "1",
    "set_run.state": "'running'",
    "set_run.on_failure": "'stop'",
    "set_run.trigger": "'manual'",
}
_NULLABLE = ["link.remote_id", "draft_step.wizard_id"]
"""Columns that a CHECK asks for although they may be null."""


def fill(tenant: Tenant) -> None:
    """Give the tenant a row in every table. Its foreign keys lead nowhere: never commit this."""
    for table in catalog.tenant_tables():
        with door.tenant(tenant.pk), connection.cursor() as cursor:
            cursor.execute(insertion(table, tenant))


def insertion(table: str, tenant: Tenant) -> str:
    """Write the statement that puts a row of this tenant into the table."""
    columns = {name: _value(table, name, kind, tenant) for name, kind in _needed(table)}
    names, values = ", ".join(f'"{name}"' for name in columns), ", ".join(columns.values())
    return f"INSERT INTO {table} ({names}) VALUES ({values})"


def _needed(table: str) -> list[tuple[Any, ...]]:
    return catalog.rows(
        """
        SELECT a.attname, t.typname FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
        WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped
          AND (a.attnotnull OR %s || '.' || a.attname = ANY (%s))
          AND NOT a.atthasdef AND a.attidentity = ''
        """,
        table,
        table,
        _NULLABLE,
    )


def _value(table: str, name: str, kind: str, tenant: Tenant) -> str:
    special = {**_BY_COLUMN, f"{table}.tenant_id": str(tenant.pk)}.get(f"{table}.{name}")
    number = "0" if name.startswith("n_") else str(10_000 + tenant.pk)  # counts add up
    kinds = {
        **_BY_TYPE,
        **dict.fromkeys(("text", "varchar"), f"'x{tenant.pk}'"),
        **dict.fromkeys(("int4", "int8"), number),
    }
    return special or ("'{}'" if kind.startswith("_") else kinds[kind])
