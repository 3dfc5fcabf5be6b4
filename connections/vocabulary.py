"""The words that the formula editor proposes: functions, connect objects, value maps.

One JSON document for a page. What somebody may not see is not proposed either.
"""

from __future__ import annotations

from typing import Any

import objects.services
from formulas.language.functions import GROUPS
from formulas.language.signatures import Function
from formulas.models import ValueMap
from syncapp.tenants.models import Tenant


def functions() -> list[dict[str, Any]]:
    """Describe all functions, in the order of the reference."""
    return [_described(one, heading) for heading, group in GROUPS.items() for one in group]


def objects_of(tenant: Tenant) -> list[dict[str, Any]]:
    """List the connect objects with their fields."""
    shapes = objects.services.load_shapes(tenant.pk)
    return [
        {
            "name": shape.type,
            "label": shape.name,
            "fields": [
                {"name": field.name, "label": field.label or field.name}
                for field in shape.fields
            ],
        }
        for _, shape in sorted(shapes.items())
    ]


def maps_of(tenant: Tenant) -> list[str]:
    """List the names of the value maps."""
    names = ValueMap.objects.for_tenant(tenant).order_by("name").values_list("name", flat=True)
    return list(names)


def _described(one: Function, heading: str) -> dict[str, Any]:
    return {
        "name": one.name,
        "aliases": one.aliases,
        "group": heading,
        "help": one.help,
        "notes": one.notes,
        "returns": one.returns,
        "parameters": [
            {
                "name": parameter.name,
                "kind": parameter.kind.name,
                "optional": parameter.default is not None,
                "many": parameter.many,
                "wants": parameter.kind.names,
            }
            for parameter in one.parameters
        ],
        "example": one.examples[0].formula if one.examples else "",
    }
