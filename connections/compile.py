"""Published document + object's shape → SyncSpec: paths, conversions and constants made ready once.

The mapper runs once per record of every run, so everything that can be decided before is decided
here and the rest is one loop over a plan of tuples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

import xxhash

from connections.kit.base import UNSET, Code, FieldType
from connections.spec import Mapped, Refusal, Row, SyncSpec
from formulas.language import paths
from objects.shape import FieldShape, ObjectShape
from objects.values import ValueRefused, coercer, key_text
from syncapp import canonical
from syncapp.errors import Refused

_SHOWN: Final = 60
_HIDDEN: Final = {
    Code.WRONG_TYPE: "The value does not have the right type.",
    Code.TOO_LONG: "The value is too long.",
    Code.NOT_A_CHOICE: "The value is not one of the choices.",
    Code.REQUIRED_MISSING: "A value is required.",
    Code.UNSTORABLE: "The value cannot be stored.",
    Code.EMPTY_KEY: "The key is empty.",
    Code.KEY_TOO_LONG: "The key is too long.",
}
"""What a refusal says where the value must not be seen: the ordinary message may quote it."""
_NESTED: Final = frozenset({FieldType.OBJECT, FieldType.LIST})

# What the result of a record depends on. Another page size, filter or log option changes which
# records are read or how they are told about, not what becomes of one.
_DECISIVE: Final = ("direction", "primary_key", "allow_create", "allow_update", "deletes")
_SHAPING: Final = (
    "name",
    "type",
    "required",
    "is_key",
    "is_unique",
    "reference_id",
    "choices",
    "max_length",
    "scale",
)

Step = tuple[str, str, paths.Getter | None, Callable[[Any], Any], bool]


class NotRunnable(Refused):
    """The published version does not fit the connect object any more; publish it again."""

    code = "not_runnable"


class Version(Protocol):
    """A published version, as its row or anything of that form."""

    pk: Any
    tenant_id: int
    connection_id: int
    spec: Mapping[str, Any]


def compile_version(version: Version, shape: ObjectShape) -> SyncSpec:
    """Make a published document ready to run.

    Args:
        version: the document with its ids.
        shape: the connect object as it is now.

    Raises:
        NotRunnable: a mapped field has gone or a constant does not fit its field any more.
    """
    document = version.spec
    rows = tuple(compile_row(row, shape) for row in document["rows"])
    primary = shape.by_name.get(document["primary_key"])
    if primary is None:
        raise _gone(document["primary_key"], shape)
    return SyncSpec(
        tenant_id=version.tenant_id,
        connection_id=version.connection_id,
        version_id=version.pk,
        direction=document["direction"],
        system_type=document["system_type"],
        config_id=document["config_id"],
        account_id=document["account_id"],
        pair_id=document["pair_id"],
        entity=document["entity"],
        shape=shape,
        primary_key=primary,
        matched_by_key=shape.key is None or shape.key.name == primary.name,
        query_filter=document["query_filter"],
        page_size=document["page_size"],
        allow_create=document["allow_create"],
        allow_update=document["allow_update"],
        deletes=document["deletes"],
        log_all=document["log_all"],
        keep_days=document["keep_days"],
        rows=rows,
        reads=reads(rows),
        fingerprint=fingerprint(document, shape),
        map=mapper(rows, primary, shape.key),
    )


def compile_row(row: Mapping[str, Any], shape: ObjectShape) -> Row:
    """Make one mapping ready.

    Raises:
        NotRunnable: its field has gone, or its constant does not fit.
    """
    target = shape.by_name.get(row["target"])
    if target is None:
        raise _gone(row["target"], shape)
    if row["kind"] == "field":
        return Row(target, "field", source=row["source"])
    try:
        return Row(target, "raw", value=constant(target, row["value"]))
    except ValueRefused as error:
        raise NotRunnable(f"{target.label or target.name}: {error.message}") from error


def constant(target: FieldShape, text: str | None) -> Any:
    """Turn the text of a raw data mapping into a value of its field; None and "" are null.

    Raises:
        ValueRefused: it is none, or null where the field needs a value.
    """
    if text is None or text == "":
        return coercer(target)(None)
    if target.type in _NESTED:
        try:
            return coercer(target)(canonical.loads(text))
        except canonical.type_errors as error:
            raise ValueRefused(Code.WRONG_TYPE, f"This is not JSON: {error}.") from error
    return coercer(target)(text)


def reads(rows: Iterable[Row]) -> tuple[str, ...]:
    """List the top-level source fields that the mappings look at, each once."""
    names = (paths.parse(row.source)[0] for row in rows if row.kind == "field")
    return tuple(dict.fromkeys(str(name) for name in names))


def fingerprint(document: Mapping[str, Any], shape: ObjectShape) -> bytes:
    """Hash what the result of a record depends on: mappings, permissions to write, fields."""
    rows = [
        [row["target"], row["kind"], row["source"], row["value"]] for row in document["rows"]
    ]
    decisive = [document[name] for name in _DECISIVE]
    shaping = [[getattr(field, name) for name in _SHAPING] for field in shape.fields]
    return xxhash.xxh3_128_digest(canonical.dumps([shape.id, decisive, rows, shaping]))


def mapper(
    rows: Sequence[Row], primary: FieldShape, own_key: FieldShape | None
) -> Callable[[Mapping[str, Any]], Mapped]:
    """Make the function that maps one record; the first thing wrong with it ends its mapping.

    Args:
        rows: mappings in their order.
        primary: the field that finds existing records.
        own_key: the object's key field, if it has one.
    """
    constants = {row.target.name: row.value for row in rows if row.kind == "raw"}
    plan = [_step(row) for row in rows if row.kind == "field"]
    targets = {row.target.name: row.target for row in rows} | {primary.name: primary}
    key_name, checked = primary.name, primary.is_key  # its own coercer checks a key
    other_key = own_key if own_key is not None and own_key.name != key_name else None

    def map_values(values: Mapping[str, Any]) -> Mapped:
        mapped = constants.copy()
        name, value = key_name, None
        try:
            for name, top, deep, convert, needed in plan:
                value = values.get(top, UNSET) if deep is None else deep(values)
                if value is not UNSET:
                    mapped[name] = convert(value)
                elif needed:
                    return Mapped(mapped, "", _missing(targets[name]))
            name, value = key_name, mapped.get(key_name)
            key = value if checked and type(value) is str else key_text(value)
            if other_key is None or other_key.name not in mapped:
                return Mapped(mapped, key, None, "" if other_key else key)
            name, value = other_key.name, mapped[other_key.name]
            return Mapped(mapped, key, None, key_text(value))
        except ValueRefused as error:
            return Mapped(mapped, "", _refusal(error, targets[name], value))

    return map_values


def _step(row: Row) -> Step:
    path = paths.parse(row.source)
    target = row.target
    deep = paths.getter(path, UNSET) if len(path) > 1 else None
    needed = target.required or target.is_key
    return (target.name, str(path[0]), deep, coercer(target), needed)


def _missing(target: FieldShape) -> Refusal:
    label = target.label or target.name
    if target.is_key:
        message = f"{label} identifies the record, and the source has none."
        return Refusal(Code.EMPTY_KEY, target.name, message)
    message = f"{label} is required, and the source has none."
    return Refusal(Code.REQUIRED_MISSING, target.name, message)


def _refusal(error: ValueRefused, target: FieldShape, value: Any) -> Refusal:
    """Say what is wrong and with which value, shortened; never the value of a sensitive field."""
    code, label = Code(error.code), target.label or target.name
    if target.sensitivity != "none":
        return Refusal(code, target.name, f"{label}: {_HIDDEN[code]} The value is not shown.")
    shown = _shown(value)
    if value is None or value == "" or shown in error.message:
        return Refusal(code, target.name, f"{label}: {error.message}")
    return Refusal(code, target.name, f"{label}: {error.message} The value is “{shown}”.")


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else canonical.text(value)
    text = text.replace("\0", "␀").encode(errors="replace").decode()
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _gone(name: str, shape: ObjectShape) -> NotRunnable:
    return NotRunnable(f"“{shape.name}” has no field “{name}” any more; publish again.")
