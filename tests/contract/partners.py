"""The other side of each system type: a real service on loopback, or the store or world."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from connections import registry
from connections.kit.auth import MemoryTokens
from connections.kit.base import (
    CLEAR,
    UNSET,
    Entity,
    ErrorKind,
    Field,
    Op,
    Outcome,
    Record,
    RemoteError,
    System,
    WriteItem,
    WriteResult,
)
from connections.kit.egress import EgressPolicy
from connections.kit.recorder import Recorder
from connections.kit.world import CAPABILITIES, Fault, World
from syncapp import canonical
from tests.contract.servers import Reply, Request, Server

SECRET = "s3cret-of-acme"
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
ENTITY = "Items"
KEY = "Code"


def item(number: int, **more: Any) -> dict[str, Any]:
    return {KEY: f"A-{number:03}", "Name": f"Item {number}", "Price": Decimal("1.50"), **more}


class Partner(ABC):
    """What a conformance test can do on the other side."""

    key: ClassVar[str]
    wired: ClassVar[bool] = False
    notices: ClassVar[bool] = True  # tells what has changed since

    @abstractmethod
    def open(self, **settings: Any) -> System: ...

    @abstractmethod
    def put(self, *records: Mapping[str, Any]) -> None: ...

    @abstractmethod
    def values(self) -> dict[str, dict[str, Any]]: ...


def opened(kind: str, endpoint: str, given: Mapping[str, Any], **surroundings: Any) -> System:
    """Open a system the way the application does."""
    cls = registry.system_type(kind)
    values = registry.validate_settings(cls, endpoint, given)
    settings, secrets = registry.split_secrets(cls, values)
    login = registry.Login(endpoint, settings, secrets)
    policy = EgressPolicy.parse("127.0.0.1")
    around = registry.Surroundings(policy, lambda: datetime.now(UTC), **surroundings)  # noqa: TID251
    return registry.open_system(kind, login, MemoryTokens(), around)


class Table:
    """Records by key, each with the time of its last change."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.changes = 0

    def put(self, values: Mapping[str, Any]) -> dict[str, Any]:
        self.changes += 1
        key = values[KEY]
        self.rows.pop(key, None)
        stamp = BEGIN + timedelta(hours=self.changes)
        self.rows[key] = {**values, "ModifiedOn": stamp.isoformat().replace("+00:00", "Z")}
        return self.rows[key]


class HttpPartner(Partner):
    """A service of one table; `trouble` answers instead of it."""

    wired = True

    def __init__(self) -> None:
        self.table = Table()
        self.server = Server(self.answer)
        self.trouble: Callable[[Request], Reply | None] = lambda _: None
        self.recorder = Recorder()
        self.twist: Callable[[Any], Any] = lambda page: page

    def put(self, *records: Mapping[str, Any]) -> None:
        for values in records:
            self.table.put(values)

    def values(self) -> dict[str, dict[str, Any]]:
        return self.table.rows

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, request: Request) -> Reply:
        reply = self.trouble(request)
        if reply is not None:
            return reply
        if not self.knows(request):
            return Reply(401, json={"error": {"code": "login", "message": "Who are you?"}})
        return self.serve(request)

    @abstractmethod
    def knows(self, request: Request) -> bool: ...

    @abstractmethod
    def serve(self, request: Request) -> Reply: ...


class ODataPartner(HttpPartner):
    """An OData v4 service."""

    key = "odata"
    root = "/odata/v4/"

    def open(self, **settings: Any) -> System:
        given = {"user": "acme", "password": SECRET, **settings}
        return opened("odata", self.server.url + self.root, given, recorder=self.recorder)

    def knows(self, request: Request) -> bool:
        return request.headers.get("Authorization") == "Basic YWNtZTpzM2NyZXQtb2YtYWNtZQ=="

    def serve(self, request: Request) -> Reply:
        path = request.path.removeprefix(self.root)
        if path == "":
            return Reply(json={"value": [{"name": ENTITY, "url": ENTITY}]})
        if path == "$metadata":
            return Reply(body=METADATA.encode(), type="application/xml")
        if path == ENTITY:
            return self._post(request) if request.method == "POST" else self._page(request)
        found = re.fullmatch(rf"{ENTITY}\('((?:[^']|'')*)'\)", path)
        return self._one(request, found[1].replace("''", "'")) if found else Reply(404)

    def _page(self, request: Request) -> Reply:
        query = request.query
        rows = [
            row for row in self.table.rows.values() if _passes(row, query.get("$filter", ""))
        ]
        order = query.get("$orderby", KEY).split(",")
        rows.sort(key=lambda row: [row[name] for name in order])
        skip = int(query.get("$skiptoken", query.get("$skip", "0")))
        size = int(re.search(r"maxpagesize=(\d+)", request.headers.get("Prefer", ""))[1])  # type: ignore[index]  # always sent
        size = min(size, int(query.get("$top", "999")))
        page: dict[str, Any] = {"value": [_noted(row) for row in rows[skip : skip + size]]}
        if query.get("$count"):
            page["@odata.count"] = len(rows)
        if skip + size < len(rows) and "$top" not in query:
            options = {k: v for k, v in query.items() if k not in {"$skiptoken", "$count"}}
            rest = "&".join(
                f"{k}={v}" for k, v in {**options, "$skiptoken": skip + size}.items()
            )
            page["@odata.nextLink"] = f"{ENTITY}?{rest}"
        return Reply(json=self.twist(page))

    def _post(self, request: Request) -> Reply:
        values = request.json
        if values.get("Name") == "":
            return _invalid("Name")
        if values[KEY] in self.table.rows:
            return Reply(409, json={"error": {"code": "Exists", "message": "It exists."}})
        return Reply(201, json=_noted(self.table.put(values)))

    def _one(self, request: Request, key: str) -> Reply:
        row = self.table.rows.get(key)
        if row is None:
            return Reply(404, json={"error": {"code": "NotFound", "message": "Not here."}})
        match = request.headers["If-Match"]
        if match not in {"*", _noted(row)["@odata.etag"]}:
            return Reply(412, json={"error": {"code": "Changed", "message": "It changed."}})
        if request.method == "DELETE":
            del self.table.rows[key]
        elif request.json.get("Name") == "":
            return _invalid("Name")
        else:
            self.table.put({**row, **request.json})
        return Reply(204)


def _invalid(field: str) -> Reply:
    error = {"code": "Invalid", "message": f"{field} must not be empty.", "target": field}
    return Reply(422, json={"error": error})


def _noted(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"@odata.etag": f'W/"{row["ModifiedOn"]}"', **row}


def _passes(row: Mapping[str, Any], text: str) -> bool:
    """Evaluate the part of `$filter` that readers use: and, or, eq, ge, gt."""
    tokens = re.findall(r"'(?:[^']|'')*'|[()]|[^\s()]+", text)
    spelled = {"and": "and", "or": "or", "(": "(", ")": ")", "eq": "==", "ge": ">=", "gt": ">"}
    code = " ".join(
        spelled.get(token)
        or (f"row[{token!r}]" if token in row else repr(token.strip("'").replace("''", "'")))
        for token in tokens
    )
    return bool(eval(code, {"row": row})) if code else True


METADATA = f"""<?xml version="1.0" encoding="utf-8"?>
<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">
 <edmx:DataServices><Schema Namespace="S" xmlns="http://docs.oasis-open.org/odata/ns/edm">
  <EntityType Name="Item"><Key><PropertyRef Name="{KEY}"/></Key>
   <Property Name="{KEY}" Type="Edm.String" Nullable="false" MaxLength="20"/>
   <Property Name="Name" Type="Edm.String" Nullable="false"/>
   <Property Name="Price" Type="Edm.Decimal" Scale="2"/>
   <Property Name="ModifiedOn" Type="Edm.DateTimeOffset"/>
  </EntityType>
  <EntityContainer Name="C"><EntitySet Name="{ENTITY}" EntityType="S.Item"/></EntityContainer>
 </Schema></edmx:DataServices></edmx:Edmx>"""

PROFILE = """
auth: {type: api_key, in: header, name: X-Key, secret: $secret.token}
error: {code: error.code, message: error.message, field: error.target}
entities:
  Items:
    key: [Code]
    list:
      path: /items
      query: {page: "{page}", size: "{limit}"}
      records: data
      total: meta.total
    paging: {type: page}
    since: {param: since, field: ModifiedOn, overlap_seconds: 0}
    find: {path: /items, query: {code: "{key}"}, records: data}
    create: {path: /items, wrap: item}
    update: {path: "/items/{key}", wrap: item}
    delete: {path: "/items/{key}"}
"""
LINKS = PROFILE.replace('page: "{page}", ', "").replace(
    "{type: page}", "{type: next_url, next: meta.next}"
)


class RestPartner(HttpPartner):
    """A JSON interface with numbered pages, or with links to the next page."""

    key = "rest"
    profile = LINKS

    def open(self, **settings: Any) -> System:
        token = settings.pop("password", SECRET)
        given = {"profile": self.profile, "token": token, **settings}
        return opened("rest", self.server.url + "/api", given, recorder=self.recorder)

    def knows(self, request: Request) -> bool:
        return request.headers.get("X-Key") == SECRET

    def serve(self, request: Request) -> Reply:
        path = request.path.removeprefix("/api/items")
        if path == "":
            return self._post(request) if request.method == "POST" else self._page(request)
        row = self.table.rows.get(path.removeprefix("/"))
        if row is None:
            return Reply(404, json={"error": {"message": "Not here."}})
        if request.method == "DELETE":
            del self.table.rows[row[KEY]]
        elif request.json["item"].get("Name") == "":
            return _invalid("Name")
        else:
            self.table.put({**row, **request.json["item"]})
        return Reply(204)

    def _page(self, request: Request) -> Reply:
        query = request.query
        rows = list(self.table.rows.values())
        if "code" in query:
            rows = [row for row in rows if row[KEY] == query["code"]]
        rows = [row for row in rows if row["ModifiedOn"] >= query.get("since", "")]
        page, size = int(query.get("page", "1")), int(query.get("size", "100"))
        meta: dict[str, Any] = {"total": len(rows)}
        if (page * size < len(rows) and "page" in self.profile) or self.profile == LINKS:
            options = {**query, "page": str(page + 1)}
            rest = "&".join(f"{k}={v}" for k, v in options.items())
            meta["next"] = f"?{rest}" if page * size < len(rows) else None
        data = rows[(page - 1) * size : page * size]
        return Reply(json=self.twist({"data": data, "meta": meta}))

    def _post(self, request: Request) -> Reply:
        values = request.json["item"]
        if values.get("Name") == "":
            return _invalid("Name")
        if values[KEY] in self.table.rows:
            return Reply(409, json={"error": {"message": "It exists."}})
        return Reply(201, json={"item": self.table.put(values)})


class NumberedRestPartner(RestPartner):
    profile = PROFILE


class SandboxPartner(Partner):
    """A world in memory."""

    key = "sandbox"

    def __init__(self) -> None:
        fields = (Field(KEY, key=True), Field("Name", required=True))
        entity = Entity(ENTITY, fields=fields, key=(KEY,), caps=CAPABILITIES)
        self.world = World("conformance", (entity,), password=SECRET)

    def open(self, **settings: Any) -> System:
        given = {"world": "conformance", "password": SECRET, **settings}
        return opened("sandbox", "", given)

    def put(self, *records: Mapping[str, Any]) -> None:
        self.world.put(ENTITY, *records)

    def values(self) -> dict[str, dict[str, Any]]:
        return self.world.values(ENTITY)

    def repeat(self) -> None:
        self.world.faults.append(Fault("read", at=2, repeat=True))


class MemoryStore:
    """A record store that keeps to the rules of the real one, without a database."""

    def __init__(self) -> None:
        self.rows: dict[str, tuple[int, dict[str, Any] | None]] = {}
        self.seq = 0
        self.feed_id = "feed-1"

    def entities(self) -> Sequence[Entity]:
        return [Entity(ENTITY, fields=(Field(KEY, key=True), Field("Name")), key=(KEY,))]

    def page(self, entity: str, after: int, limit: int) -> Sequence[Record]:
        rows = sorted(
            (seq, key, values) for key, (seq, values) in self.rows.items() if seq > after
        )
        return [self._record(key, seq, values) for seq, key, values in rows[:limit]]

    def find(self, entity: str, keys: Sequence[str]) -> Mapping[str, Record]:
        live = {key: row for key in keys if (row := self.rows.get(key)) and row[1] is not None}
        return {key: self._record(key, seq, values) for key, (seq, values) in live.items()}

    def feed(self, entity: str) -> str:
        return self.feed_id

    def write(self, entity: str, items: Sequence[WriteItem]) -> Sequence[WriteResult]:
        return [self._write(one) for one in items]

    def put(self, key: str, values: Mapping[str, Any] | None) -> None:
        self.seq += 1
        self.rows[key] = (self.seq, None if values is None else dict(values))

    def _record(self, key: str, seq: int, values: Mapping[str, Any] | None) -> Record:
        raw = canonical.dumps(values or {})
        return Record(key, raw, version=str(seq), deleted=values is None)

    def _write(self, one: WriteItem) -> WriteResult:
        key = one.remote_id or one.key[KEY]
        before = self.rows.get(key, (0, None))[1]
        if one.op is Op.DELETE:
            self.put(key, None)
            return WriteResult(one.index, Outcome.DELETED, key)
        given = {k: None if v is CLEAR else v for k, v in one.values.items() if v is not UNSET}
        if given.get("Name") == "":
            error = RemoteError(ErrorKind.VALIDATION, "Name is empty.", field_name="Name")
            return WriteResult(one.index, Outcome.REJECTED, error=error)
        if one.op is Op.UPDATE and before is None:
            error = RemoteError(ErrorKind.NOT_FOUND, "There is no such record.")
            return WriteResult(one.index, Outcome.REJECTED, error=error)
        after = {**(before or one.key), **given}
        if after == before:
            return WriteResult(one.index, Outcome.UNCHANGED, key)
        self.put(key, after)
        return WriteResult(one.index, Outcome.UPDATED if before else Outcome.CREATED, key)


class InternalPartner(Partner):
    """A record store."""

    key = "internal"

    def __init__(self) -> None:
        self.store = MemoryStore()

    def open(self, **settings: Any) -> System:
        return opened("internal", "", settings, store=self.store)

    def put(self, *records: Mapping[str, Any]) -> None:
        for values in records:
            self.store.put(values[KEY], values)

    def values(self) -> dict[str, dict[str, Any]]:
        return {
            key: values for key, (_, values) in self.store.rows.items() if values is not None
        }


LINKED: tuple[type[HttpPartner], ...] = (ODataPartner, RestPartner)
PARTNERS: tuple[type[Partner], ...] = (
    ODataPartner,
    RestPartner,
    NumberedRestPartner,
    SandboxPartner,
    InternalPartner,
)
