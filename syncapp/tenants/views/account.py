from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from syncapp.errors import SyncAppError
from syncapp.tenants.forms import AccountForm
from syncapp.tenants.http import AccountRequest
from syncapp.tenants.models import User
from syncapp.tenants.services import avatars, members
from syncapp.tenants.views.avatars import picture
from syncapp.ui.links import see_other


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def account(request: AccountRequest) -> HttpResponse:
    """One's own name and picture; the password has an address of its own."""
    sent = request.method == "POST"
    form = AccountForm(
        request.POST if sent else None, request.FILES if sent else None, user=request.user
    )
    if sent and form.is_valid():
        try:
            _save(request.user, form.cleaned_data)
        except SyncAppError as error:
            form.refuse(error)
        else:
            messages.success(request, "Saved your account.")
            return see_other(request, reverse("account"))
    return render(
        request,
        "tenants/account.html",
        {"title": "Your account", "form": form, "cancel_url": reverse("start")},
        status=422 if form.errors else 200,
    )


@require_safe
@login_required
def account_avatar(request: AccountRequest) -> HttpResponse:
    return picture(request.user)


def _save(user: User, typed: dict[str, Any]) -> None:
    members.rename_self(user, name=typed["name"])
    if typed.get("avatar"):
        avatars.set_avatar(user, typed["avatar"])
    elif typed.get("no_avatar"):
        avatars.remove_avatar(user)
