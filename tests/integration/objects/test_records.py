"""The record store: one door, positions in order of commits, history, tombstones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django import db
from django.db import connection

from objects.models import ConnectObject
from objects.records import index, read
from objects.records.changes import (
    Announcement,
    ChangeOp,
    Origin,
    RecordChange,
    Source,
    Stored,
    Written,
)
from objects.records.write import FieldsChanged, write
from objects.shape import ObjectShape
from objects.signals import records_changing
from syncapp.errors import NotThere
from syncapp.tenants import door
from syncapp.tenants.models import Tenant
from tests.integration.objects.conftest import make_customers, noted_queries

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
USER = Source(Origin.USER, 7)


def create(key: str, **values: Any) -> RecordChange:
    return RecordChange(ChangeOp.CREATE, key, {"number": key, **values})


def put(shape: ObjectShape, *changes: RecordChange, now: datetime = NOW) -> list[Written]:
    read.lock([shape.id])
    return write(shape, changes, USER, now)


def stored(shape: ObjectShape, key: str) -> Stored:
    return read.by_keys(shape.id, [key])[key]


def test_a_created_record_is_found(customers: ObjectShape) -> None:
    (written,) = put(customers, create("C1", name="One", balance=Decimal("1.10"), email=None))

    assert written == Written(written.id, 1, 1)
    assert stored(customers, "C1") == Stored(
        id=written.id,
        key="C1",
        seq=1,
        rev=1,
        deleted=False,
        values={"number": "C1", "name": "One", "balance": Decimal("1.10"), "email": None},
    )
    assert read.by_ids(customers.id, [written.id])[written.id].key == "C1"
    assert read.history(written.id) == []


def test_an_update_changes_only_the_named_fields_and_is_remembered(
    customers: ObjectShape,
) -> None:
    (made,) = put(customers, create("C1", name="One", vat="DE1"))
    later = NOW + timedelta(minutes=1)

    (written,) = put(
        customers,
        RecordChange(ChangeOp.UPDATE, "C1", {"name": "Uno"}, stored(customers, "C1")),
        now=later,
    )

    assert written == Written(made.id, 2, 2)
    listed = read.one(made.id)
    assert listed is not None
    assert listed.values == {"number": "C1", "name": "Uno", "vat": "DE1"}
    assert (listed.created_at, listed.updated_at, listed.source) == (NOW, later, USER)
    (past,) = read.history(made.id)
    assert (past.op, past.seq, past.at, past.diff) == (
        ChangeOp.UPDATE,
        2,
        later,
        {"name": ["One", "Uno"]},
    )


def test_a_key_can_change(customers: ObjectShape) -> None:
    put(customers, create("C1", name="One"))
    put(
        customers,
        RecordChange(ChangeOp.UPDATE, "C1", {"number": "C2"}, stored(customers, "C1"), "C2"),
    )
    assert read.by_keys(customers.id, ["C1", "C2"]).keys() == {"C2"}


def test_a_deleted_record_leaves_a_tombstone_and_can_come_back(customers: ObjectShape) -> None:
    (made,) = put(customers, create("C1", name="One", email="a@b.example", vat="DE1"))
    fields = customers.by_name

    put(customers, RecordChange(ChangeOp.DELETE, "C1", {}, stored(customers, "C1")))

    gone = stored(customers, "C1")
    assert (gone.deleted, gone.rev, gone.values["name"]) == (True, 2, "One")
    assert read.by_field(fields["vat"].id, ["DE1"]) == {}

    put(
        customers,
        RecordChange(ChangeOp.RESURRECT, "C1", {"number": "C1", "name": "Zwei"}, gone),
    )

    back = stored(customers, "C1")
    assert (back.id, back.deleted, back.rev) == (made.id, False, 3)
    assert back.values == {"number": "C1", "name": "Zwei"}
    newest, older = read.history(made.id)
    assert newest.op is ChangeOp.RESURRECT
    assert newest.diff == {"number": [None, "C1"], "name": [None, "Zwei"]}
    assert older.op is ChangeOp.DELETE
    assert older.diff["vat"] == ["DE1", None]


def test_searched_fields_are_found_by_their_present_value(customers: ObjectShape) -> None:
    email, vat = customers.by_name["email"], customers.by_name["vat"]
    (one, two) = put(
        customers,
        create("C1", email="Ann@Example.com", vat="DE1"),
        create("C2", email="ann@example.COM"),
    )
    assert read.by_field(email.id, ["ann@example.com"]) == {"ann@example.com": [one.id, two.id]}

    put(
        customers,
        RecordChange(
            ChangeOp.UPDATE, "C1", {"email": None, "vat": "DE2"}, stored(customers, "C1")
        ),
        RecordChange(ChangeOp.UPDATE, "C2", {"name": "Two"}, stored(customers, "C2")),
    )

    assert read.by_field(email.id, ["ann@example.com"]) == {"ann@example.com": [two.id]}
    assert read.by_field(vat.id, ["DE1", "DE2", "nul\0"]) == {"DE2": [one.id]}


@pytest.mark.parametrize("size", [1, 1000])
def test_the_number_of_statements_does_not_depend_on_the_number_of_records(
    customers: ObjectShape, size: int
) -> None:
    keys = [f"C{number}" for number in range(3 * size)]
    put(customers, *(create(key, email=f"{key}@x", vat=key) for key in keys))
    there = read.by_keys(customers.id, keys)
    put(
        customers,
        *(RecordChange(ChangeOp.DELETE, key, {}, there[key]) for key in keys[:size]),
    )
    there = read.by_keys(customers.id, keys)
    changes = [
        *(create(f"N{number}", vat=f"N{number}") for number in range(size)),
        *(
            RecordChange(ChangeOp.RESURRECT, key, {"number": key}, there[key])
            for key in keys[:size]
        ),
        *(
            RecordChange(ChangeOp.UPDATE, key, {"email": f"{key}@y"}, there[key])
            for key in keys[size : 2 * size]
        ),
        *(RecordChange(ChangeOp.DELETE, key, {}, there[key]) for key in keys[2 * size :]),
    ]

    with noted_queries() as queries:
        written = write(customers, changes, USER, NOW)

    assert len(queries) <= 8  # six of its own; the rest is the listener
    assert [entry.seq for entry in written] == sorted(entry.seq for entry in written)
    assert len({entry.id for entry in written}) == 4 * size


def test_positions_go_on_where_they_stopped(customers: ObjectShape) -> None:
    put(customers, create("B"), create("A"))
    put(customers, create("C"))
    assert [(record.key, record.seq) for record in read.feed(customers.id, 0, 10)] == [
        ("B", 1),
        ("A", 2),
        ("C", 3),
    ]
    put(customers, RecordChange(ChangeOp.DELETE, "B", {}, stored(customers, "B")))
    assert [(record.key, record.deleted) for record in read.feed(customers.id, 2, 10)] == [
        ("C", False),
        ("B", True),
    ]
    assert [record.key for record in read.feed(customers.id, 0, 1)] == ["A"]


def test_the_listener_hears_all_values_before_the_commit(customers: ObjectShape) -> None:
    put(customers, create("C1", name="One"), create("C2", name="Two"))
    heard: list[Announcement] = []

    def hear(shape: ObjectShape, announcements: Sequence[Announcement], **_: object) -> None:
        assert connection.in_atomic_block
        assert shape is customers
        heard.extend(announcements)

    one, two = stored(customers, "C1"), stored(customers, "C2")
    records_changing.connect(hear)
    try:
        put(
            customers,
            RecordChange(ChangeOp.UPDATE, "C1", {"name": "Uno"}, one),
            RecordChange(ChangeOp.DELETE, "C2", {}, two),
        )
    finally:
        records_changing.disconnect(hear)

    assert heard == [
        Announcement(
            one.id, ChangeOp.UPDATE, ("name",), one.values, {"number": "C1", "name": "Uno"}
        ),
        Announcement(two.id, ChangeOp.DELETE, tuple(two.values), two.values, {}),
    ]


def test_two_changes_of_one_record_are_refused(customers: ObjectShape) -> None:
    put(customers, create("C1"))
    change = RecordChange(ChangeOp.UPDATE, "C1", {"name": "x"}, stored(customers, "C1"))
    with pytest.raises(ValueError, match="Two changes of one record"):
        put(customers, change, change)


def test_nothing_is_written_without_the_lock(customers: ObjectShape) -> None:
    with pytest.raises(ValueError, match="Lock the object"):
        write(customers, [create("C1")], USER, NOW)


def test_another_tenants_object_cannot_be_locked(customers: ObjectShape) -> None:
    with door.platform():
        other = Tenant.objects.create(slug="other", name="Other")
    with door.tenant(other.pk), pytest.raises(NotThere):
        read.lock([customers.id])


def test_another_tenants_record_is_not_there(customers: ObjectShape) -> None:
    put(customers, create("C1", vat="DE1"))
    record = stored(customers, "C1")
    with door.platform():
        other = Tenant.objects.create(slug="other", name="Other")
    with door.tenant(other.pk):
        assert read.by_keys(customers.id, ["C1"]) == {}
        assert read.one(record.id) is None
        assert read.by_field(customers.by_name["vat"].id, ["DE1"]) == {}
        assert read.page(customers.id, read.Wanted(), 10) == []


def test_the_database_refuses_a_taken_key(customers: ObjectShape) -> None:
    put(customers, create("C1"))
    with pytest.raises(db.IntegrityError), db.transaction.atomic():
        put(customers, create("C1"))


class TestClashes:
    def test_a_value_of_another_record_is_refused(self, customers: ObjectShape) -> None:
        put(customers, create("C1", vat="DE1"))
        changes = [create("C2", vat="DE1"), create("C3", vat="DE3"), create("C4")]
        assert index.clashes(customers, changes) == {0: customers.by_name["vat"]}

    def test_a_record_may_keep_its_own_value(self, customers: ObjectShape) -> None:
        put(customers, create("C1", vat="DE1"))
        change = RecordChange(ChangeOp.UPDATE, "C1", {"vat": "DE1"}, stored(customers, "C1"))
        assert index.clashes(customers, [change]) == {}

    def test_the_first_of_a_page_gets_it(self, customers: ObjectShape) -> None:
        changes = [create("C1", vat="DE1"), create("C2", vat="DE1")]
        assert index.clashes(customers, changes).keys() == {1}

    def test_a_value_that_was_let_go_is_free(self, customers: ObjectShape) -> None:
        put(customers, create("C1", vat="DE1"), create("C2", vat="DE2"))
        changes = [
            RecordChange(ChangeOp.UPDATE, "C1", {"vat": None}, stored(customers, "C1")),
            RecordChange(ChangeOp.DELETE, "C2", {}, stored(customers, "C2")),
            create("C3", vat="DE1"),
            create("C4", vat="DE2"),
        ]
        assert index.clashes(customers, changes) == {}
        put(customers, *changes)

    def test_a_refused_change_lets_nothing_go(self, customers: ObjectShape) -> None:
        put(customers, create("C1", vat="DE1"), create("C2", vat="DE2"))
        changes = [
            RecordChange(ChangeOp.UPDATE, "C1", {"vat": "DE2"}, stored(customers, "C1")),
            create("C3", vat="DE1"),
        ]
        assert index.clashes(customers, changes).keys() == {0, 1}


class TestPages:
    @pytest.fixture(autouse=True)
    def records(self, customers: ObjectShape) -> None:
        put(
            customers,
            *(create(key, email="x@y") for key in ("a1", "a2", "b\U0010ffff1", "é", "A1")),
        )
        put(customers, RecordChange(ChangeOp.DELETE, "a2", {}, stored(customers, "a2")))

    @pytest.mark.parametrize(
        ("wanted", "keys"),
        [
            (read.Wanted(), ["A1", "a1", "b\U0010ffff1", "é"]),
            (read.Wanted(after="a1"), ["b\U0010ffff1", "é"]),
            (read.Wanted(descending=True, after="a1"), ["A1"]),
            (read.Wanted(by="seq"), ["a1", "b\U0010ffff1", "é", "A1"]),
            (read.Wanted(by="seq", descending=True, after=4), ["b\U0010ffff1", "a1"]),
            (read.Wanted(prefix="a", deleted=None), ["a1", "a2"]),
            (read.Wanted(prefix="b\U0010ffff"), ["b\U0010ffff1"]),
            (read.Wanted(prefix="nul\0"), []),
            (read.Wanted(deleted=True), ["a2"]),
        ],
    )
    def test_show_what_is_wanted(
        self, customers: ObjectShape, wanted: read.Wanted, keys: list[str]
    ) -> None:
        assert [record.key for record in read.page(customers.id, wanted, 10)] == keys
        if wanted.after is None:
            assert read.count(customers.id, wanted) == len(keys)

    def test_find_by_a_searched_field(self, customers: ObjectShape) -> None:
        wanted = read.Wanted(field_id=customers.by_name["email"].id, value="x@y")
        assert len(read.page(customers.id, wanted, 10)) == 4
        assert len(read.page(customers.id, wanted, 3)) == 3
        assert read.page(customers.id, wanted._replace(value="nobody"), 3) == []


def test_a_prefix_ends_before_the_next_text() -> None:
    assert read.after_prefix("C0012") == "C0013"
    assert read.after_prefix("a\U0010ffff") == "b"
    assert read.after_prefix("\U0010ffff") is None
    assert read.after_prefix("\ud7ff") == "\ue000"


def test_objects_do_not_share_positions(tenant: Tenant, customers: ObjectShape) -> None:
    other = make_customers(tenant, "supplier")
    put(customers, create("C1"))
    assert put(other, create("C1"))[0].seq == 1


def test_whoever_knows_only_older_fields_is_refused(customers: ObjectShape) -> None:
    put(customers, create("C1"))
    ConnectObject.objects.filter(pk=customers.id).update(fields_rev=1)

    with pytest.raises(FieldsChanged):
        put(customers, create("C2"))

    put(replace(customers, rev=1), create("C2"))
    assert [record.seq for record in read.feed(customers.id, 0, 9)] == [1, 2]
