"""The metadata document, read by a parser that is not ours."""

from __future__ import annotations

from lxml import etree

from syncapp.demo.erp import metadata
from syncapp.demo.erp.model import ITEMS, PARTNERS, SETS
from tests.unit.demo.conftest import PARTNER_ROWS, Erp

EDM = "{http://docs.oasis-open.org/odata/ns/edm}"
SAFE = etree.XMLParser(resolve_entities=False, no_network=True)
DOCUMENT = etree.fromstring(metadata.csdl(), SAFE)


def types() -> dict[str, etree._Element]:
    kinds = ("EntityType", "ComplexType", "EnumType")
    return {
        f"DemoErp.{element.get('Name')}": element
        for kind in kinds
        for element in DOCUMENT.iter(EDM + kind)
    }


def facets(type_name: str) -> dict[str, dict[str, str]]:
    found = types()[type_name].iterchildren(EDM + "Property")
    return {
        str(element.get("Name")): {str(k): str(v) for k, v in element.items()}
        for element in found
    }


def notes_of(type_name: str, name: str) -> dict[str, str]:
    (element,) = (
        found
        for found in types()[type_name].iterchildren(EDM + "Property")
        if found.get("Name") == name
    )
    return {
        str(note.get("Term")).rpartition(".")[2]: note.get("String") or str(note.get("Bool"))
        for note in element.iterchildren(EDM + "Annotation")
    }


def test_it_is_what_the_service_sends(erp: Erp) -> None:
    answer = erp.send("GET", "$metadata")

    assert answer.content_type.startswith("application/xml")
    assert etree.fromstring(answer.body, SAFE).get("Version") == "4.0"


def test_every_set_names_a_type_with_a_key() -> None:
    for element in DOCUMENT.iter(EDM + "EntitySet"):
        key = types()[str(element.get("EntityType"))].find(f"{EDM}Key/{EDM}PropertyRef")

        assert key is not None
        assert key.get("Name") == SETS[str(element.get("Name"))].key
    assert len(list(DOCUMENT.iter(EDM + "EntitySet"))) == 2


def test_every_type_that_is_used_is_declared() -> None:
    used = {str(element.get("Type")) for element in DOCUMENT.iter(EDM + "Property")}
    own = {name.removeprefix("Collection(").removesuffix(")") for name in used} - {
        f"Edm.{name}"
        for name in ("String", "Int32", "Decimal", "Boolean", "Date", "DateTimeOffset")
    }

    assert own == {"DemoErp.CardType", "DemoErp.Address", "DemoErp.ContactEmployee"}
    assert own <= set(types())


def test_facets_say_what_fits() -> None:
    partner, item = facets("DemoErp.BusinessPartner"), facets("DemoErp.Item")

    assert partner["CardName"] == {
        "Name": "CardName",
        "Type": "Edm.String",
        "Nullable": "false",
        "MaxLength": "100",
    }
    assert partner["ContactEmployees"]["Type"] == "Collection(DemoErp.ContactEmployee)"
    assert "Nullable" not in partner["Notes"]
    assert (item["Price"]["Precision"], item["Price"]["Scale"]) == ("19", "4")
    assert set(partner) == set(PARTNER_ROWS[0]) == {found.name for found in PARTNERS.properties}
    assert set(item) == {found.name for found in ITEMS.properties}


def test_choices_are_members() -> None:
    members = types()["DemoErp.CardType"].iterchildren(EDM + "Member")

    assert [member.get("Name") for member in members] == ["Customer", "Supplier", "Lead"]


def test_annotations_say_what_clients_may_write() -> None:
    assert notes_of("DemoErp.BusinessPartner", "LastModified")["Computed"] == "true"
    assert notes_of("DemoErp.BusinessPartner", "CardCode")["Immutable"] == "true"
    assert notes_of("DemoErp.BusinessPartner", "CardName") == {"Description": "Partner name"}
