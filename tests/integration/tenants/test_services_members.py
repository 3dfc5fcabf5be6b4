"""Who gets in, who stays, who may give what."""

from __future__ import annotations

from django.core import mail

from syncapp.tenants import door
from syncapp.tenants.actors import Actor
from syncapp.tenants.models import AuditEntry, Membership, Profile, Tenant
from syncapp.tenants.services import members, tenancy


def reader(tenant: Tenant) -> Profile:
    found: Profile = Profile.objects.for_tenant(tenant).get(name=tenancy.READER)
    return found


def invite(tenant: Tenant, by: Membership, email: str, name: str = "Dora") -> Membership:
    with door.tenant(tenant.pk):
        return members.invite(
            tenant=tenant, email=email, name=name, profile=reader(tenant), actor=Actor.of(by)
        )


def test_invite_makes_a_user_and_sends_a_link(
    acme: Tenant, alice: Membership, django_capture_on_commit_callbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        member = invite(acme, alice, " Dora@Acme.test ")

    assert (member.user.email, member.state) == ("dora@acme.test", "invited")
    [letter] = mail.outbox
    assert letter.to == ["dora@acme.test"]
    assert "/accounts/password/reset/key/" in letter.body
    with door.tenant(acme.pk):
        entry = AuditEntry.objects.get(action="invite")
    assert entry.actor == "alice@acme.test"
    assert entry.diff["email"] == [None, "dora@acme.test"]
