"""An OData service that is a function: its metadata, its pages, what it was asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from connections.kit.base import Query
from connections.systems.odata import OData
from tests.unit.kit.talking import Talk

E = "Items"


def metadata(body: str = "", sets: str = "", schema: str = "", head: str = "") -> str:
    return f"""<?xml version="1.0"?>{head}
<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">
<edmx:DataServices><Schema Namespace="N" Alias="Self"
  xmlns="http://docs.oasis-open.org/odata/ns/edm">
 <EntityType Name="Item"><Key><PropertyRef Name="Code"/></Key>
  <Property Name="Code" Type="Edm.String" Nullable="false" MaxLength="20"/>
  <Property Name="ModifiedOn" Type="Edm.DateTimeOffset"/>
  <Property Name="Number" Type="Edm.Int32"/>
  <NavigationProperty Name="Lines" Type="Collection(Self.Line)"/>
  <NavigationProperty Name="Owner" Type="Self.Item"/>{body}
 </EntityType>
 <EntityType Name="Line"><Key><PropertyRef Name="Order"/><PropertyRef Name="No"/></Key>
  <Property Name="Order" Type="Edm.String"/><Property Name="No" Type="Edm.Int32"/>
  <Property Name="Day" Type="Edm.Date"/>
  <NavigationProperty Name="Item" Type="Self.Item"/>
 </EntityType>{schema}
 <EntityContainer Name="C"><EntitySet Name="Items" EntityType="Self.Item"/>
  <EntitySet Name="Lines" EntityType="N.Line"/>{sets}</EntityContainer>
</Schema></edmx:DataServices></edmx:Edmx>"""


class Service(Talk):
    """Gives its metadata, and for the rest what a function says."""

    def __init__(self, answer: Callable[[httpx.Request], Any], csdl: str = "") -> None:
        self.csdl = csdl or metadata()
        super().__init__(lambda request: self.answer(request, answer))

    def answer(self, request: httpx.Request, answer: Any) -> httpx.Response:
        if request.url.path.endswith("$metadata"):
            return httpx.Response(200, content=self.csdl.encode())
        found = answer(request)
        return found if isinstance(found, httpx.Response) else httpx.Response(200, json=found)

    def system(self, **settings: Any) -> Any:
        return self.open(OData, {"auth": "none", **settings})

    def read(self, cursor: Any = None, query: Any = None, **settings: Any) -> list[Any]:
        query = query or Query(E, page_size=2)
        return list(self.system(**settings).read(query, cursor))

    @property
    def asked(self) -> list[dict[str, str]]:
        return [
            dict(r.url.params) for r in self.requests if not r.url.path.endswith("$metadata")
        ]


def rows(*codes: str, **more: Any) -> dict[str, Any]:
    return {"value": [{"Code": code} for code in codes], **more}


def queue(*answers: Any) -> Callable[[httpx.Request], Any]:
    left = list(answers)
    return lambda _: left.pop(0)


def ids(pages: list[Any]) -> list[str]:
    return [record.remote_id for page in pages for record in page.records]
