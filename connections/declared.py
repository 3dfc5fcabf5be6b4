"""What a system type declares decides what a config may hold: entered values are judged here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from connections import registry
from connections.kit.base import Setting, SettingKind, System
from connections.models import ConnectionConfig
from syncapp.errors import Invalid

REQUIRED: Final = "This is required."
_MULTILINE: Final = frozenset({SettingKind.LONG_TEXT, SettingKind.YAML})


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody entered for a config.

    Attributes:
        settings: setting → value, for those that are no secrets.
        secrets: setting → new text, "" to remove it, None to keep what is saved.
    """

    name: str
    endpoint: str = ""
    environment: str = ConnectionConfig.Environment.LIVE
    settings: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judged:
    """What is stored: values of the declared kinds, and all secrets in plain text."""

    name: str
    endpoint: str
    environment: str
    settings: Mapping[str, Any]
    secrets: Mapping[str, str] = field(repr=False)


def kind_named(system_type: str) -> type[System]:
    """Give the class of a system type.

    Raises:
        Invalid: there is no such type.
    """
    try:
        return registry.system_type(system_type)
    except KeyError:
        text = f"There is no system type “{system_type}”."
        raise Invalid(fields={"system_type": text}) from None


def judge(kind: type[System], given: Given, *, saved: Mapping[str, str]) -> Judged:
    """Bring everything that was given to the declared kinds.

    Args:
        kind: the system type.
        given: as it was entered.
        saved: secrets that are stored already.

    Raises:
        Invalid: with all that is wrong, by field; settings as `settings.<name>`, secrets as
            `secrets.<name>`.
    """
    problems = dict(_common_problems(kind, given))
    problems |= _undeclared(kind, given)
    settings = {}
    for setting in kind.settings:
        if not setting.secret:
            try:
                settings[setting.name] = _value(setting, given.settings.get(setting.name))
            except ValueError as error:
                problems[f"settings.{setting.name}"] = str(error)
    settings = {name: value for name, value in settings.items() if value is not None}
    if not any(name.startswith("settings.") for name in problems):
        problems |= {f"settings.{k}": v for k, v in kind.problems(settings).items()}
    hidden = _merged(kind, given.secrets, saved)
    for setting in kind.settings:
        if setting.secret and setting.required and setting.name not in hidden:
            problems[f"secrets.{setting.name}"] = REQUIRED
    if problems:
        raise Invalid(fields=problems)
    name, endpoint = given.name.strip(), given.endpoint.strip()
    return Judged(name, endpoint, given.environment, settings, hidden)


def _merged(
    kind: type[System], given: Mapping[str, str | None], saved: Mapping[str, str]
) -> dict[str, str]:
    values = {**saved, **{name: value for name, value in given.items() if value is not None}}
    declared = {setting.name for setting in kind.settings if setting.secret}
    return {name: value for name, value in values.items() if value and name in declared}


def _common_problems(kind: type[System], given: Given) -> Iterator[tuple[str, str]]:
    if not given.name.strip():
        yield "name", REQUIRED
    elif len(given.name.strip()) > 100:
        yield "name", "At most 100 characters."
    if given.environment not in ConnectionConfig.Environment.values:
        yield "environment", f"“{given.environment}” is not a valid choice."
    if kind.endpoint_label is not None:
        yield from _address_problems(given.endpoint.strip())
    elif given.endpoint:
        yield "endpoint", f"{kind.label} has no address."


def _address_problems(endpoint: str) -> Iterator[tuple[str, str]]:
    try:
        parts = urlsplit(endpoint)
        host, _ = parts.hostname, parts.port
    except ValueError:
        yield "endpoint", "This is not a valid address."
        return
    if not endpoint:
        yield "endpoint", REQUIRED
    elif len(endpoint) > 500:
        yield "endpoint", "At most 500 characters."
    elif parts.scheme not in {"http", "https"} or not host:
        yield "endpoint", "The address begins with https:// (or http://) and names a host."
    elif parts.username or parts.password:
        yield "endpoint", "Enter user and password in their own fields, not in the address."
    elif parts.query or parts.fragment:
        yield "endpoint", "Enter the base address only, without what follows ? or #."


def _undeclared(kind: type[System], given: Given) -> dict[str, str]:
    declared = {(setting.name, setting.secret) for setting in kind.settings}
    wrong = [f"settings.{name}" for name in given.settings if (name, False) not in declared]
    wrong += [f"secrets.{name}" for name in given.secrets if (name, True) not in declared]
    return dict.fromkeys(wrong, f"{kind.label} has no such setting.")


def _value(setting: Setting, given: Any) -> Any:
    """Bring a setting to its kind; None where nothing was given.

    Raises:
        ValueError: it does not fit; the text is for people.
    """
    if isinstance(given, str) and setting.kind not in _MULTILINE:
        given = given.strip()
    if given is not None and given != "":
        return _checked(setting, given)
    if setting.default is not None:
        return setting.default
    if setting.required:
        raise ValueError(REQUIRED)
    return False if setting.kind is SettingKind.BOOLEAN else None


def _checked(setting: Setting, given: Any) -> Any:
    match setting.kind:
        case SettingKind.INTEGER:
            if isinstance(given, bool) or not str(given).removeprefix("-").isdecimal():
                raise ValueError("Enter a whole number.")
            return int(given)
        case SettingKind.BOOLEAN:
            if not isinstance(given, bool):
                raise ValueError("Either true or false.")
        case SettingKind.CHOICE:
            if given not in {value for value, _ in setting.choices}:
                raise ValueError(f"“{given}” is not a valid choice.")
        case _ if not isinstance(given, str):
            raise ValueError("A text is expected.")
        case SettingKind.URL if urlsplit(given).scheme not in {"http", "https"}:
            raise ValueError("The address begins with https:// or http://.")
    return given
