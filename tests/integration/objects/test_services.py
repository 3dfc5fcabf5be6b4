"""What may be done with objects and fields, and what stored records forbid."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from objects.models import ConnectField, ConnectObject, ListviewField
from objects.records import read, reshape
from objects.records.changes import Origin, Source
from objects.services import (
    add_fields,
    columns,
    fields,
    load_shape,
    objects as connect_objects,
    records,
)
from objects.services.fields import DoesNotFit
from objects.services.objects import InUse
from objects.shape import ObjectShape
from syncapp.errors import Invalid, Refused
from syncapp.tenants.actors import COMMAND as ADA
from syncapp.tenants.integrity import users_of
from syncapp.tenants.models import AuditEntry, Tenant

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
USER = Source(Origin.USER, 7)


@pytest.fixture
def customer(tenant: Tenant) -> ConnectObject:
    return make(tenant, "fsmcustomer", "FSM customers")


def make(tenant: Tenant, type_: str, name: str) -> ConnectObject:
    made = connect_objects.create_object(tenant=tenant, object_type=type_, name=name, actor=ADA)
    fields.create_field(made, {"name": "number", "is_key": True}, actor=ADA)
    return made


def add(row: ConnectObject, name: str, **values: Any) -> ConnectField:
    return fields.create_field(row, {"name": name, **values}, actor=ADA)


def edit(row: ConnectField, **values: Any) -> ConnectField:
    return fields.edit_field(row, values, actor=ADA)


def store(row: ConnectObject, *rows: Mapping[str, Any]) -> ObjectShape:
    shape = load_shape(ConnectObject.objects.get(pk=row.pk))
    for values in rows:
        records.create_record(shape, values, source=USER, now=NOW)
    return shape


def refused(error: type[Exception], act: Any, *args: Any, **options: Any) -> dict[str, str]:
    with pytest.raises(error) as caught:
        act(*args, **options)
    return dict(caught.value.fields)  # type: ignore[attr-defined]


class TestObjects:
    def test_an_object_is_made_and_audited(self, tenant: Tenant) -> None:
        made = connect_objects.create_object(
            tenant=tenant, object_type="item", name=" Items ", actor=ADA
        )
        assert (made.name, made.kind) == ("Items", "store")
        entry = AuditEntry.objects.get(kind="connect object")
        assert (entry.action, entry.diff["type"]) == ("create", [None, "item"])

    @pytest.mark.parametrize("type_", ["Item", "1item", "it em", "", "x" * 41])
    def test_a_type_is_an_identifier(self, tenant: Tenant, type_: str) -> None:
        assert "type" in refused(
            Invalid,
            connect_objects.create_object,
            tenant=tenant,
            object_type=type_,
            name="x",
            actor=ADA,
        )

    def test_type_and_name_are_unique_in_the_tenant(self, customer: ConnectObject) -> None:
        assert refused(
            Invalid,
            connect_objects.create_object,
            tenant=customer.tenant,
            object_type=customer.type,
            name=customer.name,
            actor=ADA,
        ).keys() == {"type", "name"}

    def test_the_type_is_frozen_by_records(self, customer: ConnectObject) -> None:
        def rename() -> None:
            connect_objects.edit_object(
                customer, object_type="client", name="Clients", description="", actor=ADA
            )

        store(customer, {"number": "1"})
        assert "type" in refused(Invalid, rename)
        customer.refresh_from_db()
        assert customer.type == "fsmcustomer"

    def test_deleting_takes_records_and_history_along(self, customer: ConnectObject) -> None:
        email = add(customer, "email", indexed="exact")
        shape = store(customer, {"number": "1", "email": "a@x"})
        (record,) = read.page(shape.id, read.Wanted(), 5)
        records.update_record(shape, record.id, {"email": "b@x"}, rev=1, source=USER, now=NOW)

        connect_objects.delete_object(customer, actor=ADA)

        assert not ConnectField.objects.filter(object=shape.id).exists()
        assert read.one(record.id) is None
        assert read.history(record.id) == []
        assert read.by_field(email.pk, ["b@x"]) == {}

    def test_an_object_that_another_refers_to_stays(self, customer: ConnectObject) -> None:
        order = make(customer.tenant, "order", "Orders")
        field = add(order, "customer", type="reference", reference=customer)

        with pytest.raises(InUse, match="Customer"):
            connect_objects.delete_object(customer, actor=ADA)

        assert users_of(customer) == [field]
        assert ConnectObject.objects.filter(pk=customer.pk).exists()

    def test_an_object_that_refers_to_itself_can_go(self, customer: ConnectObject) -> None:
        add(customer, "parent", type="reference", reference=customer)
        connect_objects.delete_object(customer, actor=ADA)
        assert not ConnectObject.objects.filter(pk=customer.pk).exists()


class TestNewFields:
    def test_a_field_is_complete(self, customer: ConnectObject) -> None:
        made = add(
            customer,
            "payment_terms",
            type="choice",
            choices=[["n30", "30 days"]],
            default="n30",
        )
        assert (made.label, made.position, made.default) == ("Payment terms", 1, "n30")
        shape = load_shape(customer)
        assert [field.name for field in shape.fields] == ["number", "payment_terms"]
        assert shape.by_name["payment_terms"].choices == (("n30", "30 days"),)
        assert shape.rev == 2

    def test_what_means_nothing_for_the_type_is_dropped(self, customer: ConnectObject) -> None:
        made = add(
            customer,
            "notes",
            type="object",
            max_length=3,
            scale=2,
            choices=[["a", "b"]],
            is_unique=True,
            indexed="fold",
        )
        assert (made.max_length, made.scale, made.choices) == (None, None, [])
        assert (made.is_unique, made.indexed) == (False, "none")

    def test_a_default_is_exact(self, customer: ConnectObject) -> None:
        made = add(customer, "rate", type="decimal", scale=2, default="0.10")
        made.refresh_from_db()
        assert made.default == Decimal("0.10")
        assert isinstance(made.default, Decimal)

    @pytest.mark.parametrize(
        ("values", "wrong"),
        [
            ({"name": "1st"}, "name"),
            ({"name": "number"}, "name"),
            ({"name": "x", "type": "colour"}, "type"),
            ({"name": "x", "type": "choice"}, "choices"),
            ({"name": "x", "type": "choice", "choices": [["a", ""], ["a", ""]]}, "choices"),
            ({"name": "x", "type": "choice", "choices": [[" ", ""]]}, "choices"),
            ({"name": "x", "type": "reference"}, "reference"),
            ({"name": "x", "type": "decimal", "scale": 21}, "scale"),
            ({"name": "x", "max_length": 0}, "max_length"),
            ({"name": "x", "type": "integer", "default": "many"}, "default"),
            ({"name": "x", "is_key": True}, "is_key"),
        ],
    )
    def test_nonsense_is_refused_at_its_place(
        self, customer: ConnectObject, values: dict[str, Any], wrong: str
    ) -> None:
        found = refused(Invalid, fields.create_field, customer, values, actor=ADA)
        assert found.keys() == {wrong}
        assert customer.fields.count() == 1

    def test_an_object_or_list_is_no_key(self, tenant: Tenant) -> None:
        bare = connect_objects.create_object(
            tenant=tenant, object_type="bare", name="Bare", actor=ADA
        )
        values = {"name": "id", "type": "list", "is_key": True}
        assert refused(Invalid, fields.create_field, bare, values, actor=ADA).keys() == {
            "is_key"
        }

    def test_a_required_field_needs_an_empty_object(self, customer: ConnectObject) -> None:
        store(customer, {"number": "1"})
        values = {"name": "email", "required": True}
        refused(DoesNotFit, fields.create_field, customer, values, actor=ADA)

    def test_many_come_from_a_system_at_once(self, customer: ConnectObject) -> None:
        added = add_fields(
            customer,
            [
                {"name": "CardCode", "is_key": True, "type": "text"},
                {"name": "number", "type": "integer"},
                {"name": "U_Terms-Code", "type": "text", "max_length": 20},
                {"name": "2nd", "type": "integer", "required": True},
            ],
            actor=ADA,
        )
        assert [(row.name, row.label, row.is_key) for row in added] == [
            ("CardCode", "Card code", False),
            ("U_Terms_Code", "U terms code", False),
            ("f_2nd", "F 2nd", False),
        ]


class TestChangedFields:
    def test_a_field_without_records_changes_freely(self, customer: ConnectObject) -> None:
        field = edit(add(customer, "terms"), name="conditions", type="integer")
        assert (field.name, field.type, field.label) == ("conditions", "integer", "Terms")
        assert load_shape(customer).rev == 3

    def test_the_name_is_frozen_by_records_and_the_label_is_not(
        self, customer: ConnectObject
    ) -> None:
        field = add(customer, "terms")
        store(customer, {"number": "1", "terms": "x"})
        assert refused(Invalid, edit, field, name="conditions").keys() == {"name"}
        assert edit(field, label="Conditions").label == "Conditions"

    @pytest.mark.parametrize(
        ("stored", "values", "said"),
        [
            ("2026-11-21", {"type": "date"}, None),
            ("n30", {"type": "choice", "choices": [["n30", ""]]}, None),
            ("abc", {"max_length": 3}, None),
            ("abc", {"max_length": 2}, r"1 \(3 characters; at most 2 fit\.\)"),
            (
                "n30",
                {"type": "choice", "choices": [["n60", ""]]},
                r"1 \('n30' is not one of n60",
            ),
            ("12", {"type": "integer"}, r"1 \(it would have to be converted to integer\)"),
            ("soon", {"type": "date"}, r"1 \('soon' is not a date"),
            (None, {"required": True}, r"1 \(A value is required\.\)"),
            ("x" * 600, {"indexed": "exact"}, "at most 512 fit"),
        ],
    )
    def test_stored_values_must_fit_as_they_are(
        self, customer: ConnectObject, stored: Any, values: dict[str, Any], said: str | None
    ) -> None:
        field = add(customer, "terms")
        store(customer, {"number": "1", "terms": stored})
        if said is None:
            edit(field, **values)
            return
        with pytest.raises(DoesNotFit, match=said):
            edit(field, **values)
        field.refresh_from_db()
        assert (field.type, field.required, field.max_length) == ("text", False, None)

    def test_at_most_five_misfits_are_named(self, customer: ConnectObject) -> None:
        field = add(customer, "terms")
        store(customer, *({"number": str(n), "terms": "x"} for n in range(9)))
        with pytest.raises(DoesNotFit) as refusal:
            edit(field, type="integer")
        assert refusal.value.message.count("is not a whole number") == 5

    def test_a_new_index_finds_old_records(self, customer: ConnectObject) -> None:
        field = add(customer, "email")
        shape = store(customer, {"number": "1", "email": "Ann@X"}, {"number": "2"})
        (first, _) = read.page(shape.id, read.Wanted(), 5)

        edit(field, indexed="exact")
        assert read.by_field(field.pk, ["Ann@X"]) == {"Ann@X": [first.id]}
        edit(field, indexed="fold")
        assert read.by_field(field.pk, ["Ann@X", "ann@x"]) == {"ann@x": [first.id]}
        edit(field, indexed="none")
        assert read.by_field(field.pk, ["Ann@X", "ann@x"]) == {}

    def test_a_field_with_shared_values_cannot_become_unique(
        self, customer: ConnectObject
    ) -> None:
        field = add(customer, "vat")
        store(customer, *({"number": str(n), "vat": "DE1"} for n in range(3)), {"number": "9"})
        with pytest.raises(DoesNotFit, match="“DE1” in 0 and 2"):
            edit(field, is_unique=True)
        assert read.by_field(field.pk, ["DE1"]) == {}

    def test_unique_values_become_unique(self, customer: ConnectObject) -> None:
        field = add(customer, "vat")
        store(customer, {"number": "1", "vat": "DE1"}, {"number": "2"}, {"number": "3"})
        edit(field, is_unique=True)
        shape = load_shape(ConnectObject.objects.get(pk=customer.pk))
        values = {"number": "4", "vat": "DE1"}
        assert "vat" in refused(
            Invalid, records.create_record, shape, values, source=USER, now=NOW
        )

    def test_the_key_stays_while_there_are_records(self, customer: ConnectObject) -> None:
        key = customer.fields.get(is_key=True)
        other = add(customer, "code")
        store(customer, {"number": "1", "code": "A"})
        refused(DoesNotFit, edit, key, is_key=False)
        refused(DoesNotFit, edit, other, is_key=True)
        with pytest.raises(Refused):
            fields.delete_field(key, actor=ADA)

    def test_the_key_can_move_before(self, customer: ConnectObject) -> None:
        edit(customer.fields.get(is_key=True), is_key=False)
        moved = edit(add(customer, "code"), is_key=True)
        assert (moved.is_key, moved.required) == (True, True)
        shape = load_shape(customer)
        assert shape.key is not None
        assert shape.key.name == "code"

    def test_deleting_takes_the_values_along(self, customer: ConnectObject) -> None:
        field = add(customer, "email", indexed="exact")
        shape = store(customer, {"number": "1", "email": "a@x"})

        fields.delete_field(field, actor=ADA)

        (record,) = read.page(shape.id, read.Wanted(), 5)
        assert (record.values, record.rev) == ({"number": "1"}, 1)
        assert read.by_field(field.pk or 0, ["a@x"]) == {}
        add(customer, "email", type="integer")

    def test_fields_move(self, customer: ConnectObject) -> None:
        add(customer, "a")
        b = add(customer, "b")
        fields.move_field(b, up=True)
        fields.move_field(customer.fields.get(name="number"), up=True)
        assert [field.name for field in load_shape(customer).fields] == ["number", "b", "a"]
        fields.move_field(b, up=False)
        fields.move_field(b, up=False)
        assert [field.name for field in load_shape(customer).fields] == ["number", "a", "b"]

    def test_a_walk_over_records_sees_each_once(
        self, customer: ConnectObject, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reshape, "_CHUNK", 2)  # pages of two, so that five need three
        add(customer, "terms")
        shape = store(customer, *({"number": str(n), "terms": str(n)} for n in range(5)))
        assert [held.value for held in reshape.held(shape.id, "terms")] == list("01234")


class TestColumns:
    def test_columns_come_and_go_in_their_order(self, customer: ConnectObject) -> None:
        assert columns.columns_of(customer) == []
        a, b = add(customer, "a"), add(customer, "b")
        assert columns.columns_of(customer) == [("a", "A"), ("b", "B")]
        columns.create_column(customer, field=b, actor=ADA)
        second = columns.create_column(customer, field=a, label="First letter", actor=ADA)
        assert columns.columns_of(customer) == [("b", "B"), ("a", "First letter")]
        columns.move_column(second, up=True)
        columns.edit_column(second, field=a, label="", actor=ADA)
        assert columns.columns_of(customer) == [("a", "A"), ("b", "B")]
        columns.delete_column(second, actor=ADA)
        assert columns.columns_of(customer) == [("b", "B")]

    def test_a_field_is_one_column(self, customer: ConnectObject) -> None:
        a = add(customer, "a")
        columns.create_column(customer, field=a, actor=ADA)
        assert "field" in refused(Invalid, columns.create_column, customer, field=a, actor=ADA)

    def test_another_objects_field_is_none(self, customer: ConnectObject) -> None:
        other = add(make(customer.tenant, "order", "Orders"), "a")
        found = refused(Invalid, columns.create_column, customer, field=other, actor=ADA)
        assert "field" in found
        assert not ListviewField.objects.filter(object=customer).exists()


def test_an_object_gets_a_parent_but_no_circle(tenant: Tenant) -> None:
    order, line = make(tenant, "order", "Orders"), make(tenant, "line", "Lines")

    connect_objects.set_parent(line, order, actor=ADA)

    line.refresh_from_db()
    assert line.parent == order
    with pytest.raises(Invalid) as caught:
        connect_objects.set_parent(order, line, actor=ADA)
    assert "belongs to" in caught.value.fields["parent"]
    connect_objects.set_parent(line, None, actor=ADA)
    assert line.parent is None
