"""Lookups of formulas: the right record, live, of this tenant, in one statement each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from formulas.language import Wanted
from objects import lookups, services
from objects.lookups import NoAnswer, Records
from objects.models import ConnectField
from objects.records import read
from objects.records.changes import ChangeOp, Origin, RecordChange, Source
from objects.records.write import write
from objects.services.fields import make_searchable
from objects.shape import ObjectShape
from syncapp.tenants import actors, door
from syncapp.tenants.models import Tenant
from tests.integration.objects.conftest import make_customers, noted_queries
from tests.make import NOW

OURS = Source(Origin.USER, 1)


def put(shape: ObjectShape, **records: Mapping[str, Any]) -> None:
    """Create or change records by key, one second after the other."""
    read.lock([shape.id])
    for number, (key, values) in enumerate(records.items()):
        stored = read.by_keys(shape.id, [key]).get(key)
        op = ChangeOp.CREATE if stored is None else ChangeOp.UPDATE
        whole = {"number": key, "name": key, **values} if stored is None else values
        now = NOW + timedelta(seconds=number)
        write(shape, [RecordChange(op, key, whole, stored)], OURS, now)


def delete(shape: ObjectShape, key: str) -> None:
    read.lock([shape.id])
    stored = read.by_keys(shape.id, [key])[key]
    write(shape, [RecordChange(ChangeOp.DELETE, key, {}, stored)], OURS, NOW)


def records(tenant: Tenant) -> Records:
    return Records(lambda: services.load_shapes(tenant.pk))


def newest(field: str, key: str, returns: str = "name", what: str = "newest") -> Wanted:
    return Wanted(what, "customer", field, key, returns)


def like(part: str, field: str = "name", returns: str = "number") -> Wanted:
    return newest(field, part, returns, what="like")


def some(**filters: str) -> Wanted:
    return Wanted("records", "customer", filters=tuple(filters.items()))


@pytest.fixture
def three(tenant: Tenant, customers: ObjectShape) -> Records:
    """Three customers; two share balance and notes."""
    put(
        customers,
        A={"name": "Ada 50%", "email": "ADA@x.test", "vat": "V1", "balance": Decimal("12.50")},
        B={
            "name": "Bo_b",
            "email": "bob@x.test",
            "balance": Decimal("12.5"),
            "notes": {"a": 1},
        },
        C={"name": "Carol"},
    )
    return records(tenant)


@pytest.mark.parametrize(
    ("wanted", "answer"),
    [
        (newest("number", "A"), "Ada 50%"),  # the key
        (newest("vat", "V1"), "Ada 50%"),  # an index
        (newest("email", "ADA@x.test"), "Ada 50%"),  # an index that ignores case
        (newest("email", "ada@x.test"), None),  # and a comparison that does not
        (newest("name", "Carol"), "Carol"),  # no index
        (newest("balance", "12.50", "number"), "B"),  # the newest of two, by value
        (newest("balance", "twelve"), None),  # what no record can have
        (newest("number", "x" * 600), None),
        (newest("name", "a\0b"), None),
        (newest("number", "A", "balance"), Decimal("12.50")),  # exact
        (newest("number", "B", "notes"), {"a": 1}),
        (newest("number", "C", "vat"), None),  # null
        (newest("number", "Z"), None),
        (like("BO_B"), "B"),  # any case
        (like("a"), "A"),  # the oldest
        (like("0%"), "A"),  # literally
        (like("%"), "A"),
        (like("_"), "B"),
        (like("a_a"), None),
        (like("2.5", "balance"), "A"),  # as text
        (like("a\0"), None),
        (like("arol", returns="vat"), None),
    ],
)
def test_a_question_has_its_answer(three: Records, wanted: Wanted, answer: Any) -> None:
    assert three.find([wanted]) == {wanted: answer}


@pytest.mark.parametrize(
    ("wanted", "keys"),
    [
        (some(number="A"), ["A"]),
        (some(balance="12.5"), ["B", "A"]),
        (some(balance="12.5", name="Bo_b"), ["B"]),
        (some(name="Bo_b", email="bob@x.test"), ["B"]),
        (some(name="Bo_b", vat="V1"), []),
        (some(balance="twelve"), []),
        (some(), ["C", "B", "A"]),
    ],
)
def test_records_come_newest_first(three: Records, wanted: Wanted, keys: list[str]) -> None:
    (found,) = three.find([wanted]).values()

    assert [record["number"] for record in found] == keys


def test_a_whole_record_is_given(three: Records) -> None:
    (found,) = three.find([some(vat="V1")]).values()

    assert found == [
        {
            "number": "A",
            "name": "Ada 50%",
            "email": "ADA@x.test",
            "vat": "V1",
            "balance": Decimal("12.50"),
        }
    ]


def test_records_are_bounded(three: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "MOST", 2)

    (found,) = three.find([some()]).values()
    (by_value,) = three.find([some(balance="12.5")]).values()

    assert len(found) == len(by_value) == 2


def test_the_last_change_makes_a_record_the_newest(
    three: Records, customers: ObjectShape
) -> None:
    put(customers, A={"notes": {"later": True}})

    assert three.find([newest("balance", "12.5", "number"), like("a")]) == {
        newest("balance", "12.5", "number"): "A",
        like("a"): "C",
    }


def test_deleted_records_are_not_seen(three: Records, customers: ObjectShape) -> None:
    for key in "ABC":
        delete(customers, key)
    questions = [
        newest("number", "A"),
        newest("vat", "V1"),
        newest("name", "Carol"),
        like("a"),
    ]

    assert set(three.find(questions).values()) == {None}
    assert list(three.find([some(), some(number="A")]).values()) == [[], []]


def test_other_tenants_are_not_seen(acme: Tenant, globex: Tenant) -> None:
    with door.tenant(acme.pk):
        put(make_customers(acme), A={"name": "Ours", "vat": "V1"})
    with door.tenant(globex.pk):
        put(make_customers(globex), A={"name": "Theirs", "vat": "V1"}, T={"name": "Theirs"})
        make_customers(globex, "secret")
    secret = Wanted("newest", "secret", "number", "A", "name")
    answers = {
        newest("number", "A"): "Ours",
        newest("vat", "V1"): "Ours",
        newest("number", "T"): None,
        like("s"): "A",
        some(): [{"number": "A", "name": "Ours", "vat": "V1"}],
    }
    with door.tenant(acme.pk):
        found = records(acme).find([*answers, secret])

    assert isinstance(found.pop(secret), NoAnswer)
    assert found == answers


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (Wanted("newest", "nope", "a", "b", "c"), "There is no connect object “nope”."),
        (Wanted("records", "nope"), "There is no connect object “nope”."),
        (newest("nope", "A"), "The connect object “customer” has no field “nope”."),
        (newest("name", "A", "nope"), "The connect object “customer” has no field “nope”."),
        (like("a", "nope"), "The connect object “customer” has no field “nope”."),
        (some(nope="A"), "The connect object “customer” has no field “nope”."),
    ],
)
def test_what_is_not_there_is_named(three: Records, wanted: Wanted, message: str) -> None:
    found = three.find([wanted, newest("number", "A")])

    assert found[wanted].message == message
    assert found[newest("number", "A")] == "Ada 50%"


def test_each_lookup_is_one_statement(three: Records) -> None:
    three.find([newest("number", "A")])
    questions = [
        wanted
        for number in range(1000)
        for wanted in (
            newest("number", f"{number}"),
            newest("number", f"{number}", "vat"),
            newest("vat", f"V{number}"),
            newest("name", f"{number}"),
            like(f"{number}!"),
            some(name=f"{number}"),
        )
    ]

    with noted_queries() as queries:
        found = three.find(questions)

    assert len(queries) == 6
    assert found[newest("vat", "V1")] == "Ada 50%"


def test_a_looked_up_field_becomes_searchable(
    tenant: Tenant, customers: ObjectShape, three: Records
) -> None:
    field = customers.by_name["balance"]
    make_searchable(tenant.pk, field.id, actor=actors.COMMAND)
    make_searchable(tenant.pk, customers.by_name["notes"].id, actor=actors.COMMAND)
    make_searchable(tenant.pk, customers.by_name["email"].id, actor=actors.COMMAND)

    rows = ConnectField.objects.for_tenant(tenant).order_by("position")
    assert [row.indexed for row in rows] == ["none", "none", "fold", "none", "exact", "none"]
    assert read.by_field(field.id, ["12.5"]).keys() == {"12.5"}
    wanted = newest("balance", "12.500", "number")
    assert records(tenant).find([wanted]) == {wanted: "B"}
