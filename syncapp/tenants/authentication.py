"""Lets DRF know whom the middleware let in."""

from __future__ import annotations

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from syncapp.tenants.actors import Actor
from syncapp.tenants.models import ApiKey


class KeyAuthentication(BaseAuthentication):
    """The key was checked by `TenantMiddleware`, which opened its tenant's door."""

    def authenticate(self, request: Request) -> tuple[Actor, ApiKey] | None:
        """Give actor and key, or None if no usable key came along."""
        holder = getattr(request._request, "member", None)
        if not isinstance(holder, ApiKey):
            return None
        return Actor.of(holder), holder

    def authenticate_header(self, request: Request) -> str:
        """Make DRF answer 401, not 403, to a request without a usable key."""
        return 'Bearer realm="syncapp"'
