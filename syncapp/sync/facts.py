"""What must be known about a page before it is decided: which questions, in which order.

Each question is asked once for the whole page, and only if the page has a record that raises it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol, TypeVar

from connections.spec import SyncSpec
from objects.records.changes import Stored
from objects.shape import ObjectShape
from syncapp.sync import diff
from syncapp.sync.changes import Facts, Family, Incoming, LinkFact

Key = TypeVar("Key", int, str)
Answer = TypeVar("Answer")


class Lookups(Protocol):
    """Answers in sets; asked under the object's lock."""

    def by_ids(self, ids: Collection[int]) -> Mapping[int, Stored]:
        """Find records by id, deleted ones too."""

    def by_keys(self, keys: Collection[str]) -> Mapping[str, Stored]:
        """Find records by key, deleted ones too."""

    def matches(self, texts: Collection[str]) -> Mapping[str, list[int]]:
        """Find live records by the text of the primary key field."""

    def siblings(self, remote_ids: Collection[str]) -> Mapping[str, int]:
        """Find records that other pairs of the same entity and object have linked."""

    def holders(self, record_ids: Collection[int]) -> Mapping[int, LinkFact]:
        """Find the links of this pair that hold these records."""

    def family(
        self, child: ObjectShape, keys: Collection[str], parents: Collection[int]
    ) -> Family:
        """Find child records by key, deleted ones too, and all live ones of these parents."""


def gather(spec: SyncSpec, incoming: Sequence[Incoming], lookups: Lookups) -> Facts:
    """Ask what these records need to be decided."""
    ids = {one.record_id for one in incoming if one.record_id is not None}
    free = [one for one in incoming if one.record_id is None and _mapped(one)]
    siblings = _ask(lookups.siblings, [one.record.remote_id or "" for one in free])
    matches: Mapping[str, list[int]] = {}
    if not spec.matched_by_key:
        texts = (diff.match_text(spec, one.mapped) for one in free if one.mapped is not None)
        matches = _ask(lookups.matches, {text for text in texts if text})
    found = {
        *siblings.values(),
        *(record_id for some in matches.values() for record_id in some),
    }
    by_id = _ask(lookups.by_ids, ids | found)
    by_key = _ask(lookups.by_keys, _keys(incoming, by_id))
    wanted = {one.mapped.record_key for one in free if one.mapped is not None}
    found |= {stored.id for key, stored in by_key.items() if key in wanted}
    children = _families(
        spec, incoming, lookups, {*by_id, *(one.id for one in by_key.values())}
    )
    return Facts(by_id, by_key, matches, siblings, _ask(lookups.holders, found), children)


def _families(
    spec: SyncSpec, incoming: Sequence[Incoming], lookups: Lookups, parents: Collection[int]
) -> Mapping[str, Family]:
    """Ask for the child records of all records that may be concerned."""
    found = {}
    for _, child in spec.children:
        type_ = child.shape.type
        keys = {
            line.key
            for one in incoming
            if _mapped(one) and one.mapped is not None and one.mapped.children
            for line in one.mapped.children.get(type_, ())
        }
        if keys or parents:
            found[type_] = lookups.family(child.shape, keys, parents)
    return found


def _keys(incoming: Sequence[Incoming], by_id: Mapping[int, Stored]) -> set[str]:
    """Collect keys of records that are not found by link, and keys that would be new ones."""
    keys = set()
    for one in incoming:
        if not _mapped(one) or one.mapped is None or not one.mapped.record_key:
            continue
        known = by_id.get(one.record_id or 0)
        if known is None or known.key != one.mapped.record_key:
            keys.add(one.mapped.record_key)
    return keys


def _mapped(one: Incoming) -> bool:
    return one.verdict is None and one.mapped is not None


def _ask(
    question: Callable[[Collection[Key]], Mapping[Key, Answer]], wanted: Collection[Key]
) -> Mapping[Key, Answer]:
    return question(wanted) if wanted else {}
