"""What a connect object looks like, as plain values: for coercion, for mapping, for the store."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

KEY_LIMIT: Final = 512
"""Longest key, and longest value of a searched field, in characters."""

KEY_TYPES: Final = frozenset(
    {"text", "integer", "decimal", "choice", "reference", "date", "datetime"}
)
"""Types whose values have one text that can identify a record."""


@dataclass(frozen=True, slots=True)
class FieldShape:
    """One field.

    Attributes:
        type: a value of `ConnectField.Type`; `any` for a member of an object that says nothing of
            its members.
        indexed: none, exact or fold (ignoring case).
        reference_id: the connect object whose key a value of type reference is.
        choices: value and label.
        scale: decimals of a decimal number; None for as many as come.
        default: what a new record gets where it has no such field; already of the right type.
        read_only: written by runs only.
        sensitivity: none, pii or ephi.
        formula: calculates it from other fields of the record; nothing else writes it.
        fields: what a value of type object holds, or each element of a list, where that is known:
            connect objects do not say, other systems often do.
    """

    id: int
    name: str
    label: str = ""
    type: str = "text"
    required: bool = False
    is_key: bool = False
    is_unique: bool = False
    indexed: str = "none"
    reference_id: int | None = None
    choices: tuple[tuple[str, str], ...] = ()
    max_length: int | None = None
    scale: int | None = None
    default: Any = None
    read_only: bool = False
    sensitivity: str = "none"
    formula: str = ""
    fields: tuple[FieldShape, ...] = ()

    @property
    def searched(self) -> bool:
        """Has rows in `field_value`; the key has an index of its own."""
        return not self.is_key and (
            self.is_unique or self.indexed != "none" or self.type == "reference"
        )


@dataclass(frozen=True)
class ObjectShape:
    """A connect object with its fields in order of position.

    Attributes:
        rev: counts changes of the fields; whoever writes by an older picture is refused.
        parent_id: the object whose records its records belong to, if it is a child object.
    """

    id: int
    tenant_id: int
    type: str
    name: str
    fields: tuple[FieldShape, ...]
    key: FieldShape | None
    rev: int = 0
    parent_id: int | None = None

    @cached_property
    def by_name(self) -> dict[str, FieldShape]:
        """Its fields by name."""
        return {field.name: field for field in self.fields}

    @cached_property
    def calculated(self) -> tuple[FieldShape, ...]:
        """Fields that have a formula."""
        return tuple(field for field in self.fields if field.formula)

    @cached_property
    def defaults(self) -> dict[str, Any]:
        """What a new record gets where it does not name the field."""
        return {field.name: field.default for field in self.fields if field.default is not None}

    @cached_property
    def needed(self) -> tuple[FieldShape, ...]:
        """Fields that a new record must name: key and required ones without default."""
        return tuple(
            field
            for field in self.fields
            if (field.required or field.is_key) and field.default is None
        )

    @cached_property
    def searched(self) -> tuple[FieldShape, ...]:
        """Fields whose values are found by `records.read.by_field`."""
        return tuple(field for field in self.fields if field.searched)

    @cached_property
    def unique(self) -> tuple[FieldShape, ...]:
        """Fields, other than the key, of which no two live records share a value."""
        return tuple(field for field in self.fields if field.is_unique and not field.is_key)
