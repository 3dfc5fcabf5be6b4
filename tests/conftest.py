"""Fixtures of all tests: the database, and the cast that lives in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker

from tests import database

pytest_plugins = ["tests.cast"]
migrated_key = pytest.StashKey[set[str]]()


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_blocker: DjangoDbBlocker,
    pytestconfig: pytest.Config,
) -> Iterator[None]:
    """A fresh database, migrated by its owner and then used as the application."""
    name = f"test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"
    address = os.environ["DATABASE_URL"]
    with django_db_blocker.unblock():
        database.create(name)
        pytestconfig.stash[migrated_key] = database.filled_tables(name)
        # Processes that a test starts read the same variable.
        os.environ["DATABASE_URL"] = urlsplit(address)._replace(path=f"/{name}").geturl()
    yield
    os.environ["DATABASE_URL"] = address
    with django_db_blocker.unblock():
        database.drop(name)


@pytest.fixture
def committed_db(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, pytestconfig: pytest.Config
) -> Iterator[None]:
    """The database without a transaction around the test: other threads and processes see its rows.

    Afterwards the owner empties the tables. (Django's own way, `transactional_db`, would do it as the
    application, which may not.)
    """
    with django_db_blocker.unblock():
        yield
        connection.close()
        database.empty(connection.settings_dict["NAME"], keep=pytestconfig.stash[migrated_key])
