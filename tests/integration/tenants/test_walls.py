"""The fourth wall alone: every filter of the application dropped, and still no foreign row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import ProgrammingError, connection, transaction
from django.test import Client
from pytest_django.fixtures import Settings

from syncapp.tenants import catalog, door
from syncapp.tenants.models import Membership, Tenant
from tests.integration.tenants import nosy
from tests.integration.tenants.fill import fill, insertion


@pytest.fixture
def filled(
    acme: Tenant, globex: Tenant, alice: Membership, carol: Membership
) -> Iterator[tuple[Tenant, Tenant]]:
    """Two tenants with a row in every table there is."""
    for tenant in (acme, globex):
        fill(tenant)
    yield acme, globex
    connection.set_rollback(True)  # the made-up foreign keys must not be checked


def judge(seen: dict[str, Any], acme: Tenant, alice: Membership) -> None:
    assert set(seen["tables"]) == {*catalog.tenant_tables(), "tenant", "tenant_user"}
    users = seen["tables"].pop("tenant_user")
    assert users == [alice.user_id]
    for found in (seen["tables"], seen["models"]):
        assert {name: set(owners) for name, owners in found.items()} == {
            name: {acme.pk} for name in found
        }
    own = {name: len(owners) for name, owners in seen["tables"].items()}
    refused = {"tenant_audit": [0, 0], "connection_version": [0, own["connection_version"]]}
    for table, hits in seen["writes"].items():
        assert hits == refused.get(table, [own[table]] * 2), table


def test_a_request_that_filters_nothing(
    filled: tuple[Tenant, Tenant], alice: Membership, alices: Client, settings: Settings
) -> None:
    settings.ROOT_URLCONF = nosy.__name__

    answer = alices.get("/t/acme/nosy/")

    judge(answer.json(), filled[0], alice)


def test_a_task_that_filters_nothing(filled: tuple[Tenant, Tenant], alice: Membership) -> None:
    acme, _ = filled

    judge(nosy.task.apply(kwargs={"tenant_id": acme.pk}).get(), acme, alice)


def test_a_task_without_a_door_is_stopped(filled: tuple[Tenant, Tenant]) -> None:
    with pytest.raises(ProgrammingError, match="no tenant is set"), transaction.atomic():
        nosy.doorless.apply(throw=True)


def test_no_table_takes_a_foreign_row(filled: tuple[Tenant, Tenant]) -> None:
    acme, globex = filled
    for table in catalog.tenant_tables():
        statement = insertion(table, globex)

        with (
            pytest.raises(ProgrammingError) as refusal,
            door.tenant(acme.pk),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
        assert isinstance(refusal.value.__cause__, psycopg.errors.InsufficientPrivilege), table
        assert "row-level security" in str(refusal.value), table


def test_a_door_does_not_carry_over(filled: tuple[Tenant, Tenant]) -> None:
    acme, _ = filled
    with door.tenant(acme.pk):
        pass

    with pytest.raises(ProgrammingError, match="no tenant is set"), transaction.atomic():
        catalog.rows("SELECT * FROM tenant_profile")
