"""Unit tests talk to nobody: no database, no network."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

DATABASE_FIXTURES = {"db", "transactional_db", "committed_db", "django_db_setup"}
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse the fixtures of the database."""
    for item in items:
        if HERE not in item.path.parents or not isinstance(item, pytest.Function):
            continue
        if asked := DATABASE_FIXTURES.intersection(item.fixturenames):
            raise pytest.UsageError(
                f"{item.nodeid}: a unit test may not use {', '.join(sorted(asked))}: "
                "move it to tests/integration."
            )


@pytest.fixture(autouse=True, scope="module")
def alone() -> Iterator[None]:
    """Refuse sockets to anybody."""

    def refuse(*args: object, **kwargs: object) -> NoReturn:
        pytest.fail("A unit test may not use the network: move it to tests/integration.")

    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex", "bind", "sendto"):
            patch.setattr(socket.socket, name, refuse)
        patch.setattr(socket, "getaddrinfo", refuse)
        yield
