"""Any service that speaks OData v4.

Source
    OASIS, OData 4.01 Part 1 (Protocol), Part 2 (URL Conventions) and JSON Format, 2020-04-23,
    https://docs.oasis-open.org/odata/odata/v4.01/ (read 2026-11). Services of 4.0 and 4.01.

Auth
    None, Basic, a bearer token, or an API key in a header of its own. Always over a verified
    certificate; an in-house authority's certificate can be added.

Paging
    The wanted size travels as `Prefer: odata.maxpagesize`; next links are followed as they
    are, absolute or relative, inside the service's origin only. A service that gives a full
    page and no link is asked on with `$top` and `$skip`. With the setting *by key* each page
    asks for what stands behind the last key instead: slower to explain, but rows that are
    added or removed meanwhile make nothing be missed.
    Changes are read by the change field with some overlap, in the order of change and key;
    the mark for the next run is the greatest stamp seen in the data, never our clock. With
    the setting *delta links* the service keeps the mark and tells removals, too.

Limits
    None known beforehand; a `Retry-After` is obeyed. Filters stay below 1 800 characters.

Errors
    `error.code`, `error.message`, `error.target` and `error.details` are shown. 400 and 422
    concern the record, 401 the login, 403 its permissions, 409 and 412 are conflicts, 410 on
    a stored link means: read from the start. All others pass by themselves.

Quirks
    Services behind a proxy that ends TLS give next links with http://; they are followed with
    https://. PATCH on a missing key would create by standard, so it is always sent with
    `If-Match`. Annotations are taken out of the values. The metadata's navigation properties
    to lists become fields and are expanded only if a mapping asks for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from typing import ClassVar, Final
from urllib.parse import urljoin

import httpx

from connections.kit import checks
from connections.kit.answers import body_of, json_of
from connections.kit.auth import ApiKey, Auth, Basic, Bearer
from connections.kit.base import (
    Capabilities,
    Check,
    Cursor,
    Entity,
    ErrorKind,
    Json,
    Op,
    Outcome,
    Page,
    Query,
    Record,
    RemoteError,
    Setting,
    SettingKind,
    System,
    WriteItem,
    WriteResult,
)
from connections.kit.faults import StatusError
from connections.kit.odata import csdl, spelling, wire
from connections.kit.odata.reading import Manner, Reading
from connections.kit.outcomes import one_by_one
from connections.kit.settings import CA_CERTIFICATE
from connections.kit.slices import id_text, joined, parted

_longest_filter: Final = 1800
_most_keys: Final = 50
_usual_change_fields: Final = (
    "LastModifiedDateTime",
    "LastModified",
    "ModifiedOn",
    "ModifiedAt",
    "UpdatedAt",
    "UpdatedOn",
    "SystemModstamp",
    "LastChangeDateTime",
    "ChangedAt",
    "UpdateDate",
)


class OData(System):
    """A service root of OData v4."""

    label: ClassVar[str] = "OData v4"
    endpoint_label: ClassVar[str | None] = "Service root"
    narrows: ClassVar[bool] = True
    endpoint_help: ClassVar[str] = "https://erp.example.com/odata/v4/"
    filter_help: ClassVar[str] = "OData, such as Country eq 'DE' and Frozen eq false"
    settings: ClassVar[tuple[Setting, ...]] = (
        Setting(
            "auth",
            "Login by",
            SettingKind.CHOICE,
            required=True,
            default="basic",
            choices=(
                ("none", "No login"),
                ("basic", "User and password"),
                ("bearer", "Bearer token"),
                ("api_key", "API key in a header"),
            ),
        ),
        Setting("user", "User"),
        Setting("password", "Password", SettingKind.SECRET),
        Setting("token", "Token or key", SettingKind.SECRET),
        Setting("key_header", "Header of the API key", default="X-API-Key"),
        Setting(
            "change_field",
            "Change field",
            help="The field with the time of the last change; several separated by commas, "
            "for one entity alone as Items/ModifiedAt. If left empty, usual names are tried.",
        ),
        Setting(
            "overlap_seconds",
            "Overlap in seconds",
            SettingKind.INTEGER,
            default=300,
            help="How far before the last change seen the next run begins to read.",
        ),
        Setting(
            "paging",
            "Paging",
            SettingKind.CHOICE,
            default="links",
            choices=(("links", "As the service offers"), ("keys", "By key")),
        ),
        Setting(
            "delta",
            "Use delta links",
            SettingKind.BOOLEAN,
            default=False,
            help="If the service can track changes, it also tells removals.",
        ),
        CA_CERTIFICATE,
    )

    def check(self, *, entities: Sequence[str] = ()) -> Iterator[Check]:
        """Test address, login, metadata and the reading of some entities."""
        steps = checks.HttpSteps(self.context, self._root)
        return checks.lines(
            [
                *steps.first(),
                ("auth", lambda: self._check_login(open_root=steps.open)),
                *steps.last(entities, self._check_read),
            ]
        )

    def entities(self) -> Sequence[Entity]:
        """Describe the entity sets of `$metadata`."""
        return [self._entity(found) for found in self._model.sets.values()]

    def read(self, query: Query, cursor: Cursor | None) -> Iterator[Page]:
        """Read page by page, all or what has changed."""
        return self._reading(query, cursor, self._manner(self.entity_set(query.entity))).pages()

    def find(
        self, entity: str, keys: Sequence[Mapping[str, str]]
    ) -> Sequence[Sequence[Record]]:
        """Look records up, many keys with one filter."""
        entity_set = self.entity_set(entity)
        clauses = [self._clause(entity_set, key) for key in keys]
        asked = [number for number, clause in enumerate(clauses) if clause]
        found: list[list[Record]] = [[] for _ in keys]
        spelled = [f"({clauses[number]})" for number in asked]
        for batch in spelling.batches(spelled, _longest_filter, _most_keys):
            query = Query(entity, filter=" or ".join(spelled[place] for place in batch))
            pages = self._reading(query, None, Manner(ordered=False)).pages()
            records = [record for page in pages for record in page.records]
            for number in (asked[place] for place in batch):
                found[number] = _matching(records, keys[number])[:2]
        return found

    def write(self, entity: str, items: Sequence[WriteItem]) -> Sequence[WriteResult]:
        """Write one after the other."""
        entity_set = self.entity_set(entity)
        return one_by_one(
            items, lambda item: self._write(entity_set, item), self.context.cancelled
        )

    def entity_set(self, name: str) -> csdl.EntitySet:
        """Give the description of one set.

        Raises:
            RemoteError: CONFIG if the service has no such set.
        """
        found = self._model.sets.get(name)
        if found is None:
            message = f"The service has no entity set {name}. Choose one of those it describes."
            raise RemoteError(ErrorKind.CONFIG, message)
        return found

    def change_field(self, entity_set: csdl.EntitySet) -> str | None:
        """Give the field by which changes of a set are found, if it has one."""
        listed = str(self.context.settings.get("change_field") or "").split(",")
        wished = [name.strip() for name in listed if name.strip()]
        own = [name.removeprefix(f"{entity_set.name}/") for name in wished]
        names = [name for name in own if "/" not in name] if wished else _usual_change_fields
        by_name = {
            name.lower(): name
            for name, one in entity_set.properties.items()
            if one.type in {"Edm.DateTimeOffset", "Edm.Date"} and not one.collection
        }
        return next((by_name[name.lower()] for name in names if name.lower() in by_name), None)

    def send(
        self,
        method: str,
        address: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Json = None,
    ) -> httpx.Response:
        """Send one request to an address below the service root.

        Raises:
            RemoteError: with the service's own code, message and field.
        """
        try:
            return self.context.http.send(
                method,
                urljoin(self._root, address),
                params=params,
                json=json,
                headers={**wire.HEADERS, **(headers or {})},
                auth=self._auth,
            )
        except StatusError as error:
            raise wire.explain(error) from None

    @property
    def _root(self) -> str:
        return self.context.endpoint.removesuffix("$metadata").rstrip("/") + "/"

    @cached_property
    def _auth(self) -> Auth | None:
        settings, secrets = self.context.settings, self.context.secrets
        kind = settings.get("auth", "basic")
        if kind == "basic":
            return Basic(str(settings.get("user") or ""), secrets.get("password", ""))
        if kind == "bearer":
            return Bearer(secrets.get("token", ""))
        if kind == "api_key":
            name = str(settings.get("key_header") or "X-API-Key")
            return ApiKey(name, secrets.get("token", ""))
        return None

    @cached_property
    def _model(self) -> csdl.Model:
        try:
            response = self.send("GET", "$metadata", headers={"Accept": "application/xml"})
        except StatusError as error:
            if error.kind is ErrorKind.NOT_FOUND:
                error.kind = ErrorKind.CONFIG
                error.message = (
                    "There is no $metadata at this address. Enter the root of an OData service."
                )
            raise
        return csdl.parse(response.content)

    def _entity(self, found: csdl.EntitySet) -> Entity:
        change_field = self.change_field(found)
        tracked = bool(self.context.settings.get("delta"))
        allowed = (
            (Op.CREATE, found.insertable),
            (Op.UPDATE, found.updatable),
            (Op.DELETE, found.deletable),
        )
        return Entity(
            name=found.name,
            label=found.name,
            fields=self._model.fields(found),
            key=found.key,
            caps=Capabilities(
                since="delta" if tracked else "time" if change_field else "none",
                deletes="feed" if tracked else "compare",
                ops=frozenset(op for op, may in allowed if may and found.key),
                write_semantics="searchable",
                finds_batched=True,
            ),
            change_field=change_field,
        )

    def _check_login(self, *, open_root: bool) -> checks.Found:
        answer = json_of(self.send("GET", ""))
        if not isinstance(answer, dict) or not isinstance(answer.get("value"), list):
            message = "This is not the root of an OData service. Check the address."
            raise RemoteError(ErrorKind.CONFIG, message)
        sets = list(self._model.sets)
        if open_root and sets and self._auth:
            # The root is open to everybody, so only data can tell whether we are known.
            try:
                self.send("GET", sets[0], params={"$top": "1"})
            except RemoteError as error:
                if error.kind is ErrorKind.AUTH:
                    raise
        account = checks.account_of(self._root)
        return checks.Found(f"Logged in; {len(sets)} entity sets.", account)

    def _check_read(self, name: str) -> checks.Found:
        page = next(iter(self.read(Query(name, page_size=1, max_records=1), None)))
        seen = f" of {page.expected}" if page.expected is not None else ""
        return checks.Found(f"Read {len(page.records)}{seen} records.")

    def _clause(self, entity_set: csdl.EntitySet, key: Mapping[str, str]) -> str | None:
        """Spell the filter for one key; None if no record can have it."""
        try:
            return " and ".join(
                f"{name} eq {spelling.literal(entity_set.properties[name], value)}"
                for name, value in key.items()
            )
        except KeyError as error:
            message = f"{entity_set.name} has no field {error}."
            raise RemoteError(ErrorKind.CONFIG, message) from None
        except ValueError:
            return None

    def _reading(self, query: Query, cursor: Cursor | None, manner: Manner) -> Reading:
        entity_set = self.entity_set(query.entity)
        return Reading(self.send, entity_set, manner, query, cursor, self.context.now)

    def _manner(self, entity_set: csdl.EntitySet) -> Manner:
        settings = self.context.settings
        return Manner(
            change_field=self.change_field(entity_set),
            overlap=timedelta(seconds=int(settings.get("overlap_seconds") or 0)),
            by_keys=settings.get("paging") == "keys",
            tracked=bool(settings.get("delta")),
        )

    def _write(self, entity_set: csdl.EntitySet, item: WriteItem) -> WriteResult:
        if item.op is Op.CREATE:
            body = wire.body_of(item.values)
            return self._written(
                entity_set, item, self.send("POST", entity_set.name, json=body)
            )
        if item.op not in {Op.UPDATE, Op.DELETE}:
            message = f"An OData service cannot {item.op} a record."
            raise RemoteError(ErrorKind.UNSUPPORTED, message)
        address = entity_set.name + self._predicate(entity_set, item)
        match = {"If-Match": item.if_version or "*"}
        if item.op is Op.DELETE:
            self.send("DELETE", address, headers=match)
            return WriteResult(item.index, Outcome.DELETED, item.remote_id)
        body = wire.body_of(item.values)
        response = self.send("PATCH", address, json=body, headers=match)
        return self._written(entity_set, item, response)

    def _predicate(self, entity_set: csdl.EntitySet, item: WriteItem) -> str:
        try:
            if item.remote_id is not None:
                parts = parted(item.remote_id, len(entity_set.key))
            else:
                parts = [item.key[name] for name in entity_set.key]
            return spelling.predicate(entity_set, parts)
        except (KeyError, ValueError):
            message = f"The key of this record is not one of {entity_set.name}."
            raise RemoteError(ErrorKind.VALIDATION, message) from None

    def _written(
        self, entity_set: csdl.EntitySet, item: WriteItem, response: httpx.Response
    ) -> WriteResult:
        outcome = Outcome.CREATED if item.op is Op.CREATE else Outcome.UPDATED
        values: Json = wire.plain(body_of(response)) if response.content.strip() else {}
        parts = [id_text(values.get(name)) for name in entity_set.key]
        address = response.headers.get("odata-entityid") or response.headers.get("location", "")
        found = joined(parts) or joined(spelling.key_in(address, len(entity_set.key)) or [])
        version = response.headers.get("etag") or None
        return WriteResult(
            item.index, outcome, found or item.remote_id, version, answer=values or None
        )


def _matching(records: Sequence[Record], key: Mapping[str, str]) -> list[Record]:
    """Give the records with this key, or those that differ in case alone.

    Where the service does not mind the case, neither may we: a create would collide.
    """
    exact, loose = [], []
    for record in records:
        values = {name: id_text(record.values.get(name)) or "" for name in key}
        if values == key:
            exact.append(record)
        elif all(values[name].casefold() == key[name].casefold() for name in key):
            loose.append(record)
    return exact or loose
