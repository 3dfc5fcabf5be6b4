"""Listens to the record store: what changes there concerns links, in the same transaction."""

from __future__ import annotations

from typing import Any

from objects.records.changes import ChangeOp, Source
from objects.records.write import Announcements
from objects.shape import ObjectShape
from objects.signals import records_changing
from syncapp.sync import state


def listen() -> None:
    """Connect to the project's one signal."""
    records_changing.connect(_mark, dispatch_uid="syncapp.sync.marking")


def _mark(shape: ObjectShape, announcements: Announcements, source: Source, **_: Any) -> None:
    """Links of records that were there before; a new one has none that could be out of date.

    What is settled along with a record, its child records, concerns the record's links.
    """
    state.look_again(shape.id, announcements.ids(without=ChangeOp.CREATE), source)
    if shape.parent_id is not None:
        state.look_again(shape.parent_id, announcements.parents(), source)
