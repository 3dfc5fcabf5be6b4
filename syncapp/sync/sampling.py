"""Keeps samples of the source records that a run sees, along with its pages."""

from __future__ import annotations

from datetime import datetime

from connections import kept, registry
from connections.kit.codes import Code
from connections.spec import SyncSpec
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
        """Take what belongs to the sample out of a page, inside its transaction.

        What cannot be followed is left out; so is what has not changed, if nothing is missing.
        """
        if not settled.decisions:
            return
        if self._keeper is None:
            ids = self._spec.tenant_id, self._spec.connection_id
            self._keeper = kept.Keeper(*ids, self._fields)
        same = None if self._keeper.filling else Code.SAME_SOURCE
        news = [one for one in settled.decisions if one.code is not same]
        if news:
            dead = {one.record.remote_id or "" for one in news if one.dead}
            self._keeper.forget(dead)
            self._keeper.offer(
                one.record
                for one in news
                if (one.linked or one.link is not None)
                and not one.record.deleted
                and one.record.remote_id not in dead
            )
            self._keeper.write(now)
