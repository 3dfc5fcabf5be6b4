"""What differs between two versions of a connection, or a version and the draft; and going back.

Rows are recognised by their uuid, so a mapping that was renamed, moved or rewritten is one change.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from msgspec import structs

from connections import services, wording
from connections.document import (
    Condition,
    Conditions,
    FieldMapping,
    read_conditions,
    read_mappings,
)
from connections.models import Connection, ConnectionConfig, ConnectionVersion
from connections.publish import document, enabled, publish
from objects.models import ConnectObject
from syncapp.errors import NotThere, Refused
from syncapp.tenants.actors import Actor

DRAFT: Final = "draft"
LIVE: Final = "live"
_DIGITS: Final = 9
_LABELS: Final = {
    "config_id": "Connection config",
    "entity": "Entity",
    "object_id": "Connect object",
    "primary_key": "Primary key field",
    "query_filter": "Query filter",
    "page_size": "Page size",
    "allow_create": "Create new records",
    "allow_update": "Update existing records",
    "deletes": "Deletes",
    "enrolment": "Enrolment",
    "key_from": "Key of a new record",
    "only_changes": "Send changed fields only",
    "log_all": "Log unchanged records",
    "keep_days": "Keep record logs (days)",
}


@dataclass(frozen=True, slots=True)
class Changed:
    """One thing that differs.

    Attributes:
        verb: added, removed, changed or moved.
        what: the target field, the option or the condition that it is about.
        before: in words; "" if it was not there.
        after: in words; "" if it is not there any more.
        uuid: of the mapping or condition; "" for options.
    """

    verb: str
    what: str
    before: str = ""
    after: str = ""
    uuid: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs between two documents."""

    mappings: Sequence[Changed] = ()
    conditions: Sequence[Changed] = ()
    options: Sequence[Changed] = ()

    def __len__(self) -> int:
        return len(self.mappings) + len(self.conditions) + len(self.options)


def draft_of(connection: Connection) -> dict[str, Any]:
    """Write the draft down as it would be published."""
    return document(connection, enabled(connection))


def difference(
    tenant_id: int, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Difference:
    """Compare two documents; one that is empty has no mappings, conditions or options."""
    old, new = (read_mappings(one.get("rows", ())) for one in (before, after))
    conditions = [read_conditions(one.get("conditions")) for one in (before, after)]
    return Difference(
        [*_mappings(old, new)],
        [*_conditions(*conditions)],
        [*_options(tenant_id, before, after)] if before and after else [],
    )


def version_of(connection: Connection, number: str) -> ConnectionVersion:
    """Give a version by its number, as an address spells it.

    Raises:
        NotThere: it is none.
    """
    found: ConnectionVersion | None = None
    if number.isdecimal() and len(number) <= _DIGITS:
        found = connection.versions.filter(number=int(number)).first()
    if found is None:
        raise NotThere("There is no such version of this connection.")
    return found


def document_of(connection: Connection, name: str) -> Mapping[str, Any]:
    """Give a document by its name: `draft`, `live`, or a number; empty if nothing is live.

    Raises:
        NotThere: there is no version of this number.
    """
    if name == DRAFT:
        return draft_of(connection)
    version = connection.live_version if name == LIVE else version_of(connection, name)
    spec: Mapping[str, Any] = version.spec if version is not None else {}
    return spec


def revert(
    connection: Connection,
    version: ConnectionVersion,
    *,
    actor: Actor,
    now: datetime,
    reason: str = "",
) -> ConnectionVersion:
    """Make an earlier version the draft, and publish it as a new version.

    Raises:
        Refused: its config or connect object is gone.
        Invalid: it does not fit the connect object any more; `fields` says where.
    """
    connection = restore(connection, version, actor=actor)
    told = f"Back to version {version.number}"
    return publish(
        connection, actor=actor, now=now, reason=f"{told}: {reason}" if reason else told
    )


def restore(
    connection: Connection, version: ConnectionVersion, *, actor: Actor, etag: int | None = None
) -> Connection:
    """Make the draft what a version says; what runs stays.

    Raises:
        Refused: its config or connect object is gone.
        Changed: somebody else changed the draft meanwhile.
    """
    spec = version.spec
    values = {name: spec[name] for name in services.EDITABLE if name in spec}
    values["config"] = _still(ConnectionConfig, connection, spec["config_id"], "config")
    values["object"] = _still(ConnectObject, connection, spec["object_id"], "connect object")
    return services.edit(
        connection,
        values,
        mappings=spec["rows"],
        conditions=spec["conditions"],
        actor=actor,
        etag=etag,
    )


def _still(model: Any, connection: Connection, pk: int, what: str) -> Any:
    row = model.objects.for_tenant(connection.tenant_id).filter(pk=pk).first()
    if row is None:
        raise Refused(f"The {what} of this version is gone.", code="gone")
    return row


def _mappings(old: Sequence[FieldMapping], new: Sequence[FieldMapping]) -> Iterator[Changed]:
    known = {row.uuid: row for row in old}
    kept = [row.uuid for row in new if row.uuid in known]
    order = [row.uuid for row in old if row.uuid in set(kept)]
    moved = _moved(order, kept)
    for row in new:
        before = known.pop(row.uuid, None)
        if before is None:
            yield Changed("added", row.target, "", wording.mapping(row), row.uuid)
        elif before != row:
            texts = (_mapping_text(before, row), _mapping_text(row, before))
            yield Changed("changed", row.target, *texts, row.uuid)
        elif row.uuid in moved:
            text = wording.mapping(row)
            yield Changed("moved", row.target, text, text, row.uuid)
    for row in known.values():
        yield Changed("removed", row.target, wording.mapping(row), "", row.uuid)


def _moved(before: Sequence[str], after: Sequence[str]) -> set[str]:
    """Find the fewest rows whose moving explains the new order: all but a longest rising run."""
    place = {uuid: number for number, uuid in enumerate(before)}
    ends: list[str] = []  # of the rising runs of each length, the one that ends lowest
    behind: dict[str, str] = {}
    for uuid in after:
        at = bisect_left(ends, place[uuid], key=place.__getitem__)
        if at:
            behind[uuid] = ends[at - 1]
        ends[at : at + 1] = [uuid]
    stays, last = set[str](), ends[-1] if ends else None
    while last is not None:
        stays.add(last)
        last = behind.get(last)
    return set(after) - stays


def _mapping_text(row: FieldMapping, other: FieldMapping) -> str:
    """Say what a mapping does; of nested ones only those that differ."""
    known = {inner.uuid: inner for inner in other.rows}
    differing = tuple(inner for inner in row.rows if known.get(inner.uuid) != inner)
    told = wording.mapping(structs.replace(row, rows=differing))
    return told if other.target == row.target else f"{row.target}: {told}"


def _conditions(old: Conditions, new: Conditions) -> Iterator[Changed]:
    if old.join is not new.join and (old != Conditions() or new != Conditions()):
        texts = (f"{old.join} must hold", f"{new.join} must hold")
        yield Changed("changed", "Conditions", *texts)
    known = {row.uuid: (row, where) for row, where in _placed(old)}
    for row, where in _placed(new):
        before = known.pop(row.uuid, None)
        text = _condition_text(row, where)
        if before is None:
            yield Changed("added", "Condition", "", text, row.uuid)
        elif before != (row, where):
            yield Changed("changed", "Condition", _condition_text(*before), text, row.uuid)
    for row, where in known.values():
        yield Changed("removed", "Condition", _condition_text(row, where), "", row.uuid)


def _placed(whole: Conditions) -> Iterator[tuple[Condition, str]]:
    """Give each condition with its group in words."""
    for row in whole.rows:
        yield row, ""
    for number, group in enumerate(whole.groups, 1):
        for row in group.rows:
            yield row, f"group {number}, {group.join} of it"


def _condition_text(row: Condition, where: str) -> str:
    told = wording.condition(row)
    return f"{told} ({where})" if where else told


def _options(
    tenant_id: int, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[Changed]:
    for name, label in _LABELS.items():
        old, new = before.get(name), after.get(name)
        if old != new:
            texts = (_option(tenant_id, name, old), _option(tenant_id, name, new))
            yield Changed("changed", label, *texts)


def _option(tenant_id: int, name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    model: Any = {"config_id": ConnectionConfig, "object_id": ConnectObject}.get(name)
    if model is None or value is None:
        return "" if value is None else str(value)
    found = model.objects.for_tenant(tenant_id).filter(pk=value).first()
    return str(found) if found is not None else f"number {value}, which is gone"
