"""The two addresses outside of every room: is it alive, and where does a visitor go first."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from syncapp.tenants import access
from syncapp.tenants.http import AccountRequest
from syncapp.tenants.models import Tenant


@require_safe
@never_cache
def healthz(_request: HttpRequest) -> JsonResponse:
    """Answer 200 once the database answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"app": "syncapp", "status": "ok", "time": timezone.now().isoformat()})


@require_safe
@login_required
def start(request: AccountRequest) -> HttpResponse:
    """Lead to the visitor's first open tenant, or to the platform area, or say what is shut."""
    members = access.memberships_of(request.user.pk)
    # Going in is joining, so an invitation waits until it is chosen, if there is a choice.
    for member in sorted(members, key=lambda one: one.joined_at is None):
        if member.tenant.state == Tenant.State.ACTIVE:
            return redirect("synclogs:home", tenant=member.tenant.slug)
    if request.user.is_platform:
        return redirect("platform:tenant_list")
    if members:
        return redirect("synclogs:home", tenant=members[0].tenant.slug)
    return render(request, "tenants/no_membership.html", status=403)
