"""Calling: one request as the profile wants it, and its answer as the profile judges it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urljoin

import httpx

from connections.kit.answers import bad_response, json_of
from connections.kit.auth import ApiKey, Auth, Basic, Bearer, Session, SessionLogin
from connections.kit.base import Context, ErrorKind, Json, RemoteError
from connections.kit.faults import LONGEST_SAYING, StatusError, told
from connections.kit.oauth import OAuth2, OAuthClient
from connections.kit.rest.profile import Profile
from connections.kit.rest.selecting import searched
from connections.kit.rest.templates import secret


class Caller:
    """Sends requests of one profile with one login."""

    def __init__(self, context: Context, profile: Profile) -> None:
        self._context = context
        self._success = profile.get("success", {})
        self._rules = profile.get("error", {})
        self._headers = dict(profile.get("headers", {}))
        self.base = str(profile.get("base_url") or context.endpoint).rstrip("/")
        self.auth = _auth(context, profile.get("auth", {"type": "none"}), self.base)

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Json = None,
        headers: Mapping[str, str] | None = None,
        safe: bool | None = None,
        ok: Sequence[int] = (),
    ) -> httpx.Response:
        """Send to a path below the base address.

        Args:
            method: HTTP method.
            path: begins with a slash.
            params: query options.
            json: body.
            headers: beside those of the profile.
            safe: may be repeated.
            ok: statuses that are fine although they refuse, such as 404 for a deletion.

        Raises:
            RemoteError: with the system's own words, found by the profile's rules.
        """
        url = self.base + path
        return self._judged(
            method, url, ok, params=params, json=json, headers=headers, safe=safe
        )

    def follow(self, link: str) -> httpx.Response:
        """Get a path and query that the system gave as its next page."""
        return self._judged("GET", urljoin(self.base, link), ())

    def _judged(
        self, method: str, url: str, ok: Sequence[int], headers: Any = None, **more: Any
    ) -> httpx.Response:
        all_headers = {**self._headers, **(headers or {})}
        try:
            response = self._context.http.send(
                method, url, headers=all_headers, auth=self.auth, **more
            )
        except StatusError as error:
            if error.http_status in ok:
                return error.response
            raise self._explained(error) from None
        expected = self._success.get("status")
        if expected and response.status_code not in (*expected, *ok):
            raise bad_response(
                response, f"answered with the unexpected status {response.status_code}."
            )
        condition = self._success.get("body_ok")
        if condition and response.content.strip():
            body = json_of(response)
            if not searched(condition, body):
                raise self._refused(response, body)
        return response

    def _explained(self, error: StatusError) -> RemoteError:
        try:
            body = json_of(error.response)
        except RemoteError:
            return error
        said = self.read_error(body)
        error.code, error.field_name = said.code, said.field_name
        if said.code in self._rules.get("kinds", {}):
            error.kind = said.kind
        if said.message:
            what = f"{error.response.request.url.host} answered {error.http_status}."
            error.message = told(what, said.message, error.kind)
        error.hide(error.redact)
        return error

    def _refused(self, response: httpx.Response, body: Json) -> RemoteError:
        error = self.read_error(body)
        error.http_status = response.status_code
        what = f"{response.request.url.host} refuses."
        error.message = told(what, error.message, error.kind)
        return error

    def read_error(self, body: Json) -> RemoteError:
        """Read an error out of (a part of) an answer, by the profile's rules."""
        found = {
            name: searched(self._rules[name], body) if name in self._rules else None
            for name in ("code", "message", "field")
        }
        code = _text(found["code"])
        kind = ErrorKind(self._rules.get("kinds", {}).get(code, ErrorKind.VALIDATION))
        message = _text(found["message"])[:LONGEST_SAYING]
        error = RemoteError(
            kind, message, code=code or None, field_name=_text(found["field"]) or None
        )
        error.hide(self._context.http.hide)
        return error


def _text(value: Json) -> str:
    """Give the first text of what a rule found."""
    if isinstance(value, list):
        return next((text for item in value if (text := _text(item))), "")
    return "" if value is None or isinstance(value, Mapping) else " ".join(str(value).split())


def _auth(context: Context, wanted: Mapping[str, Any], base: str) -> Auth | None:
    known = {
        "user": str(context.settings.get("user") or ""),
        "client_id": str(context.settings.get("client_id") or ""),
        **context.secrets,
    }
    given = secret(wanted, known)
    token = str(given.get("secret", known.get("token", "")))
    kind = given["type"]
    if kind == "basic":
        return Basic(
            given.get("user", known["user"]), given.get("password", known.get("password", ""))
        )
    if kind == "bearer":
        return Bearer(token)
    if kind == "api_key":
        where, prefix = given.get("in", "header"), given.get("prefix", "")
        return ApiKey(given["name"], token, where=where, prefix=prefix)
    if kind == "session_login":
        return Session(_session(given, base), context.tokens, context.now)
    if kind in {"oauth2_client_credentials", "oauth2_refresh"}:
        return _oauth(context, given, known, base)
    return None


def _oauth(
    context: Context, given: Mapping[str, Any], known: Mapping[str, str], base: str
) -> Auth:
    first = given.get("refresh_token", known.get("token", ""))
    refreshing = given["type"] == "oauth2_refresh"
    if refreshing and not first:
        message = "There is no refresh token yet. Enter it in the connection config."
        raise RemoteError(ErrorKind.CONFIG, message)
    client = OAuthClient(
        token_url=urljoin(base, given["token_url"]),
        client_id=given.get("client_id", known["client_id"]),
        client_secret=given.get("client_secret", known.get("client_secret", "")),
        scope=given.get("scope", ""),
        refresh_token=first if refreshing else "",
        in_header=given.get("send") == "header",
        extra=given.get("extra", {}),
    )
    return OAuth2(client, context.tokens, context.now)


def _session(given: Mapping[str, Any], base: str) -> SessionLogin:
    return SessionLogin(
        url=base + given["path"],
        body=given["body"],
        method=given.get("method", "POST"),
        token=given.get("token", ""),
        cookies=tuple(given.get("cookies", ())),
        header=given.get("header", "Authorization"),
        prefix=given.get("prefix", "Bearer "),
        minutes=given.get("minutes"),
    )
