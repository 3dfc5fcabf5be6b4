"""Code that forgets every rule: it never names a tenant and reads all it can.

Served as an address beside the real ones, and as a task; row-level security is all that is left.
"""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest, JsonResponse
from django.urls import path

import syncapp.urls
from syncapp.tenants import catalog, door

Seen = dict[str, list[int]]


def rows_of_all_tables() -> Seen:
    """Whose rows there are, by table: raw SQL without a WHERE."""
    found = {}
    for table in catalog.tenant_tables():
        found[table] = sorted(
            owner for (owner,) in catalog.rows(f"SELECT tenant_id FROM {table}")
        )
    found["tenant"] = sorted(owner for (owner,) in catalog.rows("SELECT id FROM tenant"))
    found["tenant_user"] = sorted(pk for (pk,) in catalog.rows("SELECT id FROM tenant_user"))
    return found


def rows_of_all_models() -> Seen:
    """Whose rows there are, by model: the plain manager, `for_tenant` forgotten."""
    found = {}
    for model in apps.get_models():
        names = {field.attname for field in model._meta.concrete_fields}
        if "tenant_id" in names:
            owners: Any = model._base_manager.values_list("tenant_id", flat=True)
            found[model._meta.label] = sorted(owners)
    return found


def writes_everywhere() -> Seen:
    """How many rows an UPDATE and a DELETE without a WHERE would hit; refused verbs count as none."""
    found = {}
    for table in catalog.tenant_tables():
        found[table] = [
            _hit(f"UPDATE {table} SET tenant_id = tenant_id"),
            _hit(f"DELETE FROM {table}"),
        ]
    return found


def _hit(statement: str) -> int:
    class UndoError(Exception):
        pass

    count = 0
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
            count = cursor.rowcount
            raise UndoError
    except (UndoError, DatabaseError):
        return count


def look() -> dict[str, Seen]:
    """Look everywhere."""
    return {
        "tables": rows_of_all_tables(),
        "models": rows_of_all_models(),
        "writes": writes_everywhere(),
    }


def view(request: HttpRequest) -> JsonResponse:
    return JsonResponse(look())


@shared_task
def task(*, tenant_id: int) -> dict[str, Seen]:
    """Look everywhere, inside a door as every task opens one."""
    with door.tenant(tenant_id):
        return look()


@shared_task
def doorless() -> Seen:
    """Look everywhere without a door."""
    return rows_of_all_tables()


urlpatterns = [path("t/<slug:tenant>/nosy/", view), *syncapp.urls.urlpatterns]
