"""The kinds of external systems: a written-out table, imported on first use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from typing import Any, Final

from connections.kit.base import (
    Context,
    Files,
    Json,
    RecordStore,
    RemoteError,
    Setting,
    SettingKind,
    System,
    TokenStore,
)
from connections.kit.egress import EgressPolicy
from connections.kit.http import client_for
from connections.kit.limits import Limiter
from connections.kit.recorder import Recorder
from connections.kit.settings import CA_CERTIFICATE, SettingError, checked_url, cleaned
from syncapp.errors import Invalid

SYSTEM_TYPES: Final[Mapping[str, str]] = {
    "internal": "connections.systems.internal.Internal",
    "odata": "connections.systems.odata.OData",
    "rest": "connections.systems.rest.Rest",
    "sandbox": "connections.systems.sandbox.Sandbox",
    "upload": "connections.systems.upload.Upload",
}


class UnknownSystemType(Invalid):
    """There is no such kind of system."""

    code = "unknown_system_type"


@dataclass(frozen=True, slots=True)
class Login:
    """One way into an account: what a connection config holds, decrypted.

    Attributes:
        endpoint: as the administrator entered it.
        settings: validated, secrets excluded.
        secrets: name → plain text.
        account: names the account among all tenants', such as "17:42"; its logins share
            connections and rate limits. Empty for a login that is only tried out.
    """

    endpoint: str
    settings: Mapping[str, Json]
    secrets: Mapping[str, str] = field(repr=False)
    account: str = ""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the installation gives to every system.

    Attributes:
        policy: to which addresses it connects.
        limiter: rate limits that all workers share.
        now: the clock.
        cancelled: asked between pages and batches.
        recorder: keeps the last exchanges, for who wants to see them.
        store: the tenant's own records; only the internal system uses it.
        files: the tenant's uploads; only the system of uploads uses them.
    """

    policy: EgressPolicy
    now: Callable[[], datetime]
    limiter: Limiter | None = None
    cancelled: Callable[[], bool] = lambda: False
    recorder: Recorder | None = None
    store: RecordStore | None = None
    files: Files | None = None


def system_type(key: str) -> type[System]:
    """Give the class for a kind of system.

    Raises:
        UnknownSystemType: there is none of this name.
    """
    path = SYSTEM_TYPES.get(key)
    if path is None:
        known = ", ".join(SYSTEM_TYPES)
        message = f"There is no kind of system “{key}”. There are: {known}."
        raise UnknownSystemType(message, fields={"system_type": message})
    module, _, name = path.rpartition(".")
    kind: type[System] = getattr(import_module(module), name)
    return kind


def open_system(
    key: str, login: Login, tokens: TokenStore, surroundings: Surroundings
) -> System:
    """Make a system for one piece of work; the caller closes it.

    Raises:
        UnknownSystemType: there is no kind of this name.
        RemoteError: CONFIG if the login cannot be used at all.
    """
    kind = system_type(key)
    http = client_for(
        login.account,
        endpoint=login.endpoint,
        policy=surroundings.policy,
        secrets=login.secrets.values(),
        ca_certificate=str(login.settings.get(CA_CERTIFICATE.name) or ""),
        rates=kind.rates(login.settings),
        limiter=surroundings.limiter,
        recorder=surroundings.recorder,
    )
    context = Context(
        endpoint=login.endpoint,
        settings=login.settings,
        secrets=login.secrets,
        http=http,
        tokens=tokens,
        now=surroundings.now,
        cancelled=surroundings.cancelled,
        store=surroundings.store,
        files=surroundings.files,
    )
    return kind(context)


def validate_settings(
    kind: type[System], endpoint: str, values: Mapping[str, Any]
) -> dict[str, Json]:
    """Check what a config was given, and bring it into the declared types.

    Args:
        kind: the class whose settings these are.
        endpoint: the address; must be empty for a kind without one.
        values: name → value, secrets included.

    Returns:
        Name → value of all declared settings; `split_secrets` takes the secrets out.

    Raises:
        Invalid: `fields` says for each wrong field what to do.
    """
    good, wrong = cleaned(kind.settings, values)
    if kind.endpoint_label is None:
        if endpoint.strip():
            wrong["endpoint"] = "This kind of system has no address."
    else:
        try:
            checked_url(endpoint)
        except SettingError as error:
            wrong["endpoint"] = str(error)
    if not wrong:
        wrong.update(kind.problems(good))
    if wrong:
        labels = {setting.name: setting.label for setting in kind.settings}
        named = ", ".join(labels.get(name, name) for name in wrong)
        message = f"These settings are not right yet: {named}."
        raise Invalid(message, fields=wrong)
    return good


def split_secrets(
    kind: type[System], values: Mapping[str, Json]
) -> tuple[dict[str, Json], dict[str, str]]:
    """Part validated values: (settings, secrets that are set)."""
    secret = {setting.name for setting in kind.settings if setting.secret}
    settings = {name: value for name, value in values.items() if name not in secret}
    secrets = {name: str(value) for name, value in values.items() if name in secret and value}
    return settings, secrets


def problems() -> list[str]:
    """Say what is wrong with the table and the declarations of its classes."""
    found = []
    for key in SYSTEM_TYPES:
        try:
            kind = system_type(key)
        except (ImportError, AttributeError) as error:
            found.append(f"{key}: cannot be imported: {error}")
            continue
        found += [f"{key}: {problem}" for problem in _problems(kind)]
    return found


def _problems(kind: type[System]) -> list[str]:
    found = []
    if not getattr(kind, "label", ""):
        found.append("has no label")
    missing: frozenset[str] = getattr(kind, "__abstractmethods__", frozenset())
    if missing:
        found.append(f"lacks {', '.join(sorted(missing))}")
    names = [setting.name for setting in kind.settings]
    found += [
        f"setting {name} is there twice" for name in {n for n in names if names.count(n) > 1}
    ]
    for setting in kind.settings:
        found += _setting_problems(setting)
    try:
        kind.rates({})
    except RemoteError as error:
        found.append(f"has no rates without settings: {error}")
    return found


def _setting_problems(setting: Setting) -> list[str]:
    found = []
    if not setting.name.isidentifier() or setting.name != setting.name.lower():
        found.append(f"setting {setting.name!r} has no proper name")
    if setting.name == "endpoint":
        found.append("setting endpoint: the config has that field already")
    if not setting.label:
        found.append(f"setting {setting.name} has no label")
    if (setting.kind is SettingKind.CHOICE) != bool(setting.choices):
        found.append(f"setting {setting.name}: choices and kind do not fit")
    if (
        setting.choices
        and setting.default is not None
        and setting.default not in dict(setting.choices)
    ):
        found.append(f"setting {setting.name}: the default is no choice")
    if setting.secret and setting.default is not None:
        found.append(f"setting {setting.name}: a secret has no default")
    return found
