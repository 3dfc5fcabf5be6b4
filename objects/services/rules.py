"""What belongs together in a connect field: pure rules about type, key, index and default."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from objects.shape import KEY_LIMIT, KEY_TYPES, FieldShape
from objects.values import ValueRefused, coerce

EDITABLE: Final = (
    "name",
    "label",
    "type",
    "required",
    "is_key",
    "is_unique",
    "indexed",
    "reference",
    "choices",
    "max_length",
    "scale",
    "default",
    "sensitivity",
    "read_only",
    "formula",
    "description",
)
"""What people decide about a field."""

MOST_DECIMALS: Final = 20
_TEXTS: Final = frozenset({"text", "long_text"})
UNSEARCHED: Final = frozenset({"boolean", "long_text", "object", "list"})
_FOLDED: Final = frozenset({"text", "choice", "reference"})


def settled(values: Mapping[str, Any]) -> dict[str, Any]:
    """Drop what means nothing for the field's type, and add what follows from the rest."""
    type_, is_key = values["type"], values.get("is_key", False)
    kept = dict(values)
    kept["label"] = values.get("label") or label_for(values["name"])
    drop = {
        "max_length": type_ not in _TEXTS,
        "scale": type_ != "decimal",
        "reference": type_ != "reference",
    }
    kept |= {name: None for name, dropped in drop.items() if dropped}
    if type_ != "choice":
        kept["choices"] = []
    if is_key or type_ in UNSEARCHED:
        kept |= {"is_unique": False, "indexed": "none"}
    if kept.get("indexed") == "fold" and type_ not in _FOLDED:
        kept["indexed"] = "exact"
    kept["formula"] = str(kept.get("formula") or "").strip()
    if kept["formula"]:
        kept |= {"required": False, "is_unique": False, "default": None, "read_only": True}
    if is_key:
        kept |= {"required": True, "default": None, "read_only": False}
    return kept


def problems(values: Mapping[str, Any], shape: FieldShape) -> dict[str, str]:
    """List what contradicts itself: field of the form → what is wrong.

    Args:
        values: `settled`; `default` is not coerced yet.
        shape: the field that they describe.
    """
    found: dict[str, str] = {}
    if shape.is_key and shape.formula:
        found["formula"] = "The key cannot be calculated."
    if shape.is_key and shape.type not in KEY_TYPES:
        found["is_key"] = "Values of this type cannot identify a record."
    if shape.is_key and (shape.max_length or 0) > KEY_LIMIT:
        found["max_length"] = f"A key has at most {KEY_LIMIT} characters."
    if shape.type == "reference" and values.get("reference") is None:
        found["reference"] = "Choose the object whose keys this field holds."
    if shape.type == "choice" and (wrong := _wrong_choices(shape.choices)):
        found["choices"] = wrong
    if shape.scale is not None and shape.scale > MOST_DECIMALS:
        found["scale"] = f"At most {MOST_DECIMALS}."
    if shape.max_length == 0:
        found["max_length"] = "At least 1, or nothing."
    if not found and (wrong := _wrong_default(shape, values.get("default"))):
        found["default"] = wrong
    return found


def _wrong_choices(choices: tuple[tuple[str, str], ...]) -> str:
    texts = [value for value, _ in choices]
    if not texts:
        return "List at least one choice."
    if any(not text.strip() or len(text) > KEY_LIMIT for text in texts):
        return f"A choice has 1 to {KEY_LIMIT} characters."
    twice = next((text for text in texts if texts.count(text) > 1), None)
    return f"“{twice}” is there twice." if twice is not None else ""


def _wrong_default(shape: FieldShape, default: Any) -> str:
    try:
        default_of(shape, default)
    except ValueRefused as refusal:
        return refusal.message
    return ""


def default_of(shape: FieldShape, default: Any) -> Any:
    """Bring a default to the field's type; nothing stays nothing, required or not.

    Raises:
        ValueRefused: it does not fit.
    """
    return None if default is None or default == "" else coerce(shape, default)


def narrower(old: FieldShape, new: FieldShape) -> bool:
    """Tell whether stored values that fitted may not fit any more."""
    return (
        new.type != old.type
        or (new.required and not old.required)
        or (new.is_key and not old.is_key)
        or (new.searched and not old.searched)
        or (new.searched and new.indexed == "fold" and old.indexed != "fold")
        or _less(new.max_length, old.max_length)
        or _less(new.scale, old.scale)
        or not {value for value, _ in old.choices} <= {value for value, _ in new.choices}
    )


def _less(new: int | None, old: int | None) -> bool:
    return new is not None and (old is None or new < old)


def fits(shape: FieldShape, value: Any) -> str:
    """Say why a stored value could not stay as it is; nothing if it can.

    A value that would have to be converted does not fit: changing a field never changes records.
    """
    try:
        taken = coerce(shape, value)
    except ValueRefused as refusal:
        return refusal.message
    if taken == value and isinstance(taken, bool) == isinstance(value, bool):
        return ""
    return f"it would have to be converted to {shape.type.replace('_', ' ')}"


def name_for(text: str) -> str:
    """Make a field name of a remote one: letters, digits, underscores, at most 60."""
    name = re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_")[:60]
    return name if name[:1].isalpha() else f"f_{name}"[:60].rstrip("_")


def label_for(name: str) -> str:
    """Make a label of a name: customer_number and CustomerNumber → Customer number."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_+", " ", name).split()
    kept = [word if word.isupper() else word.lower() for word in words]
    text = " ".join(kept)
    return text[:1].upper() + text[1:]
