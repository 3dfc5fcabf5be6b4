"""Profiles and API keys: named errors, no more rights than the giver has, an entry for each act."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from syncapp.errors import Invalid
from syncapp.tenants import access, door
from syncapp.tenants.actors import COMMAND, Actor
from syncapp.tenants.models import ApiKey, AuditEntry, Membership, Profile, Tenant
from syncapp.tenants.services import keys, profiles, rights
from tests import make
from tests.make import NOW

WORKER = Actor("worker@acme.test", holds=frozenset({"visible", "runs.view", "inbound.run"}))


def make_profile(
    tenant: Tenant, *codes: str, actor: Actor = COMMAND, name: str = "New"
) -> Profile:
    return profiles.create_profile(
        tenant=tenant, name=name, description="", permissions=codes, actor=actor
    )


def issue(
    tenant: Tenant, *codes: str, actor: Actor = COMMAND, name: str = "K"
) -> tuple[ApiKey, str]:
    return keys.issue_key(
        tenant=tenant,
        name=name,
        permissions=codes,
        expires_at=NOW + timedelta(days=1),
        actor=actor,
        now=NOW,
    )


def entries(tenant: Tenant, kind: str) -> list[tuple[str, object]]:
    found = AuditEntry.objects.for_tenant(tenant).filter(kind=kind).order_by("pk")
    return [(entry.action, entry.diff) for entry in found]


def test_a_profile_lives_and_dies_with_entries(in_acme: Tenant) -> None:
    profile = make_profile(in_acme, "runs.view", "visible")
    profiles.edit_profile(
        profile,
        name="New",
        description="",
        permissions=["visible", "audit.view"],
        actor=COMMAND,
    )
    profiles.delete_profile(profile, actor=COMMAND)

    acts = entries(in_acme, "profile")
    assert [action for action, _ in acts] == ["create", "edit", "delete"]
    assert acts[1][1] == {"permissions": [["runs.view"], ["audit.view"]]}


def test_unknown_permissions_are_named(in_acme: Tenant) -> None:
    with pytest.raises(Invalid) as refusal:
        make_profile(in_acme, "runs.view", "runs.fly")

    assert refusal.value.code == "unknown_permission"
    assert refusal.value.fields == {"permissions": "Unknown permission: runs.fly."}


def test_a_name_is_taken_once(in_acme: Tenant) -> None:
    with pytest.raises(Invalid) as refusal:
        make_profile(in_acme, name="Reader")
    assert set(refusal.value.fields) == {"name"}


def test_nobody_makes_a_profile_above_themselves(in_acme: Tenant) -> None:
    with pytest.raises(rights.BeyondOwnRightsError):
        make_profile(in_acme, "users.edit", actor=WORKER)


def test_editing_adds_only_what_the_editor_holds(in_acme: Tenant) -> None:
    profile = make_profile(in_acme, "visible", "users.edit")
    keep = ["visible", "users.edit", "runs.view"]

    profiles.edit_profile(profile, name="N", description="", permissions=keep, actor=WORKER)

    assert profile.permissions == sorted(keep)
    with pytest.raises(rights.BeyondOwnRightsError):
        profiles.edit_profile(
            profile, name="N", description="", permissions=[*keep, "audit.view"], actor=WORKER
        )


def test_a_used_profile_stays(acme: Tenant, bob: Membership) -> None:
    with door.tenant(acme.pk), pytest.raises(profiles.ProfileInUseError, match="Bob"):
        profiles.delete_profile(bob.profile, actor=COMMAND)


def test_the_form_keeps_what_its_user_cannot_give(acme: Tenant) -> None:
    editor = make.make_profile(acme, "Editor", ["profiles.view", "profiles.edit", "runs.view"])
    browser = make.browser_of(make.make_member(acme, "ed@acme.test", profile=editor))
    strong = make.make_profile(acme, "Strong", ["users.edit", "runs.view"])
    page = f"/t/acme/setup/profiles/{strong.pk}/edit/"

    shown = browser.get(page).content.decode()
    answer = browser.post(
        page, {"name": "Strong", "permissions": ["audit.view", "visible"], "rows": ["profiles"]}
    )

    assert 'value="users.edit" aria-label="Users: Edit" checked disabled' in shown
    assert answer.status_code == 303
    with door.tenant(acme.pk):
        strong.refresh_from_db()
    assert strong.permissions == ["profiles.edit", "profiles.view", "users.edit", "visible"]


def test_the_form_names_an_unknown_permission(alices: Client) -> None:
    answer = alices.post(
        "/t/acme/setup/profiles/new/", {"name": "X", "permissions": ["runs.fly"]}
    )

    assert answer.status_code == 422
    assert "Unknown permission: runs.fly." in answer.content.decode()


def test_a_key_opens_the_door_until_it_is_revoked(in_acme: Tenant) -> None:
    key, text = issue(in_acme, "runs.view")
    header = f"Bearer {text}"

    found = access.key_behind(header, NOW)
    assert found is not None
    assert (found.pk, found.may("runs.view"), found.may("users.view")) == (key.pk, True, False)
    assert access.key_behind(header, NOW + timedelta(days=2)) is None, "expired"
    keys.revoke_key(key, actor=COMMAND, now=NOW)
    keys.revoke_key(key, actor=COMMAND, now=NOW)
    assert access.key_behind(header, NOW) is None, "revoked"
    acts = entries(in_acme, "API key")
    assert [action for action, _ in acts] == ["create", "revoke"]
    assert text not in str(acts)
    assert text.encode() not in bytes(key.hash)


def test_its_use_is_noted_once_a_minute(in_acme: Tenant) -> None:
    key, text = issue(in_acme, "runs.view")
    for seconds in (0, 30, 90):
        access.key_behind(f"Bearer {text}", NOW + timedelta(seconds=seconds))

    key.refresh_from_db()
    assert key.last_used_at == NOW + timedelta(seconds=90)


def test_wrong_texts_open_nothing(in_acme: Tenant) -> None:
    _, text = issue(in_acme, "runs.view")
    start, prefix, secret = text.split("_", 2)
    for wrong in (
        "",
        text,
        f"Basic {text}",
        f"Bearer {start}_{prefix}_{secret}x",
        f"Bearer {start}_000000000000_{secret}",
        f"Bearer xyz_{prefix}_{secret}",
        "Bearer syn_",
    ):
        assert access.key_behind(wrong, NOW) is None, wrong


def test_a_key_holds_no_more_than_its_issuer(in_acme: Tenant) -> None:
    with pytest.raises(rights.BeyondOwnRightsError):
        issue(in_acme, "runs.view", "users.view", actor=WORKER)
    key, _ = issue(in_acme, "runs.view", actor=WORKER)
    assert key.permissions == ["runs.view", "visible"]


def test_a_key_that_may_nothing_or_has_ended_is_refused(in_acme: Tenant) -> None:
    with pytest.raises(Invalid) as refusal:
        issue(in_acme)
    assert set(refusal.value.fields) == {"permissions"}
    with pytest.raises(Invalid) as refusal:
        keys.issue_key(
            tenant=in_acme,
            name="K",
            permissions=["runs.view"],
            expires_at=NOW,
            actor=COMMAND,
            now=NOW,
        )
    assert set(refusal.value.fields) == {"expires_at"}


def test_a_revoked_name_is_free_again(in_acme: Tenant) -> None:
    key, _ = issue(in_acme, "runs.view")
    with pytest.raises(Invalid):
        issue(in_acme, "runs.view")

    keys.revoke_key(key, actor=COMMAND, now=NOW)

    assert issue(in_acme, "runs.view")[0].pk != key.pk


def test_the_page_shows_the_key_once(acme: Tenant, alices: Client) -> None:
    answer = alices.post(
        "/t/acme/setup/api-keys/new/",
        {"name": "CI", "lifetime": "30", "permissions": ["runs.view"]},
    )
    shown = answer.content.decode()
    with door.tenant(acme.pk):
        key = ApiKey.objects.for_tenant(acme).get(name="CI")

    assert answer["Cache-Control"] == "no-store"
    text = shown.split(f"syn_{key.prefix}_")[1].split("<")[0]
    assert len(text) == 43
    assert text not in alices.get(f"/t/acme/setup/api-keys/{key.pk}/").content.decode()
    assert key.created_by == "alice@acme.test"
