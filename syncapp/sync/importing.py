"""Where the rows of an import go: the record store, without links.

Links follow a record of another system through its life; the rows of a file have no life beyond
it. So an import finds records by their key, and what it leaves behind is the record log of its run.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from objects.records import index, read
from objects.records.changes import ChangeOp, Origin, Source
from objects.shape import FieldShape
from syncapp.sync import recorder, verdicts, writing
from syncapp.sync.changes import FINAL, Decision, LinkFact
from syncapp.sync.destination import Store
from syncapp.sync.pipeline import Settled
from synclogs.models import SyncLog


class Imported(Store):
    """The record store, as the pages of an import see it; on a dry run nothing is written."""

    remembers = False

    def links(self, _remote_ids: Collection[str]) -> Mapping[str, LinkFact]:
        """Find none: rows have none."""
        return {}

    def siblings(self, _remote_ids: Collection[str]) -> Mapping[str, int]:
        """Find none."""
        return {}

    def holders(self, _record_ids: Collection[int]) -> Mapping[int, LinkFact]:
        """Find none: whoever is linked to a record keeps it."""
        return {}

    def write(self, decisions: Sequence[Decision], *, halving: bool) -> None:
        """Write what was decided, but nothing that refers to a record that is not there."""
        refuse_orphans(self._references, self.spec.shape.id, decisions)
        if self._dry:
            writing.refuse_clashes(self.spec, decisions, index.clashes)
        else:
            super().write(decisions, halving=halving)

    def keep(self, settled: Settled) -> None:
        """Store log rows, ledger and counters; what went well is counted, and logged on demand."""
        logged = settled.decisions
        if not (self._dry or self.spec.log_all):
            logged = [one for one in logged if one.outcome not in FINAL]
        if logged:
            recorder.log(self.spec, self.run.pk, logged, self._now, rehearsed=self._dry)
        self._turn(settled, [])

    @property
    def _dry(self) -> bool:
        return self.run.kind == SyncLog.Kind.DRY

    @property
    def _source(self) -> Source:
        return Source(Origin.IMPORT, self.run.pk)

    @property
    def _references(self) -> list[FieldShape]:
        return [row.target for row in self.spec.rows if row.target.reference_id is not None]


def refuse_orphans(
    fields: Sequence[FieldShape], object_id: int, decisions: Sequence[Decision]
) -> None:
    """Reject changes that refer to a record that is not there.

    A record that an earlier row of the same page makes counts as there: parents come first.
    """
    for field in fields:
        assert field.reference_id is not None
        wanted = {
            key
            for one in decisions
            if one.change is not None and (key := one.change.values.get(field.name)) is not None
        }
        found = read.by_keys(field.reference_id, wanted) if wanted else {}
        known = {key for key, stored in found.items() if not stored.deleted}
        for one in decisions:
            change = one.change
            if change is None:
                continue
            key = change.values.get(field.name)
            if key is not None and key not in known:
                one.reject(verdicts.no_reference(field, str(key)))
            elif field.reference_id == object_id and change.op is not ChangeOp.DELETE:
                known.add(change.new_key or change.key)
