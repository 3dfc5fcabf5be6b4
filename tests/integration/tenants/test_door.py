"""Nobody passes the wall between tenants, whatever the application forgets."""

import psycopg
import pytest
from django import db
from django.db import transaction

from syncapp.tenants import door
from syncapp.tenants.models import Profile, Tenant

pytestmark = pytest.mark.django_db


@pytest.fixture
def two() -> tuple[Tenant, Tenant]:
    with door.platform():
        return (
            Tenant.objects.create(slug="one", name="One"),
            Tenant.objects.create(slug="two", name="Two"),
        )


def test_a_door_shows_one_tenants_rows(two: tuple[Tenant, Tenant]) -> None:
    one, other = two
    for tenant in two:
        with door.tenant(tenant.pk):
            Profile.objects.create(tenant=tenant, name=tenant.name)

    with door.tenant(one.pk):
        names = [profile.name for profile in Profile.objects.all()]
        with door.tenant(other.pk):
            inner = [profile.name for profile in Profile.objects.all()]
        again = [profile.name for profile in Profile.objects.all()]

    assert names == again == ["One"]
    assert inner == ["Two"]


def test_an_unset_tenant_raises(two: tuple[Tenant, Tenant]) -> None:
    with (
        pytest.raises(db.ProgrammingError, match="no tenant is set"),
        transaction.atomic(),
    ):
        Profile.objects.count()


def test_a_foreign_row_cannot_be_written(two: tuple[Tenant, Tenant]) -> None:
    one, other = two
    with (
        pytest.raises(db.ProgrammingError) as refusal,
        door.tenant(one.pk),
    ):
        Profile.objects.create(tenant=other, name="intruder")
    assert isinstance(refusal.value.__cause__, psycopg.errors.InsufficientPrivilege)
