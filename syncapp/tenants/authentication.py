"""Lets DRF know whom the middleware let in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from syncapp.tenants.actors import Actor
from syncapp.tenants.models import ApiKey

if (
    TYPE_CHECKING
):  # `rest_framework.views` imports this module while it is being imported itself
    from rest_framework.views import APIView


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


class KnownVisitor(BasePermission):
    """Lets holders of a key and signed-in users read what tells nothing of any tenant."""

    def has_permission(self, request: Request, _view: APIView) -> bool:
        """Ask for a key first, then for a session."""
        if request.auth is not None or request._request.user.is_authenticated:
            return True
        raise NotAuthenticated
