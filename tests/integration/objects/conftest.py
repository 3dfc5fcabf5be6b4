"""A tenant with one connect object whose fields are searched in all ways."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest
from django.db import connection

from objects import services
from objects.models import ConnectField, ConnectObject
from objects.shape import ObjectShape
from syncapp.tenants import door
from syncapp.tenants.models import Tenant

FIELDS: tuple[dict[str, Any], ...] = (
    {"name": "number", "is_key": True, "required": True},
    {"name": "name", "required": True, "max_length": 100},
    {"name": "email", "indexed": "fold"},
    {"name": "vat", "is_unique": True},
    {"name": "balance", "type": "decimal", "scale": 2},
    {"name": "notes", "type": "object"},
)


@pytest.fixture
def tenant(in_acme: Tenant) -> Tenant:
    """The tenant whose door is open."""
    return in_acme


def make_customers(tenant: Tenant, type_: str = "customer") -> ObjectShape:
    made = ConnectObject.objects.create(tenant=tenant, type=type_, name=type_.title())
    for position, field in enumerate(FIELDS):
        ConnectField.objects.create(
            tenant=tenant, object=made, position=position, label=field["name"], **field
        )
    return services.load_shape(made)


@pytest.fixture
def customers(tenant: Tenant) -> ObjectShape:
    return make_customers(tenant)


Inside = Callable[[Callable[[], Any]], Any]
"""Asks something inside acme's door."""


@pytest.fixture
def shape(acme: Tenant) -> ObjectShape:
    with door.tenant(acme.pk):
        return make_customers(acme)


@pytest.fixture
def inside(acme: Tenant) -> Inside:
    """Ask something inside acme's door."""

    def ask(question: Callable[[], Any]) -> Any:
        with door.tenant(acme.pk):
            return question()

    return ask


class Query(NamedTuple):
    sql: str
    parameters: Any


@contextmanager
def noted_queries() -> Iterator[list[Query]]:
    """Note what is sent to the database; Django's own way formats megabytes of parameters."""
    queries: list[Query] = []

    def note(
        execute: Callable[..., Any], sql: str, parameters: Any, many: bool, context: Any
    ) -> Any:
        queries.append(Query(sql, parameters))
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(note):
        yield queries
