"""What a system type declares decides what a config holds, and how it is shown."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from connections import registry
from connections.kit.base import Setting, System
from connections.models import ConnectionConfig
from objects.values import storable
from syncapp.errors import Invalid


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


def judge(kind: type[System], given: Given, *, saved: Mapping[str, str]) -> Judged:
    """Bring everything that was given to what the type declares.

    Args:
        kind: the system type.
        given: as it was entered.
        saved: secrets that are stored already.

    Raises:
        Invalid: with all that is wrong, by field; settings as `settings.<name>`, secrets as
            `secrets.<name>`.
    """
    problems = _foreign(kind, given)
    if not given.name.strip():
        problems["name"] = "This is needed."
    elif len(given.name.strip()) > 100:
        problems["name"] = "At most 100 characters."
    if given.environment not in ConnectionConfig.Environment.values:
        problems["environment"] = f"“{given.environment}” is not a valid choice."
    new = {name: value for name, value in given.secrets.items() if value is not None}
    declared = {setting.name for setting in kind.settings}
    entered = {**given.settings, **saved, **new}
    values = {}
    try:
        values = registry.validate_settings(
            kind, given.endpoint, {name: entered[name] for name in declared & entered.keys()}
        )
    except Invalid as error:
        problems |= {_place(kind, name): text for name, text in error.fields.items()}
    if problems:
        raise Invalid(fields=problems)
    settings, secrets = registry.split_secrets(kind, values)
    known = {name: value for name, value in settings.items() if value is not None}
    return Judged(given.name.strip(), given.endpoint.strip(), given.environment, known, secrets)


def label_of(system_type: str) -> str:
    """Name a system type for people; its code if this installation does not know it."""
    try:
        return registry.system_type(system_type).label
    except registry.UnknownSystemType:
        return system_type


def offered() -> list[tuple[str, str]]:
    """List the types that forms offer: code and label, by label."""
    kinds = ((code, registry.system_type(code)) for code in registry.SYSTEM_TYPES)
    found = [(code, kind.label) for code, kind in kinds if kind.listed]
    return sorted(found, key=lambda pair: pair[1].lower())


def about(system_type: str) -> str:
    """Say in one sentence what a system type is for: the first of its docstring."""
    text = (registry.system_type(system_type).__doc__ or "").strip()
    return " ".join(text.split("\n\n")[0].split())


def declared_secrets(system_type: str) -> frozenset[str]:
    """Name the settings of a kind of system that are secret."""
    try:
        kind = registry.system_type(system_type)
    except registry.UnknownSystemType:
        return frozenset()
    return frozenset(setting.name for setting in kind.settings if setting.secret)


def facts(config: ConnectionConfig, saved: Collection[str]) -> list[tuple[str, str]]:
    """List a config's settings for reading: label and text; of secrets whether they are saved."""
    try:
        kind = registry.system_type(config.system_type)
    except registry.UnknownSystemType:
        return []
    lines = []
    for setting in kind.settings:
        if setting.secret:
            lines.append((setting.label, "saved" if setting.name in saved else ""))
        else:
            lines.append((setting.label, _shown(setting, config.settings.get(setting.name))))
    return lines


def _shown(setting: Setting, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return dict(setting.choices).get(value, "" if value is None else str(value))


def _foreign(kind: type[System], given: Given) -> dict[str, str]:
    """Find what the type does not know, and what the database cannot hold."""
    declared = {(setting.name, setting.secret) for setting in kind.settings}
    wrong = [f"settings.{name}" for name in given.settings if (name, False) not in declared]
    wrong += [f"secrets.{name}" for name in given.secrets if (name, True) not in declared]
    found = dict.fromkeys(wrong, f"{kind.label} has no such setting.")
    entered = {f"settings.{name}": value for name, value in given.settings.items()}
    entered |= {f"secrets.{name}": value for name, value in given.secrets.items()}
    for place, value in entered.items():
        if isinstance(value, str) and not storable(value):
            found[place] = "This holds a character that cannot be stored."
    return found


def _place(kind: type[System], name: str) -> str:
    for setting in kind.settings:
        if setting.name == name:
            return f"{'secrets' if setting.secret else 'settings'}.{name}"
    return name
