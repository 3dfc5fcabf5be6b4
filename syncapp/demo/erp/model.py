"""What the demo ERP holds: two entity sets and their properties."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from syncapp.demo.erp.errors import ODataError

NAMESPACE = "DemoErp"

Values = dict[str, Any]
"""One record: JSON values, with `Decimal` for every number that may have a fraction."""


class Kind(StrEnum):
    """What a value is."""

    STRING = "Edm.String"
    INT = "Edm.Int32"
    DECIMAL = "Edm.Decimal"
    BOOL = "Edm.Boolean"
    DATE = "Edm.Date"
    STAMP = "Edm.DateTimeOffset"
    ENUM = "Enum"
    COMPLEX = "Complex"


@dataclass(frozen=True, slots=True)
class Property:
    """One field.

    Attributes:
        type_name: name of the enumeration or complex type.
        choices: members of the enumeration.
        fields: properties of the complex type.
        computed: written by the ERP alone.
    """

    name: str
    label: str
    kind: Kind = Kind.STRING
    nullable: bool = True
    max_length: int | None = None
    precision: int | None = None
    scale: int | None = None
    type_name: str = ""
    choices: tuple[str, ...] = ()
    fields: tuple[Property, ...] = ()
    collection: bool = False
    computed: bool = False


@dataclass(frozen=True, slots=True)
class EntitySet:
    """A kind of record; `key` names its one key property."""

    name: str
    type_name: str
    key: str
    properties: tuple[Property, ...]

    def property(self, name: str) -> Property:
        """Find a top-level property by name."""
        return member(self.properties, name, name)

    def path(self, text: str) -> tuple[Property, Callable[[Mapping[str, Any]], Any]]:
        """Find a property by path, such as BillTo/City, and how to read it from a record."""
        first, _, second = text.partition("/")
        found = self.property(first)
        if not second:
            return found, lambda values: values[first]
        if found.collection:
            message = f"{first} is a collection; a path cannot lead through it."
            raise ODataError(message, code="InvalidPath", target=text)
        return member(found.fields, second, text), lambda values: (values[first] or {}).get(
            second
        )


def member(properties: tuple[Property, ...], name: str, path: str) -> Property:
    """Find a property by name, or refuse and name the path that was asked for."""
    for candidate in properties:
        if candidate.name == name:
            return candidate
    message = f"There is no property {path}."
    raise ODataError(message, code="UnknownProperty", target=path)


def _text(name: str, label: str, length: int, *, nullable: bool = True) -> Property:
    return Property(name, label, max_length=length, nullable=nullable)


def _amount(name: str, label: str, scale: int, *, computed: bool = False) -> Property:
    return Property(
        name, label, Kind.DECIMAL, nullable=False, precision=19, scale=scale, computed=computed
    )


def _flag(name: str, label: str) -> Property:
    return Property(name, label, Kind.BOOL, nullable=False)


CARD_TYPES = ("Customer", "Supplier", "Lead")

_ADDRESS = (
    _text("Street", "Street", 100),
    _text("ZipCode", "Postal code", 20),
    _text("City", "City", 100),
    _text("State", "State", 100),
    _text("Country", "Country", 2),
)

_CONTACT = (
    _text("Name", "Name", 100, nullable=False),
    _text("Email", "E-mail", 100),
    _text("Phone", "Phone", 25),
    _text("Position", "Position", 90),
    _flag("Primary", "Primary contact"),
)

_LAST_MODIFIED = Property(
    "LastModified", "Last modified", Kind.STAMP, nullable=False, precision=6, computed=True
)

PARTNERS = EntitySet(
    "BusinessPartners",
    "BusinessPartner",
    "CardCode",
    (
        _text("CardCode", "Partner code", 15, nullable=False),
        _text("CardName", "Partner name", 100, nullable=False),
        Property(
            "CardType",
            "Partner type",
            Kind.ENUM,
            nullable=False,
            type_name="CardType",
            choices=CARD_TYPES,
        ),
        _text("EmailAddress", "E-mail", 100),
        _text("Phone1", "Telephone 1", 25),
        _text("Website", "Web site", 100),
        _text("VatId", "VAT number", 32),
        _text("Currency", "Currency", 3, nullable=False),
        _amount("CreditLimit", "Credit limit", 2),
        _amount("Balance", "Account balance", 2, computed=True),
        Property("PayTermsGrpCode", "Payment terms", Kind.INT),
        _flag("Frozen", "Frozen"),
        _text("Notes", "Notes", 1000),
        Property("BillTo", "Bill to", Kind.COMPLEX, type_name="Address", fields=_ADDRESS),
        Property("ShipTo", "Ship to", Kind.COMPLEX, type_name="Address", fields=_ADDRESS),
        Property(
            "ContactEmployees",
            "Contact persons",
            Kind.COMPLEX,
            nullable=False,
            type_name="ContactEmployee",
            fields=_CONTACT,
            collection=True,
        ),
        Property("CreateDate", "Created on", Kind.DATE),
        _LAST_MODIFIED,
    ),
)

ITEMS = EntitySet(
    "Items",
    "Item",
    "ItemCode",
    (
        _text("ItemCode", "Item code", 20, nullable=False),
        _text("ItemName", "Description", 200, nullable=False),
        _text("ItemsGroup", "Item group", 50, nullable=False),
        _text("ForeignName", "Description in another language", 200),
        _text("Manufacturer", "Manufacturer", 100),
        _amount("Price", "Price", 4),
        _text("Currency", "Currency", 3, nullable=False),
        _text("InventoryUoM", "Unit of measure", 20),
        _amount("QuantityOnStock", "Quantity on stock", 3, computed=True),
        _flag("SalesItem", "Sales item"),
        _flag("Frozen", "Frozen"),
        _text("BarCode", "Bar code", 13),
        _LAST_MODIFIED,
    ),
)

SETS = {entity_set.name: entity_set for entity_set in (PARTNERS, ITEMS)}
