"""What the drift of a source means for a connection: which of its mappings and conditions read it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from connections import drift
from connections.document import (
    Condition,
    Conditions,
    FieldMapping,
    read_conditions,
    read_mappings,
    running,
)
from connections.models import Connection, RemoteEntity
from formulas.language import FormulaError, compile_formula


def of_draft(connection: Connection) -> list[str]:
    """Say what has gone or changed of what the draft reads, inside the tenant's door."""
    if connection.direction != Connection.Direction.INBOUND or connection.config is None:
        return []
    entity = RemoteEntity.objects.filter(
        tenant_id=connection.tenant_id,
        account=connection.config.account_id,
        name=connection.entity,
    ).first()
    return _told(entity, lambda: (connection.mapping, connection.conditions))


def of_live(connection: Connection) -> list[str]:
    """Say what has gone or changed of what the published version reads."""
    if connection.direction != Connection.Direction.INBOUND or connection.pair_id is None:
        return []
    entity = RemoteEntity.objects.filter(
        tenant_id=connection.tenant_id, pairs=connection.pair_id
    ).first()
    return _told(entity, lambda: _published(connection))


def warnings(
    found: drift.Drift, mappings: Sequence[FieldMapping], conditions: Conditions
) -> list[str]:
    """Say which fields of a drift are read, and how often; nothing of those that nobody reads."""
    rows = [(row, {*_of_mapping(row, "")}) for row in mappings]
    tests = [(row, {*_of_condition(row)}) for row in conditions.each() if row.enabled]
    everything = sorted({path for _, paths in (*rows, *tests) for path in paths})
    told = []
    for _, says, read in drift.touched(found, everything):
        n = sum(not paths.isdisjoint(read) for _, paths in rows)
        m = sum(not paths.isdisjoint(read) for _, paths in tests)
        told.append(f"{says}, which {_counted(n, m)}.")
    return told


def _told(entity: RemoteEntity | None, document: Callable[[], tuple[Any, Any]]) -> list[str]:
    if entity is None:
        return []
    if entity.seen_at is None and entity.schema:
        return [f"The source no longer has {entity.name}, which this connection reads."]
    if not entity.drift:
        return []
    mapping, conditions = document()
    return warnings(entity.drift, running(read_mappings(mapping)), read_conditions(conditions))


def _published(connection: Connection) -> tuple[Any, Any]:
    live = connection.live_version
    spec: Mapping[str, Any] = live.spec if live is not None else {}
    return spec.get("rows", ()), spec.get("conditions", {})


def _of_mapping(row: FieldMapping, prefix: str) -> Iterator[str]:
    """List the paths that a mapping reads, those of its lines too."""
    if row.source:
        yield prefix + row.source
    yield from _of_formula(row.formula, prefix)
    for inner in row.rows:
        yield from _of_mapping(inner, f"{row.source}." if row.source else prefix)


def _of_condition(row: Condition) -> Iterator[str]:
    yield from (path for path in (row.field, row.other) if path)
    yield from _of_formula(row.formula, "")


def _of_formula(text: str, prefix: str) -> Iterable[str]:
    if not text:
        return ()
    try:
        return [prefix + name for name in sorted(compile_formula(text).fields)]
    except FormulaError:
        return ()  # a gap, which is told elsewhere


def _counted(mappings: int, conditions: int) -> str:
    parts = []
    if mappings:
        parts.append(f"{mappings} mapping{'s' if mappings > 1 else ''}")
    if conditions:
        parts.append(f"{conditions} condition{'s' if conditions > 1 else ''}")
    return f"{' and '.join(parts)} read{'s' if mappings + conditions == 1 else ''}"
