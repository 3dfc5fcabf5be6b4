"""What a draft of the wizard says, in the form in which it is stored. Pure: no database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from objects.services.rules import label_for, name_for
from objects.shape import FieldShape, ObjectShape

INBOUND: Final = "inbound"
OUTBOUND: Final = "outbound"
SIDES: Final = (INBOUND, OUTBOUND)

STEPS: Final = (
    "Information",
    "Inbound Setting",
    "Outbound Setting",
    "Mapping Field",
    "Conditions",
    "Completed",
)
INFORMATION, IN, OUT, MAPPING, CONDITIONS, COMPLETED = range(1, 7)
STEP_OF: Final = {INBOUND: IN, OUTBOUND: OUT}

EXISTING: Final = "existing"
SYSTEM: Final = "system"
TEMPLATE: Final = "template"
SAME: Final = "same"
ORIGINS: Final = (EXISTING, SYSTEM, TEMPLATE, SAME)
NEW: Final = frozenset({SYSTEM, TEMPLATE})


class SidePlan(Struct, omit_defaults=True):
    """One side of the connector.

    Attributes:
        skip: there is no such side.
        name: of the connection.
        system_type: code of the kind of system.
        config: id of the connection config, if it is chosen.
        entity: what is read or written there.
        origin: where the connect object comes from: one that exists, fields of the system, a
            template, or the one of the inbound side.
        object: id of the object that exists.
        object_type, object_name: of a new one.
        fields: of a new one, as a system or a template describes them.
        primary_key: target field by which existing records are found.
        active: switch it on at the end.
        options: other fields of the connection.
        adapted: template and type whose words were taken over already.
        mapping, conditions: in the form of `connections.document`.
        samples: records of the source to try mappings on, as JSON texts.
    """

    skip: bool = False
    name: str = ""
    system_type: str = ""
    config: int | None = None
    entity: str = ""
    origin: str = EXISTING
    object: int | None = None
    object_type: str = ""
    object_name: str = ""
    fields: list[dict[str, Any]] = []
    primary_key: str = ""
    active: bool = False
    options: dict[str, Any] = {}
    adapted: str = ""
    mapping: list[Any] = []
    conditions: dict[str, Any] = {}
    samples: list[str] = []

    @property
    def blank(self) -> bool:
        """Nothing was chosen yet."""
        return not (self.skip or self.system_type)


class Plan(Struct, omit_defaults=True):
    """The whole draft.

    Attributes:
        name, description: of the connector.
        template: name of the use case that it began with.
    """

    name: str = ""
    description: str = ""
    template: str = ""
    inbound: SidePlan = msgspec.field(default_factory=SidePlan)
    outbound: SidePlan = msgspec.field(default_factory=SidePlan)

    def side(self, name: str) -> SidePlan:
        """Give one side."""
        return self.inbound if name == INBOUND else self.outbound

    @property
    def used(self) -> list[str]:
        """The sides that are not skipped."""
        return [name for name in SIDES if not self.side(name).skip]


def read_plan(data: Mapping[str, Any]) -> Plan:
    """Read what is stored."""
    return msgspec.convert(dict(data), Plan)


def plain_plan(plan: Plan) -> dict[str, Any]:
    """Write a draft as JSON has it."""
    found: dict[str, Any] = msgspec.to_builtins(plan)
    return found


def new_fields(plan: SidePlan) -> list[dict[str, Any]]:
    """Describe the fields of a new object as they will be made; the chosen key is its key."""
    key = next((one["name"] for one in plan.fields if one.get("is_key")), "")
    chosen = name_for(plan.primary_key or key or "_")
    found = []
    for one in plan.fields:
        name = name_for(one["name"])
        is_key = name == chosen
        required = is_key or (plan.origin == TEMPLATE and bool(one.get("required")))
        label = one.get("label") or label_for(one["name"])
        found.append(
            {**one, "name": name, "label": label, "is_key": is_key, "required": required}
        )
    return found


def planned_shape(plan: SidePlan, tenant_id: int) -> ObjectShape:
    """Give the shape of an object that does not exist yet; its ids are negative."""
    fields = tuple(
        FieldShape(
            id=-number,
            name=one["name"],
            label=one["label"],
            type=one.get("type") or "text",
            required=one["required"],
            is_key=one["is_key"],
            is_unique=bool(one.get("is_unique")),
            choices=_choices(one.get("choices") or ()),
            max_length=one.get("max_length"),
            scale=one.get("scale"),
            default=one.get("default"),
        )
        for number, one in enumerate(new_fields(plan), 1)
    )
    key = next((field for field in fields if field.is_key), None)
    return ObjectShape(
        id=-1,
        tenant_id=tenant_id,
        type=plan.object_type,
        name=plan.object_name or plan.object_type,
        fields=fields,
        key=key,
    )


def _choices(
    given: Mapping[str, str] | Sequence[Sequence[str]],
) -> tuple[tuple[str, str], ...]:
    pairs = given.items() if isinstance(given, Mapping) else given
    return tuple((str(value), str(label)) for value, label in pairs)
