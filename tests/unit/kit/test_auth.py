"""Logins sign, renew once, share what they got, and never lose a rotated token."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from connections.kit.auth import ApiKey, Basic, Bearer, MemoryTokens, Session, SessionLogin
from connections.kit.base import AuthState, ErrorKind, RemoteError
from connections.kit.clock import Clock
from connections.kit.http import HttpClient
from connections.kit.lines import Line
from connections.kit.oauth import OAuth2, OAuthClient
from syncapp import canonical
from tests.every import every

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
API = "https://api.example"
CLIENT = OAuthClient("https://login.example/token", "me", "client-secret", "read")

CONSENT = replace(CLIENT, refresh_token="first")


class Clockwork:
    def __init__(self) -> None:
        self.now = NOW
        self.slept: list[float] = []

    def __call__(self) -> datetime:
        return self.now

    @property
    def clock(self) -> Clock:
        return Clock(sleep=self.slept.append)


class Service:
    """An API that takes one token at a time, and a login that gives the next one."""

    def __init__(self, **token: Any) -> None:
        self.token = {"expires_in": 3600, **token}
        self.issued = 0
        self.valid = ""
        self.requests: list[httpx.Request] = []
        self.login: Callable[[httpx.Request], httpx.Response] | None = None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.url.host == "login.example" or request.url.path == "/login":
            return self.login(request) if self.login else self.issue()
        given = request.headers.get("Authorization", "") + request.headers.get("Cookie", "")
        known = self.valid and given.endswith(self.valid)
        return httpx.Response(200 if known else 401, json={})

    def issue(self) -> httpx.Response:
        self.issued += 1
        self.valid = f"token-{self.issued}"
        rotated = {"refresh_token": f"refresh-{self.issued}"} if "rotate" in self.token else {}
        return httpx.Response(200, json={"access_token": self.valid, **self.token, **rotated})

    @property
    def client(self) -> HttpClient:
        return HttpClient(endpoint=API, line=Line(httpx.MockTransport(self)))

    def asks(self, auth: httpx.Auth) -> int:
        return self.client.send("GET", API, auth=auth).status_code


def sent(auth: httpx.Auth) -> httpx.Request:
    return next(auth.auth_flow(httpx.Request("GET", API + "/x?page=2")))


def test_fixed_logins_sign_each_request() -> None:
    assert sent(Basic("ü", "p:w")).headers["Authorization"] == "Basic w7w6cDp3"
    assert sent(Bearer("abc")).headers["Authorization"] == "Bearer abc"
    assert sent(ApiKey("X-Key", "abc", prefix="Key ")).headers["X-Key"] == "Key abc"
    assert str(sent(ApiKey("key", "a+b", where="query")).url) == API + "/x?page=2&key=a%2Bb"


@every("key", ["a\nb", "ключ", "a\x7f"])
def test_a_key_that_no_header_can_carry_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(RemoteError, match="Paste it again") as caught:
        sent(Bearer(key))

    assert caught.value.kind is ErrorKind.CONFIG
    assert key not in str(caught.value)


def test_a_token_is_fetched_once_and_kept() -> None:
    service, tokens = Service(), MemoryTokens()

    assert service.asks(OAuth2(CLIENT, tokens, lambda: NOW)) == 200
    assert service.asks(OAuth2(CLIENT, tokens, lambda: NOW)) == 200

    assert service.issued == 1
    form = dict(httpx.QueryParams(service.requests[0].content.decode()))
    assert form == {
        "grant_type": "client_credentials",
        "scope": "read",
        "client_id": "me",
        "client_secret": "client-secret",
    }
    state = tokens.load()
    assert state is not None
    assert state.expires_at == NOW + timedelta(seconds=3600)


def test_the_client_may_name_itself_in_a_header() -> None:
    service = Service()
    client = OAuthClient(CLIENT.token_url, "me", "pw", in_header=True, extra={"audience": "x"})

    service.asks(OAuth2(client, MemoryTokens(), lambda: NOW))

    assert service.requests[0].headers["Authorization"] == "Basic bWU6cHc="
    assert service.requests[0].content == b"grant_type=client_credentials&audience=x"


def test_a_token_is_renewed_before_it_ends() -> None:
    service, tokens, now = Service(), MemoryTokens(), Clockwork()
    auth = OAuth2(CLIENT, tokens, now)
    service.asks(auth)

    now.now += timedelta(seconds=3550)

    assert service.asks(auth) == 200
    assert service.issued == 2


def test_a_token_that_is_refused_is_renewed_once() -> None:
    service, tokens = Service(), MemoryTokens()
    auth = OAuth2(CLIENT, tokens, lambda: NOW)
    service.asks(auth)
    service.valid = "revoked"

    assert service.asks(auth) == 200
    assert service.issued == 2


def test_a_fresh_token_that_is_refused_is_an_error() -> None:
    service = Service()
    service.login = lambda _: httpx.Response(200, json={"access_token": "wrong"})

    with pytest.raises(RemoteError) as caught:
        service.asks(OAuth2(CLIENT, MemoryTokens(), lambda: NOW))

    assert caught.value.kind is ErrorKind.AUTH
    assert len(service.requests) == 2


@every(
    ("answer", "kind", "words"),
    [
        (
            httpx.Response(400, json={"error": "x", "error_description": "No such client"}),
            ErrorKind.AUTH,
            "No such client",
        ),
        (httpx.Response(401, text="no"), ErrorKind.AUTH, "refused the login"),
        (httpx.Response(503), ErrorKind.TRANSIENT, "just now"),
        (
            httpx.Response(200, json={"token": 1}),
            ErrorKind.BAD_RESPONSE,
            "without an access token",
        ),
        (httpx.Response(200, json=[]), ErrorKind.BAD_RESPONSE, "without an access token"),
        (httpx.Response(200, html="<html>"), ErrorKind.BAD_RESPONSE, "web page"),
    ],
)
def test_a_login_that_fails_says_why(
    answer: httpx.Response, kind: ErrorKind, words: str
) -> None:
    service = Service()
    service.login = lambda _: httpx.Response(
        answer.status_code, headers=answer.headers, content=answer.content
    )
    client = service.client
    client.clock = Clock(sleep=lambda _: None)

    with pytest.raises(RemoteError, match=words) as caught:
        client.send("POST", API, auth=OAuth2(CLIENT, MemoryTokens(), lambda: NOW))

    assert caught.value.kind is kind
    assert not caught.value.sent  # the request itself never left
    assert all(request.url.host == "login.example" for request in service.requests)


def test_a_login_that_cannot_be_reached_is_named_and_nothing_was_sent() -> None:
    def unreachable(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("late", request=request)

    service = Service()
    service.login = unreachable

    with pytest.raises(RemoteError, match=r"login\.example:443") as caught:
        service.client.send("POST", API, auth=OAuth2(CLIENT, MemoryTokens(), lambda: NOW))

    assert not caught.value.sent


def test_a_refresh_token_that_rotates_is_saved_before_it_is_needed() -> None:
    service, tokens = Service(rotate=True), MemoryTokens()
    auth = OAuth2(CONSENT, tokens, lambda: NOW)

    service.asks(auth)
    service.valid = "revoked"
    service.asks(auth)

    logins = [r for r in service.requests if r.url.host == "login.example"]
    used = [dict(httpx.QueryParams(r.content.decode()))["refresh_token"] for r in logins]
    assert used == ["first", "refresh-1"]
    state = tokens.load()
    assert state is not None
    assert state.data["refresh_token"] == "refresh-2"


def test_a_refresh_token_that_does_not_rotate_is_kept() -> None:
    service, tokens = Service(expires_in="soon"), MemoryTokens()

    service.asks(OAuth2(CONSENT, tokens, lambda: NOW))

    state = tokens.load()
    assert state is not None
    assert state.data["refresh_token"] == "first"
    assert state.expires_at is None


def session(tokens: Any, now: Callable[[], datetime] = lambda: NOW, **login: Any) -> Session:
    body = {"user": "acme", "password": "session-secret"}
    return Session(SessionLogin(API + "/login", body, **login), tokens, now)


def test_a_session_by_token() -> None:
    service, tokens = Service(), MemoryTokens()
    service.login = lambda _: httpx.Response(
        200, json={"data": {"sid": service.issue().json()["access_token"]}}
    )

    assert service.asks(session(tokens, token="data.sid", minutes=20)) == 200

    assert canonical.loads(service.requests[0].content)["password"] == "session-secret"
    state = tokens.load()
    assert state is not None
    assert state.expires_at == NOW + timedelta(minutes=20)


def test_a_session_by_cookies() -> None:
    service, tokens = Service(), MemoryTokens()
    service.login = lambda _: httpx.Response(
        204,
        headers=[("Set-Cookie", "SID=abc; HttpOnly;"), ("Set-Cookie", "ROUTE=.node3; path=/")],
    )
    service.valid = "SID=abc; ROUTE=.node3"

    assert service.asks(session(tokens, cookies=("SID", "ROUTE", "OTHER"))) == 200


@every("login", [{"token": "data.sid"}, {"cookies": ("SID",)}])
def test_a_login_without_its_session_is_an_error(login: dict[str, Any]) -> None:
    service = Service()

    with pytest.raises(RemoteError, match="Check the profile") as caught:
        service.asks(session(MemoryTokens(), **login))

    assert caught.value.kind is ErrorKind.BAD_RESPONSE


class Shared(MemoryTokens):
    """A store in which another worker holds the lease, and perhaps gets somewhere."""

    def __init__(self, after: int | None = None) -> None:
        super().__init__()
        self.asked = 0
        self.after = after

    @contextmanager
    def lease(self) -> Iterator[bool]:
        self.asked += 1
        if self.asked == self.after:
            self.save(AuthState({"access_token": "of-the-other"}), seen=None)
        yield False


def test_who_does_not_get_the_lease_takes_what_the_other_saved() -> None:
    service, tokens, work = Service(), Shared(after=3), Clockwork()
    service.valid = "of-the-other"

    assert service.asks(OAuth2(CLIENT, tokens, work, work.clock)) == 200

    assert service.issued == 0
    assert work.slept == [0.2, 0.5]


def test_another_worker_that_never_ends_is_not_waited_for() -> None:
    work = Clockwork()

    with pytest.raises(RemoteError, match="just logging in") as caught:
        Service().asks(OAuth2(CLIENT, Shared(), work, work.clock))

    assert caught.value.kind is ErrorKind.SESSION
    assert sum(work.slept) < 10


def test_who_saves_too_late_takes_what_is_there() -> None:
    class Late(MemoryTokens):
        def save(self, state: AuthState, *, seen: AuthState | None) -> bool:
            super().save(AuthState({"access_token": "of-the-other"}), seen=seen)
            return False

    service = Service()
    service.login = lambda _: httpx.Response(200, json={"access_token": "mine"})
    service.valid = "of-the-other"

    assert service.asks(OAuth2(CLIENT, Late(), lambda: NOW)) == 200


def test_tokens_are_hidden_like_secrets() -> None:
    service = Service()
    auth = OAuth2(CLIENT, MemoryTokens(), lambda: NOW)
    client = service.client
    client.send("GET", API, auth=auth)

    assert client.hide("client-secret and token-1") == "••• and •••"


def test_nested_state_is_hidden_too() -> None:
    tokens = MemoryTokens()
    tokens.save(AuthState({"value": "abc", "more": {"deep": "nested-token"}}), seen=None)
    auth = session(tokens, token="x")

    next(auth.auth_flow(httpx.Request("GET", API)))

    assert "nested-token" in auth.hidden
