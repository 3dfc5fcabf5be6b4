"""The system check sees each wall that is missing."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connection

from syncapp.tenants.checks import walls
from tests import database


def found() -> set[str]:
    return {message.id or "" for message in walls(None, databases=["default"])}


@pytest.mark.django_db
def test_the_migrated_database_keeps_the_rules() -> None:
    assert walls(None, databases=["default"]) == []
    call_command("check", databases=["default"])


BROKEN = {
    "E001": (
        "ALTER TABLE run NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE run FORCE ROW LEVEL SECURITY",
    ),
    "E002": (
        "CREATE POLICY hole ON run TO syncapp_app USING (true)",
        "DROP POLICY hole ON run",
    ),
    "E003": ("GRANT TRUNCATE ON run TO syncapp_app", "REVOKE TRUNCATE ON run FROM syncapp_app"),
    "E003 on a partition": (
        "GRANT SELECT ON change_default TO syncapp_app",
        "REVOKE SELECT ON change_default FROM syncapp_app",
    ),
    "E003 for everybody": ("GRANT SELECT ON run TO PUBLIC", "REVOKE SELECT ON run FROM PUBLIC"),
    "E004": ("CREATE TABLE forgotten (id int)", "DROP TABLE forgotten"),
    "E005": (
        "ALTER TABLE listview_field RENAME TO gone",
        "ALTER TABLE gone RENAME TO listview_field",
    ),
    "E007": (
        "CREATE TABLE loose (tenant_id int, run_id bigint REFERENCES run (id))",
        "DROP TABLE loose",
    ),
    "E008": (
        "CREATE FUNCTION loose() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
        "DROP FUNCTION loose",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_hole_is_seen(name: str, committed_db: None) -> None:
    breaks, mends = BROKEN[name]
    with database.owner(connection.settings_dict["NAME"]) as opened:
        opened.execute(breaks.encode())
        try:
            seen = found()
        finally:
            opened.execute(mends.encode())

    assert f"tenants.{name.partition(' ')[0]}" in seen
    assert found() == set()
