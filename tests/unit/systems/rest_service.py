"""A JSON interface that is a function, and the profiles that describe it."""

from __future__ import annotations

from typing import Any

import httpx

from connections.kit.base import Query
from connections.systems.rest import Rest
from tests.unit.kit.talking import Handler, Talk

E = "Items"
FIND = 'find: {path: /items, query: {id: "{key}"}, records: data}'
SECRETS = {"token": "token-1", "password": "pass-1", "client_secret": "secret-1"}


def profile(entity: str = "", top: str = "", list_: str = "{path: /items}") -> str:
    inner = "".join(f"\n    {line}" for line in entity.strip().splitlines())
    return f"{top}\nentities:\n  Items:\n    key: [id]\n    list: {list_}{inner}\n"


class Service(Talk):
    def system(self, text: str, **settings: Any) -> Any:
        return self.open(
            Rest, {"profile": text, "user": "acme", "client_id": "me", **settings}, SECRETS
        )

    def read(self, text: str, cursor: Any = None, **query: Any) -> list[Any]:
        query = {"page_size": 2, **query}
        return list(self.system(text).read(Query(E, **query), cursor))


def ids(read: list[Any]) -> list[str]:
    return [record.remote_id for page in read for record in page.records]


def queue(*answers: Any) -> Handler:
    left = list(answers)

    def handler(_: httpx.Request) -> httpx.Response:
        found = left.pop(0)
        return found if isinstance(found, httpx.Response) else httpx.Response(200, json=found)

    return handler
