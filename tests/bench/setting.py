"""Where a measurement takes place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Setting:
    """Addresses and ids that the stages share.

    Attributes:
        dsn: PostgreSQL, without a role.
        endpoint: service root of the source.
        tenant, object, pair, connection: ids of the configured rows.
    """

    dsn: str
    endpoint: str
    tenant: int
    object: int
    pair: int
    connection: int
