"""A small demo ERP without a network: five partners, one item, a clock that stands still."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from syncapp import canonical
from syncapp.demo.erp import filters
from syncapp.demo.erp.data import stamp
from syncapp.demo.erp.model import ITEMS, PARTNERS, Values
from syncapp.demo.erp.service import Answer, Request, Service
from syncapp.demo.erp.store import Store

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def partner(code: str, **values: Any) -> Values:
    whole: Values = {
        "CardCode": code,
        "CardName": f"Firma {code}",
        "CardType": "Customer",
        "EmailAddress": None,
        "Phone1": "",
        "Website": None,
        "VatId": None,
        "Currency": "EUR",
        "CreditLimit": Decimal("100.00"),
        "Balance": Decimal("-0.50"),
        "PayTermsGrpCode": 2,
        "Frozen": False,
        "Notes": None,
        "BillTo": {
            "Street": None,
            "ZipCode": None,
            "City": "Köln",
            "State": None,
            "Country": "DE",
        },
        "ShipTo": None,
        "ContactEmployees": [],
        "CreateDate": "2020-02-29",
        "LastModified": "2026-01-01T00:00:00.000000Z",
    }
    return whole | values


def item(code: str) -> Values:
    return {
        "ItemCode": code,
        "ItemName": "Oak window",
        "ItemsGroup": "Windows",
        "ForeignName": None,
        "Manufacturer": None,
        "Price": Decimal("1.2345"),
        "Currency": "EUR",
        "InventoryUoM": "pcs",
        "QuantityOnStock": Decimal(3),
        "SalesItem": True,
        "Frozen": False,
        "BarCode": None,
        "LastModified": "2026-01-01T00:00:00.000000Z",
    }


PARTNER_ROWS = (
    partner("A", CardName="O'Dunraven & Sons", Phone1="+44 1632 960001"),
    partner("B", CardName="Łódź Okna", CardType="Supplier", CreditLimit=Decimal("99.99")),
    partner("C", Frozen=True, Phone1=None, LastModified="2026-03-01T00:00:00.000001Z"),
    partner("D", PayTermsGrpCode=None, BillTo=None, CreditLimit=Decimal("100.01")),
    partner("E'/1", CardType="Lead", CreateDate=None),
)


def make_store(path: Path) -> Store:
    records = {PARTNERS.name: PARTNER_ROWS, ITEMS.name: (item("I1"),)}
    return Store(path, lambda: NOW, records)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state" / "erp.json"


@pytest.fixture
def store(state: Path) -> Iterator[Store]:
    store = make_store(state)
    yield store
    store.close()


class Erp:
    """Talks to a service as its user would."""

    def __init__(self, service: Service) -> None:
        self.service = service

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: str = "",
        login: str = "syncapp:demo",
        **headers: str,
    ) -> Answer:
        common = {
            "host": "erp.test:8090",
            "authorization": f"Basic {base64.b64encode(login.encode()).decode()}",
        }
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        content = body if isinstance(body, bytes) else canonical.dumps(body) if body else b""
        return self.service.answer(
            Request(method, f"/odata/v4/{path}", query, common | given, content)
        )

    def get(self, path: str, query: str = "", **headers: str) -> Any:
        answer = self.send("GET", path, query=query, **headers)
        assert answer.status == 200, answer.body
        return canonical.loads(answer.body)

    def refusal(self, method: str, path: str, *args: Any, **kwargs: Any) -> tuple[int, Any]:
        answer = self.send(method, path, *args, **kwargs)
        return answer.status, canonical.loads(answer.body)["error"]


@pytest.fixture
def erp(store: Store) -> Erp:
    return Erp(Service(store, "demo"))


@pytest.fixture
def reopened(state: Path, store: Store) -> Iterator[Callable[[], Erp]]:
    """Opens the journal again, as a restart does."""
    opened = []

    def reopen() -> Erp:
        store.close()
        opened.append(make_store(state))
        return Erp(Service(opened[-1], "demo"))

    yield reopen
    for again in opened:
        again.close()


def found(text: str) -> str:
    where = filters.parse(text, PARTNERS)
    return "".join(values["CardCode"][0] for values in PARTNER_ROWS if where(values))


KEYS = [f"C{number:02}" for number in range(20)]


def rows() -> list[Values]:
    limits = [5, 3, None, 3, 1]
    return [
        partner(
            key,
            PayTermsGrpCode=limits[place % 5],
            CardType=("Customer", "Lead")[place % 2],
            LastModified=stamp(NOW.replace(year=2025, day=1 + (place * 7) % 20)),
        )
        for place, key in enumerate(KEYS)
    ]


def pages(erp: Erp, query: str = "", size: int = 6) -> Iterator[dict[str, Any]]:
    while True:
        page = erp.get(PARTNERS.name, query, prefer=f"odata.maxpagesize={size}")
        yield page
        if "@odata.nextLink" not in page:
            return
        query = urlsplit(page["@odata.nextLink"]).query
