"""What the demo tenant starts with, and what later starts leave as people have left it."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

import connections.services
from connections.models import Connection, ConnectionConfig, RemoteEntity
from formulas.models import ValueMapUnmapped
from objects.models import Record
from syncapp import canonical
from syncapp.sync import leases, services, slices
from syncapp.tenants import door
from syncapp.tenants.actors import COMMAND
from syncapp.tenants.models import Membership, Tenant, User
from synclogs.models import SyncLog
from tests import make
from tests.demo_erp import DemoErp

pytestmark = pytest.mark.slow  # 5 000 parts are synced for real


class Demo:
    """The demo as its file tells it."""

    def __init__(self, erp: DemoErp, out: Path) -> None:
        self.erp, self.out = erp, out

    def seed(self, host: str = "127.0.0.1") -> Demo:
        url = f"http://{host}:{self.erp.address[1]}"
        call_command("demo", "seed", erp_url=url, out=self.out, verbosity=0)
        return self

    @property
    def told(self) -> dict[str, Any]:
        return dict(canonical.loads(self.out.read_bytes()))

    @property
    def tenant(self) -> Tenant:
        with door.platform():
            return Tenant.objects.get(slug=self.told["tenant"])

    def status(self) -> int:
        client = Client(headers={"Authorization": f"Bearer {self.told['api_key']}"})
        return client.get("/api/v1/runs/").status_code

    def passwords_fit(self) -> bool:
        with door.platform():
            return all(
                User.objects.get(email=login["email"]).check_password(login["password"])
                for login in self.told["logins"]
            )

    def runs(self, entity: str) -> list[dict[str, int]]:
        pk = self.told["connections"][entity]
        with door.tenant(self.tenant.pk):
            found = SyncLog.objects.filter(connection=pk).order_by("pk")
            return [{name: n for name, n in run.counts.items() if n} for run in found]

    def run(self, entity: str) -> None:
        with door.tenant(self.tenant.pk):
            connection = Connection.objects.get(pk=self.told["connections"][entity])
            services.request_run(connection, actor=COMMAND, now=timezone.now())
        claimed = leases.claim(timezone.now())
        assert claimed is not None
        slices.work(claimed, clock=timezone.now, stopping=lambda: False)


@pytest.fixture
def demo(committed_db: None, erp: DemoErp, tmp_path: Path, settings: Settings) -> Demo:
    port = erp.address[1]
    settings.SYNCAPP_EGRESS_ALLOW = f"127.0.0.1:{port},localhost:{port}"
    return Demo(erp, tmp_path / "demo.json")


def test_newcomer_finds_a_living_tenant_and_later_starts_leave_it_alone(demo: Demo) -> None:
    told = demo.seed().told

    assert set(told) >= {"url", "tenant", "api_key", "logins", "demo_erp_url"}
    assert stat.S_IMODE(demo.out.stat().st_mode) == 0o600
    assert {login["role"] for login in told["logins"]} == {
        "Administrator",
        "Reader",
        "Platform operator",
    }
    assert demo.status() == 200
    assert demo.passwords_fit()
    first, second = demo.runs("Items")
    assert first == {"created": 5000}
    assert second["updated"] == 3
    assert sum(second.values()) < 20, "of parts only what has changed is read"
    assert demo.runs("BusinessPartners") == [], "the first run is the newcomer's"
    with door.tenant(demo.tenant.pk):
        config = ConnectionConfig.objects.get(pk=told["config"])
        assert config.test_ok
        fields = dict(RemoteEntity.objects.values_list("name", "schema__change_field"))
        assert fields == {"BusinessPartners": None, "Items": "LastModified"}
        customers = Connection.objects.get(pk=told["connections"]["BusinessPartners"])
        assert customers.active
        assert connections.services.gaps_of(customers) == []
        assert len(customers.mapping) >= 12
        assert sum(row.get("kind") == "formula" for row in customers.mapping) == 3
        assert customers.object is not None
        assert not Record.objects.filter(object_id=customers.object.pk).exists()
        # What people do with it:
        connections.services.edit(customers, {"name": "Ours"}, actor=COMMAND)
        Membership.objects.get(user__email="bob@acme.test").delete()

    demo.seed()

    without_bob = [login for login in told["logins"] if login["role"] != "Reader"]
    assert demo.told == told | {"logins": without_bob}
    assert len(demo.runs("Items")) == 2
    with door.tenant(demo.tenant.pk):
        assert list(Connection.objects.order_by("pk").values_list("name", flat=True)) == [
            "Ours",
            "Demo ERP parts",
        ]

    demo.out.unlink()
    demo.seed()

    assert demo.told["api_key"] != told["api_key"]
    assert demo.told["connections"] == told["connections"]
    assert demo.status() == 200
    assert demo.passwords_fit()
    assert len(demo.runs("Items")) == 2


def test_config_follows_the_demo_erp_to_another_address(demo: Demo) -> None:
    demo.seed().run("BusinessPartners")

    demo.seed(host="localhost").run("BusinessPartners")

    assert demo.runs("BusinessPartners") == [{"created": 2000}, {"unchanged": 2000}]
    with door.tenant(demo.tenant.pk):
        assert list(ValueMapUnmapped.objects.values_list("key", flat=True)) == ["6"]
        stored = Record.objects.order_by("pk").filter(values__has_key="terms")[0].values
        assert stored["address"] == f"{stored['street']}, {stored['zip_code']} {stored['city']}"
        assert (
            stored["credit"].replace(",", "")
            == f"{stored['credit_limit']:.2f} {stored['currency']}"
        )
        config = ConnectionConfig.objects.get(pk=demo.told["config"])
    assert config.endpoint.startswith("http://localhost:")
    assert config.test_ok


def test_tenant_of_somebody_else_is_left_alone(demo: Demo) -> None:
    make.make_tenant("acme")

    with pytest.raises(CommandError, match="not the demo's"):
        demo.seed()

    assert not demo.out.exists()
    with door.platform():
        assert not User.objects.exists()


def test_demo_erp_that_does_not_answer_is_named(
    demo: Demo, settings: Settings, tmp_path: Path
) -> None:
    settings.SYNCAPP_EGRESS_ALLOW = "127.0.0.1:1"

    with pytest.raises(CommandError, match="demo ERP"):
        call_command("demo", "seed", erp_url="http://127.0.0.1:1", out=tmp_path / "none.json")
