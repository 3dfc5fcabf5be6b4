"""Row-level security, grants and tenant-bound foreign keys of this room."""

from django.db import migrations

from syncapp.tenants import rls

OWNED = (
    "account",
    "connection_config",
    "remote_entity",
    "pair",
    "connector",
    "connector_set",
    "wizard_draft",
    "upload",
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
            for table in (
                *OWNED[:-1],
                "auth_state",
                "connector_set_member",
                "draft_step",
                "source_sample",
                "upload_chunk",
                "used_map",
            )
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
        rls.composite_fk("connection", "connector_id", "connector"),
        rls.composite_fk("connector_set_member", "set_id", "connector_set", "CASCADE"),
        rls.composite_fk("connector_set_member", "connector_id", "connector", "CASCADE"),
        rls.composite_fk("wizard_draft", "member_id", "tenant_membership", "CASCADE"),
        rls.composite_fk("draft_step", "connection_id", "connection", "CASCADE"),
        rls.composite_fk("draft_step", "wizard_id", "wizard_draft", "CASCADE"),
        rls.composite_fk("source_sample", "connection_id", "connection", "CASCADE"),
        rls.composite_fk("upload", "object_id", "connect_object", "CASCADE"),
        rls.composite_fk("upload_chunk", "upload_id", "upload", "CASCADE"),
        rls.composite_fk("connection_version", "connection_id", "connection", "CASCADE"),
        rls.composite_fk("used_map", "connection_id", "connection", "CASCADE"),
        rls.composite_fk("used_map", "map_id", "value_map"),
    ]
