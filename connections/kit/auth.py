"""Login flows: how a request proves who sends it.

Flows with a session or token keep it in the account's `TokenStore`, so that all workers share
one. Who finds it missing, about to end or refused takes the lease and renews it; the others
wait shortly and take what was saved. Nothing is locked while the login talks to the other side.
"""

from __future__ import annotations

import base64
from abc import abstractmethod
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

import httpx
import jmespath

from connections.kit.answers import json_of
from connections.kit.base import AuthState, TokenStore
from connections.kit.clock import Clock
from connections.kit.errors import ErrorKind, RemoteError
from connections.kit.faults import saying
from syncapp import canonical

Flow = Generator[httpx.Request, httpx.Response, None]

_early: Final = timedelta(seconds=60)
_waits: Final = (0.2, 0.5, 1.0, 2.0, 4.0)


class Auth(httpx.Auth):
    """A login flow.

    Attributes:
        hidden: the values that must never show.
        parameter: the query parameter that carries a secret, if one does.
    """

    hidden: frozenset[str] = frozenset()
    parameter: str = ""


class Basic(Auth):
    """User and password in each request."""

    def __init__(self, user: str, password: str) -> None:
        pair = f"{user}:{password}"
        self._value = "Basic " + base64.b64encode(pair.encode()).decode()
        self.hidden = frozenset({password, pair, self._value})

    def auth_flow(self, request: httpx.Request) -> Flow:
        """Sign and send."""
        request.headers["Authorization"] = self._value
        yield request


class ApiKey(Auth):
    """A fixed key in a header or in the query."""

    def __init__(self, name: str, key: str, *, where: str = "header", prefix: str = "") -> None:
        self._name = name
        self._value = prefix + key
        self.parameter = name if where == "query" else ""
        self.hidden = frozenset({key})

    def auth_flow(self, request: httpx.Request) -> Flow:
        """Sign and send."""
        if self.parameter:
            request.url = request.url.copy_set_param(self.parameter, self._value)
        else:
            request.headers[self._name] = header(self._value)
        yield request


class Bearer(ApiKey):
    """A fixed token in the `Authorization` header."""

    def __init__(self, token: str) -> None:
        super().__init__("Authorization", token, prefix="Bearer ")


class Renewing(Auth):
    """A login that gives something which ends: a token or a session.

    Args:
        tokens: where it is kept for all workers.
        now: the clock.
        clock: how to wait for another worker's login.
    """

    def __init__(
        self, tokens: TokenStore, now: Callable[[], datetime], clock: Clock | None = None
    ) -> None:
        self._tokens = tokens
        self._now = now
        self._sleep = (clock or Clock()).sleep

    @abstractmethod
    def login(self, state: AuthState | None) -> httpx.Request:
        """Make the request that gives a new state; `state` is the one in force, if any."""

    @abstractmethod
    def state(self, response: httpx.Response, before: AuthState | None) -> AuthState:
        """Read the new state out of the answer."""

    @abstractmethod
    def sign(self, request: httpx.Request, state: AuthState) -> None:
        """Put the state's token into a request."""

    def auth_flow(self, request: httpx.Request) -> Flow:
        """Sign and send; if the other side no longer knows us, log in once and send again."""
        state = self._tokens.load()
        fresh = not self._usable(state)
        if state is None or fresh:
            state = yield from self._renewed(state)
        self._sign(request, state)
        response = yield request
        if response.status_code == 401 and not fresh:
            state = yield from self._renewed(state)
            self._sign(request, state)
            yield request

    def _usable(self, state: AuthState | None) -> bool:
        if state is None:
            return False
        return state.expires_at is None or state.expires_at > self._now() + _early

    def _renewed(
        self, seen: AuthState | None
    ) -> Generator[httpx.Request, httpx.Response, AuthState]:
        for pause in (0.0, *_waits):
            if pause:
                self._sleep(pause)
            with self._tokens.lease() as mine:
                current = self._tokens.load()
                if current is not None and _differs(current, seen) and self._usable(current):
                    return current  # somebody else has logged in meanwhile
                if mine:
                    return (yield from self._logged_in(current))
        message = "Another worker is just logging in. It is tried again by itself."
        raise RemoteError(ErrorKind.SESSION, message)

    def _logged_in(
        self, current: AuthState | None
    ) -> Generator[httpx.Request, httpx.Response, AuthState]:
        response = yield self.login(current)
        if response.status_code >= 400:
            raise self._refused(response)
        state = self.state(response, current)
        # Saved before it is used: a refresh token that was rotated away is lost otherwise.
        if self._tokens.save(state, seen=current):
            return state
        return self._tokens.load() or state

    def _sign(self, request: httpx.Request, state: AuthState) -> None:
        self.hidden |= {str(value) for value in _leaves(state.data)}
        self.sign(request, state)

    def _refused(self, response: httpx.Response) -> RemoteError:
        status, said = response.status_code, saying(response)[:300]
        host = response.request.url.host
        if status == 429 or status >= 500:
            message = (
                f"{host} cannot log us in just now ({status}). It is tried again by itself."
            )
            return RemoteError(ErrorKind.TRANSIENT, message, http_status=status)
        message = (
            f"{host} refused the login ({status}). Check the login in the connection config."
        )
        if said:
            message += f" It says: {said}"
        return RemoteError(ErrorKind.AUTH, message, http_status=status)


@dataclass(frozen=True, slots=True)
class SessionLogin:
    """A vendor's own login request and what its answer gives.

    Attributes:
        url: where to log in, on the endpoint's origin.
        body: JSON to send.
        method: HTTP method.
        token: JMESPath of the token in the answer's body.
        cookies: names of the cookies that make the session; empty if a token does.
        header: where the token goes.
        prefix: what stands before it.
        minutes: how long the session lives without use; None if the system does not say.
    """

    url: str
    body: Mapping[str, Any] = field(repr=False)
    method: str = "POST"
    token: str = ""
    cookies: tuple[str, ...] = ()
    header: str = "Authorization"
    prefix: str = "Bearer "
    minutes: int | None = None


class Session(Renewing):
    """A session or token from the vendor's own login request."""

    def __init__(
        self,
        login: SessionLogin,
        tokens: TokenStore,
        now: Callable[[], datetime],
        clock: Clock | None = None,
    ) -> None:
        super().__init__(tokens, now, clock)
        self._login = login

    def login(self, state: AuthState | None) -> httpx.Request:  # noqa: ARG002  as the base has it
        """Send the credentials."""
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        body = canonical.dumps(self._login.body)
        return httpx.Request(self._login.method, self._login.url, content=body, headers=headers)

    def state(self, response: httpx.Response, before: AuthState | None) -> AuthState:  # noqa: ARG002
        """Read the token, or the cookies, which no jar of ours keeps."""
        login = self._login
        expires = end(self._now(), login.minutes * 60 if login.minutes else None)
        if login.cookies:
            found = _cookies(response)
            missing = [name for name in login.cookies[:1] if name not in found]
            value = "; ".join(
                f"{name}={found[name]}" for name in login.cookies if name in found
            )
        else:
            token = jmespath.search(login.token, json_of(response))
            value = str(token) if isinstance(token, str | int) else ""
            missing = [] if value else [login.token]
        if missing:
            host = response.request.url.host
            message = f"{host} answered the login without {missing[0]}. Check the profile."
            raise RemoteError(ErrorKind.BAD_RESPONSE, message)
        return AuthState({"value": value}, expires)

    def sign(self, request: httpx.Request, state: AuthState) -> None:
        """Send the token, or the cookies by hand."""
        value = str(state.data["value"])
        if self._login.cookies:
            request.headers["Cookie"] = header(value)
        else:
            request.headers[self._login.header] = header(self._login.prefix + value)


class MemoryTokens:
    """A token store of one process, for a login that is only tried out."""

    def __init__(self) -> None:
        self._state: AuthState | None = None

    def load(self) -> AuthState | None:
        """Give the state in force."""
        return self._state

    @contextmanager
    def lease(self) -> Iterator[bool]:
        """Nobody else is there, so this worker may renew."""
        yield True

    def save(self, state: AuthState, *, seen: AuthState | None) -> bool:  # noqa: ARG002
        """Store `state`."""
        self._state = replace(state, version=(self._state.version if self._state else 0) + 1)
        return True


def _differs(current: AuthState, seen: AuthState | None) -> bool:
    return seen is None or current.version != seen.version or current.data != seen.data


def end(now: datetime, seconds: Any) -> datetime | None:
    """Give the moment at which a lifetime ends; None if it is not told."""
    try:
        return now + timedelta(seconds=int(seconds))
    except (TypeError, ValueError, OverflowError):
        return None


def _leaves(data: Any) -> Iterator[Any]:
    if isinstance(data, Mapping):
        for value in data.values():
            yield from _leaves(value)
    else:
        yield data


def _cookies(response: httpx.Response) -> dict[str, str]:
    pairs = (
        line.partition(";")[0].partition("=")
        for line in response.headers.get_list("set-cookie")
    )
    return {name.strip(): value.strip() for name, _, value in pairs}


def header(value: str) -> str:
    """Refuse what is no header before the HTTP library quotes it in a message."""
    if (
        any(character < " " or character == "\x7f" for character in value)
        or not value.isascii()
    ):
        message = (
            "The token or key holds a line break or a letter that no header can carry. "
            "Paste it again."
        )
        raise RemoteError(ErrorKind.CONFIG, message)
    return value
