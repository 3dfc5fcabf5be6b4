"""What the database itself says about its tables."""

from __future__ import annotations

from typing import Any

from django.db import connection


def rows(query: str, *params: Any) -> list[tuple[Any, ...]]:
    """Run a query on the system catalogue."""
    with connection.cursor() as cursor:
        cursor.execute(query, params or None)
        return list(cursor.fetchall())


def tenant_tables() -> list[str]:
    """List the tables whose rows name their tenant; partitions are reached through these."""
    found = rows(
        """
        SELECT c.relname FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
          AND NOT c.relispartition
        ORDER BY c.relname
        """
    )
    return [name for (name,) in found]
