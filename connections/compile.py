"""Published document + object's shape → SyncSpec: paths, conversions and constants made ready once.

The mapper runs once per record of every run, so everything that can be decided before is decided
here and the rest is one loop over a plan of tuples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

import xxhash

from connections import refusals, targets
from connections.calculation import hidden_of
from connections.conditions import Tester, compile_conditions
from connections.document import Condition, Kind, plain, read_conditions, read_mappings
from connections.mapping import mapper
from connections.rows import NotRunnable, Shapes, compile_rows
from connections.spec import Row, SyncSpec
from connections.targets import NoTarget
from formulas.language import FormulaError, Program
from objects.shape import FieldShape, ObjectShape
from syncapp import canonical

# What the result of a record depends on. Another page size, filter or log option changes which
# records are read or how they are told about, not what becomes of one.
_DECISIVE: Final = ("direction", "primary_key", "allow_create", "allow_update", "deletes")
_SHAPING: Final = (
    "name",
    "type",
    "required",
    "is_key",
    "is_unique",
    "reference_id",
    "choices",
    "max_length",
    "scale",
)

Maps = Mapping[str, Mapping[str, Any]]


class Version(Protocol):
    """A published version, as its row or anything of that form."""

    pk: Any
    tenant_id: int
    connection_id: int
    spec: Mapping[str, Any]


def compile_version(
    version: Version,
    shape: ObjectShape,
    load_maps: Callable[[int], Maps] = lambda _tenant_id: {},
    load_shapes: Callable[[int], Shapes] = lambda _tenant_id: {},
) -> SyncSpec:
    """Make a published document ready to run.

    Args:
        version: the document with its ids.
        shape: the connect object as it is now.
        load_maps: gives the tenant's value maps by name; asked only if a mapping uses one.
        load_shapes: gives the tenant's connect objects by type; asked only if there are mappings
            of child records.

    Raises:
        NotRunnable: a mapped field has gone, or a constant or formula does not fit any more.
    """
    document = version.spec
    mappings = read_mappings(document["rows"])
    nested = any(row.kind is Kind.CHILDREN for row in mappings)
    children = load_shapes(version.tenant_id) if nested else {}
    try:
        rows = compile_rows(mappings, shape, children, version.connection_id)
    except NotRunnable as error:
        raise NotRunnable(f"{error.message} Publish again.") from error
    primary = _primary(document["primary_key"], shape)
    test = _test(document, rows, version.connection_id)
    maps = _used(_programs(rows, test), load_maps, version.tenant_id)
    return SyncSpec(
        tenant_id=version.tenant_id,
        connection_id=version.connection_id,
        version_id=version.pk,
        direction=document["direction"],
        system_type=document["system_type"],
        config_id=document["config_id"],
        account_id=document["account_id"],
        pair_id=document["pair_id"],
        entity=document["entity"],
        shape=shape,
        primary_key=primary,
        matched_by_key=shape.key is None or shape.key.name == primary.name,
        query_filter=document["query_filter"],
        page_size=document["page_size"],
        allow_create=document["allow_create"],
        allow_update=document["allow_update"],
        deletes=document["deletes"],
        log_all=document["log_all"],
        keep_days=document["keep_days"],
        rows=rows,
        reads=_read(rows, test),
        maps=maps,
        fingerprint=fingerprint(
            document, shape, maps, [row.child.shape for row in rows if row.child is not None]
        ),
        map=mapper(rows, primary, shape.key, version.connection_id),
        test=test,
    )


def reads(rows: Iterable[Row]) -> tuple[str, ...]:
    """List the top-level source fields that the mappings look at, each once; none means all."""
    names: list[str] = []
    for row in rows:
        program, inner = row.program, [p for line in row.rows for p in line.programs]
        if (program is not None and program.reads_any) or any(
            one.reads_any_parent for one in inner
        ):
            return ()
        if row.source and program is None:
            names.append(refusals.top(row.source))
        read = {*(program.fields if program is not None else ())}.union(
            *(one.parents for one in inner)
        )
        names += sorted(refusals.top(name) for name in read)
    return tuple(dict.fromkeys(names))


def _test(
    document: Mapping[str, Any], rows: Sequence[Row], connection_id: int
) -> Tester | None:
    """Make the conditions ready; what is copied into sensitive fields is not shown by them.

    Raises:
        NotRunnable: a pattern or formula does not fit any more.
    """
    conditions = read_conditions(document.get("conditions"))
    try:
        return compile_conditions(
            conditions, hidden=hidden_of(rows), connection_id=connection_id
        )
    except FormulaError as error:
        raise NotRunnable(f"Conditions: {error.message}") from error


def _read(rows: Sequence[Row], test: Tester | None) -> tuple[str, ...]:
    """List the source fields that mappings and conditions look at; none means all."""
    mapped = reads(rows)
    if test is None or not mapped:
        return mapped
    return () if test.reads_any else tuple(dict.fromkeys((*mapped, *test.reads)))


def _programs(rows: Sequence[Row], test: Tester | None) -> list[Program]:
    tested = test.programs if test is not None else ()
    return [program for row in rows for program in row.programs] + list(tested)


def fingerprint(
    document: Mapping[str, Any],
    shape: ObjectShape,
    maps: Maps | None = None,
    children: Iterable[ObjectShape] = (),
) -> bytes:
    """Hash what becomes of a record depends on: mappings, conditions, permissions, fields, maps."""
    rows = [_nameless(row) for row in plain(read_mappings(document["rows"]))]
    decisive = [document[name] for name in _DECISIVE]
    shaping = [
        [one.id, [[getattr(field, name) for name in _SHAPING] for field in one.fields]]
        for one in (shape, *children)
    ]
    known = [[name, sorted(entries.items())] for name, entries in sorted((maps or {}).items())]
    counting = _conditions(document)
    told = [decisive, rows, shaping, known, *([counting] if counting else [])]
    return xxhash.xxh3_128_digest(canonical.dumps(told))


def _conditions(document: Mapping[str, Any]) -> Any:
    """Give the conditions that count, without names; nothing if none does."""
    found = read_conditions(document.get("conditions"))
    if not any(row.enabled for row in found.each()):
        return None
    groups = [[group.join, _counting(group.rows)] for group in found.groups]
    return [found.join, _counting(found.rows), groups]


def _counting(rows: Iterable[Condition]) -> list[dict[str, Any]]:
    return [_nameless(row) for row in plain([row for row in rows if row.enabled])]


def _nameless(row: Mapping[str, Any]) -> dict[str, Any]:
    """Leave the uuids out, which name mappings and do nothing."""
    left = {name: value for name, value in row.items() if name != "uuid"}
    return left | {"rows": [_nameless(line) for line in row["rows"]]} if "rows" in row else left


def _used(
    programs: Sequence[Program], load_maps: Callable[[int], Maps], tenant_id: int
) -> Maps:
    """Load the value maps that formulas name; all of them if a name is worked out."""
    names = {
        use.object
        for program in programs
        for use in program.lookups
        if use.function == "translatemap"
    }
    if not names:
        return {}
    known = load_maps(tenant_id)
    return {name: found for name, found in known.items() if {name, None} & names}


def _primary(name: str, shape: ObjectShape) -> FieldShape:
    try:
        return targets.find(shape, name).leaf
    except NoTarget as error:
        raise NotRunnable(f"{error.message} Publish again.") from error
