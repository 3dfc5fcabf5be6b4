"""Which remote company a config leads to.

Links, cursors and sessions hang on the account, so two configs may share one only if both are
known to lead to the same company: *Connect* reports it. Until then a config has an account of its
own, which takes the reported identity in place, so that nothing that hangs on it is lost.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from connections.models import Account, ConnectionConfig

_COMPANY: Final = ("company_db", "company", "tenant")
"""Settings that name the company within a host."""
_LABEL_LENGTH: Final = 200
_FINGERPRINT_LENGTH: Final = 300


def ensure(config: ConnectionConfig) -> Account:
    """Give the config's account, or make the one it has until *Connect* reports another."""
    if config.account is not None:
        return config.account
    fingerprint, label = _assumed(config)
    account, _ = Account.objects.get_or_create(
        tenant_id=config.tenant_id,
        system_type=config.system_type,
        fingerprint=fingerprint,
        defaults={"label": label},
    )
    _join(config, account)
    return account


def report(config: ConnectionConfig, fingerprint: str, label: str) -> Account:
    """Take note of the company that *Connect* found behind this config.

    A known company is joined. Otherwise an account that was only assumed takes the identity, and
    without one a new account is made.
    """
    fingerprint, label = fingerprint[:_FINGERPRINT_LENGTH], label[:_LABEL_LENGTH] or fingerprint
    accounts = Account.objects.filter(
        tenant_id=config.tenant_id, system_type=config.system_type
    )
    account = accounts.filter(fingerprint=fingerprint).first()
    present = config.account
    if account is None and present is not None and present.fingerprint == _assumed(config)[0]:
        account = present
    if account is None:
        account = Account(tenant_id=config.tenant_id, system_type=config.system_type)
    account.fingerprint, account.label = fingerprint, label[:_LABEL_LENGTH]
    account.save()
    _join(config, account)
    return account


def assumed(config: ConnectionConfig) -> str:
    """Name the company that address and settings point to, as far as they tell."""
    return _assumed(config)[0]


def _assumed(config: ConnectionConfig) -> tuple[str, str]:
    host = urlsplit(config.endpoint).netloc.rpartition("@")[2] or config.system_type
    company = next(
        (str(config.settings[name]) for name in _COMPANY if config.settings.get(name)), ""
    )
    if company:
        return f"{host}/{company}"[:_FINGERPRINT_LENGTH], f"{company} on {host}"[:_LABEL_LENGTH]
    # Many companies may live behind one host, so an unnamed one is nobody else's.
    return f"{host}#{config.pk}"[:_FINGERPRINT_LENGTH], host[:_LABEL_LENGTH]


def _join(config: ConnectionConfig, account: Account) -> None:
    config.account = account
    ConnectionConfig.objects.filter(tenant_id=config.tenant_id, pk=config.pk).update(
        account=account
    )
