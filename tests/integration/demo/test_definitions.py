"""The demo as a file: exported, imported into an empty tenant, exported again."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django import Settings

from connections.definitions.applying import apply
from connections.definitions.exporting import export
from connections.definitions.schema import read
from syncapp import canonical
from syncapp.tenants import door
from syncapp.tenants.actors import COMMAND
from syncapp.tenants.models import Tenant
from tests import demo_erp, make
from tests.demo_erp import DemoErp

pytestmark = pytest.mark.slow  # 5 000 parts are synced for real


def test_the_demo_goes_around(
    committed_db: None, erp: DemoErp, tmp_path: Path, settings: Settings
) -> None:
    port = erp.address[1]
    settings.SYNCAPP_EGRESS_ALLOW = f"127.0.0.1:{port}"
    url, out = f"http://127.0.0.1:{port}", tmp_path / "demo.json"
    call_command("demo", "seed", erp_url=url, out=out, verbosity=0)
    with door.platform():
        demo = Tenant.objects.get(slug=canonical.loads(out.read_bytes())["tenant"])
    other = make.make_tenant("copy")

    with door.tenant(demo.pk):
        text = export(demo)
    with door.tenant(other.pk):
        applied = apply(other, read(text), actor=COMMAND)
        again = export(other)

    assert again == text
    assert applied.to_connect == ("[DEMO] Demo ERP",)
    assert demo_erp.PASSWORD not in text
    assert text.count("kind: formula") == 3
