"""Single records: everything wrong is said at once, and nobody overwrites what she has not seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from objects.records import read
from objects.records.changes import ChangeOp, Listed, Origin, Source
from objects.services.records import (
    Gone,
    KeyTaken,
    NoKey,
    Saved,
    create_record,
    delete_record,
    put_record,
    restore_record,
    update_record,
)
from objects.shape import ObjectShape
from syncapp.errors import Changed, Invalid, NotThere, Refused

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
USER: dict[str, Any] = {"source": Source(Origin.USER, 7), "now": NOW}


def make(shape: ObjectShape, **values: Any) -> Listed:
    values = {"number": "C1", "name": "One", **values}
    return stored(create_record(shape, values, **USER).id)


def stored(record_id: int) -> Listed:
    found = read.one(record_id)
    assert found is not None
    return found


def with_field(shape: ObjectShape, name: str, **changes: Any) -> ObjectShape:
    fields = tuple(
        replace(field, **changes) if field.name == name else field for field in shape.fields
    )
    return replace(shape, fields=fields)


def test_a_record_is_created_with_coerced_values_and_defaults(customers: ObjectShape) -> None:
    shape = with_field(customers, "email", default="nobody@x")
    made = make(shape, balance="1.50")
    assert made.values == {
        "number": "C1",
        "name": "One",
        "balance": Decimal("1.50"),
        "email": "nobody@x",
    }


def test_everything_wrong_is_said_at_once(customers: ObjectShape) -> None:
    with pytest.raises(Invalid) as refusal:
        create_record(customers, {"balance": "a lot", "colour": "red", "vat": "\0"}, **USER)
    assert refusal.value.fields.keys() == {"number", "name", "balance", "colour", "vat"}


def test_a_taken_key_is_refused(customers: ObjectShape) -> None:
    make(customers)
    with pytest.raises(KeyTaken) as refusal:
        make(customers)
    assert refusal.value.fields.keys() == {"number"}


def test_a_value_of_a_unique_field_is_refused(customers: ObjectShape) -> None:
    make(customers, vat="DE1")
    with pytest.raises(Invalid) as refusal:
        make(customers, number="C2", vat="DE1")
    assert (refusal.value.code, list(refusal.value.fields)) == ("not_unique", ["vat"])


def test_creating_a_deleted_key_again_brings_the_record_back(customers: ObjectShape) -> None:
    made = make(customers, email="a@x")
    delete_record(customers, made.id, rev=1, **USER)
    assert create_record(customers, {"number": "C1", "name": "Again"}, **USER) == Saved(
        made.id, True
    )
    assert stored(made.id).values == {"number": "C1", "name": "Again"}


def test_an_update_changes_what_differs(customers: ObjectShape) -> None:
    made = make(customers, balance="1.50", email="a@x")
    update_record(customers, made.id, {"balance": "1.5", "email": None}, rev=1, **USER)

    assert stored(made.id).rev == 2
    assert [past.diff for past in read.history(made.id)] == [{"email": ["a@x", None]}]


def test_equal_values_write_nothing(customers: ObjectShape) -> None:
    made = make(customers, balance="1.50")
    update_record(customers, made.id, {"balance": "1.5", "name": "One"}, rev=1, **USER)
    assert stored(made.id) == made


def test_an_older_revision_is_refused(customers: ObjectShape) -> None:
    made = make(customers)
    update_record(customers, made.id, {"name": "Two"}, rev=1, **USER)
    with pytest.raises(Changed):
        update_record(customers, made.id, {"name": "Three"}, rev=1, **USER)
    with pytest.raises(Changed):
        delete_record(customers, made.id, rev=1, **USER)
    update_record(customers, made.id, {"name": "Three"}, rev=None, **USER)


def test_a_required_field_cannot_be_emptied(customers: ObjectShape) -> None:
    made = make(customers)
    with pytest.raises(Invalid) as refusal:
        update_record(customers, made.id, {"name": ""}, rev=1, **USER)
    assert refusal.value.fields == {"name": "A value is required."}


def test_a_read_only_field_belongs_to_the_syncs(customers: ObjectShape) -> None:
    made = make(customers, balance=1)
    shape = with_field(customers, "balance", read_only=True)
    with pytest.raises(Invalid) as refusal:
        update_record(shape, made.id, {"balance": 2}, rev=1, **USER)
    assert refusal.value.fields.keys() == {"balance"}
    update_record(shape, made.id, {"balance": 1, "name": "Two"}, rev=1, **USER)
    with pytest.raises(Invalid):
        create_record(shape, {"number": "C2", "name": "x", "balance": 1}, **USER)


def test_a_key_changes_unless_it_is_taken(customers: ObjectShape) -> None:
    made = make(customers)
    make(customers, number="C2")
    with pytest.raises(KeyTaken):
        update_record(customers, made.id, {"number": "C2"}, rev=1, **USER)
    update_record(customers, made.id, {"number": "C3"}, rev=1, **USER)
    assert (stored(made.id).key, stored(made.id).values["number"]) == ("C3", "C3")


def test_a_deleted_record_cannot_be_changed_but_restored(customers: ObjectShape) -> None:
    made = make(customers, vat="DE1")
    with pytest.raises(Refused):
        restore_record(customers, made.id, **USER)
    delete_record(customers, made.id, rev=None, **USER)
    with pytest.raises(Gone):
        update_record(customers, made.id, {"name": "x"}, rev=None, **USER)
    with pytest.raises(Gone):
        delete_record(customers, made.id, rev=None, **USER)

    restore_record(customers, made.id, **USER)

    assert stored(made.id).deleted_at is None
    assert stored(made.id).values == made.values
    assert [past.op for past in read.history(made.id)] == [ChangeOp.RESURRECT, ChangeOp.DELETE]


def test_restoring_obeys_uniqueness_and_the_fields_of_today(customers: ObjectShape) -> None:
    made = make(customers, vat="DE1")
    delete_record(customers, made.id, rev=None, **USER)
    make(customers, number="C2", vat="DE1")
    with pytest.raises(Invalid):
        restore_record(customers, made.id, **USER)
    with pytest.raises(Invalid):
        restore_record(with_field(customers, "vat", type="integer"), made.id, **USER)


def test_a_record_that_is_not_there(customers: ObjectShape) -> None:
    with pytest.raises(NotThere):
        update_record(customers, 0, {}, rev=None, **USER)
    with pytest.raises(NotThere):
        delete_record(customers, 0, rev=None, **USER)
    with pytest.raises(NotThere):
        restore_record(customers, 0, **USER)


def test_an_object_without_key_holds_no_records(customers: ObjectShape) -> None:
    with pytest.raises(NoKey):
        create_record(replace(customers, key=None), {"name": "x"}, **USER)


class TestPut:
    def test_writes_whether_the_key_is_there_or_not(self, customers: ObjectShape) -> None:
        first = put_record(customers, "C/1 ä", {"name": "One", "email": "a@x"}, **USER)
        assert first.created
        second = put_record(customers, "C/1 ä", {"name": "Two"}, **USER)
        assert second == Saved(first.id, False)
        assert stored(first.id).values == {"number": "C/1 ä", "name": "Two", "email": "a@x"}

    def test_brings_a_deleted_record_back(self, customers: ObjectShape) -> None:
        made = make(customers)
        delete_record(customers, made.id, rev=None, **USER)
        assert put_record(customers, "C1", {"name": "x"}, **USER) == Saved(made.id, True)

    def test_may_not_name_another_key(self, customers: ObjectShape) -> None:
        with pytest.raises(Invalid):
            put_record(customers, "C1", {"number": "C2", "name": "x"}, **USER)
        make(customers)
        with pytest.raises(Invalid):
            put_record(customers, "C1", {"number": "C2"}, **USER)
        put_record(customers, "C1", {"number": "C1", "name": "x"}, **USER)

    def test_spells_the_key_as_its_type_does(self, customers: ObjectShape) -> None:
        shape = with_field(customers, "number", type="integer")
        assert shape.key is not None
        shape = replace(shape, key=replace(shape.key, type="integer"))
        first = put_record(shape, "007", {"name": "x"}, **USER)
        assert put_record(shape, "7", {}, **USER).id == first.id
        assert stored(first.id).values["number"] == 7
        with pytest.raises(Invalid):
            put_record(shape, "seven", {}, **USER)
