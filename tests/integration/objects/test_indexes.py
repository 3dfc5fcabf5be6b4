"""Under row-level security the store's queries reach their indexes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from django.db import connection

from objects.records import read
from objects.records.changes import ChangeOp, Origin, RecordChange, Source
from objects.records.write import write
from objects.shape import ObjectShape
from syncapp.tenants import door
from syncapp.tenants.models import Tenant
from tests import database
from tests.integration.objects.conftest import Query, make_customers, noted_queries

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
OTHERS, SIZE, PAGE = 20_000, 30_000, 5_000
SOURCE = Source(Origin.USER)

pytestmark = pytest.mark.slow  # 50 000 rows: with fewer, the planner rightly scans


def fill(shape: ObjectShape, size: int) -> None:
    read.lock([shape.id])
    for start in range(0, size, PAGE):
        changes = [
            RecordChange(
                ChangeOp.CREATE,
                f"C{number:06}",
                {"number": f"C{number:06}", "vat": f"DE{number}", "email": f"{number}@x"},
            )
            for number in range(start, start + PAGE)
        ]
        write(shape, changes, SOURCE, NOW)


@pytest.fixture
def crowd(committed_db: None) -> Iterator[ObjectShape]:
    """A big object that the statistics know nothing of, beside one that they know."""
    with door.platform():
        tenant = Tenant.objects.create(slug="crowd", name="Crowd")
    with door.tenant(tenant.pk):
        fill(make_customers(tenant, "known"), OTHERS)
    with database.owner(connection.settings_dict["NAME"]) as owner:
        owner.execute("ANALYZE record, field_value, change, object_seq")
    with door.tenant(tenant.pk):
        shape = make_customers(tenant)
        fill(shape, SIZE)
        yield shape


def plan_of(query: Query) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {query.sql}", query.parameters)
        return "\n".join(row[0] for row in cursor.fetchall())


def test_every_query_uses_its_index(crowd: ObjectShape) -> None:
    check_writing(crowd)
    check_reading(crowd)


def check_writing(crowd: ObjectShape) -> None:
    keys = [f"C{number:06}" for number in range(PAGE)]
    read.lock([crowd.id])
    there = read.by_keys(crowd.id, keys)
    changes = [
        RecordChange(ChangeOp.UPDATE, key, {"email": f"{key}@y"}, record)
        for key, record in there.items()
    ]
    with noted_queries() as queries:
        write(crowd, changes, SOURCE, NOW)

    for start, index in (
        ("UPDATE record", "record_pkey"),
        ("DELETE FROM field_value", "field_value_once"),
    ):
        (query,) = [query for query in queries if query.sql.strip().startswith(start)]
        assert index in plan_of(query)


def check_reading(crowd: ObjectShape) -> None:
    some = read.page(crowd.id, read.Wanted(), 1000)
    email, vat = crowd.by_name["email"].id, crowd.by_name["vat"].id
    wanted = read.Wanted
    expected: list[tuple[str, Callable[[], object]]] = [
        ("record_pkey", lambda: read.by_ids(crowd.id, [one.id for one in some])),
        ("record_key", lambda: read.by_keys(crowd.id, [one.key for one in some])),
        ("field_value_value", lambda: read.by_field(vat, [f"DE{n}" for n in range(1000)])),
        ("record_seq", lambda: read.feed(crowd.id, 20_000, 1000)),
        ("record_key", lambda: read.page(crowd.id, wanted(after="C030000"), 50)),
        ("record_key", lambda: read.page(crowd.id, wanted(prefix="C0300"), 50)),
        ("record_key", lambda: read.count(crowd.id, wanted(prefix="C0300"))),
        ("record_key", lambda: read.page(crowd.id, wanted(descending=True), 50)),
        ("record_seq", lambda: read.page(crowd.id, wanted(by="seq", after=9), 50)),
        ("record_seq", lambda: read.page(crowd.id, wanted(by="seq", descending=True), 50)),
        (
            "field_value_value",
            lambda: read.page(crowd.id, wanted(field_id=email, value="77@x"), 50),
        ),
        ("record_pkey", lambda: read.page(crowd.id, wanted(field_id=email, value="77@x"), 50)),
        ("record_pkey", lambda: read.one(some[0].id)),
        ("record_key", lambda: read.one_by_key(crowd.id, "C000001")),
        ("record_id_at_idx", lambda: read.history(some[0].id)),
    ]  # fmt: skip
    for index, act in expected:
        with noted_queries() as queries:
            act()
        plan = plan_of(queries[0])
        assert index in plan, plan
        assert "Seq Scan on record" not in plan, plan
        assert "Seq Scan on field_value" not in plan, plan
