"""The record, the neighbours and the facts on which all examples of the reference run."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from formulas.language.context import Context, Wanted

RECORD: Final[dict[str, Any]] = {
    "CardCode": "C20000",
    "CustomerName": "Maxi-Teq",
    "firstName": "Ada",
    "lastName": "Byron",
    "City": "Köln",
    "Phone1": "+49 221 555-10",
    "Mobile": None,
    "Notes": "",
    "Balance": Decimal("1250.50"),
    "Active": True,
    "Address": {"Street": "9 Dock Rd", "City": "Köln"},
    "BPAddresses": [
        {"AddressName": "Bill to", "Street": "1 Main St"},
        {"AddressName": "Ship to", "Street": "9 Dock Rd"},
    ],
    "Contacts": [{"Type": "Billing", "Email": "ap@maxi.test"}],
    "Lines": [
        {"ItemCode": "A1", "Quantity": 2, "Type": "Item"},
        {"ItemCode": "B2", "Quantity": 5, "Type": "Service"},
    ],
}

PARENT: Final[dict[str, Any]] = {"DocNum": 4711, "CardName": "Maxi-Teq"}
"""The record around it, as if the record were its second line."""

NOW: Final = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)

FACTS: Final[dict[str, Any]] = {
    "direction": "inbound",
    "last_run": None,
    "connection": {
        "name": "Business partners",
        "system": "odata",
        "entity": "BusinessPartners",
        "object": "fsmcustomer",
    },
    "settings": {"Currency": "EUR"},
}

_CUSTOMERS: Final = [{"erp_id": "C20000", "customer_id": "cust-001", "name": "Maxi-Teq"}]
_TERMS: Final = {"10": "net30"}


class Neighbours:
    """One customer, one value map, one sequence."""

    def answer(self, wanted: Wanted) -> Any:
        """Answer out of the lists above."""
        match wanted.what:
            case "map":
                return [_TERMS[wanted.key]] if wanted.key in _TERMS else None
            case "sequence":
                return 42
            case "records":
                return [one for one in _CUSTOMERS if set(wanted.filters) <= set(one.items())]
        key = wanted.key.lower() if wanted.what == "like" else wanted.key
        for one in _CUSTOMERS:
            value = one.get(wanted.field, "")
            if value == key or (wanted.what == "like" and key in value.lower()):
                return one.get(wanted.returns)
        return None


def context() -> Context:
    """Make what a program needs beside the record."""
    return Context(Neighbours(), NOW, FACTS, "example", parent=PARENT, line=2)
