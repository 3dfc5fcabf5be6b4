"""What becomes of a file: which column fills which field, how cells are read, what is written.

A plan is written down as the document that every run follows, so that an import is a run like
any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct, structs, to_builtins

import objects.services
from connections import publish
from connections.document import FieldMapping, IfEmpty, Kind, plain
from connections.models import Connection, Upload
from connections.uploads.cells import DATES, Cells, Column, source_of
from connections.uploads.form import Form
from objects.shape import KEY_TYPES, FieldShape, ObjectShape
from syncapp.errors import Invalid

SYSTEM: Final = "upload"
"""The type of system that reads uploads."""
MODES: Final = {
    "both": "create and update",
    "create": "create only",
    "update": "update only",
}
REFERENCES: Final = {"key": "by key (code)", "id": "by record id"}
PAGE: Final = 4000


class Plan(Struct, frozen=True, forbid_unknown_fields=True):
    """What becomes of the columns of a file.

    Attributes:
        mapping: heading → name of a field; a column that is not here is left out.
        mode: a key of `MODES`.
        key: name of the field by which existing records are found.
        dates, decimal, clear: see `cells.Cells`.
        references: a key of `REFERENCES`.
        log_all: every row gets a log row; else only those that failed or were left out.
    """

    mapping: dict[str, str] = {}
    mode: str = "both"
    key: str = ""
    dates: str = "mdy"
    decimal: str = "."
    clear: bool = False
    references: str = "key"
    log_all: bool = False


def form_of(upload: Upload) -> Form:
    """Give the form of a stored file."""
    return msgspec.convert(upload.form, Form)


def plan_of(upload: Upload) -> Plan:
    """Give the plan of a stored file; before anybody made one, what the headings suggest."""
    if upload.plan:
        return msgspec.convert(upload.plan, Plan)
    return suggested(form_of(upload), objects.services.load_shape(upload.object))


def suggested(form: Form, shape: ObjectShape) -> Plan:
    """Match columns with fields of the same name or label."""
    free: dict[str, str] = {}
    for field in shape.fields:
        if not field.read_only:
            free.setdefault(_bare(field.name), field.name)
            free.setdefault(_bare(field.label), field.name)
    mapping: dict[str, str] = {}
    for heading in form.columns:
        field_name = free.get(_bare(heading))
        if field_name and field_name not in mapping.values():
            mapping[heading] = field_name
    keys = [field.name for field in keys_of(shape)]
    key = next((name for name in keys if name in mapping.values()), next(iter(keys), ""))
    return Plan(mapping, key=key)


def keys_of(shape: ObjectShape) -> list[FieldShape]:
    """List the fields that can find existing records, the object's own key first."""
    found = [f for f in shape.fields if (f.is_key or f.is_unique) and f.type in KEY_TYPES]
    return sorted(found, key=lambda field: not field.is_key)


def read_plan(data: Mapping[str, Any]) -> Plan:
    """Read a plan from outside.

    Raises:
        Invalid: not of this form; `fields` says what.
    """
    try:
        plan = msgspec.convert(dict(data), Plan)
    except msgspec.ValidationError as error:
        message, _, where = str(error).partition(" - at `$.")
        raise Invalid(
            fields={where.rstrip("`").partition("[")[0] or "plan": message}
        ) from error
    wrong = {
        name: f"There is no such choice: “{value}”."
        for name, value, choices in (
            ("mode", plan.mode, MODES),
            ("dates", plan.dates, DATES),
            ("decimal", plan.decimal, (".", ",")),
            ("references", plan.references, REFERENCES),
        )
        if value not in choices
    }
    if wrong:
        raise Invalid(fields=wrong)
    return plan


def set_plan(upload: Upload, plan: Plan) -> None:
    """Keep a plan, right or not yet."""
    upload.plan = to_builtins(plan)
    upload.save(update_fields=["plan"])


def forget_plan(upload: Upload) -> None:
    """Let the headings suggest a plan anew."""
    upload.plan = {}
    upload.save(update_fields=["plan"])


def problems(upload: Upload, plan: Plan) -> dict[str, str]:
    """Say what keeps a plan from being carried out: place → message; columns as `mapping.<n>`."""
    form, shape = form_of(upload), objects.services.load_shape(upload.object)
    found: dict[str, str] = {}
    seen: dict[str, str] = {}
    for heading, name in plan.mapping.items():
        place = _place(form, heading)
        field = shape.by_name.get(name)
        if heading not in form.columns:
            found[place] = f"The file has no column “{heading}”."
        elif field is None:
            found[place] = f"“{shape.name}” has no field “{name}”."
        elif field.read_only:
            found[place] = f"{field.label} is written by runs only."
        elif name in seen:
            found[place] = f"{field.label} is filled by “{seen[name]}” already."
        seen.setdefault(name, heading)
    if not found:
        connection = _connection(upload, shape, plan)
        for gap in publish.gaps(connection, _rows(form, shape, plan), shape):
            if gap.field != "config":
                place = {"primary_key": "key"}.get(gap.field, gap.field)
                found[place] = (
                    f"{found[place]} {gap.message}" if place in found else gap.message
                )
    return found


def document(upload: Upload, plan: Plan) -> dict[str, Any]:
    """Write the plan down as a run follows it.

    Raises:
        Invalid: something is missing or wrong; `fields` says what.
    """
    if wrong := problems(upload, plan):
        raise Invalid("This import is not ready yet.", code="not_ready", fields=wrong)
    shape = objects.services.load_shape(upload.object)
    connection = _connection(upload, shape, plan)
    written = publish.document(connection, _rows(form_of(upload), shape, plan))
    return {**written, "config_id": 0, "account_id": 0, "pair_id": 0}


def cells_of(upload: Upload, plan: Plan) -> Cells:
    """Say what is done with the cells."""
    form, shape = form_of(upload), objects.services.load_shape(upload.object)
    columns = []
    for at, heading in enumerate(form.columns):
        field = shape.by_name.get(plan.mapping.get(heading, ""))
        if field is not None:
            by_id = plan.references == "id" and field.type == "reference"
            reference = field.reference_id if by_id else None
            columns.append(Column(at, field.name, field.type, reference))
    return Cells(plan.dates, plan.decimal, plan.clear, tuple(columns))


def settings_of(upload: Upload, plan: Plan) -> dict[str, Any]:
    """Give what the system needs to read the file: all that a config holds for others."""
    return {
        "upload": upload.pk,
        "form": to_builtins(structs.replace(form_of(upload), notes=(), parts=())),
        "cells": to_builtins(cells_of(upload, plan)),
    }


def _rows(form: Form, shape: ObjectShape, plan: Plan) -> tuple[FieldMapping, ...]:
    """Write the mappings down; the reader leaves out empty cells, or gives null for them."""
    return tuple(
        FieldMapping(
            plan.mapping[heading],
            Kind.FIELD,
            source=source_of(at),
            if_empty=_if_empty(shape.by_name.get(plan.mapping[heading]), plan),
        )
        for at, heading in enumerate(form.columns)
        if heading in plan.mapping
    )


def _if_empty(field: FieldShape | None, plan: Plan) -> IfEmpty:
    """Let a required field of a known record keep what it has; a new record must bring one."""
    left_alone = field is not None and field.required and not field.is_key and not plan.clear
    return IfEmpty.SKIP if left_alone else IfEmpty.TAKE


def _connection(upload: Upload, shape: ObjectShape, plan: Plan) -> Connection:
    """Give the connection that says what the plan says; it is never stored."""
    return Connection(
        tenant_id=upload.tenant_id,
        direction=Connection.Direction.INBOUND,
        system_type=SYSTEM,
        name=upload.name,
        entity=upload.name,
        object=upload.object,
        primary_key=plan.key,
        page_size=PAGE,
        allow_create=plan.mode != "update",
        allow_update=plan.mode != "create",
        mapping=plain(_rows(form_of(upload), shape, plan)),
        keep_days=60,
        log_all=plan.log_all,
    )


def _place(form: Form, heading: str) -> str:
    if heading in form.columns:
        return f"mapping.{form.columns.index(heading)}"
    return "mapping"


def _bare(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalnum())


def named(shape: ObjectShape, plan: Plan) -> Sequence[FieldShape]:
    """List the fields that the plan fills, in the order of the object."""
    filled = set(plan.mapping.values())
    return [field for field in shape.fields if field.name in filled]
