"""What can be done with connect objects and their records.

Other rooms use the names listed here; the screens of this room use the modules.
"""

from __future__ import annotations

from objects.services.fields import add_fields, make_searchable
from objects.services.shapes import field_shape, load_shape, load_shapes, shape_of

__all__ = [
    "add_fields",
    "field_shape",
    "load_shape",
    "load_shapes",
    "make_searchable",
    "shape_of",
]
