"""What the ledger says to whoever listens, inside of the transaction that does it."""

from __future__ import annotations

from typing import Final

from django.dispatch import Signal

run_ended: Final = Signal()
"""A run has ended, however; receives `run_id` and `now`. The run's row is locked."""
