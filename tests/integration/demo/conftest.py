"""The demo ERP over a real socket."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import demo_erp
from tests.demo_erp import DemoErp


@pytest.fixture(scope="module")
def erp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoErp]:
    """Serve one module; its tests add no partner and leave no fault behind."""
    with demo_erp.running(tmp_path_factory.mktemp("erp") / "state.json") as erp:
        yield erp
