"""A tenant's definitions → the text of a file: all of them, or a connector with what it needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import structs

from connections import checking
from connections.definitions.parts import ConnectionPart, Definitions, ObjectPart, plain
from connections.definitions.present import collect
from connections.definitions.writing import write
from connections.document import Kind, every
from connections.spec import RECORDS
from formulas.language import FormulaError, Program, compile_formula
from syncapp.errors import NotThere
from syncapp.tenants.models import Tenant


def export(tenant: Tenant, connector: str = "") -> str:
    """Write definitions down.

    Args:
        tenant: whose, inside of its door.
        connector: name of the connector that is wanted, with everything that it refers to; all
            there is without one.

    Raises:
        NotThere: there is no such connector.
    """
    found = collect(tenant)
    return text_of(_narrowed(found, connector) if connector else found)


def text_of(definitions: Definitions) -> str:
    """Write definitions as YAML: the same text for the same definitions."""
    return write({"syncapp": definitions.syncapp, **plain(definitions)})


def _narrowed(whole: Definitions, connector: str) -> Definitions:
    mine = [one for one in whole.connections if one.connector == connector]
    connectors = tuple(one for one in whole.connectors if one.name == connector)
    if not connectors:
        raise NotThere(f"There is no connector “{connector}” here.")
    configs = {one.config for one in mine}
    types, maps = _needed(whole.objects, mine)
    return structs.replace(
        whole,
        configs=tuple(one for one in whole.configs if one.name in configs),
        objects=tuple(one for one in whole.objects if one.type in types),
        maps=tuple(one for one in whole.maps if one.name in maps),
        connectors=connectors,
        connections=tuple(mine),
        sets=(),
    )


def _needed(
    known: Iterable[ObjectPart], connections: Iterable[ConnectionPart]
) -> tuple[set[str], set[str]]:
    """Name the objects and value maps that connections use, and what those objects refer to."""
    types: set[str] = set()
    maps: set[str] = set()
    for connection in connections:
        types.add(connection.object)
        for row in every(connection.mapping):
            types |= {row.target} if row.kind == Kind.CHILDREN else set()
            maps |= {row.map} if row.map else set()
        for program in _programs(connection):
            maps |= set(checking.maps(program))
            types |= {
                use.object for use in program.lookups if use.object and use.function in RECORDS
            }
    by_type = {one.type: one for one in known}
    waiting = list(types)
    while waiting:
        if (one := by_type.get(waiting.pop())) is None:
            continue
        fresh = {one.parent, *(field.reference for field in one.fields)} - types - {""}
        types |= fresh
        waiting += fresh
    return types, maps


def _programs(connection: ConnectionPart) -> Iterator[Program]:
    """Give the formulas that compile."""
    rows: list[Any] = [*every(connection.mapping), *connection.conditions.each()]
    for row in rows:
        try:
            yield compile_formula(row.formula)
        except FormulaError:
            continue
