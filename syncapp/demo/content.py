"""What the demo tenant starts with: two connect objects and how the demo ERP fills them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from syncapp.demo.erp.model import CARD_TYPES

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Source:
    """A field of a connect object, and where its value comes from.

    Attributes:
        name: of the connect field.
        path: into the record of the ERP; empty if something else gives the value.
        constant: the value.
        formula: calculates the value.
        options: what else describes the field.
    """

    name: str
    label: str
    path: str
    constant: str = ""
    formula: str = ""
    options: Values = field(default_factory=dict)

    @property
    def field(self) -> Values:
        """Describe the connect field."""
        return {"name": self.name, "label": self.label, **self.options}

    @property
    def mapping(self) -> Values:
        """Describe its mapping."""
        if self.constant:
            return {"target": self.name, "kind": "raw", "value": self.constant}
        if self.formula:
            return {"target": self.name, "kind": "formula", "formula": self.formula}
        return {"target": self.name, "kind": "field", "source": self.path}


@dataclass(frozen=True, slots=True)
class Content:
    """A connect object, and the inbound connection that fills it.

    Attributes:
        type: the object's internal name.
        columns: fields that the record list shows.
        connection: name of the connection.
        maps: value maps that its formulas use: name → entries.
    """

    type: str
    name: str
    description: str
    connection: str
    entity: str
    columns: Sequence[str]
    sources: Sequence[Source]
    maps: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Name the key field."""
        return next(one.name for one in self.sources if one.options.get("is_key"))


def _text(name: str, label: str, path: str, length: int, **options: Any) -> Source:
    return Source(name, label, path, options={"max_length": length, **options})


def _typed(name: str, label: str, path: str, kind: str, **options: Any) -> Source:
    return Source(name, label, path, options={"type": kind, **options})


def _calculated(name: str, label: str, formula: str, length: int) -> Source:
    return Source(name, label, "", formula=formula, options={"max_length": length})


_PERSONAL: Final = {"sensitivity": "pii"}

TERMS: Final = "payment terms"
"""A value map that lacks one of the ERP's codes, so that the first run leaves it in the inbox."""

CUSTOMERS: Final = Content(
    type="fsmcustomer",
    name="FSM customers",
    description="Whom our technicians visit.",
    connection="Demo ERP customers",
    entity="BusinessPartners",
    columns=("customer_number", "name", "customer_type", "city", "country", "phone"),
    sources=(
        _text("customer_number", "Customer number", "CardCode", 15, is_key=True),
        _text("name", "Name", "CardName", 100, required=True, indexed="fold"),
        _typed(
            "customer_type",
            "Customer type",
            "CardType",
            "choice",
            choices=[[choice, choice] for choice in CARD_TYPES],
            required=True,
        ),
        _text("email", "E-mail", "EmailAddress", 100, **_PERSONAL),
        _text("phone", "Phone", "Phone1", 25, **_PERSONAL),
        _text("contact", "Contact person", "ContactEmployees[0].Name", 100, **_PERSONAL),
        _text("website", "Web site", "Website", 100),
        _text("tax_id", "VAT number", "VatId", 32),
        _text("currency", "Currency", "Currency", 3),
        _typed("credit_limit", "Credit limit", "CreditLimit", "decimal", scale=2),
        _typed("payment_terms", "Payment terms", "PayTermsGrpCode", "integer"),
        _text("street", "Street", "BillTo.Street", 100),
        _text("zip_code", "Postal code", "BillTo.ZipCode", 20),
        _text("city", "City", "BillTo.City", 100, indexed="fold"),
        _text("country", "Country", "BillTo.Country", 2),
        _typed("frozen", "Frozen", "Frozen", "boolean"),
        _typed("customer_since", "Customer since", "CreateDate", "date"),
        _typed("notes", "Notes", "Notes", "long_text"),
        _calculated(
            "address",
            "Address",
            "concat(data('BillTo.Street'), ', ', data('BillTo.ZipCode'), ' ',\n"
            "       data('BillTo.City'))",
            250,
        ),
        _calculated(
            "credit",
            "Credit limit, written out",
            "if(isnull(data('CreditLimit')), null,\n"
            "   concat(numberformat(data('CreditLimit'), 2), ' ', data('Currency')))",
            40,
        ),
        _calculated(
            "terms",
            "Terms of payment",
            f"translatemap('{TERMS}', data('PayTermsGrpCode'), 'to be agreed')",
            40,
        ),
        Source("source", "Source", "", constant="Demo ERP"),
    ),
    maps={
        TERMS: {
            "1": "at once",
            "2": "14 days",
            "3": "30 days",
            "4": "30 days, 2% in 14 days",
            "5": "60 days",
        }
    },
)

PARTS: Final = Content(
    type="fsmpart",
    name="FSM parts",
    description="What our technicians use.",
    connection="Demo ERP parts",
    entity="Items",
    columns=("part_number", "name", "group", "manufacturer", "price", "stock"),
    sources=(
        _text("part_number", "Part number", "ItemCode", 20, is_key=True),
        _text("name", "Name", "ItemName", 200, required=True, indexed="fold"),
        _text("group", "Group", "ItemsGroup", 50, indexed="exact"),
        _text("foreign_name", "Name in another language", "ForeignName", 200),
        _text("manufacturer", "Manufacturer", "Manufacturer", 100),
        _typed("price", "Price", "Price", "decimal", scale=4),
        _text("currency", "Currency", "Currency", 3),
        _text("unit", "Unit", "InventoryUoM", 20),
        _typed("stock", "Stock", "QuantityOnStock", "decimal", scale=3, read_only=True),
        _typed("sales_item", "For sale", "SalesItem", "boolean"),
        _typed("frozen", "Frozen", "Frozen", "boolean"),
        _text("bar_code", "Bar code", "BarCode", 13),
    ),
)

CONFIG: Final = "[DEMO] Demo ERP"
CONNECTOR: Final = "Demo ERP master data"
CONNECTOR_SET: Final = "Demo ERP, one after the other"
CHANGE_FIELD: Final = f"{PARTS.entity}/LastModified"
"""Of parts a run reads what has changed; customers are all read and compared each time."""
