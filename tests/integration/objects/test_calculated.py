"""Calculated fields are right after every way of writing a record."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from connections.kit.base import Op, WriteItem
from connections.models import Connection
from connections.store import TenantRecords
from objects import services
from objects.models import ConnectField, ConnectObject
from objects.records import read, write
from objects.records.changes import ChangeOp, Origin, RecordChange, Source
from objects.services import fields, records
from objects.services.objects import create_object
from objects.shape import ObjectShape
from syncapp.errors import Invalid, Refused
from syncapp.sync import leases, services as runs, slices
from syncapp.tenants import actors, door
from syncapp.tenants.models import Tenant
from tests import make, making

BY_USER = Source(Origin.USER)
NOW = make.NOW
FORMULA = "data('on_hand') - data('reserved')"
STOCK: tuple[Mapping[str, Any], ...] = (
    {"name": "code", "is_key": True},
    {"name": "on_hand", "type": "decimal", "scale": 3, "default": "0"},
    {"name": "reserved", "type": "decimal", "scale": 3, "default": "0"},
    {"name": "available", "type": "decimal", "scale": 3, "formula": FORMULA},
)


@pytest.fixture
def stock(in_acme: Tenant) -> ObjectShape:
    return services.load_shape(make_stock(in_acme))


def make_stock(tenant: Tenant) -> ConnectObject:
    made = create_object(tenant=tenant, object_type="stock", name="Stock", actor=actors.COMMAND)
    for field in STOCK:
        fields.create_field(made, field, actor=actors.COMMAND)
    return made


def create(stock: ObjectShape, code: str, **values: Any) -> int:
    return records.create_record(stock, {"code": code, **values}, source=BY_USER, now=NOW).id


def available(stock: ObjectShape, record_id: int) -> Any:
    return read.by_ids(stock.id, [record_id])[record_id].values["available"]


def test_a_new_record_has_it(stock: ObjectShape) -> None:
    assert available(stock, create(stock, "A", on_hand=5, reserved="1.5")) == Decimal("3.5")
    assert available(stock, create(stock, "B")) == 0


def test_a_change_of_a_part_changes_it_with_history(stock: ObjectShape) -> None:
    one = create(stock, "A", on_hand=5, reserved=1)

    records.update_record(stock, one, {"reserved": 3}, rev=None, source=BY_USER, now=NOW)

    assert available(stock, one) == 2
    (past, *_) = read.history(one)
    assert past.diff["available"] == [4, 2]


def test_nothing_to_calculate_from_gives_nothing(stock: ObjectShape) -> None:
    one = create(stock, "A", on_hand=5, reserved=1)

    records.update_record(stock, one, {"reserved": None}, rev=None, source=BY_USER, now=NOW)

    assert available(stock, one) is None


def test_a_restored_record_has_it(stock: ObjectShape) -> None:
    one = create(stock, "A", on_hand=5, reserved=1)
    records.delete_record(stock, one, rev=None, source=BY_USER, now=NOW)

    records.restore_record(stock, one, source=BY_USER, now=NOW)

    assert available(stock, one) == 4


def test_putting_by_key_has_it(stock: ObjectShape) -> None:
    saved = records.put_record(stock, "A", {"on_hand": 9}, source=Source(Origin.API), now=NOW)
    records.put_record(stock, "A", {"reserved": 2}, source=Source(Origin.API), now=NOW)

    assert available(stock, saved.id) == 7


def test_nobody_writes_it(stock: ObjectShape) -> None:
    with pytest.raises(Invalid) as caught:
        create(stock, "A", available=99)

    assert "available" in caught.value.fields


def test_a_set_with_foreign_values_is_corrected(stock: ObjectShape) -> None:
    read.lock([stock.id])
    values = {"code": "A", "on_hand": 5, "reserved": 1, "available": 99}

    (written,) = write.write(
        stock, [RecordChange(ChangeOp.CREATE, "A", values)], Source(Origin.IMPORT), NOW
    )

    assert available(stock, written.id) == 4


def test_connections_between_objects_have_it(in_acme: Tenant, stock: ObjectShape) -> None:
    store = TenantRecords(in_acme.pk, lambda: NOW)

    (result,) = store.write(
        "stock", [WriteItem(0, Op.UPSERT, {"code": "A"}, {"code": "A", "on_hand": 3})]
    )

    assert available(stock, int(result.remote_id or 0)) == 3


def test_a_new_formula_is_worked_out_for_stored_records(
    in_acme: Tenant, stock: ObjectShape
) -> None:
    one, two = create(stock, "A", on_hand=5, reserved=1), create(stock, "B")
    row = ConnectField.objects.for_tenant(in_acme).get(object=stock.id, name="available")

    fields.edit_field(
        row, {"formula": "(data('on_hand') - data('reserved')) * 2"}, actor=actors.COMMAND
    )

    assert (available(stock, one), available(stock, two)) == (8, 0)
    found = read.by_ids(stock.id, [one, two])
    assert (found[one].rev, found[two].rev) == (2, 1)


def test_a_further_field_is_worked_out_for_stored_records(
    in_acme: Tenant, stock: ObjectShape
) -> None:
    one = create(stock, "A", on_hand=5, reserved=1)
    whole = ConnectObject.objects.for_tenant(in_acme).get(pk=stock.id)

    fields.create_field(
        whole, {"name": "note", "formula": "concat(data('on_hand'), ' there')"},
        actor=actors.COMMAND,
    )  # fmt: skip

    assert read.by_ids(stock.id, [one])[one].values["note"] == "5 there"


@pytest.mark.parametrize(
    ("formula", "says"),
    [
        ("data('on_hand') -", "ends too early"),
        ("data('nope')", "no field “nope”"),
        ("data('available')", "calculated itself"),
        ("now()", "another value each time"),
        ("sequence('n')", "outside of the record"),
        ("vlookup('code', 'stock', 'code', 'on_hand')", "outside of the record"),
        ("data(concat('on', '_hand'))", "outright"),
    ],
)
def test_formulas_that_will_not_do_are_refused(
    in_acme: Tenant, stock: ObjectShape, formula: str, says: str
) -> None:
    whole = ConnectObject.objects.for_tenant(in_acme).get(pk=stock.id)

    with pytest.raises(Invalid) as caught:
        fields.create_field(whole, {"name": "more", "formula": formula}, actor=actors.COMMAND)

    assert says in caught.value.fields["formula"]


def test_the_key_is_not_calculated(in_acme: Tenant) -> None:
    made = create_object(tenant=in_acme, object_type="x", name="X", actor=actors.COMMAND)

    with pytest.raises(Invalid, match="not valid"):
        fields.create_field(
            made, {"name": "code", "is_key": True, "formula": "'a'"}, actor=actors.COMMAND
        )


def test_a_field_that_a_formula_reads_stays(in_acme: Tenant, stock: ObjectShape) -> None:
    row = ConnectField.objects.for_tenant(in_acme).get(object=stock.id, name="reserved")

    with pytest.raises(Refused, match="calculated from this field"):
        fields.delete_field(row, actor=actors.COMMAND)
    with pytest.raises(Invalid, match="not valid"):
        fields.edit_field(row, {"name": "kept"}, actor=actors.COMMAND)


def test_a_sync_writes_it(acme: Tenant, committed_db: None) -> None:
    making.make_world(n=2)
    with door.tenant(acme.pk):
        whole = make_stock(acme)
        names = ConnectField.objects.for_tenant(acme).filter(object=whole)
        fields.edit_field(
            names.get(name="available"),
            {"formula": "concat(data('code'), '!')", "type": "text"},
            actor=actors.COMMAND,
        )
    connection: Connection = making.make_connection(
        acme, object_=whole, config=making.make_config(acme),
        mappings={"code": "CardCode"}, active=True,
    )  # fmt: skip
    with door.tenant(acme.pk):
        runs.request_run(connection, kind="normal", actor=actors.COMMAND, now=NOW)
    claimed = leases.claim(NOW)
    assert claimed is not None
    slices.work(claimed, clock=lambda: NOW, stopping=lambda: False)

    with door.tenant(acme.pk):
        found = read.by_keys(whole.pk, ["C0", "C1"])
    assert [found[key].values["available"] for key in ("C0", "C1")] == ["C0!", "C1!"]
