"""Lets DRF know whom the middleware let in."""

from __future__ import annotations

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from syncapp.tenants.actors import Actor
from syncapp.tenants.models import ApiKey, User


class KeyAuthentication(BaseAuthentication):
    """The key was checked by `TenantMiddleware`, which opened its tenant's door."""

    def authenticate(self, request: Request) -> tuple[Actor, ApiKey] | None:
        """Give actor and key, or None if no key came along.

        Raises:
            AuthenticationFailed: one came, and the middleware did not know it.
        """
        holder = getattr(request._request, "member", None)
        if isinstance(holder, ApiKey):
            return Actor.of(holder), holder
        if "Authorization" in request.headers:
            raise AuthenticationFailed("This key is unknown, expired or revoked.")
        return None

    def authenticate_header(self, _request: Request) -> str:
        """Make DRF answer 401, not 403, to a request without a usable key."""
        return 'Bearer realm="syncapp"'


class VisitorAuthentication(BaseAuthentication):
    """Knows signed-in users by their session: for addresses that only read and name no tenant."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        """Give the user, or None to a stranger."""
        user = request._request.user
        return (user, None) if isinstance(user, User) else None
