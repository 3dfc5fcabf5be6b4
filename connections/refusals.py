"""Why a mapping refuses a record, in a sentence for the tenant; what is sensitive is not shown."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from connections.kit.codes import Code
from connections.spec import Refusal
from formulas.language import FormulaError, Program, RejectedError, SkippedError, paths
from objects.shape import FieldShape
from objects.values import ValueRefused
from syncapp import canonical

_SHOWN: Final = 60
_FORMULA_SHOWN: Final = 100
_FIELDS_SHOWN: Final = 4
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


def missing(target: FieldShape) -> Refusal:
    """Say that the source lacks what the target needs."""
    label = target.label or target.name
    if target.is_key:
        message = f"{label} identifies the record, and the source has none."
        return Refusal(Code.EMPTY_KEY, target.name, message)
    message = f"{label} is required, and the source has none."
    return Refusal(Code.REQUIRED_MISSING, target.name, message)


def of_value(error: ValueRefused, target: FieldShape, value: Any) -> Refusal:
    """Say what is wrong and with which value, shortened; never the value of a sensitive field."""
    code, label = Code(error.code), target.label or target.name
    if target.sensitivity != "none":
        return Refusal(code, target.name, f"{label}: {_HIDDEN[code]} The value is not shown.")
    text = _shown(value)
    if value is None or value == "" or text in error.message:
        return Refusal(code, target.name, f"{label}: {error.message}")
    return Refusal(code, target.name, f"{label}: {error.message} The value is “{text}”.")


def of_formula(
    error: FormulaError,
    target: FieldShape,
    program: Program,
    values: Mapping[str, Any],
    hidden: Collection[str],
) -> Refusal:
    """Say why a formula gives no value, where, and what it has read.

    Args:
        error: what the formula ended with.
        target: the field that it was to fill.
        program: the formula.
        values: of the source record.
        hidden: top-level source fields whose values must not be seen.
    """
    if isinstance(error, RejectedError):
        return Refusal(Code.REFUSED_BY_FORMULA, target.name, error.message)
    if isinstance(error, SkippedError):
        return Refusal(Code.SKIPPED_BY_FORMULA, target.name, error.message)
    fields = sorted(program.fields)
    secret = {name for name in fields if top(name) in hidden}
    if target.sensitivity != "none" or (program.reads_any and hidden):
        secret = set(fields)
    unseen = secret or target.sensitivity != "none" or (program.reads_any and hidden)
    message = f"There is a {error.kind} error." if unseen else error.message
    place = f"line {error.line}, column {error.column}"
    told = [
        f"{target.label or target.name}: {message}",
        f"At {place} of {_short(' '.join(program.text.split()), _FORMULA_SHOWN)}",
    ]
    if fields:
        read = [_read(name, values, hidden=name in secret) for name in fields[:_FIELDS_SHOWN]]
        told.append(f"It has read {', '.join(read)}{', …' if fields[_FIELDS_SHOWN:] else '.'}")
    return Refusal(Code.FORMULA_FAILED, target.name, " ".join(told))


def of_line(refusal: Refusal, place: str) -> Refusal:
    """Say in which line it is; `place` is such as `Lines[2].`."""
    field = f"{place}{refusal.field}"
    message = refusal.message.removeprefix(f"{refusal.field}: ")
    return Refusal(refusal.code, field, f"{field}: {message}")


def top(name: str) -> str:
    """Give the top-level field that a path or a plain name leads into."""
    try:
        return str(paths.parse(name)[0])
    except paths.PathError:
        return name


def _read(name: str, values: Mapping[str, Any], *, hidden: bool) -> str:
    if hidden:
        return f"{name} = (not shown)"
    value = values.get(name)
    if value is None and name != top(name):
        value = paths.getter(paths.parse(name))(values)
    return f"{name} = null" if value is None else f"{name} = “{_shown(value)}”"


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else canonical.text(value)
    text = text.replace("\0", "␀").encode(errors="replace").decode()
    return _short(text, _SHOWN)


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit]}…"
