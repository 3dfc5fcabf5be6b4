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
) -> list[WriteResult]:
    """Send items in order; an error of one is its outcome, an error of all ends the sending.

    Args:
        items: what to write.
        send: writes one; raises RemoteError if it was refused or lost.
        cancelled: asked before each; what was not sent may be sent again.

    Raises:
        RemoteError: nobody may write here, found out with the first item, which was refused.
    """
    results: list[WriteResult] = []
    for item in items:
        if cancelled():
            break
        try:
            results.append(send(item))
        except RemoteError as error:
            if _concerns_all(error):
                if not results:
                    raise
                results.append(WriteResult(item.index, Outcome.RETRYABLE, error=error))
                break
            outcome = outcome_of(item.op, error)
            why = None if outcome is Outcome.DELETED else error
            results.append(WriteResult(item.index, outcome, error=why))
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
    return not error.sent and (error.kind in _stops or error.kind is ErrorKind.RATE)
