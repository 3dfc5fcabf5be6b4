"""Draft rows → one immutable document → a new version, which is what the engine runs from then on.

Nothing is published that could not run: `gaps` lists what is missing, field by field.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import xxhash

import objects.services
from connections import accounts, checking, condition_gaps, mapping_gaps, targets
from connections.checking import Known
from connections.document import (
    Conditions,
    FieldMapping,
    Kind,
    every,
    plain,
    read_conditions,
    read_mappings,
    running,
)
from connections.mapping_gaps import (
    Gap as Gap,  # noqa: PLC0414  part of the face
    row_gaps as row_gaps,  # noqa: PLC0414  part of the face
)
from connections.models import (
    Connection,
    ConnectionVersion,
    Pair,
    RemoteEntity,
    UsedMap,
)
from connections.rows import map_program
from connections.sides import ENTITY, target_shape
from connections.targets import NoTarget
from formulas.language import Program, compile_formula
from objects.models import ConnectObject
from objects.shape import KEY_TYPES, ObjectShape
from syncapp import canonical
from syncapp.errors import Invalid, Refused
from syncapp.tenants import audit
from syncapp.tenants.actors import Actor

_OWN: Final = "internal"
"""The system type whose entities are the tenant's own connect objects."""

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
        targets=_targets(mappings),
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


def _targets(mappings: Sequence[FieldMapping]) -> list[str]:
    """List the fields that are filled, whole or in part, and the child objects."""
    return list(dict.fromkeys(mapping.target.split(".")[0][:60] for mapping in mappings))


def shape_of(connection: Connection) -> ObjectShape | None:
    """Give the shape of what the connection fills, if it is chosen and known."""
    return target_shape(connection)


def enabled(connection: Connection) -> tuple[FieldMapping, ...]:
    """Give the draft's mappings that are switched on, in order."""
    return running(read_mappings(connection.mapping))


def conditions_of(connection: Connection) -> Conditions:
    """Give the draft's conditions."""
    return read_conditions(connection.conditions)


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
        found += mapping_gaps.gaps(
            mappings, shape, known, connection.primary_key, creates=connection.allow_create
        )
    elif connection.config and connection.entity and connection.object:
        text = f"Nobody knows the fields of “{connection.entity}”. Connect its config again."
        found.append(Gap("entity", text))
    return found


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
    own = config is not None and config.system_type == _OWN
    if own and connection.object and connection.object.type == connection.entity:
        yield Gap("entity", f"“{connection.object}” would be mapped onto itself.")
    if connection.object and config and connection.entity and (other := _rival(connection)):
        yield Gap(
            "label",
            f"“{other}” moves the same entity and object in this direction; "
            "give this connection a label.",
        )


def _key_gaps(
    connection: Connection, mappings: Sequence[FieldMapping], shape: ObjectShape
) -> Iterator[Gap]:
    if not connection.primary_key:
        yield Gap("primary_key", "Choose the primary key field.")
        return
    try:
        field = targets.find(shape, connection.primary_key).leaf
    except NoTarget as error:
        yield Gap("primary_key", error.message)
        return
    label, known = field.label or field.name, field.is_key or field.is_unique
    # What is unique in another system, its discovery often does not tell.
    if shape.id != ENTITY and not known and shape.key is not None:
        yield Gap("primary_key", f"{label} is neither the key nor unique.")
    elif shape.id != ENTITY and not known:
        yield Gap("primary_key", f"Mark {label} as key or unique in “{shape.name}”.")
    if field.type not in KEY_TYPES | {"any"}:
        yield Gap("primary_key", f"A field of type {field.type} cannot identify records.")
    if field.name not in {mapping.target for mapping in mappings}:
        yield Gap("mappings", f"Map {label}: it is the primary key.")
    yield from mapping_gaps.key_gaps(mappings, field)


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
    """List which target is made of which source field; `*` is any of them.

    What lines read is told with their array: `Lines.ItemCode`.
    """
    found: list[dict[str, str]] = []
    for mapping in mappings:
        found += [{"target": mapping.target, "reads": name} for name in _reads(mapping)]
        for row in mapping.rows:
            target = f"{mapping.target}.{row.target}"
            reads = [f"{mapping.source}.{name}" for name in _reads(row)] + _parents(row)
            found += [{"target": target, "reads": name} for name in reads]
    return found


def _reads(mapping: FieldMapping) -> list[str]:
    if mapping.kind is not Kind.FORMULA:
        return [mapping.source] if mapping.source and mapping.kind is not Kind.RAW else []
    program = compile_formula(mapping.formula)
    return ["*"] if program.reads_any else sorted(program.fields)


def _parents(mapping: FieldMapping) -> list[str]:
    if mapping.kind is not Kind.FORMULA:
        return []
    program = compile_formula(mapping.formula)
    return ["*"] if program.reads_any_parent else sorted(program.parents)


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
    texts = [mapping.formula for mapping in every(mappings) if mapping.kind == Kind.FORMULA]
    rows = conditions_of(connection).each()
    texts += [row.formula for row in rows if row.enabled and row.formula]
    looked_up = [row for row in every(mappings) if row.kind == Kind.MAP]
    return [
        *(compile_formula(text) for text in texts),
        *(map_program(row.map, row.source) for row in looked_up),
    ]


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
            **{f"mapping {row['target']}": _told(row) for row in spec.get("rows", ())},
        }
        for spec in (before, after)
    ]
    return audit.diff(*flat)


def _told(row: Mapping[str, Any]) -> Any:
    """Say in a word what a mapping does; with options or lines all of it."""
    plain_ones = {"target", "kind", "uuid", "source", "value", "formula"}
    if set(row) - plain_ones:
        return {name: value for name, value in row.items() if name not in {"target", "uuid"}}
    return row.get("source") or row.get("formula") or {"constant": row.get("value")}
