"""Doors open and close in every order, and nobody passes the wall between tenants."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from django import db
from django.db import connection, transaction

from syncapp.tenants import catalog, door
from syncapp.tenants.models import Membership, Profile, Tenant, User


def state() -> tuple[str, str]:
    [(role, tenant)] = catalog.rows(
        "SELECT current_user::text, coalesce(current_setting('app.tenant_id', true), '')"
    )
    return role, tenant


def test_a_door_shows_one_tenants_rows(acme: Tenant, globex: Tenant) -> None:
    for tenant in (acme, globex):
        with door.tenant(tenant.pk):
            Profile.objects.create(tenant=tenant, name=tenant.name)

    def shown() -> set[str]:
        return set(Profile.objects.values_list("name", flat=True)) - {"Administrator", "Reader"}

    with door.tenant(acme.pk):
        names = shown()
        with door.tenant(globex.pk):
            inner = shown()
        again = shown()

    assert names == again == {"Acme"}
    assert inner == {"Globex"}


def test_doors_nest(acme: Tenant, globex: Tenant) -> None:
    app, platform = "syncapp_app", "syncapp_platform"
    with door.tenant(acme.pk):
        assert (state(), door.current_tenant()) == ((app, str(acme.pk)), acme.pk)
        with door.platform():
            assert (state(), door.current_tenant()) == ((platform, ""), None)
            with door.platform():
                assert state() == (platform, "")
            with door.tenant(globex.pk):
                assert state() == (app, str(globex.pk))
            assert state() == (platform, "")
        assert state() == (app, str(acme.pk))
    assert (state(), door.current_tenant()) == ((app, ""), None)


def test_an_error_leads_back_to_the_outer_door(acme: Tenant) -> None:
    with door.tenant(acme.pk):
        with pytest.raises(db.DatabaseError), door.platform():
            catalog.rows("SELECT 1 / 0")
        assert state() == ("syncapp_app", str(acme.pk))
        with door.platform():
            transaction.set_rollback(True)
        assert state() == ("syncapp_app", str(acme.pk))


def test_a_door_closes_with_its_transaction(committed_db: None, acme: Tenant) -> None:
    with door.tenant(acme.pk):
        pass
    with door.platform():
        pass

    assert state() == ("syncapp_app", "")


def test_an_unset_tenant_raises(acme: Tenant) -> None:
    with (
        pytest.raises(db.ProgrammingError, match="no tenant is set"),
        transaction.atomic(),
    ):
        Profile.objects.count()


def test_a_foreign_row_cannot_be_written(acme: Tenant, globex: Tenant) -> None:
    with (
        pytest.raises(db.ProgrammingError) as refusal,
        door.tenant(acme.pk),
    ):
        Profile.objects.create(tenant=globex, name="intruder")
    assert isinstance(refusal.value.__cause__, psycopg.errors.InsufficientPrivilege)


def test_a_foreign_profile_cannot_be_given(
    acme: Tenant, bob: Membership, globex: Tenant
) -> None:
    with door.platform():
        foreign = Profile.objects.for_tenant(globex).first()
    assert foreign

    def give() -> None:
        Membership.objects.filter(pk=bob.pk).update(profile=foreign)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    with pytest.raises(db.IntegrityError), door.tenant(acme.pk):
        give()


def test_a_tenant_sees_its_own_users_only(
    acme: Tenant, alice: Membership, bob: Membership, carol: Membership
) -> None:
    with door.tenant(acme.pk):
        emails = set(User.objects.values_list("email", flat=True))
        with (
            pytest.raises(db.ProgrammingError, match="permission denied"),
            transaction.atomic(),
        ):
            User.objects.update(name="x")

    assert emails == {"alice@acme.test", "bob@acme.test"}


def test_a_stream_opens_the_door_for_each_chunk(acme: Tenant) -> None:
    inside = []

    def chunks() -> Iterator[bytes]:
        for name in ("one", "two"):
            inside.append(state())
            yield name.encode()

    seen = []
    for chunk in door.streaming(acme.pk, chunks()):
        seen.append((chunk, state()))

    assert inside == [("syncapp_app", str(acme.pk))] * 2
    assert seen == [(b"one", ("syncapp_app", "")), (b"two", ("syncapp_app", ""))]
