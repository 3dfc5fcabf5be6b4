"""What a connection config is asked for, and whether the answers can be right."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from connections.kit.base import Json, RemoteError, Setting, SettingKind
from connections.kit.wire import tls_context

CA_CERTIFICATE: Final = Setting(
    "ca_certificate",
    "CA certificate",
    SettingKind.LONG_TEXT,
    help="Only if the server's certificate comes from an authority of your own: its certificate "
    "as text that begins with -----BEGIN CERTIFICATE-----.",
)
_longest: Final = {SettingKind.LONG_TEXT: 100_000, SettingKind.YAML: 200_000}
_longest_line: Final = 4000
_label = re.compile(r"(?!-)[\w-]{1,63}(?<!-)")


class SettingError(ValueError):
    """A value cannot be right; the message says what to do about it."""


def cleaned(
    settings: Iterable[Setting], values: Mapping[str, Any]
) -> tuple[dict[str, Json], dict[str, str]]:
    """Bring values into their types: (the good ones, name → what is wrong)."""
    good: dict[str, Json] = {}
    wrong: dict[str, str] = {}
    known = {setting.name: setting for setting in settings}
    for name in values.keys() - known.keys():
        wrong[name] = "There is no such setting for this kind of system."
    for name, setting in known.items():
        try:
            good[name] = _value(setting, values.get(name))
        except SettingError as error:
            wrong[name] = str(error)
    if good.get(CA_CERTIFICATE.name):
        try:
            tls_context(good[CA_CERTIFICATE.name])
        except RemoteError as error:
            wrong[CA_CERTIFICATE.name] = error.message
    return good, wrong


def checked_url(text: str) -> str:
    """Give an address without blanks around it.

    Raises:
        SettingError: it is no address of a web service, or holds what belongs elsewhere.
    """
    address = text.strip()
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        message = "This is not a valid address. Check host and port."
        raise SettingError(message) from None
    problems = (
        (parts.scheme not in {"http", "https"}, "Enter an address that begins with https://."),
        (any(c <= " " or c == "\\" for c in address), "An address holds no blanks."),
        (not host or not _is_host(host) or port == 0, "The address names no valid host."),
        (
            "@" in parts.netloc,
            "Enter user and password in their own fields, not in the address.",
        ),
        ("#" in address, "Leave out the part from # on: it never reaches the server."),
        ("?" in address, "Leave out the part from ? on: keys have fields of their own."),
    )
    for wrong, message in problems:
        if wrong:
            raise SettingError(message)
    return address


def _value(setting: Setting, value: Any) -> Json:
    if isinstance(value, str) and not setting.secret:
        value = value.strip()
    if value in (None, ""):
        if setting.required and setting.default in (None, ""):
            message = "This is needed."
            raise SettingError(message)
        return setting.default
    if setting.kind is SettingKind.BOOLEAN:
        return _boolean(value)
    if setting.kind is SettingKind.INTEGER:
        return _integer(value)
    if not isinstance(value, str):
        message = "Enter text."
        raise SettingError(message)
    return _text(setting, value)


def _text(setting: Setting, value: str) -> str:
    longest = _longest.get(setting.kind, _longest_line)
    if len(value) > longest:
        message = f"This is too long: at most {longest} characters."
        raise SettingError(message)
    if "\0" in value:
        message = "This holds a character that cannot be stored."
        raise SettingError(message)
    if setting.kind is SettingKind.URL:
        return checked_url(value)
    if setting.kind is SettingKind.CHOICE and value not in dict(setting.choices):
        known = ", ".join(name for name, _ in setting.choices)
        message = f"Choose one of: {known}."
        raise SettingError(message)
    return value


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    message = "Choose yes or no."
    raise SettingError(message)


def _integer(value: Any) -> int:
    number = -1
    if isinstance(value, int) and not isinstance(value, bool):
        number = value
    elif isinstance(value, str) and re.fullmatch(r"\d{1,9}", value, re.ASCII):
        number = int(value)
    if not 0 <= number < 10**9:
        message = "Enter a whole number from 0 on."
        raise SettingError(message)
    return number


def _is_host(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        labels = host.removesuffix(".").split(".")
        return len(host) <= 253 and all(_label.fullmatch(label) for label in labels)
    return True
