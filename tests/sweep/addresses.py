"""Every address of the application, out of the resolver: none can hide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

VERBS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Address:
    """One address.

    Attributes:
        name: as `reverse` wants it.
        route: as it is written.
        parameters: what the route wants, the tenant's slug left out.
        view: the callback.
    """

    name: str
    route: str
    parameters: frozenset[str]
    view: Any

    @property
    def is_page(self) -> bool:
        """It lies below `/t/<slug>/`."""
        return self.route.startswith("t/<slug:tenant>/")

    @property
    def is_api(self) -> bool:
        """It lies below `/api/v1/`."""
        return self.route.startswith("api/v1/")

    @property
    def is_platform(self) -> bool:
        """It lies in the platform area."""
        return self.route.startswith("platform/")

    def required(self, verb: str) -> str | None:
        """Give the permission that a call demands, or None if it says none."""
        if hasattr(self.view, "required_permission"):
            return str(self.view.required_permission)
        made = getattr(self.view, "cls", None)
        if made is None or not callable(getattr(made, "required_permission", None)):
            return None
        if verb not in self.view.actions:
            return None
        view = made(**self.view.initkwargs)
        view.request = SimpleNamespace(data={}, method=verb.upper())  # some look into it, too
        return str(view.required_permission(verb.upper()))

    def verbs(self) -> tuple[str, ...]:
        """Give the methods to try: those of a viewset, or reading and sending."""
        known = getattr(self.view, "actions", None) or ("get", "post")
        return tuple(verb for verb in VERBS if verb in known)


def addresses() -> list[Address]:
    """Give all, in the order of the resolver."""
    return list(_walk(get_resolver().url_patterns, "", ""))


def _walk(patterns: list[Any], route: str, namespace: str) -> Iterator[Address]:
    for pattern in patterns:
        here = route + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern.url_patterns, here, inner)
        elif isinstance(pattern, URLPattern):
            name = f"{namespace}{pattern.name}" if pattern.name else ""
            yield Address(name, here, _parameters(here, pattern), pattern.callback)


def _parameters(route: str, pattern: URLPattern) -> frozenset[str]:
    names = {part.split(">")[0].rpartition(":")[2] for part in route.split("<")[1:]}
    return frozenset(names | set(pattern.pattern.regex.groupindex)) - {"tenant"}
