"""OAuth 2: tokens from a token endpoint, for ourselves or for a user who has consented."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import httpx

from connections.kit.answers import json_of
from connections.kit.auth import Renewing, end, header
from connections.kit.base import AuthState, TokenStore
from connections.kit.clock import Clock
from connections.kit.errors import ErrorKind, RemoteError


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """What an OAuth 2 token endpoint knows us by.

    Attributes:
        token_url: where tokens are issued; may be another host than the endpoint.
        client_id: our name there.
        client_secret: our password there.
        scope: what the token shall be good for.
        refresh_token: what a user's consent gave us; empty if we ask for ourselves.
        in_header: send name and password as Basic instead of in the body.
        extra: further parameters, such as an audience.
    """

    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str = ""
    refresh_token: str = field(default="", repr=False)
    in_header: bool = False
    extra: Mapping[str, str] = field(default_factory=dict)


class OAuth2(Renewing):
    """An access token from a token endpoint, for ourselves or for a user who has consented."""

    def __init__(
        self,
        client: OAuthClient,
        tokens: TokenStore,
        now: Callable[[], datetime],
        clock: Clock | None = None,
    ) -> None:
        super().__init__(tokens, now, clock)
        self._client = client
        self.hidden = frozenset({client.client_secret, client.refresh_token} - {""})

    def login(self, state: AuthState | None) -> httpx.Request:
        """Ask for an access token."""
        client = self._client
        form = {"grant_type": "client_credentials", **client.extra}
        if client.refresh_token:
            form |= {"grant_type": "refresh_token", "refresh_token": self._newest(state)}
        if client.scope:
            form["scope"] = client.scope
        headers = {"Accept": "application/json"}
        if client.in_header:
            pair = f"{client.client_id}:{client.client_secret}".encode()
            headers["Authorization"] = "Basic " + base64.b64encode(pair).decode()
        else:
            form |= {"client_id": client.client_id, "client_secret": client.client_secret}
        return httpx.Request("POST", client.token_url, data=form, headers=headers)

    def _newest(self, state: AuthState | None) -> str:
        """Give the refresh token in force: the last one that we got, or the first one."""
        kept = state.data.get("refresh_token") if state else None
        return str(kept or self._client.refresh_token)

    def state(self, response: httpx.Response, before: AuthState | None) -> AuthState:
        """Read access token and its lifetime."""
        answer = json_of(response)
        token = answer.get("access_token") if isinstance(answer, dict) else None
        if not isinstance(token, str) or not token:
            message = f"{response.request.url.host} answered the login without an access token."
            raise RemoteError(ErrorKind.BAD_RESPONSE, message)
        data = {"access_token": token}
        if self._client.refresh_token:
            # Where refresh tokens rotate, the old one is worth nothing from now on.
            data["refresh_token"] = str(answer.get("refresh_token") or self._newest(before))
        return AuthState(data, end(self._now(), answer.get("expires_in")))

    def sign(self, request: httpx.Request, state: AuthState) -> None:
        """Send the access token."""
        request.headers["Authorization"] = header(f"Bearer {state.data['access_token']}")
