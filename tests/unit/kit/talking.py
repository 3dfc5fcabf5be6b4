"""Systems that talk to a function instead of a network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

from connections.kit.auth import MemoryTokens
from connections.kit.base import Context, System
from connections.kit.clock import Clock
from connections.kit.http import HttpClient
from connections.kit.lines import Line
from connections.kit.redact import Redactor

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ROOT = "https://erp.example/api/"

Handler = Callable[[httpx.Request], httpx.Response]


class Talk:
    """Remembers what was asked, and answers by a function."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.handler(request)

    @property
    def last(self) -> httpx.Request:
        return self.requests[-1]

    @property
    def query(self) -> dict[str, str]:
        return dict(self.last.url.params)

    def client(
        self, endpoint: str = ROOT, secrets: Mapping[str, str] | None = None
    ) -> HttpClient:
        return HttpClient(
            endpoint=endpoint,
            line=Line(httpx.MockTransport(self)),
            redactor=Redactor((secrets or {}).values()),
            clock=Clock(sleep=lambda _: None),
        )

    def open(
        self,
        kind: type[System],
        settings: Mapping[str, Any] | None = None,
        secrets: Mapping[str, str] | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Any:
        return kind(self.context(settings, secrets, cancelled))

    def context(
        self,
        settings: Mapping[str, Any] | None = None,
        secrets: Mapping[str, str] | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Context:
        return Context(
            endpoint=ROOT,
            settings=settings or {},
            secrets=secrets or {},
            http=self.client(secrets=secrets),
            tokens=MemoryTokens(),
            now=lambda: NOW,
            cancelled=cancelled,
        )


def pages(*answers: Any) -> Handler:
    """Answer with these bodies, one after the other."""
    left = iter(answers)
    return lambda _: httpx.Response(200, json=next(left))
