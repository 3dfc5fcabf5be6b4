"""The files of templates, read once."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from connections.definitions.parts import Definitions, Part
from connections.definitions.schema import Some, converted
from connections.document import FieldMapping

ROOT: Final = Path(__file__).parent


class SystemPart(Part, frozen=True):
    """How a kind of system says what the template says.

    Attributes:
        entity: what is read or written there.
        primary_key: where it is a field of theirs, its name.
        query_filter: what of the entity is read, in the system's words.
        fields: target of the template's mapping → their field, nothing if they have none. Inbound
            it is the source, or a formula if it begins with `=`; outbound it is the target. What
            is inside of lines is named as `lines.item`.
        mapping: the whole mapping, where other names would not do.
    """

    entity: str
    primary_key: str = ""
    query_filter: str = ""
    fields: dict[str, str | None] = {}
    mapping: tuple[FieldMapping, ...] = ()


class AboutPart(Part, frozen=True):
    """What the template is for, and its words in other systems."""

    name: str
    label: str
    help: str
    systems: dict[str, SystemPart] = {}


class TemplateFile(Definitions, frozen=True, kw_only=True):
    """A file of definitions with one connection, which is a template."""

    template: AboutPart


@cache
def connector_files() -> tuple[TemplateFile, ...]:
    """Read the connector templates, in order of their names."""
    return tuple(_read(path, TemplateFile) for path in _files("connectors"))


@cache
def object_files() -> tuple[Definitions, ...]:
    """Read the templates of connect objects, in order of their types."""
    return tuple(_read(path, Definitions) for path in _files("objects"))


def _files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).glob("*.yaml"))


def _read(path: Path, kind: type[Some]) -> Some:
    return converted(path.read_text(encoding="utf-8"), kind)[0]
