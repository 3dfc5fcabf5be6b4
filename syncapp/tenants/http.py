"""The request as views see it: what the middleware adds, typed."""

from __future__ import annotations

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from syncapp.tenants.actors import Actor, Operator
from syncapp.tenants.models import ApiKey, Membership, Tenant, User
from syncapp.ui.access import PageRequest


class TenantRequest(PageRequest):
    """A request below `/t/<slug>/` by a member of that tenant."""

    user: User
    tenant: Tenant
    member: Membership
    memberships: list[Membership]
    actor: Actor


class ApiRequest(HttpRequest):
    """A request below `/api/v1/` with a key that opened one tenant's door."""

    tenant: Tenant
    member: ApiKey
    actor: Actor


class PlatformRequest(PageRequest):
    """A request below `/platform/` by one of the platform's operators."""

    user: User
    tenant: None
    member: Operator
    actor: Actor


class AccountRequest(HttpRequest):
    """A request to one's own account: signed in, in no tenant."""

    user: User
    htmx: HtmxDetails
