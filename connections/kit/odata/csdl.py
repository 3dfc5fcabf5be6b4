"""CSDL: what an OData v4 service says about itself in `$metadata`.

The document comes from outside, so the parser resolves nothing, fetches nothing and stops at a
size. Elements are matched by local name: the namespaces of 4.0 and 4.01 differ by nothing else
that we read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from lxml import etree

from connections.kit.base import ErrorKind, Field, FieldType, RemoteError

MAX_BYTES: Final = 30_000_000
_deepest: Final = 4
_long_text: Final = 1000

_types: Final = {
    "Edm.Boolean": FieldType.BOOLEAN,
    "Edm.Byte": FieldType.INTEGER,
    "Edm.SByte": FieldType.INTEGER,
    "Edm.Int16": FieldType.INTEGER,
    "Edm.Int32": FieldType.INTEGER,
    "Edm.Int64": FieldType.INTEGER,
    "Edm.Decimal": FieldType.DECIMAL,
    "Edm.Double": FieldType.DECIMAL,
    "Edm.Single": FieldType.DECIMAL,
    "Edm.Date": FieldType.DATE,
    "Edm.DateTimeOffset": FieldType.DATETIME,
    "Edm.TimeOfDay": FieldType.TIME,
}


@dataclass(frozen=True, slots=True)
class Property:
    """A property of a type.

    Attributes:
        name: as the service spells it.
        type: full name of the type, of one element if it is a collection.
        collection: a list of such.
        navigation: leads to another entity, and comes only when it is asked for.
        writable: False if the service computes it.
    """

    name: str
    type: str
    collection: bool = False
    navigation: bool = False
    nullable: bool = True
    writable: bool = True
    has_default: bool = False
    max_length: int | None = None
    scale: int | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class EntitySet:
    """What can be read and perhaps written under one name."""

    name: str
    key: tuple[str, ...]
    properties: Mapping[str, Property]
    insertable: bool = True
    updatable: bool = True
    deletable: bool = True


@dataclass(slots=True)
class _Type:
    base: str | None
    key: tuple[str, ...]
    properties: list[Property]


@dataclass(slots=True)
class Model:
    """All that the service describes."""

    sets: dict[str, EntitySet] = field(default_factory=dict)
    enums: dict[str, tuple[str, ...]] = field(default_factory=dict)
    types: dict[str, _Type] = field(default_factory=dict)

    def fields(self, entity_set: EntitySet) -> tuple[Field, ...]:
        """Describe an entity set's properties in the words of the house."""
        return tuple(
            self._field(found, entity_set.key, _deepest)
            for found in entity_set.properties.values()
            if not (found.navigation and not found.collection)
        )

    def properties(self, type_name: str) -> tuple[tuple[str, ...], dict[str, Property]]:
        """Give key and properties of a type, those of its ancestors first."""
        line: list[_Type] = []
        name: str | None = type_name
        while name in self.types and len(line) < len(self.types):
            line.insert(0, self.types[name])
            name = line[0].base
        key = next((one.key for one in line if one.key), ())
        return key, {found.name: found for one in line for found in one.properties}

    def _field(self, found: Property, key: tuple[str, ...], depth: int) -> Field:
        choices = self.enums.get(found.type, ())
        inner: tuple[Field, ...] = ()
        if found.type in self.types and depth:
            _, parts = self.properties(found.type)
            inner = tuple(
                self._field(part, (), depth - 1)
                for part in parts.values()
                if not part.navigation
            )
        in_key = found.name in key
        return Field(
            name=found.name,
            type=self._type(found),
            label=found.label,
            required=not (found.nullable or found.has_default or found.collection)
            and found.writable,
            writable=found.writable,
            key=in_key,
            unique=in_key and len(key) == 1,
            max_length=found.max_length,
            scale=found.scale,
            choices=tuple((choice, choice) for choice in choices),
            fields=inner,
        )

    def _type(self, found: Property) -> FieldType:
        if found.collection:
            return FieldType.LIST
        if found.type in self.enums:
            return FieldType.CHOICE
        if found.type in self.types:
            return FieldType.OBJECT
        if (found.max_length or 0) >= _long_text:
            return FieldType.LONG_TEXT
        return _types.get(found.type, FieldType.TEXT)


def parse(document: bytes) -> Model:
    """Read `$metadata`.

    Raises:
        RemoteError: BAD_RESPONSE if it is not CSDL, CONFIG if it is of an older OData.
    """
    if len(document) > MAX_BYTES:
        raise _bad(f"is larger than {MAX_BYTES // 1_000_000} MB")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(document, parser)
    except etree.XMLSyntaxError as error:
        raise _bad(f"is not XML: {error.msg}") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise _bad("brings a document type of its own, which is not allowed")
    if _name(root) != "Edmx":
        raise _bad(f"does not describe a service, it begins with <{_name(root)[:40]}>")
    version = root.get("Version", "")
    if not version.startswith("4"):
        message = f"The service speaks OData before version 4 (its metadata says {version!r})."
        raise RemoteError(ErrorKind.CONFIG, message)
    return _Reader(root).model()


class _Reader:
    """Collects types, then annotations, then entity sets, in the order in which they build."""

    def __init__(self, root: etree._Element) -> None:
        self._schemas = [one for one in root.iter() if _name(one) == "Schema"]
        self._aliases = {
            alias: schema.get("Namespace", "")
            for schema in self._schemas
            if (alias := schema.get("Alias"))
        }
        self._notes = self._annotations()

    def model(self) -> Model:
        model = Model()
        for schema in self._schemas:
            space = schema.get("Namespace", "")
            for element in schema:
                name = f"{space}.{element.get('Name', '')}"
                if _name(element) == "EnumType":
                    members = (one.get("Name", "") for one in _children(element, "Member"))
                    model.enums[name] = tuple(members)
                elif _name(element) in {"EntityType", "ComplexType"}:
                    model.types[name] = self._read_type(element, name)
        for schema in self._schemas:
            for container in _children(schema, "EntityContainer"):
                place = f"{schema.get('Namespace', '')}.{container.get('Name', '')}"
                for element in _children(container, "EntitySet"):
                    found = self._entity_set(
                        element, f"{place}/{element.get('Name', '')}", model
                    )
                    model.sets[found.name] = found
        return model

    def _read_type(self, element: etree._Element, name: str) -> _Type:
        base = element.get("BaseType")
        key = tuple(ref.get("Name", "") for part in _children(element, "Key") for ref in part)
        properties = [
            self._property(one, f"{name}/{one.get('Name', '')}")
            for one in element
            if _name(one) in {"Property", "NavigationProperty"}
            and one.get("Type") not in {None, "Edm.Stream"}
        ]
        return _Type(self._full(base) if base else None, key, properties)

    def _property(self, element: etree._Element, place: str) -> Property:
        type_name = element.get("Type", "")
        inner = type_name.removeprefix("Collection(").removesuffix(")")
        notes = self._notes.get(place, {}) | _notes_in(element)
        return Property(
            name=element.get("Name", ""),
            type=self._full(inner),
            collection=inner != type_name,
            navigation=_name(element) == "NavigationProperty",
            nullable=element.get("Nullable", "true") != "false",
            writable=notes.get("Computed") != "true",
            has_default=element.get("DefaultValue") is not None,
            max_length=_number(element.get("MaxLength")),
            scale=_number(element.get("Scale")),
            label=notes.get("Label", "") or notes.get("Description", ""),
        )

    def _entity_set(self, element: etree._Element, place: str, model: Model) -> EntitySet:
        key, properties = model.properties(self._full(element.get("EntityType", "")))
        # A key that allows null is a slip of the service; without it nobody can write.
        properties = {
            name: replace(one, nullable=False) if name in key else one
            for name, one in properties.items()
        }
        notes = self._notes.get(place, {}) | _notes_in(element)
        return EntitySet(
            name=element.get("Name", ""),
            key=key,
            properties=properties,
            insertable=notes.get("Insertable") != "false",
            updatable=notes.get("Updatable") != "false",
            deletable=notes.get("Deletable") != "false",
        )

    def _annotations(self) -> dict[str, dict[str, str]]:
        """Collect what is said about things elsewhere than at the things."""
        found: dict[str, dict[str, str]] = {}
        for schema in self._schemas:
            for element in _children(schema, "Annotations"):
                target = element.get("Target", "")
                space, _, rest = target.partition("/")
                place = self._full(space) + ("/" + rest if rest else "")
                found.setdefault(place, {}).update(_notes_in(element))
        return found

    def _full(self, name: str) -> str:
        space, _, last = name.rpartition(".")
        return f"{self._aliases[space]}.{last}" if space in self._aliases else name


def _notes_in(element: etree._Element) -> dict[str, str]:
    """Read the annotations that stand in an element: last part of the term → value."""
    notes: dict[str, str] = {}
    for note in _children(element, "Annotation"):
        term = note.get("Term", "").rpartition(".")[2]
        notes[term] = note.get("String") or note.get("Bool") or "true"
        for record in _children(note, "Record"):
            for value in _children(record, "PropertyValue"):
                notes[value.get("Property", "")] = (
                    value.get("Bool") or value.get("String") or ""
                )
    return notes


def _children(element: etree._Element, name: str) -> Iterator[etree._Element]:
    return (one for one in element if _name(one) == name)


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() else None


def _bad(what: str) -> RemoteError:
    return RemoteError(ErrorKind.BAD_RESPONSE, f"The service's $metadata {what}.")
