"""The only signal of the project.

`records_changing` is sent by `objects.records.write` inside the writing transaction, after the
rows are written, with `shape` (ObjectShape), `announcements` (`write.Announcements`)
and `source` (`changes.Source`). A receiver that raises undoes the write.
"""

from __future__ import annotations

from typing import Final

from django.dispatch import Signal

records_changing: Final = Signal()
