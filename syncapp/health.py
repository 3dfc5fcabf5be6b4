"""The two addresses outside of every room: is it alive, and where does a visitor go first."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from syncapp.tenants import access


@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200 once the database answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"app": "syncapp", "status": "ok", "time": timezone.now().isoformat()})


@login_required
def start(request: HttpRequest) -> HttpResponse:
    """Lead to the visitor's first tenant, or to the platform area, or say that there is none."""
    members = access.memberships_of(request.user.pk)
    if members:
        return redirect("synclogs:home", tenant=members[0].tenant.slug)
    if request.user.is_platform:
        return redirect("platform:tenant_list")
    return render(request, "tenants/no_membership.html", status=403)
