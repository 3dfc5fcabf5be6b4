"""The walls around all tables of this room."""

from django.db import migrations

from syncapp.tenants import rls

PARTS = ("value_map_entry", "value_map_unmapped")


class Migration(migrations.Migration):
    dependencies = [("formulas", "0001_initial"), ("tenants", "0002_walls")]

    operations = [
        *(rls.tenant_table(table) for table in ("value_map", *PARTS, "number_sequence")),
        rls.owned("value_map"),
        *(rls.composite_fk(table, "map_id", "value_map", "CASCADE") for table in PARTS),
    ]
