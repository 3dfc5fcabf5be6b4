"""Users and profiles as an administrator meets them: pictures, passwords, switching off."""

from __future__ import annotations

import io

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image
from pytest_django import Settings

from syncapp.tenants import audit, door
from syncapp.tenants.actors import Actor
from syncapp.tenants.models import Membership, Profile, Tenant
from tests import make
from tests.markup import tree

USERS = "/t/acme/setup/users/"
PROFILES = "/t/acme/setup/profiles/"


def page_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def picture() -> SimpleUploadedFile:
    drawn = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(drawn, "PNG")
    return SimpleUploadedFile("bob.png", drawn.getvalue(), "image/png")


def typed(member: Membership, **more: object) -> dict[str, object]:
    return {"profile": member.profile_id, "enabled": "on", "name": "Bob", **more}


def test_the_list_shows_the_picture(
    alices: Client, bob: Membership, tmp_path: object, settings: Settings
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    address = f"{USERS}{bob.pk}/avatar/"
    assert address not in page_of(alices, USERS)

    alices.post(f"{USERS}{bob.pk}/edit/", typed(bob, avatar=picture()))

    listed = tree(page_of(alices, USERS))
    (source,) = listed.xpath(f"//tbody//img[starts-with(@src, '{address}')]/@src")
    assert alices.get(source)["Content-Type"] == "image/webp"


def test_editing_without_a_password_keeps_the_old_one(
    acme: Tenant, alices: Client, bob: Membership, no_rate_limits: None
) -> None:
    alices.post(f"{USERS}{bob.pk}/edit/", typed(bob, name="Robert"))
    assert "Robert" in page_of(alices, USERS)

    answer = Client().post(
        "/accounts/login/", {"login": "bob@acme.test", "password": make.PASSWORD}
    )

    assert answer.status_code == 302
    assert answer.wsgi_request.user.is_authenticated


def test_removing_asks_first_and_is_for_good(alices: Client, bob: Membership) -> None:
    question = page_of(alices, f"{USERS}{bob.pk}/delete/")
    assert "Bob" in question
    assert "bob@acme.test" in page_of(alices, USERS), "asking removes nobody"

    alices.post(f"{USERS}{bob.pk}/delete/")

    assert "bob@acme.test" not in page_of(alices, USERS)
    assert alices.get(f"{USERS}{bob.pk}/").status_code == 404


def test_a_user_who_is_switched_off_stays_out_and_keeps_the_name_in_history(
    acme: Tenant, alices: Client, bob: Membership, no_rate_limits: None
) -> None:
    with door.tenant(acme.pk):
        audit.record(
            acme, Actor(bob.user.email, bob.user_id), "edit", acme, diff={"name": ["A", "B"]}
        )
    off = typed(bob)
    del off["enabled"]
    alices.post(f"{USERS}{bob.pk}/edit/", off)

    browser = Client()
    browser.post("/accounts/login/", {"login": "bob@acme.test", "password": make.PASSWORD})
    assert browser.get("/t/acme/").status_code == 404
    assert "Acme" not in browser.get("/", follow=True).content.decode()
    assert "bob@acme.test" in page_of(alices, "/t/acme/setup/audit/")


def test_a_profile_has_name_description_and_permissions(acme: Tenant, alices: Client) -> None:
    sent = {
        "name": "Night shift",
        "description": "Looks after the nightly runs",
        "permissions": ["visible", "home.view", "runs.view"],
    }
    alices.post(f"{PROFILES}new/", sent)

    with door.tenant(acme.pk):
        made = Profile.objects.for_tenant(acme).get(name="Night shift")
    assert set(made.permissions) == set(sent["permissions"])
    shown = page_of(alices, f"{PROFILES}{made.pk}/")
    for part in ("Night shift", "Looks after the nightly runs", "edit/", "delete/"):
        assert part in shown

    alices.post(f"{PROFILES}{made.pk}/edit/", {**sent, "permissions": ["visible"]})
    with door.tenant(acme.pk):
        made.refresh_from_db()
    assert made.permissions == ["visible"]
    alices.post(f"{PROFILES}{made.pk}/delete/")
    assert alices.get(f"{PROFILES}{made.pk}/").status_code == 404
