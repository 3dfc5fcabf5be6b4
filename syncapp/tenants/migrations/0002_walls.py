"""Row-level security and grants for the tables of this room and of the libraries."""

from django.db import migrations

from syncapp.tenants import rls

PLAIN = {
    "tenant_user": ("SIUD", "SIUD"),
    "django_session": ("SIUD", ""),
    "account_emailaddress": ("SIUD", "SIUD"),
    "account_emailconfirmation": ("SIUD", "SIUD"),
    "django_content_type": ("S", "S"),
    "auth_permission": ("S", ""),
    "auth_group": ("S", ""),
    "auth_group_permissions": ("S", ""),
    "django_migrations": ("S", "S"),
}


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
        rls.owned("tenant_profile"),
        rls.composite_fk("tenant_membership", "profile_id", "tenant_profile"),
        *(
            rls.grants(table, app=app, platform=platform)
            for table, (app, platform) in PLAIN.items()
        ),
    ]
