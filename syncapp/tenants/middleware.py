"""Opens the tenant's door before the view and closes it after the page is rendered.

`/t/<slug>/…` needs a signed-in member, `/api/v1/…` a key. The view runs and its response is
rendered inside one transaction that sees this tenant only; an answer of 500 or more undoes it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse
from django.urls import Resolver404, resolve
from django.utils import timezone

from syncapp import logs
from syncapp.tenants import access, door
from syncapp.tenants.actors import Actor
from syncapp.tenants.models import ApiKey, Membership, Tenant

_PAGE: Final = re.compile(r"^/t/(?P<slug>[a-z0-9-]+)/")
_API: Final = "/api/v1/"

Next = Callable[[HttpRequest], HttpResponse]


class TenantMiddleware:
    """Resolves the tenant and holds its transaction."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve the request through the door that it may use, if it names a tenant."""
        if page := _PAGE.match(request.path_info):
            return self._page(request, page["slug"])
        if request.path_info.startswith(_API):
            return self._api(request)
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: dict[str, object]
    ) -> None:
        """Keep the slug from the views: the tenant stands on the request."""
        kwargs.pop("tenant", None)

    def _page(self, request: HttpRequest, slug: str) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        member = access.member_of(slug, request.user.pk)
        if member is None:
            raise Http404
        return self._through(request, member.tenant, member)

    def _api(self, request: HttpRequest) -> HttpResponse:
        key = access.key_behind(request.headers.get("Authorization", ""), timezone.now())
        if key is None:
            return self.get_response(request)
        return self._through(request, key.tenant, key)

    def _through(
        self, request: HttpRequest, tenant: Tenant, holder: Membership | ApiKey
    ) -> HttpResponse:
        request.tenant = tenant  # type: ignore[attr-defined]  # typed in tenants.http
        request.member = holder  # type: ignore[attr-defined]
        request.actor = Actor.of(holder)  # type: ignore[attr-defined]
        with logs.context(tenant=tenant.slug):
            if _holds_own_transactions(request):
                return self.get_response(request)
            return self._held(request, tenant)

    def _held(self, request: HttpRequest, tenant: Tenant) -> HttpResponse:
        with door.tenant(tenant.pk):
            response = self.get_response(request)
            if isinstance(response, SimpleTemplateResponse) and not response.is_rendered:
                response = response.render()
            if response.status_code >= 500:
                transaction.set_rollback(True)
        return response


def _holds_own_transactions(request: HttpRequest) -> bool:
    try:
        view = resolve(request.path_info).func
    except Resolver404:
        return False
    return getattr(view, "own_transactions", False)
