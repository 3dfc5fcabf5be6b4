"""The form of files of definitions, written down for `docs/definitions.md`: made of the schema."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Final, get_type_hints

from msgspec import NODEFAULT, structs

from connections.definitions.parts import (
    ColumnPart,
    ConfigPart,
    ConnectionPart,
    ConnectorPart,
    Definitions,
    FieldPart,
    MapPart,
    ObjectPart,
    SetPart,
)
from connections.document import Condition, Conditions, FieldMapping, Group

_PARTS: Final[dict[str, type[Any]]] = {
    "The file": Definitions,
    "configs": ConfigPart,
    "objects": ObjectPart,
    "objects: fields": FieldPart,
    "objects: columns": ColumnPart,
    "maps": MapPart,
    "connectors": ConnectorPart,
    "connections": ConnectionPart,
    "connections: mapping": FieldMapping,
    "connections: conditions": Conditions,
    "connections: conditions: groups": Group,
    "connections: conditions: rows": Condition,
    "sets": SetPart,
}
_UNSEEN: Final = frozenset({"uuid", "suggested"})


def tables() -> str:
    """Give a table for each part: what it may say, what that is, and what is meant without."""
    return "\n".join(line for name, kind in _PARTS.items() for line in _table(name, kind))


def _table(name: str, kind: type[Any]) -> Iterator[str]:
    about = _about(kind)
    hints = get_type_hints(kind)
    yield f"### {name}"
    yield ""
    yield "| key | holds | without it |"
    yield "|---|---|---|"
    for one in structs.fields(kind):
        if one.name not in _UNSEEN:
            said = about.get(one.name, "")
            held = _held(hints[one.name])
            yield f"| `{one.name}` | {held}{': ' if said else ''}{said} | {_usual(one)} |"
    yield ""


def _held(hint: Any) -> str:
    """Say what a key holds."""
    if found := re.findall(r"\w+", str(hint).partition("Literal[")[2]):
        return " or ".join(f"`{word}`" for word in found)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return " or ".join(f"`{word}`" for word in hint)
    text = str(getattr(hint, "__name__", hint))
    return next((said for start, said in _HELD.items() if text.startswith(start)), text)


_HELD: Final = {
    "Any": "any value",
    "str": "text",
    "int": "whole number",
    "bool": "true or false",
    "Optional": "whole number",
    "tuple": "a list",
    "dict": "a mapping",
    "Conditions": "a mapping",
}


def _usual(one: structs.FieldInfo) -> str:
    if one.required:
        return "must be there"
    value = one.default if one.default is not NODEFAULT else None
    if value is None or value in ("", ()):
        return "–"
    spelled = {True: "true", False: "false"}.get(value) if isinstance(value, bool) else None
    return f"`{spelled or value}`"


def _about(kind: type[Any]) -> dict[str, str]:
    """Read the docstring's list of attributes."""
    text = inspect.getdoc(kind) or ""
    listed = text.partition("Attributes:\n")[2]
    about: dict[str, str] = {}
    for entry in re.split(r"\n(?=    \w)", "\n" + listed):
        names, _, said = " ".join(entry.split()).partition(": ")
        for name in names.split(", "):
            about[name] = said.rstrip(".")
    return about
