"""Secrets are hidden in every spelling, and messages stay readable."""

from __future__ import annotations

from urllib.parse import quote, quote_plus

from connections.kit.redact import MASK, Redactor
from tests.every import every

SECRET = 'pä ss"w/ö+rd&1'


@every(
    "spelled",
    [
        SECRET,
        SECRET.upper(),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        'pä ss\\"w/ö+rd&1',
        "pä ss&quot;w/ö+rd&amp;1",
        "cMOkIHNzIncvw7YrcmQmMQ==",
    ],
)
def test_a_secret_is_hidden_however_it_comes_back(spelled: str) -> None:
    shown = Redactor([SECRET]).text(f"before {spelled} after")

    assert shown == f"before {MASK} after"


@every(
    ("text", "shown"),
    [
        ("Authorization: Basic YWNtZTp4\nHost: x", f"Authorization: {MASK}\nHost: x"),
        ("Set-Cookie: a=1; Path=/", f"Set-Cookie: {MASK}"),
        ("with Bearer abc.def-123456", f"with Bearer {MASK}"),
        ("/x?access_token=abc&page=2", f"/x?access_token={MASK}&page=2"),
        ('{"client_secret": "abc", "n": 1}', f'{{"client_secret": "{MASK}", "n": 1}}'),
        ("https://user:pass@host/x", f"https://{MASK}@host/x"),
        ("api_key=abc", f"api_key={MASK}"),
    ],
)
def test_what_stands_where_secrets_stand_is_hidden(text: str, shown: str) -> None:
    assert Redactor().text(text) == shown


@every(
    "text",
    ["Basic authentication failed.", "Price is not a number: 12,50", '"code":"-2028"', ""],
)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert Redactor(["", "a", "  ", "no"]).text(text) == text


def test_what_is_learned_later_is_hidden_too() -> None:
    redactor = Redactor(["first-secret"])

    redactor.learn(["second-secret", "first-secret"])

    assert redactor.text("first-secret second-secret") == f"{MASK} {MASK}"


def test_the_longer_of_two_secrets_is_hidden_whole() -> None:
    assert Redactor(["abc", "abcdef"]).text("abcdef") == MASK


def test_an_address_keeps_the_names_of_its_query_alone() -> None:
    redactor = Redactor(["hush-hush"])

    assert (
        redactor.url("https://u:p@erp.example/a/hush-hush?top=1&key=2&#frag")
        == f"https://erp.example/a/{MASK}?top=…&key=…"
    )
    assert redactor.url("http://[broken") == "http://[broken"


def test_values_are_searched_through_and_through() -> None:
    value = {"hush-hush": ["x hush-hush", 1, None], "n": {"a": ("hush-hush",)}}

    assert Redactor(["hush-hush"]).value(value) == {
        MASK: [f"x {MASK}", 1, None],
        "n": {"a": [MASK]},
    }


def test_it_does_not_show_what_it_hides() -> None:
    assert repr(Redactor(["hush-hush"])) == "Redactor()"
