"""The tenant's own records as the internal system sees them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from connections.kit.base import CLEAR, UNSET, Op, Outcome, RemoteError, WriteItem, WriteResult
from connections.models import ConnectionConfig
from connections.opening import open_system
from connections.store import TenantRecords
from syncapp.tenants.models import Tenant
from tests import making

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


@pytest.fixture
def records(in_acme: Tenant) -> TenantRecords:
    making.make_object(in_acme)
    return TenantRecords(in_acme.pk, lambda: NOW)


def item(
    index: int, op: Op, key: str, remote_id: str | None = None, **values: Any
) -> WriteItem:
    return WriteItem(index, op, {"code": key}, values, remote_id)


def created(records: TenantRecords, *keys: str) -> Sequence[WriteResult]:
    return records.write(
        "partner", [item(n, Op.CREATE, key, code=key, name=key) for n, key in enumerate(keys)]
    )


def test_objects_are_entities(records: TenantRecords) -> None:
    entity = next(one for one in records.entities() if one.name == "partner")

    assert entity.key == ("code",)
    assert [field.name for field in entity.fields] == ["code", "name", "city", "credit", "vat"]
    assert entity.caps.deletes == "feed"


def test_what_is_written_is_read_by_position(records: TenantRecords) -> None:
    results = created(records, "C1", "C2", "C3")
    assert [result.outcome for result in results] == [Outcome.CREATED] * 3

    page = records.page("partner", 0, 2)
    rest = records.page("partner", int(page[-1].version or 0), 10)

    assert [record.values["code"] for record in (*page, *rest)] == ["C1", "C2", "C3"]
    assert [record.remote_id for record in page] == [result.remote_id for result in results[:2]]


def test_removals_are_in_the_feed_and_not_found(records: TenantRecords) -> None:
    made = created(records, "C1", "C2")

    result = records.write("partner", [item(0, Op.DELETE, "C1", made[0].remote_id)])

    assert result[0].outcome is Outcome.DELETED
    assert [(r.remote_id, r.deleted) for r in records.page("partner", 2, 9)] == [
        (made[0].remote_id, True)
    ]
    assert [*records.find("partner", ["C1", "C2"])] == ["C2"]


def test_each_item_has_its_own_result(records: TenantRecords) -> None:
    created(records, "C1", "C2")

    results = records.write(
        "partner",
        [
            item(0, Op.UPDATE, "C1", name="New", city=UNSET, credit="1.50"),
            item(1, Op.UPDATE, "C2", name="C2"),
            item(2, Op.UPDATE, "C9", name="X"),
            item(3, Op.CREATE, "C1", code="C1", name="Twin"),
            item(4, Op.CREATE, "C4", code="C4"),
            item(5, Op.CREATE, "C5", code="C5", name="x" * 101),
            item(6, Op.CREATE, "C6", code="C6", name="C6", nope=1),
            item(7, Op.UPSERT, "C7", code="C7", name="C7"),
            item(8, Op.UPSERT, "C7", code="C7", name="again"),
            item(9, Op.ACTION, "C1"),
        ],
    )

    assert [result.outcome for result in results] == [
        Outcome.UPDATED,
        Outcome.UNCHANGED,
        Outcome.REJECTED,
        Outcome.CONFLICT,
        Outcome.REJECTED,
        Outcome.REJECTED,
        Outcome.REJECTED,
        Outcome.CREATED,
        Outcome.RETRYABLE,
        Outcome.REJECTED,
    ]
    errors = {result.index: result.error for result in results if result.error}
    assert errors[4].field_name == "name"
    assert errors[5].field_name == "name"
    assert errors[6].field_name == "nope"
    stored = records.find("partner", ["C1"])["C1"].values
    assert stored == {"code": "C1", "name": "New", "credit": Decimal("1.50")}


def test_clear_empties_a_field(records: TenantRecords) -> None:
    created(records, "C1")
    records.write("partner", [item(0, Op.UPDATE, "C1", city="Linz")])

    records.write("partner", [item(0, Op.UPDATE, "C1", city=CLEAR)])

    assert records.find("partner", ["C1"])["C1"].values["city"] is None


def test_a_unique_value_belongs_to_one_record(records: TenantRecords) -> None:
    created(records, "C1", "C2")
    records.write("partner", [item(0, Op.UPDATE, "C1", vat="ATU1")])

    result = records.write("partner", [item(0, Op.UPDATE, "C2", vat="ATU1")])[0]

    assert result.outcome is Outcome.REJECTED
    assert result.error is not None
    assert result.error.field_name == "vat"


def test_a_removed_record_comes_back_with_its_id(records: TenantRecords) -> None:
    made = created(records, "C1")
    records.write("partner", [item(0, Op.DELETE, "C1")])

    again = records.write("partner", [item(0, Op.UPSERT, "C1", code="C1", name="Back")])[0]

    assert (again.outcome, again.remote_id) == (Outcome.CREATED, made[0].remote_id)


def test_another_tenants_object_is_not_there(records: TenantRecords, globex: Tenant) -> None:
    making.make_object(globex, "secret")

    assert "secret" not in [entity.name for entity in records.entities()]
    with pytest.raises(RemoteError, match="no connect object “secret”"):
        records.page("secret", 0, 1)


def test_the_internal_system_opens(records: TenantRecords, in_acme: Tenant) -> None:
    config: ConnectionConfig = making.make_config(
        in_acme, "Ours", system_type="internal", settings={}
    )

    with open_system(config, now=lambda: NOW) as system:
        assert "partner" in [entity.name for entity in system.entities()]
