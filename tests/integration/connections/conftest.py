"""A real OData server next door, and a sandbox world."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from connections.kit.world import World
from tests import demo_erp, making
from tests.demo_erp import DemoErp


@pytest.fixture(scope="session")
def erp_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoErp]:
    with demo_erp.running(tmp_path_factory.mktemp("erp") / "state.json") as erp:
        yield erp


@pytest.fixture
def erp(erp_process: DemoErp, settings: Settings) -> DemoErp:
    """The demo ERP, at an address that this installation may reach."""
    settings.SYNCAPP_EGRESS_ALLOW = "127.0.0.1"
    return erp_process


@pytest.fixture
def world() -> World:
    return making.make_world()
