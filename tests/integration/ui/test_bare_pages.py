"""Login, password mail and error pages, as strangers meet them."""

from __future__ import annotations

import re
import secrets
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from syncapp.tenants.models import Tenant
from tests import make

PASSWORD = "correct horse battery"


@pytest.fixture
def alice(acme: Tenant) -> str:
    """An address that no other test has worn out: attempts are counted for minutes."""
    member = make.make_member(acme, f"{secrets.token_hex(4)}@acme.test", password=PASSWORD)
    return member.user.email


@pytest.fixture
def stranger(alice: str) -> Client:
    """A browser at an address of its own, for the same reason."""
    return Client(
        REMOTE_ADDR=".".join(["10", *(str(secrets.randbelow(256)) for _ in range(3))])
    )


def test_a_page_behind_the_door_leads_to_the_login_and_back(
    stranger: Client, alice: str
) -> None:
    first = stranger.get("/t/acme/users/")
    page = stranger.get(first["Location"]).content.decode()
    sent = {"login": alice.upper(), "password": PASSWORD, "next": "/t/acme/users/"}
    second = stranger.post("/accounts/login/", sent)

    assert 'name="next" value="/t/acme/users/"' in page
    assert (second.status_code, second["Location"]) == (302, "/t/acme/users/")


def test_a_wrong_password_says_no_more_than_that(stranger: Client, alice: str) -> None:
    known = stranger.post("/accounts/login/", {"login": alice, "password": "x"})
    unknown = stranger.post("/accounts/login/", {"login": "nobody@acme.test", "password": "x"})

    def complaint(page: str) -> str:
        found = re.search(r'id="errors".*?</ul>', page, re.DOTALL)
        assert found
        return found[0]

    assert complaint(known.content.decode()) == complaint(unknown.content.decode())


def test_a_forgotten_password_is_set_anew_by_mail(
    stranger: Client, alice: str, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        asked = stranger.post("/accounts/password/reset/", {"email": alice}, follow=True)
    letter = mail.outbox[0]
    link = re.search(r"https?://[^/]+(/\S+)", str(letter.body))
    assert link
    page = stranger.get(link[1], follow=True)
    stranger.post(
        page.request["PATH_INFO"],
        {"password1": "a new long secret", "password2": "a new long secret"},
    )
    entered = stranger.post(
        "/accounts/login/", {"login": alice, "password": "a new long secret"}
    )

    assert "Look into your mail" in asked.content.decode()
    assert letter.subject == "Set your password"
    assert "&" not in str(letter.body).replace(link[0], "")
    assert "Choose a password" in page.content.decode()
    assert entered.status_code == 302


def test_an_unknown_address_gets_the_same_page(stranger: Client, alice: str) -> None:
    page = stranger.post(
        "/accounts/password/reset/", {"email": "nobody@acme.test"}, follow=True
    )

    assert "Look into your mail" in page.content.decode()
    assert [letter.to for letter in mail.outbox] in ([], [["nobody@acme.test"]])


def test_a_used_link_offers_a_new_one(stranger: Client, alice: str) -> None:
    page = stranger.get("/accounts/password/reset/key/1-set-password/").content.decode()

    assert "This link no longer works" in page
    assert "/accounts/password/reset/" in page


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/accounts/logout/", "Log out?"),
        ("/accounts/inactive/", "switched off"),
        ("/accounts/signup/", "by invitation"),
        ("/accounts/password/change/", "Change password"),
    ],
)
def test_the_other_pages_open(acme: Tenant, path: str, words: str) -> None:
    member = make.make_member(acme, "bob@acme.test", password=PASSWORD)
    client = Client() if "signup" in path else make.browser_of(member)

    assert words in client.get(path, follow=True).content.decode()


def test_trying_too_often_is_a_page_too(stranger: Client, alice: str) -> None:
    answers = [
        stranger.post("/accounts/login/", {"login": alice, "password": "x"}) for _ in range(12)
    ]

    page = answers[-1].content.decode()
    assert "Too many" in page


def test_a_form_without_its_token_is_explained(stranger: Client, alice: str) -> None:
    response = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "a"})

    assert response.status_code == 403
    assert "The form is too old" in response.content.decode()


def test_an_unknown_address_leads_back(stranger: Client, alice: str) -> None:
    response = stranger.get("/nowhere/")

    assert response.status_code == 404
    assert 'href="/"' in response.content.decode()
