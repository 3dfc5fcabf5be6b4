"""Migration operations that make a table the tenant's: row-level security, grants, foreign keys.

Policies are written for one role each and never joined by OR, which would switch the tenant's
index off. Security is forced, so that the owner obeys as well. Nobody but the owner truncates.
"""

from __future__ import annotations

from typing import Final

from django.db.migrations import RunSQL

_VERBS: Final = {"S": "SELECT", "I": "INSERT", "U": "UPDATE", "D": "DELETE"}

APP_TENANT: Final = RunSQL(
    """
    CREATE FUNCTION app_tenant() RETURNS integer LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
    DECLARE
        setting text := current_setting('app.tenant_id', true);
    BEGIN
        IF setting IS NULL OR setting = '' THEN
            RAISE EXCEPTION 'no tenant is set for this transaction'
                USING ERRCODE = 'insufficient_privilege', HINT = 'open syncapp.tenants.door.tenant';
        END IF;
        RETURN setting::integer;
    END
    $$;
    """,
    "DROP FUNCTION app_tenant();",
)
"""The tenant of this transaction; raises when none is set, instead of showing nothing."""


def grants(table: str, *, app: str = "", platform: str = "") -> RunSQL:
    """Grant verbs on a table that belongs to no tenant.

    Args:
        table: its name in the database.
        app: letters out of S, I, U, D for role *app*.
        platform: the same for role *platform*.
    """
    return RunSQL(_grant(table, app, platform), RunSQL.noop)


def tenant_table(
    table: str, *, app: str = "SIUD", platform: str = "", column: str = "tenant_id"
) -> RunSQL:
    """Put a table under row-level security.

    Args:
        table: its name in the database.
        app: what role *app* may do with its own tenant's rows, letters out of S, I, U, D.
        platform: what role *platform* may do with everybody's rows.
        column: the column that holds the tenant.
    """
    sql = f"""
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
        CREATE POLICY tenant ON {table} TO syncapp_app
            USING ({column} = (SELECT app_tenant())) WITH CHECK ({column} = (SELECT app_tenant()));
    """
    if platform:
        sql += f"CREATE POLICY platform ON {table} TO syncapp_platform USING (true);"
    return RunSQL(sql + _grant(table, app, platform), RunSQL.noop)


def owned(table: str) -> RunSQL:
    """Give a configuration table the key that composite foreign keys refer to."""
    return RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_owned UNIQUE (tenant_id, id)",
        f"ALTER TABLE {table} DROP CONSTRAINT {table}_owned",
    )


def composite_fk(table: str, column: str, target: str, on_delete: str = "NO ACTION") -> RunSQL:
    """Tie a reference to the tenant: a plain foreign key accepts another tenant's row.

    Args:
        table: where the reference stands.
        column: its column; the Django field has `db_constraint=False`.
        target: a table made `owned`.
        on_delete: SQL action; CASCADE for parts that live and die with their whole.
    """
    name = f"{table}_{column}_fk"
    return RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (tenant_id, {column}) "
        f"REFERENCES {target} (tenant_id, id) ON DELETE {on_delete} DEFERRABLE INITIALLY DEFERRED",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


def _grant(table: str, app: str, platform: str) -> str:
    pairs = (("syncapp_app", app), ("syncapp_platform", platform))
    return "".join(
        f"GRANT {', '.join(_VERBS[letter] for letter in letters)} ON {table} TO {role};"
        for role, letters in pairs
        if letters
    )
