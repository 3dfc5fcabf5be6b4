"""Published document + object's shape → SyncSpec: paths, conversions and constants made ready once.

The mapper runs once per record of every run, so everything that can be decided before is decided
here and the rest is one loop over a plan of tuples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

import xxhash

from connections import refusals
from connections.calculation import calculation
from connections.document import FieldMapping, Kind, plain, read_mappings
from connections.kit.base import UNSET, Code, FieldType
from connections.spec import Mapped, Mapper, Row, Surroundings, SyncSpec
from formulas.language import FormulaError, compile_formula, paths
from objects.shape import FieldShape, ObjectShape
from objects.values import ValueRefused, coercer, key_text
from syncapp import canonical
from syncapp.errors import Refused

_NESTED: Final = frozenset({FieldType.OBJECT, FieldType.LIST})

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
Step = tuple[str, str, paths.Getter | None, Callable[[Any], Any], bool]


class NotRunnable(Refused):
    """The published version does not fit the connect object any more; publish it again."""

    code = "not_runnable"


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
) -> SyncSpec:
    """Make a published document ready to run.

    Args:
        version: the document with its ids.
        shape: the connect object as it is now.
        load_maps: gives the tenant's value maps by name; asked only if a formula uses one.

    Raises:
        NotRunnable: a mapped field has gone, or a constant or formula does not fit any more.
    """
    document = version.spec
    mappings = read_mappings(document["rows"])
    rows = tuple(compile_row(row, shape) for row in mappings)
    primary = shape.by_name.get(document["primary_key"])
    if primary is None:
        raise _gone(document["primary_key"], shape)
    maps = _used(rows, load_maps, version.tenant_id)
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
        reads=reads(rows),
        maps=maps,
        fingerprint=fingerprint(document, shape, maps),
        map=mapper(rows, primary, shape.key, version.connection_id),
    )


def compile_row(row: FieldMapping, shape: ObjectShape) -> Row:
    """Make one mapping ready.

    Raises:
        NotRunnable: its field has gone, or its constant or formula does not fit.
    """
    target = shape.by_name.get(row.target)
    if target is None:
        raise _gone(row.target, shape)
    if row.kind is Kind.FIELD:
        return Row(target, "field", source=row.source)
    try:
        if row.kind is Kind.FORMULA:
            return Row(target, "formula", program=compile_formula(row.formula))
        return Row(target, "raw", value=constant(target, row.value))
    except (ValueRefused, FormulaError) as error:
        raise NotRunnable(f"{target.label or target.name}: {error.message}") from error


def constant(target: FieldShape, text: str | None) -> Any:
    """Turn the text of a raw data mapping into a value of its field; None and "" are null.

    Raises:
        ValueRefused: it is none, or null where the field needs a value.
    """
    if text is None or text == "":
        return coercer(target)(None)
    if target.type in _NESTED:
        try:
            return coercer(target)(canonical.loads(text))
        except canonical.type_errors as error:
            raise ValueRefused(Code.WRONG_TYPE, f"This is not JSON: {error}.") from error
    return coercer(target)(text)


def reads(rows: Iterable[Row]) -> tuple[str, ...]:
    """List the top-level source fields that the mappings look at, each once; none means all."""
    names: list[str] = []
    for row in rows:
        if row.kind == "field":
            names.append(refusals.top(row.source))
        elif row.program is not None:
            if row.program.reads_any:
                return ()
            names += sorted(refusals.top(name) for name in row.program.fields)
    return tuple(dict.fromkeys(names))


def fingerprint(
    document: Mapping[str, Any], shape: ObjectShape, maps: Maps | None = None
) -> bytes:
    """Hash what the result of a record depends on: mappings, permissions to write, fields, maps."""
    rows = [
        {name: value for name, value in row.items() if name != "uuid"}
        for row in plain(read_mappings(document["rows"]))
    ]
    decisive = [document[name] for name in _DECISIVE]
    shaping = [[getattr(field, name) for name in _SHAPING] for field in shape.fields]
    known = [[name, sorted(entries.items())] for name, entries in sorted((maps or {}).items())]
    return xxhash.xxh3_128_digest(canonical.dumps([shape.id, decisive, rows, shaping, known]))


def mapper(
    rows: Sequence[Row],
    primary: FieldShape,
    own_key: FieldShape | None,
    connection_id: int = 0,
) -> Mapper:
    """Make the function that maps one record; the first thing wrong with it ends its mapping.

    Args:
        rows: mappings in their order; formulas come last, whatever their place.
        primary: the field that finds existing records.
        own_key: the object's key field, if it has one.
        connection_id: with record and field it names what `uuid()` belongs to.
    """
    constants = {row.target.name: row.value for row in rows if row.kind == "raw"}
    plan = [_step(row) for row in rows if row.kind == "field"]
    calculate = calculation(rows, connection_id)
    targets = {row.target.name: row.target for row in rows} | {primary.name: primary}
    key_name, checked = primary.name, primary.is_key  # its own coercer checks a key
    other_key = own_key if own_key is not None and own_key.name != key_name else None

    def map_values(values: Mapping[str, Any], around: Surroundings | None = None, /) -> Mapped:
        mapped = constants.copy()
        name, value = key_name, None
        try:
            for name, top, deep, convert, needed in plan:
                value = values.get(top, UNSET) if deep is None else deep(values)
                if value is not UNSET:
                    mapped[name] = convert(value)
                elif needed:
                    return Mapped(mapped, "", refusals.missing(targets[name]))
            if calculate is not None and (refusal := calculate(values, mapped, around)):
                return Mapped(mapped, "", refusal)
            name, value = key_name, mapped.get(key_name)
            key = value if checked and type(value) is str else key_text(value)
            if other_key is None or other_key.name not in mapped:
                return Mapped(mapped, key, None, "" if other_key else key)
            name, value = other_key.name, mapped[other_key.name]
            return Mapped(mapped, key, None, key_text(value))
        except ValueRefused as error:
            return Mapped(mapped, "", refusals.of_value(error, targets[name], value))

    return map_values


def _step(row: Row) -> Step:
    path = paths.parse(row.source)
    target = row.target
    deep = paths.getter(path, UNSET) if len(path) > 1 else None
    needed = target.required or target.is_key
    return (target.name, str(path[0]), deep, coercer(target), needed)


def _used(rows: Sequence[Row], load_maps: Callable[[int], Maps], tenant_id: int) -> Maps:
    """Load the value maps that formulas name; all of them if a name is worked out."""
    names = {
        use.object
        for row in rows
        if row.program is not None
        for use in row.program.lookups
        if use.function == "translatemap"
    }
    if not names:
        return {}
    known = load_maps(tenant_id)
    return {name: found for name, found in known.items() if {name, None} & names}


def _gone(name: str, shape: ObjectShape) -> NotRunnable:
    return NotRunnable(f"“{shape.name}” has no field “{name}” any more; publish again.")
