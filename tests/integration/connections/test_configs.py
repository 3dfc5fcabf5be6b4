"""Configs: what is stored, what is refused, what Connect finds."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connections import accounts, configs, secrets, services
from connections.declared import Given
from connections.kit.base import RemoteError
from connections.kit.world import World
from connections.models import Account, ConnectionConfig
from connections.opening import open_system, secrets_of
from syncapp.errors import Changed, Invalid, Refused
from syncapp.tenants import actors
from syncapp.tenants.models import AuditEntry, Tenant
from tests import making
from tests.demo_erp import DemoErp

BASIC = {"auth": "basic", "user": "syncapp"}


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  a test is an edge


def odata(
    tenant: Tenant, endpoint: str, password: str = "demo", **settings: str
) -> ConnectionConfig:
    return making.make_config(
        tenant,
        system_type="odata",
        endpoint=endpoint,
        settings={**BASIC, **settings},
        secrets={"password": password},
    )


def connect(config: ConnectionConfig) -> dict[str, tuple[bool, str]]:
    checks = configs.run_checks(config, actor=actors.COMMAND, now=now)
    config.refresh_from_db()
    return {check.name: (check.ok, check.message) for check in checks}


def test_secrets_are_stored_encrypted_and_open_again(in_acme: Tenant) -> None:
    config = odata(in_acme, "https://erp.example.com/odata/", password="hunter2")

    assert b"hunter2" not in bytes(config.secrets)
    assert "hunter2" not in str(config.settings)
    assert secrets_of(ConnectionConfig.objects.get(pk=config.pk)) == {"password": "hunter2"}


def test_a_secret_that_is_not_given_is_kept_and_a_blank_one_removed(in_acme: Tenant) -> None:
    config = odata(in_acme, "https://erp.example.com/", password="hunter2")

    kept = Given("ERP", "https://erp.example.com/x", settings=BASIC, secrets={"password": None})
    config = configs.edit(config, kept, actor=actors.COMMAND)
    assert configs.saved_secrets(config) == {"password"}

    gone = Given("ERP", "https://erp.example.com/x", settings=BASIC, secrets={"password": ""})
    config = configs.edit(config, gone, actor=actors.COMMAND)
    assert configs.saved_secrets(config) == frozenset()


def test_swapped_secrets_do_not_open(in_acme: Tenant) -> None:
    mine = odata(in_acme, "https://a.example.com/", password="one")
    other = making.make_config(
        in_acme, "Other", system_type="odata", endpoint="https://b.example.com/",
        settings=BASIC, secrets={"password": "two"},
    )  # fmt: skip
    ConnectionConfig.objects.filter(pk=other.pk).update(secrets=mine.secrets)
    other.refresh_from_db()

    with pytest.raises(RemoteError, match="another place"), open_system(other, now=now):
        pytest.fail("it opened")
    assert connect(other) == {
        "config": (False, "The stored secrets belong to another place; enter them again.")
    }
    assert configs.saved_secrets(other) == frozenset()


def test_secrets_of_another_tenant_do_not_open(in_acme: Tenant) -> None:
    config = odata(in_acme, "https://a.example.com/")
    config.secrets = secrets.seal(
        {"password": "x"}, tenant_id=in_acme.pk + 1, purpose=f"config {config.pk}"
    )

    with pytest.raises(RemoteError, match="another place"):
        secrets_of(config)


def test_the_audit_tells_that_a_secret_changed_and_never_what_it_is(in_acme: Tenant) -> None:
    config = odata(in_acme, "https://erp.example.com/", password="hunter2")
    new = Given(
        "ERP", "https://erp.example.com/", settings=BASIC, secrets={"password": "hunter3"}
    )

    configs.edit(config, new, actor=actors.COMMAND)

    entry = AuditEntry.objects.order_by("-pk").first()
    assert entry is not None
    assert entry.diff == {"secrets.password": ["set", "changed"]}
    assert "hunter" not in str(list(AuditEntry.objects.values_list("diff", flat=True)))


@pytest.mark.parametrize(
    ("given", "field", "told"),
    [
        (Given("", "https://a.example.com/"), "name", "needed"),
        (Given("ERP", ""), "endpoint", "https://"),
        (Given("ERP", "ftp://a.example.com/"), "endpoint", "https://"),
        (Given("ERP", "https://joe:pw@a.example.com/"), "endpoint", "own fields"),
        (Given("ERP", "https://a.example.com/", environment="moon"), "environment", "valid choice"),
        (Given("ERP", "https://a.example.com/", settings={"auth": "magic"}), "settings.auth", "Choose one"),
        (Given("ERP", "https://a.example.com/", settings={"nope": "x"}), "settings.nope", "no such"),
        (Given("ERP", "https://a.example.com/", secrets={"user": "x"}), "secrets.user", "no such"),
        (Given("ERP", "https://a.example.com/", settings={"password": "x"}), "settings.password", "no such"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_at_its_field(
    in_acme: Tenant, given: Given, field: str, told: str
) -> None:
    with pytest.raises(Invalid) as refused:
        configs.create(in_acme, "odata", given, actor=actors.COMMAND)

    assert told in refused.value.fields[field]


def test_an_unknown_type_is_refused(in_acme: Tenant) -> None:
    with pytest.raises(Invalid) as refused:
        configs.create(in_acme, "telex", Given("ERP"), actor=actors.COMMAND)

    assert "telex" in refused.value.fields["system_type"]


def test_a_name_is_given_once(in_acme: Tenant) -> None:
    making.make_config(in_acme, "ERP")

    with pytest.raises(Invalid) as refused:
        making.make_config(in_acme, "ERP")

    assert refused.value.fields == {"name": "This name is taken."}


def test_a_config_that_is_used_cannot_be_deleted(in_acme: Tenant, world: World) -> None:
    connection = making.make_connection(in_acme)
    assert connection.config is not None

    with pytest.raises(Refused, match="“Partners”"):
        configs.delete(connection.config, actor=actors.COMMAND)


def test_a_config_whose_published_version_still_runs_cannot_be_deleted(
    in_acme: Tenant, world: World
) -> None:
    connection = making.make_connection(in_acme, active=True)
    used = connection.config
    other = making.make_config(in_acme, "Other")
    services.edit(connection, {"config": other}, actor=actors.COMMAND)
    assert used is not None

    with pytest.raises(Refused, match="“Partners”"):
        configs.delete(used, actor=actors.COMMAND)


def test_a_stale_etag_is_refused(in_acme: Tenant) -> None:
    config = making.make_config(in_acme)
    given = Given("New name", settings={"world": "erp"})
    configs.edit(config, given, actor=actors.COMMAND, etag=1)

    with pytest.raises(Changed):
        configs.edit(config, given, actor=actors.COMMAND, etag=1)


def test_connect_tells_line_by_line_and_joins_the_account(
    in_acme: Tenant, erp: DemoErp
) -> None:
    config = odata(in_acme, erp.url)

    lines = connect(config)

    assert [*lines][:4] == ["address", "tls", "reach", "auth"]
    assert all(ok for ok, _ in lines.values())
    assert config.test_ok is True
    assert config.tested_at is not None
    assert config.account is not None
    again = making.make_config(
        in_acme, "Second way in", system_type="odata", endpoint=erp.url, settings=BASIC,
        secrets={"password": "demo"},
    )  # fmt: skip
    connect(again)
    assert again.account == config.account


def test_a_wrong_password_fails_at_the_login(in_acme: Tenant, erp: DemoErp) -> None:
    config = odata(in_acme, erp.url, password="wrong")

    lines = connect(config)

    assert [*lines][-1] == "auth"
    ok, message = lines["auth"]
    assert not ok
    assert "password" in message.lower() or "login" in message.lower()
    assert "wrong" not in message
    assert config.test_ok is False
    assert config.account is None


def test_an_unknown_host_fails_at_the_address(in_acme: Tenant) -> None:
    config = odata(in_acme, "https://no-such-host.invalid/odata/")

    ok, message = connect(config)["address"]

    assert not ok
    assert "no-such-host.invalid" in message


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("http://169.254.169.254/latest/", "metadata"),
        ("http://127.0.0.1:1/", "loopback"),
        ("http://10.0.0.1/", "private"),
        ("http://[::1]:80/", "loopback"),
    ],
)
def test_a_forbidden_address_fails_at_the_address(
    in_acme: Tenant, address: str, kind: str
) -> None:
    ok, message = connect(odata(in_acme, address))["address"]

    assert not ok
    assert f"a {kind} address" in message


def test_a_wrong_entity_fails_at_its_reading(in_acme: Tenant, erp: DemoErp) -> None:
    config = odata(in_acme, erp.url)
    making.make_connection(in_acme, config=config, entity="Unicorns")

    ok, message = connect(config)["read:Unicorns"]

    assert not ok
    assert "Unicorns" in message


def test_an_edited_way_in_is_untested_again(in_acme: Tenant, world: World) -> None:
    config = making.make_config(in_acme)
    connect(config)
    assert config.test_ok is True

    renamed = Given("Renamed", settings={"world": "erp"})
    config = configs.edit(config, renamed, actor=actors.COMMAND)
    assert config.test_ok is True
    moved = Given("Renamed", settings={"world": "elsewhere"})
    config = configs.edit(config, moved, actor=actors.COMMAND)

    assert config.test_ok is None
    assert config.tested_at is None


def test_what_is_reported_replaces_what_was_assumed_in_place(in_acme: Tenant) -> None:
    config = odata(in_acme, "https://erp.example.com/")
    assumed = accounts.ensure(config)

    reported = accounts.report(config, "company-7", "Company seven")

    assert reported.pk == assumed.pk
    assert str(reported) == "Company seven"
    assert Account.objects.count() == 1


def test_a_company_that_is_known_is_joined(in_acme: Tenant) -> None:
    first = odata(in_acme, "https://erp.example.com/")
    known = accounts.report(first, "company-7", "Company seven")
    second = making.make_config(
        in_acme,
        "Second",
        system_type="odata",
        endpoint="https://x.example.com/",
        settings=BASIC,
    )
    accounts.ensure(second)

    assert accounts.report(second, "company-7", "Company seven") == known
    second.refresh_from_db()
    assert second.account == known


def test_untested_configs_of_one_host_do_not_share_an_account(in_acme: Tenant) -> None:
    first = odata(in_acme, "https://api.example.com/")
    second = making.make_config(
        in_acme,
        "Second",
        system_type="odata",
        endpoint="https://api.example.com/",
        settings=BASIC,
    )

    assert accounts.ensure(first) != accounts.ensure(second)
