"""Acme has twelve profiles beside the standard ones, Globex has its own."""

from __future__ import annotations

import pytest

from syncapp.tenants import door
from syncapp.tenants.models import Profile, Tenant
from tests import make


@pytest.fixture
def acme(db: None) -> Tenant:
    tenant = make.make_tenant("acme")
    for number in range(12):
        profile = make.make_profile(tenant, f"Clerk {number:02}", ["runs.view"])
        profile.description = "busy" if number % 2 else "idle"
        with door.platform():
            profile.save()
    return tenant


@pytest.fixture
def foreign(db: None) -> Profile:
    return make.make_profile(make.make_tenant("globex"), "Foreign", ["runs.view"])
