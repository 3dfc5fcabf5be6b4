"""Row-level security, grants and tenant-bound foreign keys of this room."""

from django.db import migrations

from syncapp.tenants import rls

OWNED = (
    "account",
    "connection_config",
    "remote_entity",
    "pair",
    "connection",
    "connection_version",
)


class Migration(migrations.Migration):
    dependencies = [
        ("connections", "0001_initial"),
        ("formulas", "0002_walls"),
        ("objects", "0002_record_store"),
        ("tenants", "0002_walls"),
    ]

    operations = [
        *(
            rls.tenant_table(table)
            for table in (*OWNED[:-1], "auth_state", "field_mapping", "used_map")
        ),
        rls.tenant_table("connection_version", app="SID"),
        *(rls.owned(table) for table in OWNED),
        rls.composite_fk("connection_config", "account_id", "account"),
        rls.composite_fk("auth_state", "account_id", "account", "CASCADE"),
        rls.composite_fk("remote_entity", "account_id", "account", "CASCADE"),
        rls.composite_fk("pair", "object_id", "connect_object"),
        rls.composite_fk("pair", "account_id", "account"),
        rls.composite_fk("pair", "entity_id", "remote_entity"),
        rls.composite_fk("connection", "config_id", "connection_config"),
        rls.composite_fk("connection", "object_id", "connect_object"),
        rls.composite_fk("connection", "pair_id", "pair"),
        rls.composite_fk("connection", "live_version_id", "connection_version"),
        rls.composite_fk("field_mapping", "connection_id", "connection", "CASCADE"),
        rls.composite_fk("connection_version", "connection_id", "connection", "CASCADE"),
        rls.composite_fk("used_map", "connection_id", "connection", "CASCADE"),
        rls.composite_fk("used_map", "map_id", "value_map"),
    ]
