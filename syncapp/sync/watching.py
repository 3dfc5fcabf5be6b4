"""Remembers what watched fields of a source record held when the record was synced last.

The memory moves only when a record is synced: created, updated, or found to be unchanged. What is
left out or rejected keeps it, so that the change is still one the next time. A field that is
watched only from now on is added at the first look, if the record was synced before.
"""

from __future__ import annotations

from connections.kit.codes import Code
from connections.spec import SyncSpec
from syncapp.sync.changes import FINAL, Decision


def remembered(spec: SyncSpec, decision: Decision) -> bytes | None:
    """Give what the link's vector becomes; None: of a synced record nothing, else what it was."""
    if spec.test is None:
        return None
    if decision.outcome in FINAL:
        return spec.test.vector(decision.record.values)
    link = decision.link
    if decision.code is Code.SKIPPED_BY_CONDITION and link is not None and link.record_id:
        return spec.test.completed(decision.record.values, link.vector)
    return None
