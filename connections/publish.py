"""Draft rows → one immutable document → a new version, which is what the engine runs from then on.

Nothing is published that could not run: `gaps` lists what is missing, field by field.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import xxhash

import objects.services
from connections import accounts, checking, condition_gaps
from connections.checking import Known
from connections.document import (
    Conditions,
    FieldMapping,
    Kind,
    plain,
    read_conditions,
    read_mappings,
    running,
)
from connections.models import (
    Connection,
    ConnectionVersion,
    Pair,
    RemoteEntity,
    UsedMap,
)
from connections.rows import constant
from formulas.language import Program, compile_formula, paths
from objects.models import ConnectObject
from objects.shape import KEY_TYPES, ObjectShape
from objects.values import ValueRefused
from syncapp import canonical
from syncapp.errors import Invalid, Refused
from syncapp.tenants import audit
from syncapp.tenants.actors import Actor

_OPTIONS: Final = (
    "direction",
    "system_type",
    "config_id",
    "entity",
    "object_id",
    "primary_key",
    "query_filter",
    "page_size",
    "allow_create",
    "allow_update",
    "deletes",
    "enrolment",
    "key_from",
    "only_changes",
    "log_all",
    "keep_days",
)


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that keeps a draft from being published.

    Attributes:
        field: the field of the form that mends it; `mappings` for the mapping table.
        message: what is missing or wrong.
    """

    field: str
    message: str


def publish(
    connection: Connection, *, actor: Actor, now: datetime, reason: str = ""
) -> ConnectionVersion:
    """Make the draft the live version, in the present transaction.

    An unchanged draft makes no new version.

    Raises:
        Invalid: the draft has gaps; `fields` lists them.
    """
    connection = Connection.objects.select_for_update(of=("self",)).get(
        tenant_id=connection.tenant_id, pk=connection.pk
    )
    mappings = enabled(connection)
    known = Known(connection.tenant_id)
    refuse(gaps(connection, mappings, shape_of(connection), known))
    programs = _programs(connection, mappings)
    _index(programs, known, actor)
    pair = _pair(connection)
    spec = {**document(connection, mappings), "account_id": pair.account_id, "pair_id": pair.pk}
    last = connection.versions.order_by("-number").first()
    live = connection.live_version
    if live is not None and live.spec == spec:
        return live
    version = ConnectionVersion.objects.create(
        tenant_id=connection.tenant_id,
        connection=connection,
        number=last.number + 1 if last else 1,
        spec=spec,
        targets=[row["target"] for row in spec["rows"]],
        reads=_lineage(mappings) + _tested(conditions_of(connection)),
        fingerprint=xxhash.xxh3_128_hexdigest(canonical.dumps(spec)),
        reason=reason,
        by=actor.label,
        at=now,
    )
    Connection.objects.filter(tenant_id=connection.tenant_id, pk=connection.pk).update(
        pair=pair, live_version=version, etag=connection.etag + 1
    )
    _keep_maps(connection, programs, known)
    audit.record(
        connection.tenant,
        actor,
        "publish",
        connection,
        diff=_difference(live.spec if live else {}, spec),
        reason=reason,
    )
    return version


def enabled(connection: Connection) -> tuple[FieldMapping, ...]:
    """Give the draft's mappings that are switched on, in order."""
    return running(read_mappings(connection.mapping))


def conditions_of(connection: Connection) -> Conditions:
    """Give the draft's conditions."""
    return read_conditions(connection.conditions)


def shape_of(connection: Connection) -> ObjectShape | None:
    """Give the shape of the connection's object, if one is chosen."""
    return objects.services.load_shape(connection.object) if connection.object else None


def document(connection: Connection, mappings: Sequence[FieldMapping]) -> dict[str, Any]:
    """Write the draft down: options, mappings that are switched on, and conditions."""
    options = {name: getattr(connection, name) for name in _OPTIONS}
    return {
        **options,
        "rows": plain(mappings),
        "conditions": plain(conditions_of(connection)),
    }


def gaps(
    connection: Connection,
    mappings: Sequence[FieldMapping],
    shape: ObjectShape | None,
    known: Known | None = None,
) -> list[Gap]:
    """List everything that keeps this draft from being published; empty if nothing does."""
    known = known or Known(connection.tenant_id)
    found = list(_choice_gaps(connection))
    for problem in condition_gaps.problems(conditions_of(connection), known):
        found.append(Gap("conditions", problem.message))
    if shape is not None:
        found += _key_gaps(connection, mappings, shape)
        found += _target_gaps(connection, mappings, shape)
        for mapping in mappings:
            found += row_gaps(mapping, shape, known)
    return found


def row_gaps(mapping: FieldMapping, shape: ObjectShape, known: Known) -> list[Gap]:
    """List what is wrong with one mapping."""
    target = shape.by_name.get(mapping.target)
    if target is None:
        return [Gap("mappings", f"“{shape.name}” has no field “{mapping.target}”.")]
    try:
        if mapping.kind == Kind.RAW:
            constant(target, mapping.value)
        elif mapping.kind == Kind.FORMULA:
            wrong = checking.problem(mapping.formula, known)
            return [Gap("mappings", f"{mapping.target}: {wrong}")] if wrong else []
        elif mapping.source:
            paths.parse(mapping.source)
        else:
            return [Gap("mappings", f"{mapping.target}: choose a source field.")]
    except ValueRefused as error:
        return [Gap("mappings", f"{mapping.target}: {error.message}")]
    except paths.PathError as error:
        return [Gap("mappings", f"{mapping.target}: {error}")]
    return []


def refuse(found: Sequence[Gap]) -> None:
    """Raise `Invalid` if there are gaps, several of one field joined."""
    if not found:
        return
    fields: dict[str, str] = {}
    for gap in found:
        fields[gap.field] = (
            f"{fields[gap.field]} {gap.message}" if gap.field in fields else gap.message
        )
    count = f"{len(found)} things are" if len(found) > 1 else "One thing is"
    raise Invalid(
        f"{count} missing before this connection can run.", code="not_ready", fields=fields
    )


def _choice_gaps(connection: Connection) -> Iterator[Gap]:
    config = connection.config
    if config is None:
        yield Gap("config", "Choose a connection config.")
    elif config.system_type != connection.system_type:
        yield Gap("config", "The config is of another type.")
    if not connection.entity:
        yield Gap("entity", "Choose an entity.")
    if connection.object is None:
        yield Gap("object", "Choose a connect object.")
    elif connection.object.kind != ConnectObject.Kind.STORE:
        yield Gap("object", f"“{connection.object}” keeps no records; choose one that does.")
    if connection.object and config and connection.entity and (other := _rival(connection)):
        yield Gap(
            "label",
            f"“{other}” moves the same entity and object in this direction; "
            "give this connection a label.",
        )


def _key_gaps(
    connection: Connection, mappings: Sequence[FieldMapping], shape: ObjectShape
) -> Iterator[Gap]:
    field = shape.by_name.get(connection.primary_key)
    if field is None:
        text = (
            "Choose the primary key field."
            if not connection.primary_key
            else (f"“{shape.name}” has no field “{connection.primary_key}”.")
        )
        yield Gap("primary_key", text)
        return
    if not (field.is_key or field.is_unique) and shape.key is not None:
        yield Gap("primary_key", f"{field.label} is neither the key nor unique.")
    elif not (field.is_key or field.is_unique):
        yield Gap("primary_key", f"Mark {field.label} as key or unique in “{shape.name}”.")
    if field.type not in KEY_TYPES:
        yield Gap("primary_key", f"A field of type {field.type} cannot identify records.")
    if field.name not in {mapping.target for mapping in mappings}:
        yield Gap("mappings", f"Map {field.label}: it is the primary key.")
    elif any(m.target == field.name and m.kind == Kind.RAW for m in mappings):
        yield Gap("mappings", f"Map {field.label} from a field: all records would get one key.")
    elif any(m.target == field.name and checking.volatile(m.formula) for m in mappings):
        text = f"{field.label} identifies records, so its formula must always give the same."
        yield Gap("mappings", text)


def _target_gaps(
    connection: Connection, mappings: Sequence[FieldMapping], shape: ObjectShape
) -> Iterator[Gap]:
    mapped = [mapping.target for mapping in mappings]
    for name in dict.fromkeys(name for name in mapped if mapped.count(name) > 1):
        yield Gap("mappings", f"{name} is mapped twice.")
    if not connection.allow_create:
        return
    for field in shape.fields:
        needed = (field.required or field.is_key) and field.default is None
        if needed and field.name not in mapped and field.name != connection.primary_key:
            yield Gap("mappings", f"Map {field.label}: it is required.")


def _rival(connection: Connection) -> Connection | None:
    """Find another connection that would share the pair and direction."""
    assert connection.config is not None
    return (
        Connection.objects.exclude(pk=connection.pk)
        .filter(
            tenant_id=connection.tenant_id,
            direction=connection.direction,
            pair__account=connection.config.account_id,
            pair__entity__name=connection.entity,
            pair__object=connection.object_id,
            pair__label=connection.label,
        )
        .first()
    )


def _pair(connection: Connection) -> Pair:
    assert connection.config is not None
    account = accounts.ensure(connection.config)
    entity, _ = RemoteEntity.objects.get_or_create(
        tenant_id=connection.tenant_id, account=account, name=connection.entity
    )
    pair, _ = Pair.objects.get_or_create(
        tenant_id=connection.tenant_id,
        object=connection.object,
        account=account,
        entity=entity,
        label=connection.label,
    )
    return pair


def _lineage(mappings: Sequence[FieldMapping]) -> list[dict[str, str]]:
    """List which target is made of which source field; `*` is any of them."""
    found: list[dict[str, str]] = []
    for mapping in mappings:
        sources: list[str] = []
        if mapping.kind == Kind.FIELD:
            sources = [mapping.source]
        elif mapping.kind == Kind.FORMULA:
            program = compile_formula(mapping.formula)
            sources = ["*"] if program.reads_any else sorted(program.fields)
        found += [{"target": mapping.target, "reads": source} for source in sources]
    return found


def _tested(conditions: Conditions) -> list[dict[str, str]]:
    """List which condition looks at which source field; `*` is any of them."""
    found: list[dict[str, str]] = []
    for row in conditions.each():
        sources = [name for name in (row.field, row.other) if name]
        if row.formula and row.enabled:
            program = compile_formula(row.formula)
            sources += ["*"] if program.reads_any else sorted(program.fields)
        found += [{"condition": row.uuid, "reads": name} for name in sources if row.enabled]
    return found


def _programs(connection: Connection, mappings: Sequence[FieldMapping]) -> list[Program]:
    """Compile the formulas of mappings and conditions that count."""
    texts = [mapping.formula for mapping in mappings if mapping.kind == Kind.FORMULA]
    rows = conditions_of(connection).each()
    texts += [row.formula for row in rows if row.enabled and row.formula]
    return [compile_formula(text) for text in texts]


def _keep_maps(connection: Connection, programs: Sequence[Program], known: Known) -> None:
    """Note which value maps are in use from now on."""
    used = {name for program in programs for name in checking.maps(program)}
    connection.used_maps.all().delete()
    UsedMap.objects.bulk_create(
        UsedMap(tenant_id=connection.tenant_id, connection=connection, map_id=known.maps[name])
        for name in sorted(used)
    )


def _index(programs: Sequence[Program], known: Known, actor: Actor) -> None:
    """Make fields searchable that formulas compare with values.

    Raises:
        Invalid: the stored values of one cannot be searched.
    """
    wanted = {pair for program in programs for pair in checking.indexed(program)}
    for type_, name in sorted(wanted):
        field = known.objects[type_].by_name[name]
        if field.is_key or field.searched:
            continue
        try:
            objects.services.make_searchable(known.tenant_id, field.id, actor=actor)
        except Refused as error:
            message = f"{type_}.{name} cannot be looked up: {error.message}"
            raise Invalid(fields={"mappings": message}) from error


def _difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Compare two documents; mapping rows by their target."""
    flat = [
        {
            **{name: value for name, value in spec.items() if name != "rows"},
            **{
                f"mapping {row['target']}": row.get("source")
                or row.get("formula")
                or {"constant": row.get("value")}
                for row in spec.get("rows", ())
            },
        }
        for spec in (before, after)
    ]
    return audit.diff(*flat)
