"""The pages of set-up, account and platform: what they show, save and refuse."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from syncapp.tenants import door
from syncapp.tenants.models import Profile, Tenant


def url(name: str, **kwargs: object) -> str:
    return reverse(f"tenants:{name}", kwargs={"tenant": "acme", **kwargs})


def profile(tenant: Tenant, name: str = "Reader") -> Profile:
    with door.tenant(tenant.pk):
        found: Profile = Profile.objects.for_tenant(tenant).get(name=name)
    return found


@pytest.mark.parametrize(
    "name",
    [
        "user_list",
        "user_create",
        "profile_list",
        "profile_create",
        "api_key_list",
        "api_key_create",
        "audit_list",
        "settings",
        "settings_edit",
    ],
)
def test_a_page_opens(alices: Client, name: str) -> None:
    answer = alices.get(url(name))

    assert answer.status_code == 200
    assert "Set-up" in answer.content.decode()
