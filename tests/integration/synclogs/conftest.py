"""A connection with a history: created, then changed, then rejected."""

from __future__ import annotations

import pytest

from syncapp.tenants.models import Tenant
from tests.integration.sync.conftest import Engine, make_engine


@pytest.fixture
def engine(acme: Tenant) -> Engine:
    """An active connection that has not run."""
    return make_engine(acme, n=12)
