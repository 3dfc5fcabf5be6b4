"""What the shipped templates carry: the fields that each use case is about."""

from __future__ import annotations

import pytest

import objects.services
from connections import templates
from connections.document import every as every_row, read_conditions, read_mappings
from connections.models import Connection
from connections.templates import objects as object_templates
from connections.templates.connectors import Side
from objects.shape import ObjectShape
from syncapp.tenants import actors
from syncapp.tenants.models import Tenant
from tests.every import every


def side_of(name: str) -> Side:
    template = templates.named(name)
    assert template is not None
    return templates.adapt(template, "rest")


def made(tenant: Tenant, type_: str) -> ObjectShape:
    rows = object_templates.make(tenant, [type_], actor=actors.COMMAND)
    return objects.services.load_shape(next(row for row in rows if row.type == type_))


USE_CASES = {
    "work_order_completion": {
        "external_number": "work_order_number",
        "status": "status",
        "labour_hours": "data('labour_minutes')",
        "lines": "parts_used",
        "customer": "fsmcustomer",
        "completed_on": "data('completed_at')",
    },
    "time_export": {
        "employee_id": "fsmtechnician",
        "hours": "data('working_minutes')",
        "date": "formatdate(",
        "cost_centre": "cost_centre",
    },
    "inventory_usage": {
        "item": "part",
        "quantity": "quantity",
        "warehouse": "warehouse",
        "work_order": "work_order",
        "serial_numbers": "serial_numbers",
        "batches": "batches",
    },
}
"""Template → target → what its mapping must read."""


@every(("name", "wanted"), USE_CASES.items())
def test_a_use_case_fills_what_it_is_about(name: str, wanted: dict[str, str]) -> None:
    rows = {row.target: row for row in read_mappings(side_of(name).rows)}

    assert wanted.keys() <= rows.keys()
    for target, part in wanted.items():
        assert part in (rows[target].source or rows[target].formula), target


def test_only_completed_work_orders_leave() -> None:
    (condition,) = read_conditions(side_of("work_order_completion").conditions).each()

    assert (condition.field, condition.operator, condition.value) == (
        "status",
        "equals",
        "completed",
    )


def test_only_changed_and_approved_fields_of_customers_leave() -> None:
    side = side_of("customer_updates")

    asked = {row.field: row.operator for row in read_conditions(side.conditions).each()}
    assert asked["changes_approved"] == "is_true"
    assert Connection(**side.options).only_changes
    targets = {row.target for row in every_row(read_mappings(side.rows))}
    assert {"credit_limit", "tax_id", "payment_terms"} & targets == set()


@pytest.mark.slow  # makes what time entries refer to
def test_time_entries_have_five_types_and_are_chargeable(in_acme: Tenant) -> None:
    entry = made(in_acme, "fsmtimeentry").by_name

    assert len(entry["entry_type"].choices) == 5
    assert entry["chargeable"].default is True


@pytest.mark.slow  # makes what materials refer to
def test_time_and_material_needs_its_task_and_its_object(in_acme: Tenant) -> None:
    material = made(in_acme, "fsmmaterial")

    needed = {field.name: field.reference_id for field in material.fields if field.required}
    assert {"task", "object"} <= {name.removeprefix("service_") for name in needed}
