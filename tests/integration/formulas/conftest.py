"""Value maps of acme."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from formulas.models import ValueMap
from formulas.services import maps
from syncapp.tenants import door
from syncapp.tenants.actors import COMMAND
from syncapp.tenants.models import Tenant

Inside = Callable[[Callable[[], Any]], Any]
"""Asks something inside acme's door."""


@pytest.fixture
def inside(acme: Tenant) -> Inside:
    """Ask something inside acme's door."""

    def ask(question: Callable[[], Any]) -> Any:
        with door.tenant(acme.pk):
            return question()

    return ask


@pytest.fixture
def terms(acme: Tenant, inside: Inside) -> ValueMap:
    """A map of two payment terms."""
    made: ValueMap = inside(
        lambda: maps.create_map(
            tenant=acme, name="terms", entries={"10": "net30", "20": "net60"}, actor=COMMAND
        )
    )
    return made
