"""No secret survives in any text, in whatever spelling it comes."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, quote_plus

import httpx
from hypothesis import given, settings, strategies as st

from connections.kit.auth import ApiKey, Basic, Bearer
from connections.kit.base import RemoteError
from connections.kit.http import HttpClient
from connections.kit.lines import Line
from connections.kit.redact import MASK, Redactor
from syncapp import canonical

TEXT = st.text(st.characters(codec="utf-8", exclude_characters=MASK), max_size=40)
SECRET = st.text(
    st.characters(
        codec="utf-8", exclude_characters=MASK, exclude_categories=["Cc", "Zs", "Zl", "Zp"]
    ),
    min_size=3,
    max_size=20,
)
KEY = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=16).map(
    "k3y~".__add__
)
SPELLINGS = st.sampled_from(
    [
        lambda text: text,
        lambda text: quote(text, safe=""),
        quote_plus,
        html.escape,
        lambda text: canonical.text(text)[1:-1],
        lambda text: base64.b64encode(text.encode()).decode(),
    ]
)


@given(
    secrets=st.lists(SECRET, min_size=1, max_size=3), before=TEXT, after=TEXT, spell=SPELLINGS
)
@settings(max_examples=150)
def test_a_secret_never_survives(
    secrets: list[str], before: str, after: str, spell: Any
) -> None:
    redactor = Redactor(secrets)
    spelled = spell(secrets[0])

    shown = redactor.text(before + spelled + after)

    assert spelled not in shown
    assert not [secret for secret in secrets if secret in shown]


def leaves(value: Any) -> Iterator[str]:
    """Give all texts in a value, names included."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item)
    else:
        yield str(value)


@given(
    secret=SECRET,
    value=st.recursive(TEXT, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner)),
)
def test_nor_in_any_depth_of_a_value(secret: str, value: Any) -> None:
    redactor = Redactor([secret])

    shown = redactor.value({"a": [value, {secret: secret}]})

    assert not [text for text in leaves(shown) if secret in text]


@given(
    key=KEY,
    kind=st.sampled_from(["basic", "bearer", "header", "query"]),
    status=st.sampled_from([200, 302, 400, 401, 422, 429, 500, 503]),
)
@settings(max_examples=60, deadline=None)
def test_an_exchange_never_shows_its_login(key: str, kind: str, status: int) -> None:
    """The other side echoes all that it was sent: in the body, in headers, in a redirect."""

    def echo(request: httpx.Request) -> httpx.Response:
        said = f"{request.url} {dict(request.headers)} {key}"
        headers = {"Location": f"https://evil.example/?k={quote(key)}", "Retry-After": "900"}
        return httpx.Response(status, json={"error": {"message": said}}, headers=headers)

    auth = {
        "basic": Basic("user", key),
        "bearer": Bearer(key),
        "header": ApiKey("X-Key", key),
        "query": ApiKey("key", key, where="query"),
    }[kind]
    client = HttpClient(
        endpoint="https://erp.example/",
        line=Line(httpx.MockTransport(echo)),
        redactor=Redactor([key]),
    )

    shown = [repr(client)]
    try:
        client.send("GET", "https://erp.example/", params={"q": key}, auth=auth)
    except RemoteError as error:
        shown += [repr(error), str(error), str(error.detail), str(error.code)]
        shown += [repr(error.__context__)]
    shown += [repr(exchange) for exchange in client.recorder.exchanges]

    text = "\n".join(shown).lower()
    basic = base64.b64encode(f"user:{key}".encode()).decode().lower()
    assert key.lower() not in text
    assert quote(key, safe="").lower() not in text
    assert basic not in text
