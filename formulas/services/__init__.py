"""What can be done with value maps, their inbox and sequences.

Other rooms use the names listed here; the screens of this room use the modules.
"""

from __future__ import annotations

from formulas.services.inbox import note_unmapped
from formulas.services.maps import LoadedMap, load_maps, map_ids
from formulas.services.sequences import draw, peek

__all__ = ["LoadedMap", "draw", "load_maps", "map_ids", "note_unmapped", "peek"]
