"""Writing one item after the other, with the right outcome for each, whatever happens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from connections.kit.base import ErrorKind, Op, Outcome, RemoteError, WriteItem, WriteResult

_stops: Final = frozenset(
    {ErrorKind.AUTH, ErrorKind.PERMISSION, ErrorKind.CONFIG, ErrorKind.EGRESS, ErrorKind.QUOTA}
)


def one_by_one(
    items: Sequence[WriteItem],
    send: Callable[[WriteItem], WriteResult],
    cancelled: Callable[[], bool] = lambda: False,
    *,
    begun: bool = False,
) -> list[WriteResult]:
    """Send items in order; an error of one is its outcome, an error of all ends the sending.

    Args:
        items: what to write.
        send: writes one; raises RemoteError if it was refused or lost.
        cancelled: asked before each; what was not sent may be sent again.
        begun: others of this call were written already, so nothing may be raised.

    Raises:
        RemoteError: nothing can be written here now, found out with the first item, which had
            no effect.
    """
    results: list[WriteResult] = []
    for item in items:
        if cancelled():
            break
        try:
            results.append(send(item))
        except RemoteError as error:
            ends = _concerns_all(error)
            if ends and not (results or begun or error.sent):
                raise
            outcome = outcome_of(item.op, error)
            if ends and not error.sent:
                outcome = Outcome.RETRYABLE
            why = None if outcome is Outcome.DELETED else error
            results.append(WriteResult(item.index, outcome, error=why))
            if ends:
                break
    left = items[len(results) :]
    return results + [WriteResult(item.index, Outcome.RETRYABLE) for item in left]


def outcome_of(op: Op, error: RemoteError) -> Outcome:
    """Say what became of an item that ended in an error."""
    if error.sent:
        return Outcome.UNKNOWN
    if error.passes:
        return Outcome.RETRYABLE
    if error.kind is ErrorKind.CONFLICT:
        return Outcome.CONFLICT
    if error.kind is ErrorKind.NOT_FOUND and op is Op.DELETE:
        return Outcome.DELETED
    return Outcome.REJECTED


def _concerns_all(error: RemoteError) -> bool:
    """Tell whether the items that follow would meet the same error."""
    if error.kind in _stops:
        return True
    return error.passes and (error.http_status is None or error.kind is not ErrorKind.TRANSIENT)
