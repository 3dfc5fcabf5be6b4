"""The service document, and the metadata document in CSDL XML."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from syncapp import canonical
from syncapp.demo.erp.model import NAMESPACE, SETS, EntitySet, Kind, Property

_EDMX = "http://docs.oasis-open.org/odata/ns/edmx"
_EDM = "http://docs.oasis-open.org/odata/ns/edm"
_CORE = "Org.OData.Core.V1"
_CAPABILITIES = "Org.OData.Capabilities.V1"
_VOCABULARIES = "https://oasis-tcs.github.io/odata-vocabularies/vocabularies/{}.xml"


def service_document(root: str) -> bytes:
    """List the entity sets."""
    sets = [{"name": name, "kind": "EntitySet", "url": name} for name in SETS]
    return canonical.dumps({"@odata.context": f"{root}$metadata", "value": sets})


def csdl() -> bytes:
    """Describe every type, property and restriction."""
    edmx = ET.Element("edmx:Edmx", {"Version": "4.0", "xmlns:edmx": _EDMX})
    for vocabulary in (_CORE, _CAPABILITIES):
        uri = _VOCABULARIES.format(vocabulary)
        reference = ET.SubElement(edmx, "edmx:Reference", {"Uri": uri})
        ET.SubElement(reference, "edmx:Include", {"Namespace": vocabulary})
    services = ET.SubElement(edmx, "edmx:DataServices")
    schema = ET.SubElement(services, "Schema", {"Namespace": NAMESPACE, "xmlns": _EDM})
    _named_types(schema)
    for entity_set in SETS.values():
        _entity_type(schema, entity_set)
    container = ET.SubElement(schema, "EntityContainer", {"Name": "Container"})
    for entity_set in SETS.values():
        _entity_set(container, entity_set)
    return bytes(ET.tostring(edmx, encoding="utf-8", xml_declaration=True))


def _named_types(schema: ET.Element) -> None:
    every = [found for entity_set in SETS.values() for found in entity_set.properties]
    for found in {found.type_name: found for found in every if found.type_name}.values():
        if found.kind is Kind.ENUM:
            enum = ET.SubElement(schema, "EnumType", {"Name": found.type_name})
            for number, choice in enumerate(found.choices):
                ET.SubElement(enum, "Member", {"Name": choice, "Value": str(number)})
        else:
            complex_type = ET.SubElement(schema, "ComplexType", {"Name": found.type_name})
            _properties(complex_type, found.fields)


def _entity_type(schema: ET.Element, entity_set: EntitySet) -> None:
    entity_type = ET.SubElement(schema, "EntityType", {"Name": entity_set.type_name})
    key = ET.SubElement(entity_type, "Key")
    ET.SubElement(key, "PropertyRef", {"Name": entity_set.key})
    _properties(entity_type, entity_set.properties, key=entity_set.key)


def _properties(parent: ET.Element, properties: Iterable[Property], key: str = "") -> None:
    for found in properties:
        element = ET.SubElement(parent, "Property", _facets(found))
        _annotate(element, f"{_CORE}.Description", String=found.label)
        if found.computed:
            _annotate(element, f"{_CORE}.Computed", Bool="true")
        if found.name == key:
            _annotate(element, f"{_CORE}.Immutable", Bool="true")


def _facets(found: Property) -> dict[str, str]:
    kind = f"{NAMESPACE}.{found.type_name}" if found.type_name else str(found.kind)
    facets = {"Name": found.name, "Type": f"Collection({kind})" if found.collection else kind}
    if not found.nullable:
        facets["Nullable"] = "false"
    limits = {"MaxLength": found.max_length, "Precision": found.precision, "Scale": found.scale}
    return facets | {name: str(limit) for name, limit in limits.items() if limit is not None}


def _entity_set(container: ET.Element, entity_set: EntitySet) -> None:
    names = {"Name": entity_set.name, "EntityType": f"{NAMESPACE}.{entity_set.type_name}"}
    element = ET.SubElement(container, "EntitySet", names)
    _annotate(element, f"{_CAPABILITIES}.TopSupported", Bool="true")
    concurrency = _annotate(element, f"{_CORE}.OptimisticConcurrency")
    collection = ET.SubElement(concurrency, "Collection")
    ET.SubElement(collection, "PropertyPath").text = "LastModified"
    restrictions = _annotate(element, f"{_CAPABILITIES}.UpdateRestrictions")
    record = ET.SubElement(restrictions, "Record")
    ET.SubElement(record, "PropertyValue", {"Property": "Upsertable", "Bool": "false"})


def _annotate(element: ET.Element, term: str, **value: str) -> ET.Element:
    return ET.SubElement(element, "Annotation", {"Term": term} | value)
