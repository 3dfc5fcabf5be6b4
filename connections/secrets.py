"""Secrets at rest: encrypted, bound to their tenant and purpose, re-encrypted when keys rotate.

Fernet has no associated data, so tenant and purpose stand inside the plaintext and are compared
when it is opened: a ciphertext moved to another row, tenant or column does not open.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from syncapp import canonical
from syncapp.errors import SyncAppError


class SecretError(SyncAppError):
    """The stored secrets cannot be opened; enter them again."""

    code = "secret_unreadable"
    status = 500


def seal(values: Mapping[str, Any], *, tenant_id: int, purpose: str) -> bytes:
    """Encrypt a set of values for one tenant and purpose, with the newest key."""
    plain = canonical.dumps({"tenant": tenant_id, "purpose": purpose, "values": dict(values)})
    return _ring().encrypt(plain)


def unseal(sealed: bytes | memoryview, *, tenant_id: int, purpose: str) -> dict[str, Any]:
    """Decrypt what `seal` made for the same tenant and purpose; nothing stored gives {}.

    Raises:
        SecretError: no key opens it, or it was made for another place.
    """
    if not sealed:
        return {}
    try:
        plain = canonical.loads(_ring().decrypt(bytes(sealed)))
    except InvalidToken as error:
        raise SecretError from error
    if plain["tenant"] != tenant_id or plain["purpose"] != purpose:
        raise SecretError("The stored secrets belong to another place; enter them again.")
    values: dict[str, Any] = plain["values"]
    return values


def rotate(sealed: bytes | memoryview) -> bytes:
    """Encrypt again with the newest key, without looking inside.

    Raises:
        SecretError: no key opens it.
    """
    try:
        return _ring().rotate(bytes(sealed))
    except InvalidToken as error:
        raise SecretError from error


def _ring() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.SYNCAPP_ENCRYPTION_KEYS])
