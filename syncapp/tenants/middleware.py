"""Opens the door that a request may use before the view, and closes it after rendering.

    /t/<slug>/…                     a signed-in member; sees this tenant's rows
    /api/v1/…                       a key; sees the rows of its tenant
    /platform/…                     an operator; role *platform*, no tenant
    /accounts/…  /account/          login and one's own account; role *platform*, no tenant

The view runs and its response is rendered inside one transaction; an answer of 400 or more
undoes it, so that what was refused leaves nothing half done. A streaming response outlives the door: its generator goes through `door.streaming`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Final

from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.response import SimpleTemplateResponse
from django.urls import Resolver404, resolve
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect

from syncapp import logs
from syncapp.errors import NotAllowed
from syncapp.tenants import access, door
from syncapp.tenants.actors import Actor, Operator
from syncapp.tenants.models import ApiKey, Membership, Tenant
from syncapp.ui.api import problem_response

_PAGE: Final = re.compile(r"^/t/(?P<slug>[a-z0-9-]+)/")
_API: Final = "/api/v1/"
_PLATFORM: Final = "/platform/"
_ACCOUNT: Final = ("/account/", "/accounts/")

Next = Callable[[HttpRequest], HttpResponse]


class TenantMiddleware:
    """Resolves who is asking and for which tenant, and holds the transaction."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve the request through the door that it may use, if it needs one."""
        path = request.path_info
        if page := _PAGE.match(path):
            return self._page(request, page["slug"])
        if path.startswith(_API):
            return self._api(request)
        if path.startswith(_PLATFORM):
            return self._platform(request)
        if path.startswith(_ACCOUNT):
            return self._held(request, door.platform())
        return self.get_response(request)

    def process_view(
        self, _request: HttpRequest, _view: object, _args: object, kwargs: dict[str, object]
    ) -> None:
        """Keep the slug from the views: the tenant stands on the request."""
        kwargs.pop("tenant", None)

    def _page(self, request: HttpRequest, slug: str) -> HttpResponse:
        with door.platform():
            if not request.user.is_authenticated:
                return _to_login(request)
            members = access.memberships_of(request.user.pk)
            member = next((one for one in members if one.tenant.slug == slug), None)
            if member is None:
                raise Http404
            if member.joined_at is None:
                access.join(member, timezone.now())
        request.memberships = members  # type: ignore[attr-defined]  # typed in tenants.http
        if member.tenant.state != Tenant.State.ACTIVE:
            return render(
                request, "tenants/suspended.html", {"tenant": member.tenant}, status=403
            )
        return self._through(request, member.tenant, member)

    def _api(self, request: HttpRequest) -> HttpResponse:
        key = access.key_behind(request.headers.get("Authorization", ""), timezone.now())
        if key is None:
            return self.get_response(request)
        if key.tenant.state != Tenant.State.ACTIVE:
            return problem_response(
                NotAllowed("This tenant is suspended.", code="tenant_suspended")
            )
        return self._through(request, key.tenant, key)

    def _platform(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if not user.is_authenticated:
            return _to_login(request)
        if not user.is_platform:
            raise Http404
        request.tenant = None  # type: ignore[attr-defined]  # typed in tenants.http
        request.member = Operator(user)  # type: ignore[attr-defined]
        request.actor = Actor.operator(user)  # type: ignore[attr-defined]
        return self._held(request, door.platform())

    def _through(
        self, request: HttpRequest, tenant: Tenant, holder: Membership | ApiKey
    ) -> HttpResponse:
        request.tenant = tenant  # type: ignore[attr-defined]  # typed in tenants.http
        request.member = holder  # type: ignore[attr-defined]
        request.actor = Actor.of(holder)  # type: ignore[attr-defined]
        with logs.context(tenant=tenant.slug):
            if _holds_own_transactions(request):
                return self.get_response(request)
            return self._held(request, door.tenant(tenant.pk))

    def _held(self, request: HttpRequest, opened: AbstractContextManager[Any]) -> HttpResponse:
        with opened:
            response = self.get_response(request)
            if isinstance(response, SimpleTemplateResponse) and not response.is_rendered:
                response = response.render()
            if response.status_code >= 400:
                transaction.set_rollback(True)
        return response


def _to_login(request: HttpRequest) -> HttpResponse:
    """Lead to the login and back; a part of a page must not become the login form."""
    if getattr(request, "htmx", False):
        back = request.htmx.current_url_abs_path or "/"  # type: ignore[attr-defined]
        return HttpResponseClientRedirect(redirect_to_login(back).url)
    return redirect_to_login(request.get_full_path())


def _holds_own_transactions(request: HttpRequest) -> bool:
    try:
        view = resolve(request.path_info).func
    except Resolver404:
        return False
    return getattr(view, "own_transactions", False)
