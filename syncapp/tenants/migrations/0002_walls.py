"""Row-level security and grants for the tables of this room and of the libraries."""

from django.db import migrations

from syncapp.tenants import rls

PLAIN = {
    "django_session": ("SIUD", "SIUD"),
    "account_emailaddress": ("", "SIUD"),
    "account_emailconfirmation": ("", "SIUD"),
    "django_content_type": ("S", "S"),
    "django_migrations": ("S", "S"),
}

USERS = """
ALTER TABLE tenant_user ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenant_user FORCE ROW LEVEL SECURITY;
CREATE POLICY members ON tenant_user TO syncapp_app
    USING (id IN (SELECT user_id FROM tenant_membership)) WITH CHECK (false);
CREATE POLICY platform ON tenant_user TO syncapp_platform USING (true);
GRANT SELECT ON tenant_user TO syncapp_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON tenant_user TO syncapp_platform;
"""

AUDIT = """
ALTER TABLE tenant_audit
    ADD CONSTRAINT tenant_audit_tenant_fk FOREIGN KEY (tenant_id)
    REFERENCES tenant (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0001_initial"),
        ("sessions", "0001_initial"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("account", "0009_emailaddress_unique_primary_email"),
    ]

    operations = [
        rls.APP_TENANT,
        rls.tenant_table("tenant", app="SU", platform="SIUD", column="id"),
        rls.tenant_table("tenant_profile", platform="SIUD"),
        rls.tenant_table("tenant_membership", platform="SIUD"),
        rls.tenant_table("tenant_api_key", platform="SU"),
        rls.tenant_table("tenant_audit", app="SI", platform="SI"),
        # Users belong to no tenant, and yet each tenant sees its own members only.
        migrations.RunSQL(USERS, migrations.RunSQL.noop),
        # Nobody may delete an entry; they go when their tenant goes.
        migrations.RunSQL(AUDIT, migrations.RunSQL.noop),
        rls.owned("tenant_profile"),
        rls.owned("tenant_membership"),
        rls.composite_fk("tenant_membership", "profile_id", "tenant_profile"),
        *(
            rls.grants(table, app=app, platform=platform)
            for table, (app, platform) in PLAIN.items()
        ),
    ]
