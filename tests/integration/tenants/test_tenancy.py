"""Tenants come, rest and go."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client

from syncapp.errors import Invalid
from syncapp.tenants import catalog, door, permissions
from syncapp.tenants.actors import COMMAND
from syncapp.tenants.models import AuditEntry, Membership, Profile, Tenant, User
from syncapp.tenants.services import tenancy
from tests import make
from tests.integration.tenants.fill import fill


def test_a_new_tenant_has_two_profiles_and_an_entry(acme: Tenant) -> None:
    with door.tenant(acme.pk):
        held = {one.name: set(one.permissions) for one in Profile.objects.for_tenant(acme)}
        [entry] = AuditEntry.objects.for_tenant(acme)

    assert held == {
        "Administrator": set(permissions.ALL),
        "Reader": set(permissions.READING),
    }
    assert (entry.action, entry.kind, entry.object_label) == ("create", "tenant", "Acme")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"slug": "Acme"}, "slug"),
        ({"slug": "1st"}, "slug"),
        ({"slug": "a/b"}, "slug"),
        ({"slug": "x" * 41}, "slug"),
        ({"name": " "}, "name"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"slug": "acme"}, "slug"),
    ],
)
def test_a_wrong_tenant_is_refused(acme: Tenant, wrong: dict[str, str], field: str) -> None:
    values = {"slug": "new", "name": "New", "time_zone": "UTC", **wrong}

    with pytest.raises(Invalid) as refusal:
        tenancy.create_tenant(actor=COMMAND, **values)

    assert set(refusal.value.fields) == {field}


def test_settings_change_with_an_entry(in_acme: Tenant) -> None:
    tenancy.edit_tenant(in_acme, name="Acme Ltd", time_zone="Europe/Berlin", actor=COMMAND)
    tenancy.edit_tenant(in_acme, name="Acme Ltd", time_zone="Europe/Berlin", actor=COMMAND)

    [entry] = AuditEntry.objects.for_tenant(in_acme).filter(action="edit")
    assert entry.diff == {"name": ["Acme", "Acme Ltd"], "time_zone": ["UTC", "Europe/Berlin"]}


def test_a_suspended_tenant_is_shut_and_opens_again(
    acme: Tenant, alices: Client, carols: Client, api: Client
) -> None:
    tenancy.suspend_tenant(acme, actor=COMMAND, reason="not paid")

    page = alices.get("/t/acme/")
    assert page.status_code == 403
    assert "Acme is suspended" in page.content.decode()
    assert alices.get("/", follow=True).status_code == 403
    assert carols.get("/t/acme/").status_code == 404
    refusal = api.get("/api/v1/me/")
    assert (refusal.status_code, refusal.json()["code"]) == (403, "tenant_suspended")

    tenancy.resume_tenant(acme, actor=COMMAND)
    assert alices.get("/t/acme/").status_code == 200
    assert api.get("/api/v1/me/").status_code == 200
    with door.tenant(acme.pk):
        turns = AuditEntry.objects.for_tenant(acme).filter(action__in=["suspend", "resume"])
        assert [(one.action, one.reason) for one in turns.order_by("pk")] == [
            ("suspend", "not paid"),
            ("resume", ""),
        ]


@pytest.fixture
def unchecked(stage: None) -> Iterator[None]:
    """Made-up rows refer to nothing; the constraints stay unchecked at the end."""
    yield
    connection.set_rollback(True)


def owners() -> dict[str, set[int]]:
    """Who has rows, by table, as far as this door shows."""
    return {
        table: {owner for (owner,) in catalog.rows(f"SELECT DISTINCT tenant_id FROM {table}")}
        for table in catalog.tenant_tables()
    }


def test_deleting_takes_every_row_of_every_table(
    unchecked: None,
    acme: Tenant,
    globex: Tenant,
    alice: Membership,
    carol: Membership,
    django_capture_on_commit_callbacks: Any,
) -> None:
    make.make_member(globex, user=alice.user)
    lone = make.make_member(acme, "lone@acme.test")
    with door.platform():
        lone.user.avatar.save("lone.webp", ContentFile(b"x"))
    for tenant in (acme, globex):
        fill(tenant)
    tables = len(catalog.tenant_tables())

    with django_capture_on_commit_callbacks(execute=True):
        count = tenancy.delete_tenant(acme, actor=COMMAND)

    assert count > tables
    with door.tenant(acme.pk):
        assert owners() == {table: set() for table in catalog.tenant_tables()}
    with door.tenant(globex.pk):
        assert owners() == {table: {globex.pk} for table in catalog.tenant_tables()}
    with door.platform():
        assert list(Tenant.objects.values_list("slug", flat=True)) == ["globex"]
        emails = set(User.objects.values_list("email", flat=True))
    assert emails == {"alice@acme.test", "carol@globex.test"}
    assert not default_storage.exists(str(lone.user.avatar.name))


def test_real_rows_go_with_their_constraints_checked(
    committed_db: None, acme: Tenant, alice: Membership
) -> None:
    make.make_key(acme)

    tenancy.delete_tenant(acme, actor=COMMAND)  # a foreign key left over would stop the commit

    with door.platform():
        assert not Tenant.objects.exists()
        assert not Membership.objects.exists()


@pytest.mark.slow  # waits for another thread on purpose
def test_deleting_waits_for_who_is_inside(committed_db: None, acme: Tenant) -> None:
    inside, leave, order = threading.Event(), threading.Event(), []

    def work() -> None:
        with door.tenant(acme.pk):
            inside.set()
            leave.wait(10)
            order.append("worked")
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    inside.wait(10)
    threading.Timer(0.5, leave.set).start()
    tenancy.delete_tenant(acme, actor=COMMAND)
    order.append("deleted")
    thread.join()

    assert order == ["worked", "deleted"]
