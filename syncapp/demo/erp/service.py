"""The OData service: a request → an answer, without a network."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import quote, unquote

from syncapp import canonical
from syncapp.demo.erp import bodies, metadata, query
from syncapp.demo.erp.errors import ODataError
from syncapp.demo.erp.model import SETS, EntitySet
from syncapp.demo.erp.store import Row, Store, Table

ROOT = "/odata/v4/"
USER = "syncapp"

JSON = "application/json;odata.metadata=minimal;charset=utf-8"
XML = "application/xml;charset=utf-8"
TEXT = "text/plain;charset=utf-8"

_ADDRESSED = re.compile(r"(?P<set>\w+)\((?:\w+=)?'(?P<key>(?:[^']|'')*)'\)", re.DOTALL)
_HOST = re.compile(r"[A-Za-z0-9.\-]+(?::[0-9]+)?|\[[0-9A-Fa-f:]+\](?::[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asks; names of headers in lower case."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def header(self, name: str) -> str:
        """Give a header, or an empty text."""
        return self.headers.get(name, "")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the client gets."""

    status: int
    body: bytes = b""
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


Way = TypeVar("Way")


class Service:
    """The demo ERP over one store, with one user."""

    def __init__(self, store: Store, password: str) -> None:
        self._store = store
        self._login = f"{USER}:{password}".encode()

    def answer(self, request: Request) -> Answer:
        """Grant a request or say why not."""
        try:
            answer = self._granted(request)
        except ODataError as refusal:
            answer = Answer(refusal.status, refusal.body(), headers=refusal.headers)
        return Answer(
            answer.status,
            answer.body,
            answer.content_type,
            {"OData-Version": "4.0"} | dict(answer.headers),
        )

    def _granted(self, request: Request) -> Answer:
        if request.path == "/healthz":
            return Answer(200, b"ok\n", TEXT)
        path = request.path if request.path.endswith("/") else f"{request.path}/"
        if not path.startswith(ROOT):
            raise _missing("nothing at this address")
        self._authenticate(request)
        head, *rest = [unquote(part) for part in path[len(ROOT) : -1].split("/")]
        if not rest and head in {"", "$metadata"}:
            return self._described(request, head)
        return self._routed(request, head, rest)

    def _authenticate(self, request: Request) -> None:
        scheme, _, credentials = request.header("authorization").partition(" ")
        try:
            login = base64.b64decode(credentials.strip(), validate=True)
        except (binascii.Error, ValueError):
            login = b""
        if scheme.lower() == "basic" and hmac.compare_digest(login, self._login):
            return
        message = "Log in with the user and password of the demo ERP."
        challenge = {"WWW-Authenticate": 'Basic realm="Demo ERP", charset="UTF-8"'}
        raise ODataError(message, code="Unauthorized", status=401, headers=challenge)

    def _described(self, request: Request, head: str) -> Answer:
        _allow(request, {"GET": None})
        if head:
            return Answer(200, metadata.csdl(), XML)
        query.read_options(request.query, ("$format",))
        return Answer(200, metadata.service_document(_root(request)))

    def _routed(self, request: Request, head: str, rest: list[str]) -> Answer:
        match = _ADDRESSED.fullmatch(head)
        name = match["set"] if match else head
        if name not in SETS or rest not in ([], ["$count"]) or (match and rest):
            raise _missing(f"no resource {'/'.join([head, *rest])}")
        with self._store.open(SETS[name]) as table:
            if match:
                return self._one(request, table, match["key"].replace("''", "'"))
            if rest:
                return self._counted(request, table)
            ways = {"GET": self._listed, "POST": self._created}
            return _allow(request, ways)(request, table)

    def _listed(self, request: Request, table: Table) -> Answer:
        asked = query.parse(request.query, table.entity_set)
        preferred = query.page_size(request.header("prefer"))
        page = table.page(asked, preferred or query.DEFAULT_PAGE_SIZE)
        root, name = _root(request), table.entity_set.name
        chosen = "" if asked.select is None else f"({','.join(asked.select)})"
        parts = [b'{"@odata.context":', canonical.dumps(f"{root}$metadata#{name}{chosen}")]
        if page.count is not None:
            parts.append(b',"@odata.count":%d' % page.count)
        shown = [_shown(row, asked.select) for row in page.rows]
        parts += [b',"value":[', b",".join(shown), b"]"]
        if page.token is not None:
            options = asked.next_options(page.token, len(page.rows))
            parts += [b',"@odata.nextLink":', canonical.dumps(f"{root}{name}?{options}")]
        headers = {}
        if preferred:
            headers["Preference-Applied"] = f"odata.maxpagesize={preferred}"
        return Answer(200, b"".join([*parts, b"}"]), headers=headers)

    def _counted(self, request: Request, table: Table) -> Answer:
        _allow(request, {"GET": None})
        query.read_options(request.query, ("$filter",))
        asked = query.parse(request.query, table.entity_set)
        n_rows = sum(1 for row in table.rows.values() if _asked_for(asked, row))
        return Answer(200, str(n_rows).encode(), TEXT)

    def _created(self, request: Request, table: Table) -> Answer:
        query.read_options(request.query, ())
        values = bodies.created(table.entity_set, bodies.read(request.body))
        key = str(values[table.entity_set.key])
        if key in table.rows:
            message = f"{table.entity_set.type_name} {key} exists already."
            target = table.entity_set.key
            raise ODataError(message, code="DuplicateKey", status=409, target=target)
        row = self._store.put(table, key, values)
        address = f"{_root(request)}{table.entity_set.name}({_quoted(key)})"
        return _written(request, table.entity_set, row, 201, {"Location": address})

    def _one(self, request: Request, table: Table, key: str) -> Answer:
        ways = {"GET": self._read, "PATCH": self._changed, "DELETE": self._deleted}
        way = _allow(request, ways)
        row = table.rows.get(key)
        if row is None:
            raise _missing(f"no {table.entity_set.type_name} {key!r}")
        wanted = [
            etag.strip() for etag in request.header("if-match").split(",") if etag.strip()
        ]
        if wanted and not {"*", row.etag} & set(wanted):
            message = f"{key} was changed meanwhile; read it again."
            raise ODataError(message, code="Changed", status=412, headers={"ETag": row.etag})
        return way(request, table, row)

    def _read(self, request: Request, table: Table, row: Row) -> Answer:
        query.read_options(request.query, ("$select", "$format"))
        asked = query.parse(request.query, table.entity_set)
        return Answer(
            200,
            _entity(request, table.entity_set, _shown(row, asked.select)),
            headers={"ETag": row.etag},
        )

    def _changed(self, request: Request, table: Table, row: Row) -> Answer:
        query.read_options(request.query, ())
        given = bodies.read(request.body)
        values = bodies.changed(table.entity_set, row.values, given)
        after = self._store.put(table, str(values[table.entity_set.key]), values)
        return _written(request, table.entity_set, after, 200, {})

    def _deleted(self, request: Request, table: Table, row: Row) -> Answer:
        query.read_options(request.query, ())
        self._store.put(table, str(row.values[table.entity_set.key]), None)
        return Answer(204)


def _allow(request: Request, ways: Mapping[str, Way]) -> Way:
    if request.method in ways:
        return ways[request.method]
    message = f"{request.method} is not possible here."
    allowed = {"Allow": ", ".join(ways)}
    raise ODataError(message, code="MethodNotAllowed", status=405, headers=allowed)


def _written(
    request: Request,
    entity_set: EntitySet,
    row: Row | None,
    status: int,
    headers: dict[str, str],
) -> Answer:
    if row is None:
        return Answer(204)
    headers = headers | {"ETag": row.etag}
    wished = "return=representation" if status == 200 else "return=minimal"
    prefers = wished in request.header("prefer").replace(" ", "").lower()
    if prefers:
        headers["Preference-Applied"] = wished
    if prefers == (status == 200):
        return Answer(status, _entity(request, entity_set, row.body), headers=headers)
    if status == 201:
        headers["OData-EntityId"] = headers["Location"]
    return Answer(204, headers=headers)


def _entity(request: Request, entity_set: EntitySet, body: bytes) -> bytes:
    context = canonical.dumps(f"{_root(request)}$metadata#{entity_set.name}/$entity")
    return b'{"@odata.context":' + context + b"," + body[1:]


def _shown(row: Row, select: tuple[str, ...] | None) -> bytes:
    if select is None:
        return row.body
    chosen = {name: row.values[name] for name in select}
    return canonical.dumps({"@odata.etag": row.etag} | chosen)


def _asked_for(asked: query.Query, row: Row) -> bool:
    return asked.where is None or bool(asked.where(row.values))


def _root(request: Request) -> str:
    """Give the service root as the client sees it; relative if its name makes no sense."""
    host = request.header("host")
    return f"http://{host}{ROOT}" if _HOST.fullmatch(host) else ROOT


def _quoted(key: str) -> str:
    doubled = key.replace("'", "''")
    return f"'{quote(doubled, safe=chr(39))}'"


def _missing(what: str) -> ODataError:
    return ODataError(f"There is {what}.", code="NotFound", status=404)
