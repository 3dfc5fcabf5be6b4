"""Holds the database against the rules of tenancy: `manage.py check --database default`.

What the migrations promise can be lost later: a table made by hand, a grant too many, a partition
attached without its walls. The checks read the catalogue, so that they see what is really there.
The role that migrates is let alone: it is the one that mends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from django.apps import AppConfig, apps
from django.core.checks import CheckMessage, Error, Tags, register

from syncapp.tenants.catalog import rows

OWNER: Final = "syncapp_owner"
ROLES: Final = ("syncapp_app", "syncapp_platform")

WITHOUT_TENANT: Final = {
    "tenant": "the tenants themselves; guarded by their own id",
    "tenant_user": "people, known across tenants; guarded by their memberships",
    "django_session": "read before anybody is known",
    "account_emailaddress": "read by role platform only",
    "account_emailconfirmation": "read by role platform only",
    "django_content_type": "names of models",
    "django_migrations": "names of migrations",
    "auth_permission": "not used, not granted to anybody",
    "auth_group": "not used, not granted to anybody",
    "auth_group_permissions": "not used, not granted to anybody",
}
"""Every table without a tenant, and why it has none."""

_OWN: Final = {
    "tenant": "(id = ( SELECT app_tenant() AS app_tenant))",
    "tenant_user": "(id IN ( SELECT tenant_membership.user_id\n   FROM tenant_membership))",
}
_OWNED: Final = "(tenant_id = ( SELECT app_tenant() AS app_tenant))"
_TABLES: Final = """
    SELECT c.relname, c.relispartition, c.relrowsecurity AND c.relforcerowsecurity,
           EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id'
                   AND NOT a.attisdropped),
           c.relowner::regrole::text
    FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY 1
"""


@register(Tags.database)
def walls(
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001  # Django passes it by name
    databases: Sequence[str] | None = None,
    **_options: Any,
) -> list[CheckMessage]:
    """Compare tables, policies, grants, keys, functions and roles with the rules."""
    if not databases or rows("SELECT current_user::text") == [(OWNER,)]:
        return []
    return [
        Error(message, hint=hint, id=f"tenants.{number}")
        for number, hint, find in _RULES
        for message in find()
    ]


def _unguarded() -> Iterator[str]:
    for name, partition, forced, owned, _ in rows(_TABLES):
        if not partition and not forced and (owned or name in _OWN):
            yield f"Table {name} has no forced row-level security."


def _wrong_policies() -> Iterator[str]:
    found: dict[str, list[tuple[str, str, str, str]]] = {}
    for table, *policy in rows(
        "SELECT tablename, roles::text, permissive, cmd, qual FROM pg_policies"
        " WHERE schemaname = 'public'"
    ):
        found.setdefault(table, []).append(tuple(policy))
    for name, partition, _, owned, _ in rows(_TABLES):
        if partition or not (owned or name in _OWN):
            continue
        wanted = ("{syncapp_app}", "PERMISSIVE", "ALL", _OWN.get(name, _OWNED))
        policies = found.get(name, [])
        others = [one for one in policies if one[0] not in {wanted[0], "{syncapp_platform}"}]
        if [one for one in policies if one[0] == wanted[0]] != [wanted] or others:
            yield f"Table {name} shows role app other rows than the tenant's own."


def _wrong_grants() -> Iterator[str]:
    query = """
        SELECT c.relname, c.relispartition, coalesce(r.rolname, 'PUBLIC')::text, g.privilege_type
        FROM pg_class c, aclexplode(c.relacl) g LEFT JOIN pg_roles r ON r.oid = g.grantee
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
          AND g.grantee <> c.relowner ORDER BY 1, 3, 4
    """
    verbs = {"SELECT", "INSERT", "UPDATE", "DELETE"}
    for table, partition, role, verb in rows(query):
        if partition:
            yield f"Partition {table} is open to {role}: {verb}."
        elif role not in ROLES or verb not in verbs:
            yield f"Table {table} grants {verb} to {role}."


def _unlisted() -> Iterator[str]:
    for name, partition, _, owned, _ in rows(_TABLES):
        if not partition and not owned and name not in WITHOUT_TENANT:
            yield f"Table {name} has no tenant_id and is not on the list of those that need none."


def _missing() -> Iterator[str]:
    there = {name for name, *_ in rows(_TABLES)}
    for model in apps.get_models():
        if model._meta.db_table not in there:
            yield f"Model {model._meta.label} has no table {model._meta.db_table}."


def _strong_roles() -> Iterator[str]:
    query = """
        SELECT rolname::text FROM pg_roles
        WHERE rolname IN (session_user, 'syncapp_owner', 'syncapp_app', 'syncapp_platform')
          AND (rolsuper OR rolbypassrls) ORDER BY 1
    """
    for (role,) in rows(query):
        yield f"Role {role} passes row-level security: it has SUPERUSER or BYPASSRLS."
    for name, _, _, _, owner in rows(_TABLES):
        if owner != OWNER:
            yield f"Table {name} belongs to {owner}."


def _loose_keys() -> Iterator[str]:
    """Find foreign keys between tenants' tables that would accept another tenant's row."""
    query = """
        WITH owned AS (SELECT a.attrelid, a.attnum FROM pg_attribute a
                       WHERE a.attname = 'tenant_id' AND NOT a.attisdropped)
        SELECT k.conrelid::regclass::text, k.conname FROM pg_constraint k
        JOIN owned here ON here.attrelid = k.conrelid
        JOIN owned there ON there.attrelid = k.confrelid
        WHERE k.contype = 'f' AND NOT here.attnum = ANY(k.conkey) ORDER BY 1, 2
    """
    for table, name in rows(query):
        yield f"Foreign key {name} of {table} does not contain the tenant."


def _open_functions() -> Iterator[str]:
    query = """
        SELECT p.proname FROM pg_proc p
        WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef
          AND (p.proconfig IS NULL OR NOT EXISTS (
                   SELECT FROM unnest(p.proconfig) s WHERE s LIKE 'search_path=%')
               OR p.proacl IS NULL
               OR EXISTS (SELECT FROM aclexplode(p.proacl) g WHERE g.grantee = 0)) ORDER BY 1
    """
    for (name,) in rows(query):
        yield f"Function {name} runs as its owner, for everybody or with any search_path."


_RULES: Final[tuple[tuple[str, str, Callable[[], Iterator[str]]], ...]] = (
    ("E001", "Use rls.tenant_table in a migration.", _unguarded),
    ("E002", "Use rls.tenant_table in a migration.", _wrong_policies),
    ("E003", "Revoke it; rows are reached through the partitioned parent only.", _wrong_grants),
    ("E004", "Give it a tenant, or a line in WITHOUT_TENANT.", _unlisted),
    ("E005", "Run manage.py migrate.", _missing),
    ("E006", "Run syncapp/roles.sql as superuser.", _strong_roles),
    ("E007", "Use rls.composite_fk and db_constraint=False.", _loose_keys),
    ("E008", "SET search_path, and REVOKE ALL … FROM PUBLIC.", _open_functions),
)
