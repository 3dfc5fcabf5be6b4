"""The guard of the unit tests, broken on purpose."""

from __future__ import annotations

import socket

import pytest


def test_network_is_refused() -> None:
    with pytest.raises(pytest.fail.Exception), socket.socket() as client:
        client.connect(("127.0.0.1", 9))
