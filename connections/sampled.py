"""A record on which something is tried: stored here, or another system's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Sampled:
    """One record.

    Attributes:
        label: its key, or its place if it has none.
        record: field → value.
        record_id: the stored record; None if it is another system's.
    """

    label: str
    record: Mapping[str, Any]
    record_id: int | None = None
