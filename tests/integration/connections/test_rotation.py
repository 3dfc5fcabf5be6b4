"""Rotating encryption keys, and what the system checks say about them."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from pytest_django import Settings

from connections import checks, models
from connections.kit.base import AuthState, RemoteError
from connections.opening import secrets_of
from connections.tokens import AccountTokens
from syncapp.tenants import door
from syncapp.tenants.models import Tenant
from tests import making

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def make_config(tenant: Tenant) -> models.ConnectionConfig:
    return making.make_config(
        tenant,
        system_type="odata",
        endpoint="https://a.example.com/",
        settings={"auth": "basic", "user": "u"},
        secrets={"password": f"of {tenant.slug}"},
    )


def tokens(tenant: Tenant, account: models.Account) -> AccountTokens:
    return AccountTokens(
        tenant.pk, account.pk, "login", lambda: datetime(2026, 1, 1, tzinfo=UTC)
    )


def test_after_rotation_the_old_key_is_not_needed(
    acme: Tenant, globex: Tenant, settings: Settings
) -> None:
    settings.SYNCAPP_ENCRYPTION_KEYS = [OLD]
    ours, theirs = make_config(acme), make_config(globex)
    with door.tenant(acme.pk):
        account = models.Account.objects.create(
            tenant=acme, system_type="rest", fingerprint="x", label="X"
        )
    tokens(acme, account).save(AuthState({"token": "t"}), seen=None)

    settings.SYNCAPP_ENCRYPTION_KEYS = [NEW, OLD]
    out = StringIO()
    call_command("rotate_secrets", stdout=out)
    settings.SYNCAPP_ENCRYPTION_KEYS = [NEW]

    assert out.getvalue().splitlines() == ["acme: 2 encrypted", "globex: 1 encrypted"]
    for config, tenant in ((ours, acme), (theirs, globex)):
        with door.tenant(tenant.pk):
            config.refresh_from_db()
        assert secrets_of(config) == {"password": f"of {tenant.slug}"}
    state = tokens(acme, account).load()
    assert state is not None
    assert state.data == {"token": "t"}


def test_what_does_not_open_is_named_and_the_rest_is_rotated(
    acme: Tenant, globex: Tenant, settings: Settings
) -> None:
    settings.SYNCAPP_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    lost = make_config(acme)
    settings.SYNCAPP_ENCRYPTION_KEYS = [OLD]
    kept = make_config(globex)

    settings.SYNCAPP_ENCRYPTION_KEYS = [NEW, OLD]
    with pytest.raises(CommandError, match="acme: connection config “ERP” does not open"):
        call_command("rotate_secrets", stdout=StringIO())

    settings.SYNCAPP_ENCRYPTION_KEYS = [NEW]
    with door.tenant(globex.pk):
        kept.refresh_from_db()
    assert secrets_of(kept) == {"password": "of globex"}
    with pytest.raises(RemoteError, match="enter them again"):
        secrets_of(lost)


@pytest.mark.parametrize(
    ("keys", "told"), [([], "is empty"), ([OLD, "short"], "Key 2 of SYNCAPP_ENCRYPTION_KEYS")]
)
def test_missing_and_broken_keys_are_found(
    settings: Settings, keys: list[str], told: str
) -> None:
    settings.SYNCAPP_ENCRYPTION_KEYS = keys

    (message,) = checks.encryption_keys()

    assert told in message.msg
    assert "short" not in message.msg


def test_a_broken_allow_list_is_found(settings: Settings) -> None:
    settings.SYNCAPP_EGRESS_ALLOW = "10.0.0.0/8, what is this/"

    (message,) = checks.egress()

    assert message.id == "connections.E003"


def test_all_system_types_are_well_declared() -> None:
    assert checks.systems() == []
