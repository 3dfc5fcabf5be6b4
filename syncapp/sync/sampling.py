"""Keeps samples of the source records that a run sees, along with its pages."""

from __future__ import annotations

from datetime import datetime

from connections import kept, registry
from connections.kit.codes import Code
from connections.spec import SyncSpec
from syncapp.sync.changes import Decision
from syncapp.sync.pipeline import Settled


class Sampling:
    """The kept samples, as the pages of one slice of a run see them.

    Its statements are two at most: what is kept is read with the first page that has records, and
    written if something enters, leaves or has changed.
    """

    def __init__(self, spec: SyncSpec, *, whole: bool) -> None:
        """Begin.

        Args:
            spec: of the connection.
            whole: the run asks for all fields, whatever the mappings look at.
        """
        self._spec = spec
        narrows = registry.system_type(spec.system_type).narrows and not whole
        self._fields = spec.reads if narrows else None
        self._keeper: kept.Keeper | None = None

    def look(self, settled: Settled, now: datetime) -> None:
        """Take what belongs to the sample out of a page, inside its transaction."""
        if not settled.decisions:
            return
        if self._keeper is None:
            ids = self._spec.tenant_id, self._spec.connection_id
            self._keeper = kept.Keeper(*ids, self._fields)
        dead = {one.record.remote_id or "" for one in settled.decisions if one.dead}
        self._keeper.forget(dead)
        self._keeper.offer(
            one.record
            for one in settled.decisions
            if one.record.remote_id not in dead and self._counts(one)
        )
        self._keeper.write(now)

    def _counts(self, one: Decision) -> bool:
        """Leave out what cannot be followed, and what has not changed if nothing is missing."""
        keeper = self._keeper
        assert keeper is not None
        followed = one.linked or one.link is not None
        same = one.code is Code.SAME_SOURCE and not keeper.filling
        return followed and not same and not one.record.deleted
