"""Who gets in, who stays, and who may change what of whom."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from syncapp.errors import Invalid, Refused
from syncapp.tenants import door
from syncapp.tenants.actors import COMMAND, Actor
from syncapp.tenants.models import AuditEntry, Membership, Profile, Tenant, User
from syncapp.tenants.services import members, profiles, rights, tenancy
from tests import make


def profile_of(tenant: Tenant, name: str = tenancy.READER) -> Profile:
    with door.tenant(tenant.pk):
        found: Profile = Profile.objects.for_tenant(tenant).get(name=name)
    return found


def invite(by: Membership, email: str, *, name: str = "Dora", **options: Any) -> Membership:
    options.setdefault("profile", profile_of(by.tenant))
    with door.tenant(by.tenant_id):
        return members.invite(
            tenant=by.tenant, email=email, name=name, actor=Actor.of(by), **options
        )


def users() -> set[str]:
    with door.platform():
        return set(User.objects.values_list("email", flat=True))


def entries(tenant: Tenant, action: str) -> list[AuditEntry]:
    with door.tenant(tenant.pk):
        found = AuditEntry.objects.for_tenant(tenant).filter(action=action, kind="user")
        return list(found.order_by("pk"))


def test_invite_makes_a_user_and_sends_a_link(
    acme: Tenant, alice: Membership, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        member = invite(alice, " Dora@Acme.test ")

    assert (member.user.email, member.state) == ("dora@acme.test", "invited")
    [letter] = mail.outbox
    assert letter.to == ["dora@acme.test"]
    assert "/accounts/password/reset/key/" in letter.body
    [entry] = entries(acme, "invite")
    assert entry.actor == "alice@acme.test"
    assert entry.diff["email"] == [None, "dora@acme.test"]


def test_the_link_lets_a_password_be_set_and_the_user_in(
    acme: Tenant,
    alice: Membership,
    django_capture_on_commit_callbacks: Any,
    no_rate_limits: None,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        member = invite(alice, "dora@acme.test")
    link = re.search(r"https?://[^/]+(/\S+)", str(mail.outbox[0].body))
    assert link
    browser = Client()

    page = browser.get(link[1], follow=True)
    answer = browser.post(
        page.redirect_chain[-1][0],
        {"password1": "long enough 7", "password2": "long enough 7"},
        follow=True,
    )
    assert answer.status_code == 200
    answer = browser.post(
        "/accounts/login/", {"login": "dora@acme.test", "password": "long enough 7"}
    )
    assert (answer.status_code, answer["Location"]) == (302, "/")

    assert browser.get("/", follow=True).status_code == 200
    with door.tenant(acme.pk):
        member.refresh_from_db()
    assert member.state == "active"


def test_invite_looks_the_same_for_an_address_known_elsewhere(
    acme: Tenant,
    alice: Membership,
    carol: Membership,
    alices: Client,
    django_capture_on_commit_callbacks: Any,
) -> None:
    with door.platform():
        User.objects.filter(pk=carol.user_id).update(
            name="Ada Lovelace", avatar="avatars/x.webp"
        )
    shown = []
    for email in ("carol@globex.test", "nobody@globex.test"):
        typed = {"name": "Chris", "email": email, "profile": profile_of(acme).pk}
        with django_capture_on_commit_callbacks(execute=True):
            answer = alices.post("/t/acme/setup/users/new/", typed, follow=True)
        path = answer.redirect_chain[-1][0]
        pages = [
            answer.content.decode(),
            alices.get(f"{path}edit/").content.decode(),
            alices.get(f"{path}delete/").content.decode(),
            alices.get("/t/acme/setup/users/?q=Lovelace").content.decode(),
            alices.get(f"/t/acme/setup/users/?q={email}").content.decode(),
        ]
        pk = path.rstrip("/").rpartition("/")[2]
        told = "\n".join(pages).replace(email.partition("@")[0], "…").replace(f"/{pk}/", "/…/")
        shown.append(
            re.sub(
                r'(value|nonce)="[\w-]{30,}"|title="[^"]*ago"|datetime="[^"]*"|title="[^"]*"',
                "",
                told,
            )
        )
        assert alices.get(f"{path}avatar/").status_code == 404

    assert "Ada Lovelace" not in shown[0]
    assert shown[0] == shown[1]
    assert [letter.to for letter in mail.outbox] == [
        ["carol@globex.test"],
        ["nobody@globex.test"],
    ]


def test_a_name_shows_once_its_owner_has_joined(
    acme: Tenant, alice: Membership, carol: Membership, alices: Client, carols: Client
) -> None:
    member = invite(alice, "carol@globex.test", name="Chris")
    page = f"/t/acme/setup/users/{member.pk}/"
    assert "Chris" in alices.get(page).content.decode()

    assert carols.get("/t/acme/").status_code == 200

    shown = alices.get(page).content.decode()
    assert "Chris" not in shown
    assert "Carol" in shown


def test_nobody_is_invited_twice(acme: Tenant, alice: Membership, bob: Membership) -> None:
    with pytest.raises(Invalid) as refusal:
        invite(alice, "BOB@acme.test")

    assert refusal.value.code == "taken"
    assert set(refusal.value.fields) == {"email"}


@pytest.mark.parametrize("email", ["", "nobody", "a@b", "a b@c.test"])
def test_a_wrong_address_is_refused(alice: Membership, email: str) -> None:
    with pytest.raises(Invalid) as refusal:
        invite(alice, email)
    assert set(refusal.value.fields) == {"email"}


def test_nobody_gives_more_than_they_hold(acme: Tenant, alice: Membership) -> None:
    clerk = make.make_member(
        acme,
        "clerk@acme.test",
        profile=make.make_profile(acme, "Clerk", ["users.view", "users.create", "users.edit"]),
    )

    with pytest.raises(rights.BeyondOwnRightsError) as refusal:
        invite(clerk, "friend@acme.test", profile=profile_of(acme, tenancy.ADMINISTRATOR))
    assert set(refusal.value.fields) == {"profile"}
    with door.tenant(acme.pk):
        with pytest.raises(rights.BeyondOwnRightsError):
            members.edit_member(
                clerk,
                profile=profile_of(acme, tenancy.ADMINISTRATOR),
                enabled=True,
                actor=Actor.of(clerk),
            )
        with pytest.raises(rights.BeyondOwnRightsError):
            members.set_password(alice, password="mine now 123", actor=Actor.of(clerk))
    assert "friend@acme.test" not in users()


def test_the_last_administrator_stays(acme: Tenant, alice: Membership, bob: Membership) -> None:
    invite(alice, "later@acme.test", profile=profile_of(acme, tenancy.ADMINISTRATOR))
    administrator, reader = alice.profile, bob.profile
    attempts: list[Callable[[Membership], object]] = [
        lambda one: members.remove_member(one, actor=COMMAND),
        lambda one: members.edit_member(one, profile=reader, enabled=True, actor=COMMAND),
        lambda one: members.edit_member(
            one, profile=administrator, enabled=False, actor=COMMAND
        ),
        lambda one: profiles.edit_profile(
            one.profile, name="Weak", description="", permissions=["visible"], actor=COMMAND
        ),
    ]
    for attempt in attempts:
        with door.tenant(acme.pk):
            one = Membership.objects.for_tenant(acme).select_related("profile").get(pk=alice.pk)
            with pytest.raises(rights.LastAdministratorError):
                attempt(one)
        with door.tenant(acme.pk):
            one = Membership.objects.for_tenant(acme).get(pk=alice.pk)
        assert (one.enabled, one.profile_id) == (True, administrator.pk)
    assert entries(acme, "edit") == []

    make.make_member(acme, "second@acme.test")
    with door.tenant(acme.pk):
        members.remove_member(alice, actor=COMMAND)
    assert "alice@acme.test" not in users()


def test_a_disabled_user_is_out_at_once(acme: Tenant, bob: Membership, bobs: Client) -> None:
    assert bobs.get("/t/acme/").status_code == 200

    with door.tenant(acme.pk):
        members.edit_member(bob, profile=bob.profile, enabled=False, actor=COMMAND)

    assert bobs.get("/t/acme/").status_code == 404
    [entry] = entries(acme, "edit")
    assert entry.diff == {"enabled": [True, False]}


def test_removing_deletes_the_user_only_with_the_last_tenant(
    acme: Tenant, globex: Tenant, bob: Membership
) -> None:
    second = make.make_member(globex, user=bob.user)

    with door.tenant(acme.pk):
        members.remove_member(bob, actor=COMMAND)
    assert "bob@acme.test" in users()

    make.make_member(globex, "other@globex.test")
    with door.tenant(globex.pk):
        members.remove_member(second, actor=COMMAND)
    assert "bob@acme.test" not in users()


def test_an_operator_survives_the_last_tenant(acme: Tenant) -> None:
    user = make.make_user("op@platform.test", is_platform=True)
    member = make.make_member(acme, user=user, profile=tenancy.READER)

    with door.tenant(acme.pk):
        members.remove_member(member, actor=COMMAND)

    assert "op@platform.test" in users()


def test_password_and_name_of_our_own_user(acme: Tenant, bob: Membership, bobs: Client) -> None:
    with door.tenant(acme.pk):
        members.rename(bob, name="  Robert   Smith ", actor=COMMAND)
        members.set_password(bob, password="a whole new one", actor=COMMAND)

    with door.platform():
        user = User.objects.get(pk=bob.user_id)
    assert (user.name, user.check_password("a whole new one")) == ("Robert Smith", True)
    assert bobs.get("/t/acme/").status_code == 302, "the session is over"
    assert [entry.diff for entry in entries(acme, "edit")] == [
        {"name": ["Bob", "Robert Smith"]},
        {"password": ["set", "changed"]},
    ]


def test_a_shared_user_belongs_to_herself(
    acme: Tenant, globex: Tenant, alice: Membership, bob: Membership, alices: Client
) -> None:
    make.make_member(globex, user=bob.user)
    with door.tenant(acme.pk):
        with pytest.raises(members.NotOursError):
            members.set_password(bob, password="a whole new one", actor=COMMAND)
        with pytest.raises(members.NotOursError):
            members.rename(bob, name="Mallory", actor=COMMAND)
        with pytest.raises(members.NotOursError):
            members.set_avatar(bob, upload=None, actor=COMMAND)

    form = alices.get(f"/t/acme/setup/users/{bob.pk}/edit/").content.decode()
    assert 'name="name"' not in form
    assert 'name="profile"' in form


def test_whoever_has_not_joined_belongs_to_herself(acme: Tenant, alice: Membership) -> None:
    member = invite(alice, "dora@acme.test")

    with door.tenant(acme.pk), pytest.raises(members.NotOursError):
        members.set_password(member, password="a whole new one", actor=COMMAND)


@pytest.mark.parametrize("password", ["short1", "password1", "12345678901", "bob@acme.test"])
def test_a_weak_password_is_refused(acme: Tenant, bob: Membership, password: str) -> None:
    with door.tenant(acme.pk), pytest.raises(Invalid) as refusal:
        members.set_password(bob, password=password, actor=COMMAND)
    assert set(refusal.value.fields) == {"password"}


def test_invite_again_only_before_joining(
    acme: Tenant, alice: Membership, bob: Membership, django_capture_on_commit_callbacks: Any
) -> None:
    member = invite(alice, "dora@acme.test")
    with django_capture_on_commit_callbacks(execute=True), door.tenant(acme.pk):
        members.invite_again(member, actor=COMMAND)
    assert [letter.to for letter in mail.outbox] == [["dora@acme.test"]]

    with door.tenant(acme.pk), pytest.raises(Refused):
        members.invite_again(bob, actor=COMMAND)


def test_operators_come_and_go(acme: Tenant, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        members.create_operator(email="Op@Platform.test", name="Op", actor=COMMAND)
    assert [letter.to for letter in mail.outbox] == [["op@platform.test"]]

    members.remove_operator(email="op@platform.test", actor=COMMAND)

    assert "op@platform.test" not in users()
