"""Slicing: a page becomes records without being decoded.

A page of a second run is mostly records that have not changed. So the page is cut into the raw
bytes of its records, and only the few fields that identify a record are read; the values wait
until somebody asks for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any, Final

import msgspec

from connections.kit.values import Json, Record
from syncapp import canonical

Path = tuple[str, ...]

_absent: Final = None


def path_of(text: str) -> Path | None:
    """Read a plain dotted path such as `meta.next`; None if it is more than that."""
    parts = tuple(text.split(".")) if text not in {"", "@"} else ()
    plain = all(part and part.replace("_", "a").replace("-", "a").isalnum() for part in parts)
    return parts if plain else None


class Picker:
    """Reads named places of a JSON document and skips the rest.

    Args:
        places: name → path of the place.
        slices: the name of a place that holds a list, given as undecoded slices.

    Raises:
        ValueError: a place lies inside another one.
    """

    def __init__(self, places: Mapping[str, Path], slices: str | None = None) -> None:
        kinds = {
            path: list[msgspec.Raw] | None if name == slices else Any
            for name, path in places.items()
        }
        self._decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(
            _struct("Document", kinds), float_hook=Decimal
        )
        self._getters = {name: _getter(path) for name, path in places.items()}

    def pick(self, document: bytes) -> dict[str, Any]:
        """Give name → value; None where the place is absent.

        Raises:
            msgspec.DecodeError: it is no JSON, or not of this shape.
        """
        found = self._decoder.decode(document)
        return {name: get(found) for name, get in self._getters.items()}


@dataclass(frozen=True, slots=True)
class Shape:
    """Where a record tells who it is.

    Attributes:
        key: paths of the fields that make the remote id.
        version: path of the etag or revision.
        changed: path of the change stamp.
        removed: path of a mark that makes the record a tombstone, whatever its value.
    """

    key: tuple[Path, ...]
    version: Path | None = None
    changed: Path | None = None
    removed: Path | None = None


class Slicer:
    """Turns slices into records.

    Args:
        shape: where a record tells who it is.
        decode: how the values are read when somebody asks.
        stamp: reads a change stamp.
        identify: makes the remote id of a tombstone, which may lack the key fields.
    """

    def __init__(
        self,
        shape: Shape,
        *,
        decode: Callable[[bytes], Json] = canonical.loads,
        stamp: Callable[[Json], datetime | None] | None = None,
        identify: Callable[[bytes], str | None] | None = None,
    ) -> None:
        self._decode = decode
        self._identify = identify
        self._stamp = stamp or moment
        self._shape = shape
        paths = [*shape.key, *filter(None, (shape.version, shape.changed, shape.removed))]
        kinds: dict[Path, Any] = dict.fromkeys(paths, Any)
        self._decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(
            _struct("Key", kinds), float_hook=Decimal
        )
        self._keys = [_getter(path) for path in shape.key]
        self._version = _getter(shape.version) if shape.version else None
        self._changed = _getter(shape.changed) if shape.changed else None
        self._removed = _getter(shape.removed) if shape.removed else None

    def records(self, slices: Iterable[Any]) -> list[Record]:
        """Make the records of a page, in order; what has no usable id has None."""
        decode, plain = self._decoder.decode, len(self._keys) == 1
        first = self._keys[0]
        version, changed, removed = self._version, self._changed, self._removed
        made = []
        for part in slices:
            raw = bytes(part)
            try:
                found = decode(raw)
            except (msgspec.DecodeError, RecursionError):
                made.append(Record(None, raw, decode=self._decode))
                continue
            remote_id = id_text(first(found)) if plain else self._composite(found)
            record = Record(remote_id, raw, decode=self._decode)
            if version and (value := version(found)) is not None:
                record.version = id_text(value)
            if changed and (value := changed(found)) is not None:
                record.changed_at = self._stamp(value)
            if removed and removed(found) is not None:
                self._bury(record)
            made.append(record)
        return made

    def _composite(self, found: Any) -> str | None:
        return joined([id_text(get(found)) for get in self._keys])

    def _bury(self, record: Record) -> None:
        record.deleted = True
        if record.remote_id is None and self._identify:
            record.remote_id = self._identify(record.raw)


def id_text(value: Json) -> str | None:
    """Give an id as text: numbers as digits, nothing for what cannot be an id."""
    if type(value) is str:
        return value or None
    if type(value) is int:
        return str(value)
    if isinstance(value, Decimal):
        return str(canonical.normal(value))
    return None


def joined(parts: Sequence[str | None]) -> str | None:
    """Join the parts of a composite key so that they can be told apart again."""
    if None in parts or not parts:
        return None
    return parts[0] if len(parts) == 1 else canonical.text(list(parts))


def parted(remote_id: str, count: int) -> list[str]:
    """Take a composite key apart again.

    Raises:
        ValueError: it does not have so many parts.
    """
    parts = [remote_id] if count == 1 else canonical.loads(remote_id)
    if not isinstance(parts, list) or len(parts) != count:
        message = f"{remote_id!r} is no key of {count} parts"
        raise ValueError(message)
    return parts


def moment(value: Json) -> datetime | None:
    """Read a change stamp: ISO text with offset, taken as UTC without one; None if it is none."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _struct(name: str, kinds: Mapping[Path, Any], depth: int = 0) -> Any:
    """Make a type that holds the given places and nothing else."""
    if () in kinds:
        if len(kinds) > 1:
            message = f"{name} is asked for as a whole and in parts"
            raise ValueError(message)
        return kinds[()]
    inner: dict[str, dict[Path, Any]] = {}
    for path, kind in kinds.items():
        inner.setdefault(path[0], {})[path[1:]] = kind
    fields = [
        (
            _attribute(key),
            _struct(key, rest, depth + 1) | None if () not in rest else _struct(key, rest),
            msgspec.field(name=key, default=_absent),
        )
        for key, rest in inner.items()
    ]
    return msgspec.defstruct("Part", fields, gc=False)


def _attribute(key: str) -> str:
    return "f_" + key.encode().hex()


def _getter(path: Path) -> Callable[[Any], Any]:
    names = tuple(_attribute(key) for key in path)
    if len(names) == 1:
        return attrgetter(names[0])

    def get(found: Any) -> Any:
        for name in names:
            if found is None:
                return None
            found = getattr(found, name)
        return found

    return get
