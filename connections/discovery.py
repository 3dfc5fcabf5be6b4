"""What a system has to offer: entities and their fields, kept as last seen; sample records.

What talks to the system is called with no transaction open.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
import xxhash

from connections import accounts, drift
from connections.kit.base import Entity, Query, Record, System
from connections.kit.codes import FieldType
from connections.models import Account, ConnectionConfig, RemoteEntity
from connections.opening import open_system
from formulas.language import paths
from syncapp import canonical
from syncapp.tenants import door

SAMPLE: Final = 10
_DEPTH: Final = 3
_SHOWN: Final = 200
_REST: Final = timedelta(hours=1)
"""Between two looks of runs at the descriptions of an account."""

log = structlog.get_logger(__name__)


@dataclasses.dataclass(frozen=True, slots=True)
class Sample:
    """The first records that a query gives.

    Attributes:
        records: field → value, as the mappings will see them.
        unreadable: how many of them could not be decoded.
        fields: all top-level fields that occur, in order of appearance.
    """

    records: Sequence[Mapping[str, Any]]
    unreadable: int
    fields: Sequence[str]
    elapsed_ms: int


@dataclasses.dataclass(slots=True)
class Seen:
    """The same while it is read: records with their ids."""

    records: list[Record] = dataclasses.field(default_factory=list)
    unreadable: int = 0
    elapsed_ms: int = 0

    def take(self, record: Record) -> None:
        """Add a record, or count it if it cannot be decoded."""
        try:
            _ = record.values
        except (ValueError, *canonical.type_errors):
            self.unreadable += 1
        else:
            self.records.append(record)

    def told(self) -> Sample:
        """Give what people see of it."""
        values = [record.values for record in self.records]
        fields = dict.fromkeys(name for one in values for name in one)
        return Sample(values, self.unreadable, list(fields), self.elapsed_ms)


def known_entities(config: ConnectionConfig) -> list[RemoteEntity]:
    """List the entities as discovery last saw them, inside the tenant's door."""
    if config.account_id is None:
        return []
    seen = RemoteEntity.objects.filter(
        tenant_id=config.tenant_id, account=config.account_id, seen_at__isnull=False
    )
    return list(seen.order_by("name"))


def known_entity(config: ConnectionConfig | None, name: str) -> RemoteEntity | None:
    """Find one entity as discovery last saw it, inside the tenant's door."""
    if config is None or config.account_id is None:
        return None
    return RemoteEntity.objects.filter(
        tenant_id=config.tenant_id, account=config.account_id, name=name, seen_at__isnull=False
    ).first()


def discover(config: ConnectionConfig, *, now: Callable[[], datetime]) -> list[RemoteEntity]:
    """Ask the system what it has, and remember it; entities that are gone are forgotten.

    Raises:
        RemoteError: the system says why not.
    """
    with open_system(config, now=now) as system:
        found = list(system.entities())
    with door.tenant(config.tenant_id):
        config = ConnectionConfig.objects.select_for_update(of=("self",)).get(
            tenant_id=config.tenant_id, pk=config.pk
        )
        account = accounts.ensure(config)
        _remember(found, account, now())
        names = [entity.name for entity in found]
        gone = RemoteEntity.objects.filter(tenant_id=config.tenant_id, account=account).exclude(
            name__in=names
        )
        gone.filter(pairs__isnull=True).delete()
        gone.update(seen_at=None)
        return known_entities(config)


def look_again(
    system: System, config: ConnectionConfig, *, now: datetime, always: bool = False
) -> None:
    """See whether the entities that connections use are still described as they were.

    It asks for the description as a whole, so it does at most once an hour for an account,
    unless it must always. What is only guessed from records is left alone: a field that some
    records do not have is not gone. Called with no transaction open.

    Raises:
        RemoteError: the system says why not.
    """
    if config.account_id is None:
        return
    with door.tenant(config.tenant_id):
        names = _used(config)
        if not names or not _due(config, now, always=always):
            return
    found = {entity.name: entity for entity in system.entities()}
    if not found:
        return
    with door.tenant(config.tenant_id):
        account = Account.objects.get(tenant_id=config.tenant_id, configs=config)
        seen = [found[name] for name in names if name in found]
        _remember([entity for entity in seen if not entity.guessed], account, now)
        RemoteEntity.objects.filter(
            tenant_id=config.tenant_id, account=account, name__in=names - found.keys()
        ).update(seen_at=None)


def _used(config: ConnectionConfig) -> frozenset[str]:
    """Name the entities of connections, but none if their description would be guessed."""
    rows = RemoteEntity.objects.filter(
        tenant_id=config.tenant_id, account=config.account_id, pairs__isnull=False
    )
    found = dict(rows.values_list("name", "schema"))
    guessed = any(schema.get("guessed") for schema in found.values())
    return frozenset() if guessed else frozenset(found)


def _due(config: ConnectionConfig, now: datetime, *, always: bool) -> bool:
    """Take the hour of an account, so that of several runs one looks, and a failing one rests."""
    account = Account.objects.filter(tenant_id=config.tenant_id, pk=config.account_id or 0)
    if not always:
        account = account.exclude(described_at__gt=now - _REST)
    return account.update(described_at=now) > 0


def sample(config: ConnectionConfig, query: Query, *, now: Callable[[], datetime]) -> Sample:
    """Read the first records of a query, without any effect.

    Raises:
        RemoteError: the system says why not, such as an unknown entity or a bad filter.
    """
    return first_records(config, query, now=now).told()


def first_records(
    config: ConnectionConfig, query: Query, *, now: Callable[[], datetime]
) -> Seen:
    """The same, with the records as the engine has them.

    Raises:
        RemoteError: the system says why not.
    """
    started = time.perf_counter()
    seen = Seen()
    with open_system(config, now=now) as system:
        for page in system.read(query, None):
            for record in page.records:
                seen.take(record)
            if page.complete or len(seen.records) >= query.page_size:
                break
    seen.records = seen.records[: query.page_size]
    seen.elapsed_ms = round((time.perf_counter() - started) * 1000)
    return seen


def sample_query(entity: str, query_filter: str, limit: int = SAMPLE) -> Query:
    """Make the query of a test: as the connection asks, for a few records."""
    return Query(entity=entity, filter=query_filter, page_size=limit, max_records=limit)


def field_paths(entity: RemoteEntity | None) -> list[tuple[str, str]]:
    """List the paths that a mapping can read, with what they hold: nested fields and first lines."""
    return list(_paths((entity.schema if entity else {}).get("fields", ()), "", _DEPTH))


def importable(entity: RemoteEntity) -> list[dict[str, Any]]:
    """Describe an entity's fields as fields of a connect object, ready for `add_fields`.

    What the other side requires of a new record says nothing about what it sends, so only the
    key is required here.
    """
    key = entity.schema.get("key", ())
    found = []
    for field in entity.schema.get("fields", ()):
        kind = field["type"]
        if kind == FieldType.REFERENCE or (kind == FieldType.CHOICE and not field["choices"]):
            kind = FieldType.TEXT
        is_key = list(key) == [field["name"]]
        found.append(
            {
                "name": field["name"],
                "label": field["label"],
                "type": str(kind),
                "is_key": is_key,
                "required": is_key,
                "choices": field["choices"],
                "max_length": field["max_length"],
                "scale": field["scale"],
            }
        )
    return found


def schema_of(entity: Entity) -> dict[str, Any]:
    """Write an entity's description down as JSON."""
    plain = dataclasses.asdict(entity)
    plain["caps"]["ops"] = sorted(plain["caps"]["ops"])
    told = {name: plain[name] for name in ("label", "fields", "key", "caps", "change_field")}
    return told | ({"guessed": True} if entity.guessed else {})


def cell(record: Mapping[str, Any], name: str) -> str | None:
    """Write one value of a sample record out: text as it is, everything else as JSON."""
    if name not in record or record[name] is None:
        return None
    value = record[name]
    text = value if isinstance(value, str) else canonical.text(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _remember(found: Sequence[Entity], account: Account, now: datetime) -> None:
    """Write descriptions down, and how they differ from those before."""
    rows = RemoteEntity.objects.filter(
        tenant_id=account.tenant_id, account=account, name__in=[one.name for one in found]
    )
    known = {row.name: row for row in rows}
    RemoteEntity.objects.bulk_create(
        [_row(entity, account, known.get(entity.name), now) for entity in found],
        update_conflicts=True,
        unique_fields=["account", "name"],
        update_fields=["schema", "fingerprint", "seen_at", "drift"],
    )
    Account.objects.filter(tenant_id=account.tenant_id, pk=account.pk).update(described_at=now)


def _row(
    entity: Entity, account: Account, known: RemoteEntity | None, now: datetime
) -> RemoteEntity:
    schema = schema_of(entity)
    fingerprint = xxhash.xxh3_128_hexdigest(canonical.dumps(schema))
    changes = known.drift if known is not None else {}
    if known is not None and known.fingerprint != fingerprint and _describes(known, entity):
        changes = drift.added_up(changes, drift.between(known.schema, schema), now)
        log.info("entity has changed", entity=entity.name, drift=changes)
    return RemoteEntity(
        tenant_id=account.tenant_id,
        account_id=account.pk,
        name=entity.name,
        schema=schema,
        fingerprint=fingerprint,
        seen_at=now,
        drift=changes,
    )


def _describes(known: RemoteEntity, entity: Entity) -> bool:
    """Whether both descriptions are the system's own, so that they can be compared."""
    return (
        bool(known.schema.get("fields"))
        and not known.schema.get("guessed")
        and not entity.guessed
    )


def _paths(
    fields: Sequence[Mapping[str, Any]], prefix: str, depth: int
) -> Iterator[tuple[str, str]]:
    for field in fields:
        spelled = paths.spell(field["name"])
        path = f"{prefix}{'.' if prefix and not spelled.startswith('[') else ''}{spelled}"
        kind = field["type"]
        yield path, field.get("label") or kind.replace("_", " ")
        if field["fields"] and depth > 1:
            inner = f"{path}[0]" if kind == "list" else path
            yield from _paths(field["fields"], inner, depth - 1)
