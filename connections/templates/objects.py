"""Templates of connect objects: which there are, what they refer to, and how they are made."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from connections.definitions.applying import apply
from connections.definitions.parts import VERSION, Definitions, ObjectPart
from connections.definitions.schema import Document
from connections.templates.files import object_files
from objects.models import ConnectObject
from syncapp.errors import Invalid
from syncapp.tenants.actors import Actor
from syncapp.tenants.models import Tenant


@dataclass(frozen=True, slots=True)
class ObjectTemplate:
    """A template of a connect object, as it is offered.

    Attributes:
        type, name, description: of the object that it makes.
        fields: how many it has.
        needs: types of the objects that its fields and its parent refer to.
        taken: an object of this type or name is here already.
    """

    type: str
    name: str
    description: str
    fields: int
    needs: tuple[str, ...]
    taken: bool


def offered(tenant: Tenant) -> list[ObjectTemplate]:
    """List all, in the way in which people look for them."""
    types, names = _here(tenant)
    return [
        ObjectTemplate(
            type=part.type,
            name=part.name,
            description=part.description,
            fields=len(part.fields),
            needs=tuple(sorted(_refers(part))),
            taken=part.type in types or part.name in names,
        )
        for part in _parts().values()
    ]


def missing(tenant: Tenant, types: Iterable[str]) -> list[str]:
    """Name what templates refer to, directly or not, that is neither among them nor here."""
    chosen, here = set(types), _here(tenant)[0]
    found: dict[str, None] = {}
    waiting = sorted(chosen)
    while waiting:
        for name in sorted(_refers(_parts()[waiting.pop(0)])):
            if name not in chosen and name not in here and name not in found:
                found[name] = None
                waiting.append(name)
    return list(found)


def make(
    tenant: Tenant, types: Sequence[str], *, along: bool = True, actor: Actor
) -> list[ConnectObject]:
    """Make objects of templates, in one transaction.

    Args:
        tenant: whose, inside of its door.
        types: of the templates.
        along: make the objects that these refer to as well; without it they must be here.
        actor: who does it.

    Raises:
        Invalid: there is no such template, the object is here already, or one that is referred
            to is missing.
    """
    wanted = list(dict.fromkeys(types))
    if not wanted:
        raise Invalid(fields={"types": "Choose at least one template."})
    if unknown := [name for name in wanted if name not in _parts()]:
        raise Invalid(fields={"types": f"There is no template “{unknown[0]}”."})
    taken = {one.type for one in offered(tenant) if one.taken}
    if there := [name for name in wanted if name in taken]:
        text = f"An object of this type or name is here already: {', '.join(there)}."
        raise Invalid(fields={"types": text})
    lacking = missing(tenant, wanted)
    if lacking and not along:
        text = f"These refer to objects that are not here: {', '.join(lacking)}."
        raise Invalid(fields={"along": text})
    made = [*wanted, *lacking]
    file = Definitions(VERSION, objects=tuple(_parts()[name] for name in made))
    apply(tenant, Document(file), actor=actor)
    rows = ConnectObject.objects.for_tenant(tenant).filter(type__in=made)
    return sorted(rows, key=lambda row: made.index(row.type))


def _parts() -> dict[str, ObjectPart]:
    parts = {file.objects[0].type: file.objects[0] for file in object_files()}
    return {name: parts[name] for name in _ORDER}


def _refers(part: ObjectPart) -> Collection[str]:
    named = {part.parent, *(field.reference for field in part.fields)}
    return named - {"", part.type}


def _here(tenant: Tenant) -> tuple[set[str], set[str]]:
    rows = ConnectObject.objects.for_tenant(tenant).values_list("type", "name")
    return {type_ for type_, _ in rows}, {name for _, name in rows}


_ORDER: Final = (
    "fsmcustomer",
    "fsmcontact",
    "fsmobject",
    "fsmasset",
    "fsmassetpart",
    "fsmworkorder",
    "fsmtask",
    "fsmtimeentry",
    "fsmmaterial",
    "fsmmaterialrequest",
    "fsmservicerequest",
    "fsmcontract",
    "fsmquotation",
    "fsmproduct",
    "fsmproducttype",
    "fsmpart",
    "fsmpartinventory",
    "fsmwarehouse",
    "fsmpricelist",
    "fsmtechnician",
    "fsmteam",
)
"""The way in which people look for them: customers, work, agreements, things, workforce."""
