"""The pages of set-up, account and platform: what they show, save and refuse."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from syncapp.tenants import door
from syncapp.tenants.models import AuditEntry, Membership, Profile, Tenant, User
from tests import make


def url(name: str, **kwargs: object) -> str:
    return reverse(f"tenants:{name}", kwargs={"tenant": "acme", **kwargs})


def text(answer: Any) -> str:
    return str(answer.content.decode())


def profile(tenant: Tenant, name: str = "Reader") -> Profile:
    with door.tenant(tenant.pk):
        found: Profile = Profile.objects.for_tenant(tenant).get(name=name)
    return found


@pytest.fixture
def ops(stage: None) -> Client:
    """An operator's browser."""
    return make.browser_of(make.make_user("op@platform.test", is_platform=True))


def test_users_are_listed_searched_and_filtered(
    acme: Tenant, alices: Client, bob: Membership
) -> None:
    make.make_member(acme, "zoe@acme.test", joined=False)

    everybody = text(alices.get(url("user_list")))
    assert all(email in everybody for email in ("alice@", "bob@", "zoe@"))
    for query, shown in (
        ("q=BOB", {"bob"}),
        ("state=invited", {"zoe"}),
        (f"profile={bob.profile_id}", {"bob"}),
        ("sort=-label&size=5", {"alice", "bob", "zoe"}),
    ):
        page = text(alices.get(f"{url('user_list')}?{query}"))
        assert {
            name for name in ("alice", "bob", "zoe") if f"{name}@acme.test</td>" in page
        } == shown


def test_a_user_is_edited(acme: Tenant, alices: Client, bob: Membership) -> None:
    administrator = profile(acme, "Administrator")
    answer = alices.post(
        url("user_edit", pk=bob.pk),
        {"profile": administrator.pk, "name": "Robert"},
        follow=True,
    )

    assert "Saved user “Robert”." in text(answer)
    with door.tenant(acme.pk):
        bob.refresh_from_db()
    assert (bob.profile_id, bob.enabled) == (administrator.pk, False)


def test_half_of_a_refused_form_is_not_saved(
    acme: Tenant, alice: Membership, alices: Client
) -> None:
    """The name alone would do; the profile takes the last administrator away."""
    answer = alices.post(
        url("user_edit", pk=alice.pk),
        {"profile": profile(acme).pk, "enabled": "on", "name": "Alicia"},
    )

    assert answer.status_code == 422
    assert "Somebody must be left" in text(answer)
    with door.platform():
        assert User.objects.get(pk=alice.user_id).name == "Alice"


def test_the_last_administrator_is_not_removed(alice: Membership, alices: Client) -> None:
    answer = alices.post(url("user_delete", pk=alice.pk))

    assert answer.status_code == 409
    assert "Somebody must be left" in text(answer)
    assert alices.get(url("user_detail", pk=alice.pk)).status_code == 200


def test_a_user_is_removed(alices: Client, bob: Membership) -> None:
    answer = alices.post(url("user_delete", pk=bob.pk), follow=True)

    assert "Removed user “Bob”." in text(answer)
    assert alices.get(url("user_detail", pk=bob.pk)).status_code == 404


def test_a_password_is_set_twice_the_same(alices: Client, bob: Membership) -> None:
    address = url("user_password", pk=bob.pk)
    differing = {"password": "a whole new one", "confirmation": "another one"}
    assert "The two passwords differ." in text(alices.post(address, differing))

    same = alices.post(address, dict.fromkeys(differing, "a whole new one"), follow=True)

    assert "Set the password of Bob" in text(same)


def test_an_invitation_is_sent_again(
    acme: Tenant, alices: Client, django_capture_on_commit_callbacks: Any
) -> None:
    member = make.make_member(acme, "dora@acme.test", joined=False)
    page = text(alices.get(url("user_detail", pk=member.pk)))
    assert "Invite again" in page

    with django_capture_on_commit_callbacks(execute=True):
        alices.post(url("user_invite", pk=member.pk))

    assert [letter.to for letter in mail.outbox] == [["dora@acme.test"]]


def test_a_profile_in_use_says_by_whom(alices: Client, bob: Membership) -> None:
    address = url("profile_delete", pk=bob.profile_id)
    for answer in (alices.get(address), alices.post(address)):
        assert "cannot be deleted" in text(answer)
        assert f'<a href="{url("user_edit", pk=bob.pk)}">Bob</a>' in text(answer)
    assert answer.status_code == 409


def test_settings_are_edited_and_told_in_the_audit(acme: Tenant, alices: Client) -> None:
    wrong = alices.post(url("settings_edit"), {"name": "", "time_zone": "Nowhere"})
    assert wrong.status_code == 422
    alices.post(url("settings_edit"), {"name": "Acme Ltd", "time_zone": "Europe/Rome"})

    assert "Acme Ltd" in text(alices.get(url("settings")))
    page = text(alices.get(f"{url('audit_list')}?kind=tenant&actor=alice@acme.test"))
    assert "name, time_zone" in page
    with door.tenant(acme.pk):
        entry = AuditEntry.objects.for_tenant(acme).get(action="edit")
    detail = text(alices.get(url("audit_detail", pk=entry.pk)))
    assert "<td>Acme</td><td>Acme Ltd</td>" in detail


def test_the_audit_is_filtered_by_words_it_has(alices: Client) -> None:
    assert alices.get(f"{url('audit_list')}?kind=nonsense").status_code == 200
    page = text(alices.get(url("audit_list")))
    assert '<option value="tenant">tenant</option>' in page


def test_reading_users_without_editing(acme: Tenant, alice: Membership) -> None:
    seer = make.make_profile(acme, "Seer", ["users.view"])
    browser = make.browser_of(make.make_member(acme, "seer@acme.test", profile=seer))
    page = text(browser.get(url("user_list")))

    assert "Invite user" not in page
    assert "/edit/" not in page
    assert browser.get(url("user_edit", pk=alice.pk)).status_code == 403
    assert "users.edit" in text(browser.get(url("user_edit", pk=alice.pk)))
    assert browser.get("/t/acme/runs/").status_code == 403


def test_without_visible_nothing_is_seen(acme: Tenant, bob: Membership, bobs: Client) -> None:
    with door.tenant(acme.pk):
        held = set(bob.profile.permissions) - {"visible"}
        Profile.objects.for_tenant(acme).filter(pk=bob.profile_id).update(
            permissions=sorted(held)
        )

    assert bobs.get("/t/acme/").status_code == 403
    assert bobs.get("/account/").status_code == 200


def test_the_switcher_names_ones_tenants_only(
    acme: Tenant, globex: Tenant, alice: Membership, alices: Client, bobs: Client
) -> None:
    make.make_member(globex, user=alice.user)

    both = text(alices.get(url("settings")))
    assert "/t/globex/" in both
    assert "Globex" not in text(bobs.get(url("settings")))
    account = text(alices.get("/account/"))
    assert "/t/acme/" in account
    assert "/t/globex/" in account


def test_an_account_needs_a_name(alices: Client) -> None:
    assert alices.post("/account/", {"name": "  "}).status_code == 422
    answer = alices.post("/account/", {"name": "Alice A."}, follow=True)
    assert "Saved your account." in text(answer)


def test_a_tenant_is_made_with_its_administrator(
    ops: Client, django_capture_on_commit_callbacks: Any
) -> None:
    typed = {
        "name": "Initech",
        "slug": "initech",
        "time_zone": "UTC",
        "admin_name": "Bill",
        "admin_email": "bill@initech.test",
    }
    with django_capture_on_commit_callbacks(execute=True):
        answer = ops.post("/platform/tenants/new/", typed, follow=True)
    assert "Initech" in text(answer)
    assert [letter.to for letter in mail.outbox] == [["bill@initech.test"]]
    again = ops.post("/platform/tenants/new/", typed)
    assert (again.status_code, "There is a tenant" in text(again)) == (422, True)
    with door.platform():
        tenant = Tenant.objects.get(slug="initech")
        entry = AuditEntry.objects.for_tenant(tenant).get(kind="user")
    assert entry.actor == "platform op@platform.test"
    assert ops.get("/t/initech/").status_code == 404, "operators see no data"


def test_nothing_of_a_refused_tenant_stays(ops: Client) -> None:
    typed = {
        "name": "Initech",
        "slug": "initech",
        "time_zone": "UTC",
        "admin_name": " \t",
        "admin_email": "bill@initech.test",
    }
    assert ops.post("/platform/tenants/new/", typed).status_code == 422
    with door.platform():
        assert not Tenant.objects.exists()


def test_a_tenant_is_suspended_resumed_and_deleted(
    ops: Client, acme: Tenant, alices: Client
) -> None:
    page = f"/platform/tenants/{acme.pk}/"
    ops.post(f"{page}suspend/", {"reason": "not paid"})
    assert alices.get("/t/acme/").status_code == 403
    assert "not paid" in text(ops.get(page))
    ops.post(f"{page}resume/", {})
    assert alices.get("/t/acme/").status_code == 200

    assert ops.post(f"{page}delete/", {"slug": "globex"}).status_code == 422
    answer = ops.post(f"{page}delete/", {"slug": "acme"}, follow=True)
    assert "Deleted tenant “Acme”" in text(answer)
    assert ops.get(page).status_code == 404
    assert alices.get("/t/acme/").status_code == 302, "the user went with her only tenant"
