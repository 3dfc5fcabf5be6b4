"""What can be done with connection configs: create, edit, delete, test.

Secrets go in and never out: what leaves this room is which of them are saved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import structlog
from django.db.models import Q

from connections import accounts, discovery, registry, secrets
from connections.declared import Given, Judged, judge
from connections.kit.base import Check, RemoteError, System
from connections.models import Connection, ConnectionConfig
from connections.opening import open_system, purpose_of, secrets_of
from syncapp.errors import Changed, Refused
from syncapp.tenants import audit, door
from syncapp.tenants.actors import Actor
from syncapp.tenants.integrity import unique
from syncapp.tenants.models import Tenant

log = structlog.get_logger(__name__)

_TAKEN = "This name is taken."


def create(tenant: Tenant, system_type: str, given: Given, *, actor: Actor) -> ConnectionConfig:
    """Make a config.

    Raises:
        Invalid: an unknown type, a bad setting or a name that is taken.
    """
    judged = judge(registry.system_type(system_type), given, saved={})
    config = ConnectionConfig(tenant=tenant, system_type=system_type)
    _fill(config, judged)
    with unique("name", _TAKEN):
        config.save()
    _seal(config, judged)  # its id is part of what the secrets are bound to
    audit.record(
        tenant, actor, "create", config, diff=_difference({}, _plain(config, judged.secrets))
    )
    return config


def edit(
    config: ConnectionConfig, given: Given, *, actor: Actor, etag: int | None = None
) -> ConnectionConfig:
    """Change a config; its type stays.

    Args:
        config: the row as the caller knows it.
        given: the new values; all of them, but for secrets that are kept.
        actor: who does it.
        etag: refuse if the row is no longer in this state.

    Raises:
        Changed: somebody else changed it meanwhile.
        Invalid: a bad setting or a name that is taken.
    """
    config = _locked(config, etag)
    saved = _saved(config)
    judged = judge(registry.system_type(config.system_type), given, saved=saved)
    before, way_in = _plain(config, saved), _way_in(config, saved)
    place = accounts.assumed(config)
    _fill(config, judged)
    changes = _difference(before, _plain(config, judged.secrets))
    if not changes:
        return config
    if _way_in(config, judged.secrets) != way_in:
        config.tested_at, config.test, config.test_ok = None, [], None
    if accounts.assumed(config) != place:
        config.account = None  # until Connect tells which company this is, nothing may run
    config.etag += 1
    with unique("name", _TAKEN):
        config.save()
    _seal(config, judged)
    audit.record(config.tenant, actor, "edit", config, diff=changes)
    return config


def delete(config: ConnectionConfig, *, actor: Actor, etag: int | None = None) -> None:
    """Delete a config that no connection uses; the account and its links stay.

    Raises:
        Refused: connections use it.
        Changed: somebody else changed it meanwhile.
    """
    config = _locked(config, etag)
    if users := users_of(config):
        names = ", ".join(f"“{user}”" for user in users)
        raise Refused(f"Connections use this config: {names}.", code="in_use")
    audit.record(config.tenant, actor, "delete", config)
    config.delete()


def users_of(config: ConnectionConfig) -> list[Connection]:
    """List the connections that use a config, in the draft or in what runs."""
    uses = Q(config=config) | Q(live_version__spec__config_id=config.pk)
    found = Connection.objects.filter(uses, tenant_id=config.tenant_id)
    return list(found.order_by("direction", "name"))


def saved_secrets(config: ConnectionConfig) -> frozenset[str]:
    """Name the secrets that are stored; unreadable ones count as not stored."""
    return frozenset(_saved(config))


def run_checks(
    config: ConnectionConfig, *, actor: Actor, now: Callable[[], datetime]
) -> list[Check]:
    """Test a config line by line and store what was found; call it with no transaction open.

    The test logs in anew, whatever sessions there are. If it finds the remote company, the
    config joins that company's account.
    """
    with door.tenant(config.tenant_id):
        used = config.connections.exclude(entity="").values_list("entity", flat=True)
        entities = list(used.order_by("entity").distinct())
    checks = list(_checks(config, entities, now))
    with door.tenant(config.tenant_id):
        row = _locked(config, None)
        if row.etag == config.etag:  # what was tested is still what is stored
            _note(row, checks, now())
            _join(row, checks, actor)
    return checks


def checks_of(config: ConnectionConfig) -> list[Check]:
    """Give the lines of the last test."""
    return [Check(**line) for line in config.test]


def _checks(
    config: ConnectionConfig, entities: Sequence[str], now: Callable[[], datetime]
) -> Iterator[Check]:
    """Yield the lines; whatever goes wrong before the first is a line too."""
    try:
        with open_system(config, now=now, fresh=True) as system:
            fine = True
            for check in system.check(entities=entities):
                fine = fine and check.ok
                yield check
            if fine:
                _look_again(system, config, now())
    except RemoteError as error:
        yield Check("config", ok=False, message=error.message)


def _look_again(system: System, config: ConnectionConfig, now: datetime) -> None:
    """See whether what connections use is still as it was; the test is about something else."""
    try:
        discovery.look_again(system, config, now=now, always=True)
    except RemoteError as error:
        log.warning("entities could not be described", kind=error.kind)


def _note(config: ConnectionConfig, checks: Sequence[Check], now: datetime) -> None:
    config.tested_at = now
    config.test = [{**asdict(check), "account": None} for check in checks]
    config.test_ok = bool(checks) and all(check.ok for check in checks)
    config.save(update_fields=["tested_at", "test", "test_ok"])


def _join(config: ConnectionConfig, checks: Sequence[Check], actor: Actor) -> None:
    found = next((check.account for check in checks if check.ok and check.account), None)
    if found is None:
        return
    before = str(config.account) if config.account else None
    account = accounts.report(config, *found)
    if changes := audit.diff({"account": before}, {"account": str(account)}):
        audit.record(config.tenant, actor, "test", config, diff=changes)


def _fill(config: ConnectionConfig, judged: Judged) -> None:
    config.name = judged.name
    config.environment = judged.environment
    config.endpoint = judged.endpoint
    config.settings = dict(judged.settings)


def _seal(config: ConnectionConfig, judged: Judged) -> None:
    config.secrets = b""
    if judged.secrets:
        config.secrets = secrets.seal(
            judged.secrets, tenant_id=config.tenant_id, purpose=purpose_of(config)
        )
    config.save(update_fields=["secrets"])


def _saved(config: ConnectionConfig) -> dict[str, str]:
    try:
        return secrets_of(config)
    except RemoteError:  # unreadable: to be entered again, which editing must allow
        return {}


def _way_in(config: ConnectionConfig, values: Mapping[str, str]) -> tuple[Any, ...]:
    return config.endpoint, config.settings, dict(values)


def _plain(config: ConnectionConfig, values: Mapping[str, str]) -> dict[str, Any]:
    shown = audit.snapshot(config, ("name", "system_type", "environment", "endpoint"))
    shown |= {f"settings.{name}": value for name, value in config.settings.items()}
    return shown | {f"secrets.{name}": value for name, value in values.items()}


def _difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    hidden = {name for name in (*before, *after) if name.startswith("secrets.")}
    return audit.diff(before, after, secret=hidden)


def _locked(config: ConnectionConfig, etag: int | None) -> ConnectionConfig:
    row: ConnectionConfig = ConnectionConfig.objects.select_for_update(of=("self",)).get(
        tenant_id=config.tenant_id, pk=config.pk
    )
    if etag is not None and row.etag != etag:
        raise Changed
    return row
