"""Requests as the middleware leaves them, and members who may some things."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.test import RequestFactory

from syncapp.ui.access import PageRequest


class Member:
    """May what it was told."""

    def __init__(self, *codes: str) -> None:
        self.codes = codes

    def may(self, code: str, /) -> bool:
        return code in self.codes


def request(
    path: str = "/acme/", *codes: str, tenant: str | None = "acme", **query: str
) -> PageRequest:
    """A GET of this path by somebody with these permissions."""
    asked = RequestFactory().get(path, query)
    asked.member = Member(*codes)  # type: ignore[attr-defined]
    asked.tenant = SimpleNamespace(slug=tenant) if tenant else None  # type: ignore[attr-defined]
    asked.session = SessionStore()
    return cast("PageRequest", asked)
