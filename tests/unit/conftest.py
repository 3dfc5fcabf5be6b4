"""Unit tests talk to nobody: no database, no network."""

from __future__ import annotations

import socket
from typing import NoReturn

import pytest

DATABASE_FIXTURES = {"db", "transactional_db", "committed_db", "django_db_setup"}


@pytest.fixture(autouse=True)
def alone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse sockets to anybody and the fixtures of the database."""
    if asked := DATABASE_FIXTURES.intersection(request.fixturenames):
        pytest.fail(
            f"A unit test may not use {', '.join(sorted(asked))}: move it to tests/integration."
        )

    def refuse(*args: object, **kwargs: object) -> NoReturn:
        pytest.fail("A unit test may not use the network: move it to tests/integration.")

    for name in ("connect", "connect_ex", "bind", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
