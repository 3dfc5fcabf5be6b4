"""System checks: what is wrong with the table of systems or the settings of this deployment."""

from __future__ import annotations

from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from connections import registry
from connections.kit.egress import EgressPolicy

_NEW_KEY = "Make one with `python -c 'from cryptography.fernet import Fernet as F; print(F.generate_key().decode())'`."


@register
def systems(**_: Any) -> list[CheckMessage]:
    """Every system type can be imported and declares itself properly."""
    return [Error(problem, id="connections.E001") for problem in registry.problems()]


@register
def encryption_keys(**_: Any) -> list[CheckMessage]:
    """There is a key to seal secrets with, and all keys are keys."""
    keys = settings.SYNCAPP_ENCRYPTION_KEYS
    if not keys:
        text = "SYNCAPP_ENCRYPTION_KEYS is empty: secrets cannot be stored."
        return [Error(text, hint=_NEW_KEY, id="connections.E002")]
    broken = [place for place, key in enumerate(keys, 1) if not _is_key(key)]
    return [
        Error(
            f"Key {place} of SYNCAPP_ENCRYPTION_KEYS is none.",
            hint=_NEW_KEY,
            id="connections.E002",
        )
        for place in broken
    ]


@register
def egress(**_: Any) -> list[CheckMessage]:
    """The allow list of addresses can be read."""
    try:
        EgressPolicy.parse(settings.SYNCAPP_EGRESS_ALLOW)
    except ValueError as error:
        hint = "Hosts, addresses or networks, each with a port if wanted, separated by commas."
        return [Error(f"SYNCAPP_EGRESS_ALLOW: {error}.", hint=hint, id="connections.E003")]
    return []


def _is_key(text: str) -> bool:
    try:
        Fernet(text)
    except ValueError:
        return False
    return True
