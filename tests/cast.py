"""The cast of all tests: tenants acme and globex; alice, bob and carol; their browsers and keys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import Client

from syncapp.tenants import door
from syncapp.tenants.models import Membership, Tenant
from syncapp.tenants.services import tenancy
from tests import make


@pytest.fixture
def stage(request: pytest.FixtureRequest) -> None:
    """The database: committed if the test asked for it, else inside a transaction."""
    committed = "committed_db" in request.fixturenames
    request.getfixturevalue("committed_db" if committed else "db")


@pytest.fixture
def acme(stage: None) -> Tenant:
    """The tenant that most tests happen in."""
    return make.make_tenant("acme", name="Acme")


@pytest.fixture
def globex(stage: None) -> Tenant:
    """The tenant that must never be seen from acme."""
    return make.make_tenant("globex", name="Globex")


@pytest.fixture
def alice(acme: Tenant) -> Membership:
    """Administrator of acme."""
    return make.make_member(acme, "alice@acme.test")


@pytest.fixture
def bob(acme: Tenant) -> Membership:
    """Reader of acme."""
    return make.make_member(acme, "bob@acme.test", profile=tenancy.READER)


@pytest.fixture
def carol(globex: Tenant) -> Membership:
    """Administrator of globex."""
    return make.make_member(globex, "carol@globex.test")


@pytest.fixture
def in_acme(acme: Tenant) -> Iterator[Tenant]:
    """Acme with its door open, as inside a view or a task's transaction."""
    with door.tenant(acme.pk):
        yield acme


@pytest.fixture
def alices(alice: Membership) -> Client:
    """Alice's browser."""
    return make.browser_of(alice)


@pytest.fixture
def bobs(bob: Membership) -> Client:
    """Bob's browser."""
    return make.browser_of(bob)


@pytest.fixture
def carols(carol: Membership) -> Client:
    """Carol's browser."""
    return make.browser_of(carol)


@pytest.fixture
def api(acme: Tenant) -> Client:
    """A REST client with a key of acme that may do everything."""
    return make.client_of(acme)


@pytest.fixture
def no_rate_limits(stage: None) -> Iterator[None]:
    """Forget how often somebody tried to log in."""
    cache.clear()
    yield
    cache.clear()
