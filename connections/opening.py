"""Opening an external system: everything that a config says, brought together for one work.

May be called with no transaction open; what it needs of the database it fetches in short ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import Final

import redis
from django.conf import settings

from connections import registry, secrets
from connections.kit.base import ErrorKind, RemoteError, System, TokenStore
from connections.kit.egress import EgressPolicy
from connections.kit.limits import RedisLimiter
from connections.models import ConnectionConfig
from connections.registry import Login, Surroundings
from connections.store import TenantRecords
from connections.tokens import AccountTokens, FreshTokens, login_of
from connections.uploads.storage import TenantFiles

_REDIS_TIMEOUT_S: Final = 0.3


@contextmanager
def open_system(
    config: ConnectionConfig,
    *,
    now: Callable[[], datetime],
    cancelled: Callable[[], bool] = lambda: False,
    fresh: bool = False,
) -> Iterator[System]:
    """Open the system that a config leads to, and close it at the end.

    Args:
        config: address and credentials.
        now: the clock.
        cancelled: asked between pages and batches.
        fresh: log in anew and share nothing, as *Connect* does: a session that still lives
            would hide that the password is wrong.

    Raises:
        RemoteError: its type is unknown, its secrets do not open, or the system says so.
    """
    shared = not fresh and config.account_id is not None
    login = Login(
        endpoint=config.endpoint,
        settings=config.settings,
        secrets=secrets_of(config),
        account=f"{config.tenant_id}:{config.account_id}" if shared else "",
    )
    surroundings = Surroundings(
        policy=egress_policy(settings.SYNCAPP_EGRESS_ALLOW),
        now=now,
        limiter=shared_limiter(settings.REDIS_URL) if shared else None,
        cancelled=cancelled,
        store=TenantRecords(config.tenant_id, now),
        files=TenantFiles(config.tenant_id),
    )
    tokens = _tokens(config, login, now) if shared else FreshTokens()
    try:
        system = registry.open_system(config.system_type, login, tokens, surroundings)
    except registry.UnknownSystemType as error:
        raise RemoteError(ErrorKind.CONFIG, error.message) from error
    try:
        yield system
    finally:
        system.close()


def purpose_of(config: ConnectionConfig) -> str:
    """Name what a config's secrets are sealed for; they open nowhere else."""
    return f"config {config.pk}"


def secrets_of(config: ConnectionConfig) -> dict[str, str]:
    """Open the secrets of a config.

    Raises:
        RemoteError: they do not open.
    """
    try:
        return secrets.unseal(
            config.secrets, tenant_id=config.tenant_id, purpose=purpose_of(config)
        )
    except secrets.SecretError as error:
        raise RemoteError(ErrorKind.AUTH, error.message) from error


@lru_cache(maxsize=4)
def egress_policy(allow: str) -> EgressPolicy:
    """Read the deployment's allow list, once."""
    return EgressPolicy.parse(allow)


def _tokens(config: ConnectionConfig, login: Login, now: Callable[[], datetime]) -> TokenStore:
    assert config.account_id is not None
    name = login_of(login.endpoint, login.settings, login.secrets)
    return AccountTokens(config.tenant_id, config.account_id, name, now)


@lru_cache(maxsize=2)
def shared_limiter(url: str) -> RedisLimiter:
    """Give the buckets in this Redis, which is asked once and not for long."""
    client = redis.Redis.from_url(
        url, socket_timeout=_REDIS_TIMEOUT_S, socket_connect_timeout=_REDIS_TIMEOUT_S
    )
    return RedisLimiter(client)
