"""Listens to the record store: what changes there concerns links, in the same transaction."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from objects.records.changes import Announcement, Source
from objects.shape import ObjectShape
from objects.signals import records_changing
from syncapp.sync import state


def listen() -> None:
    """Connect to the project's one signal."""
    records_changing.connect(_mark, dispatch_uid="syncapp.sync.marking")


def _mark(
    shape: ObjectShape, announcements: Collection[Announcement], source: Source, **_: Any
) -> None:
    state.look_again(shape.id, announcements, source)
