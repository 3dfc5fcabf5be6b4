"""What a link remembers of a source record: hashes of a few of its values, in few bytes.

A vector is a row of entries of 12 bytes: 4 that name what was hashed and 8 of the hash. Because
each entry says what it is of, a vector outlives versions: a field that is watched from now on is
simply not in it yet.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any, Final

import xxhash

from syncapp import canonical

_ENTRY: Final = struct.Struct(">IQ")


def name(text: str) -> int:
    """Make the name of an entry."""
    return xxhash.xxh32_intdigest(text.encode())


def digest(value: Any) -> int:
    """Hash a value; equal values give equal hashes."""
    return canonical.digest(value)


def pack(entries: Mapping[int, int]) -> bytes:
    """Write entries down."""
    return b"".join(_ENTRY.pack(key, value) for key, value in entries.items())


def unpack(vector: bytes | memoryview | None) -> dict[int, int]:
    """Read entries; what is no vector has none."""
    whole = bytes(vector or b"")
    return dict(_ENTRY.iter_unpack(whole)) if len(whole) % _ENTRY.size == 0 else {}
