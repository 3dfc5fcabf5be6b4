"""Whether a run that could not go on tries again by itself, and when. A decision, not an action."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from connections.kit.errors import ErrorKind, RemoteError

LADDER: Final = (timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=5))
"""Waits before the first, second and third new try at one place of a run."""

PATIENCE: Final = timedelta(hours=1)
"""A run that would have to wait longer fails instead: it holds its connection meanwhile."""

_ASKED: Final = frozenset({ErrorKind.RATE, ErrorKind.QUOTA})


def wait_after(error: RemoteError, tries: int) -> timedelta | None:
    """Tell how long to wait before trying again, or None to give up.

    Args:
        error: what stopped the run.
        tries: how often it was tried again already at this place.
    """
    if not error.passes:
        return None
    if counts(error):
        return LADDER[tries] if tries < len(LADDER) else None
    asked = error.retry_after or timedelta(0)
    return max(asked, timedelta(seconds=1)) if asked <= PATIENCE else None


def counts(error: RemoteError) -> bool:
    """Tell whether a new try uses up patience; a wait that the system asked for does not."""
    return error.kind not in _ASKED or error.retry_after is None
