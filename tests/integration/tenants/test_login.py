"""Login and passwords: no sign-up, no hint whether an address exists, limits on trying."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from pytest_django.fixtures import Settings

from syncapp.tenants import door
from syncapp.tenants.models import Tenant, User
from tests import make

pytestmark = pytest.mark.usefixtures("no_rate_limits")
PASSWORD = "correct horse 7"


@pytest.fixture
def ada(acme: Tenant) -> User:
    return make.make_member(acme, "ada@acme.test", password=PASSWORD).user


def login(client: Client, email: str, password: str) -> Any:
    return client.post("/accounts/login/", {"login": email, "password": password})


def test_login_leads_in_and_logout_out(ada: User, client: Client) -> None:
    assert login(client, "ADA@acme.test", PASSWORD)["Location"] == "/"
    assert client.get("/", follow=True).status_code == 200

    client.post("/accounts/logout/")
    assert client.get("/t/acme/").status_code == 302
    with door.platform():
        ada.refresh_from_db()
    assert ada.last_login is not None


def test_login_leads_back(ada: User, client: Client) -> None:
    answer = client.post(
        "/accounts/login/?next=/t/acme/runs/", {"login": ada.email, "password": PASSWORD}
    )
    assert answer["Location"] == "/t/acme/runs/"


def test_login_does_not_lead_elsewhere(ada: User, client: Client) -> None:
    answer = client.post(
        "/accounts/login/?next=https://evil.test/", {"login": ada.email, "password": PASSWORD}
    )
    assert answer["Location"] == "/"


def test_the_session_is_new_after_login(ada: User, client: Client) -> None:
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies["syncapp_session"] = str(session.session_key)
    before = session.session_key

    login(client, ada.email, PASSWORD)

    assert client.cookies["syncapp_session"].value != before


def test_unknown_and_wrong_look_the_same(ada: User, client: Client) -> None:
    pages = []
    for email in ("ada@acme.test", "nobody@acme.test"):
        answer = login(client, email, "wrong")
        assert answer.status_code == 200
        text = answer.content.decode().replace(email, "…")
        pages.append(re.sub(r'value="[\w-]{30,}"', "", text))

    assert pages[0] == pages[1]


def test_a_switched_off_user_stays_out(ada: User, client: Client) -> None:
    with door.platform():
        User.objects.filter(pk=ada.pk).update(is_active=False)

    login(client, ada.email, PASSWORD)

    assert client.get("/t/acme/").status_code == 302


def test_trying_again_and_again_is_stopped(ada: User, client: Client) -> None:
    for _ in range(5):
        login(client, ada.email, "wrong")

    answer = login(client, ada.email, PASSWORD)

    assert "Too many failed login attempts" in answer.content.decode()
    assert client.get("/t/acme/").status_code == 302


def test_nobody_signs_up(client: Client, stage: None) -> None:
    answer = client.post("/accounts/signup/", {"email": "new@acme.test", "password1": PASSWORD})
    assert answer.status_code == 200
    with door.platform():
        assert not User.objects.exists()


def test_reset_by_mail_and_no_hint(
    ada: User, client: Client, django_capture_on_commit_callbacks: Any, settings: Settings
) -> None:
    settings.SYNCAPP_BASE_URL = "https://sync.acme.test"
    answers = []
    for email in ("ada@acme.test", "nobody@acme.test"):
        with django_capture_on_commit_callbacks(execute=True):
            answer = client.post("/accounts/password/reset/", {"email": email})
        answers.append((answer.status_code, answer["Location"]))

    assert answers[0] == answers[1] == (302, "/accounts/password/reset/done/")
    assert [letter.to for letter in mail.outbox] == [["ada@acme.test"], ["nobody@acme.test"]]
    link = re.search(r"https://sync\.acme\.test(/accounts/\S+)", str(mail.outbox[0].body))
    assert link
    page = client.get(link[1], follow=True)
    client.post(
        page.redirect_chain[-1][0],
        {"password1": "battery staple 8", "password2": "battery staple 8"},
    )
    assert login(client, ada.email, "battery staple 8").status_code == 302
    assert "/password/reset/key/" not in mail.outbox[1].body
    stale = client.get(link[1], follow=True)
    assert "battery" not in stale.content.decode()
    assert "password1" not in stale.content.decode()


def test_one_changes_ones_own_password(ada: User, client: Client) -> None:
    login(client, ada.email, PASSWORD)
    for old, status in (("wrong", 200), (PASSWORD, 302)):
        answer = client.post(
            "/accounts/password/change/",
            {
                "oldpassword": old,
                "password1": "battery staple 8",
                "password2": "battery staple 8",
            },
        )
        assert answer.status_code == status

    assert client.get("/t/acme/").status_code == 200, "this session goes on"


def test_cookies_are_guarded(ada: User, client: Client) -> None:
    login(client, ada.email, PASSWORD)
    cookie = client.cookies["syncapp_session"]

    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
