"""Connections: the draft, what keeps it from running, what is published, what the engine gets."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import ProgrammingError, transaction

from connections import accounts, configs, publish, services
from connections.declared import Given
from connections.kit.world import World
from connections.models import Connection, ConnectionVersion, Pair
from connections.rows import NotRunnable
from objects.models import ConnectField
from syncapp.errors import Changed, Invalid, NotThere, Refused
from syncapp.tenants.actors import COMMAND
from syncapp.tenants.models import AuditEntry, Tenant
from tests import making
from tests.make import NOW


def field(target: str, source: str, **more: Any) -> dict[str, Any]:
    return {"target": target, "kind": "field", "source": source, **more}


def raw(target: str, value: str | None) -> dict[str, Any]:
    return {"target": target, "kind": "raw", "value": value}


ROWS = [field("code", "CardCode"), field("name", "CardName")]


def refused(connection: Connection) -> dict[str, str]:
    """What publishing says is missing."""
    with pytest.raises(Invalid) as error:
        publish.publish(connection, actor=COMMAND, now=NOW)
    return error.value.fields


def last_entry() -> AuditEntry:
    entry: AuditEntry | None = AuditEntry.objects.order_by("-pk").first()
    assert entry is not None
    return entry


def test_a_connection_is_activated_and_compiled(in_acme: Tenant, world: World) -> None:
    connection = making.make_connection(in_acme, active=True)

    spec = services.spec_for(connection.pk)

    assert connection.active
    assert (spec.entity, spec.shape.type, spec.primary_key.name) == (
        "BusinessPartners",
        "partner",
        "code",
    )
    source = {"CardCode": "C1", "CardName": "Ada", "Address": {"City": "Linz"}}
    assert spec.map(source).values == {"code": "C1", "name": "Ada", "city": "Linz"}
    assert services.config_for(spec.config_id).account_id == spec.account_id
    pair = Pair.objects.get(pk=spec.pair_id)
    assert (pair.account_id, pair.entity.name) == (spec.account_id, "BusinessPartners")


def test_an_empty_draft_lists_what_is_missing(in_acme: Tenant) -> None:
    connection = services.create(
        in_acme, direction="inbound", name="New", system_type="sandbox", actor=COMMAND
    )

    assert not connection.active
    assert {*refused(connection)} == {"config", "entity", "object"}


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([field("name", "CardName")], "Map Code: it is the primary key."),
        ([field("code", "CardCode")], "Map Name: it is required."),
        ([raw("code", "C1"), field("name", "CardName")], "all records would get one key"),
    ],
)
def test_mappings_that_cannot_work_are_gaps(
    in_acme: Tenant, world: World, rows: list[dict[str, Any]], told: str
) -> None:
    connection = making.make_connection(in_acme)
    services.edit(connection, {}, mappings=rows, actor=COMMAND)

    assert told in refused(connection)["mappings"]


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("", "Choose the primary key field."),
        ("nope", "no field “nope”"),
        ("city", "City is neither the key nor unique."),
    ],
)
def test_a_primary_key_must_identify(
    in_acme: Tenant, world: World, key: str, told: str
) -> None:
    connection = making.make_connection(in_acme)
    services.edit(connection, {"primary_key": key}, actor=COMMAND)

    assert told in refused(connection)["primary_key"]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (field("nope", "X"), "no field “nope”"),
        (field("city", "Address..City"), "Cannot read"),
        (field("city", ""), "choose a source field"),
        (raw("credit", "a lot"), "not a number"),
        (field("code", "Other"), "mapped twice"),
    ],
)
def test_a_bad_row_is_refused_where_it_stands(
    in_acme: Tenant, world: World, row: dict[str, Any], told: str
) -> None:
    connection = making.make_connection(in_acme)

    with pytest.raises(Invalid) as error:
        services.edit(connection, {}, mappings=[*ROWS, row], actor=COMMAND)

    assert told in error.value.fields["mappings.2"]


def test_a_required_field_with_a_default_need_not_be_mapped(
    in_acme: Tenant, world: World
) -> None:
    connection = making.make_connection(in_acme)
    assert connection.object is not None
    ConnectField.objects.create(
        tenant=in_acme, object=connection.object, name="kind", label="Kind",
        required=True, default="customer",
    )  # fmt: skip

    publish.publish(connection, actor=COMMAND, now=NOW)


def test_without_creating_required_fields_may_stay_unmapped(
    in_acme: Tenant, world: World
) -> None:
    connection = making.make_connection(in_acme)
    rows = [field("code", "CardCode"), field("city", "Address.City")]
    services.edit(connection, {"allow_create": False}, mappings=rows, actor=COMMAND)

    publish.publish(connection, actor=COMMAND, now=NOW)


def test_a_second_connection_of_one_pair_needs_a_label(in_acme: Tenant, world: World) -> None:
    first = making.make_connection(in_acme, active=True)
    second = making.make_connection(in_acme, "Again", config=first.config, object_=first.object)

    assert "give this connection a label" in refused(second)["label"]

    services.edit(second, {"label": "nightly"}, actor=COMMAND)
    services.activate(second, actor=COMMAND, now=NOW)
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.pair != second.pair


def test_an_unchanged_draft_makes_no_version(in_acme: Tenant, world: World) -> None:
    connection = making.make_connection(in_acme, active=True)

    publish.publish(connection, actor=COMMAND, now=NOW)

    assert connection.versions.count() == 1


def test_a_change_runs_only_after_publishing(in_acme: Tenant, world: World) -> None:
    connection = making.make_connection(in_acme, active=True)
    first = services.spec_for(connection.pk)

    connection = services.edit(connection, {}, mappings=ROWS, actor=COMMAND)
    assert services.draft_differs(connection)
    assert services.spec_for(connection.pk).fingerprint == first.fingerprint
    version = publish.publish(connection, actor=COMMAND, now=NOW)

    connection.refresh_from_db()
    assert version.number == 2
    assert version.targets == ["code", "name"]
    assert not services.draft_differs(connection)
    assert services.spec_for(connection.pk).fingerprint != first.fingerprint
    old = services.spec_for(connection.pk, first.version_id)
    assert old.fingerprint == first.fingerprint


def test_a_published_version_cannot_be_updated(in_acme: Tenant, world: World) -> None:
    connection = making.make_connection(in_acme, active=True)

    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        ConnectionVersion.objects.filter(connection=connection).update(reason="changed")


def test_a_row_keeps_its_uuid_while_it_is_edited_and_moved(
    in_acme: Tenant, world: World
) -> None:
    connection = making.make_connection(in_acme)
    code, name, city = connection.mapping

    rows = [
        field("name", "CardCode", uuid=code["uuid"]),
        field("code", "CardName", uuid=name["uuid"]),
    ]
    edited = services.edit(connection, {}, mappings=rows, actor=COMMAND)

    uuids = {row["target"]: row["uuid"] for row in edited.mapping}
    assert uuids == {"name": code["uuid"], "code": name["uuid"]}
    assert city["uuid"] not in uuids.values()


def test_two_rows_do_not_share_a_uuid(in_acme: Tenant, world: World) -> None:
    connection = making.make_connection(in_acme)
    taken = connection.mapping[0]["uuid"]

    rows = [field("code", "CardCode", uuid=taken), field("name", "CardName", uuid=taken)]
    edited = services.edit(connection, {}, mappings=rows, actor=COMMAND)

    assert edited.mapping[0]["uuid"] == taken
    assert edited.mapping[1]["uuid"] != taken


def test_the_audit_tells_what_changed(in_acme: Tenant, world: World) -> None:
    connection = making.make_connection(in_acme)

    services.edit(
        connection, {"page_size": 50}, mappings=[*ROWS, raw("city", "Linz")], actor=COMMAND
    )

    assert last_entry().diff == {
        "page_size": [1000, 50],
        "mapping city": ["Address.City", "“Linz”"],
    }


def test_a_stale_etag_is_refused(in_acme: Tenant, world: World) -> None:
    connection = making.make_connection(in_acme)

    with pytest.raises(Changed):
        services.edit(connection, {"page_size": 5}, actor=COMMAND, etag=connection.etag - 1)


def test_a_config_of_another_type_is_refused(in_acme: Tenant, world: World) -> None:
    connection = making.make_connection(in_acme)
    other = making.make_config(
        in_acme, "OData", system_type="odata", endpoint="https://a.example.com/"
    )

    with pytest.raises(Invalid) as error:
        services.edit(connection, {"config": other}, actor=COMMAND)

    assert "another type" in error.value.fields["config"]


def test_an_active_connection_is_not_deleted(in_acme: Tenant, world: World) -> None:
    connection = making.make_connection(in_acme, active=True)

    with pytest.raises(Refused, match="Deactivate"):
        services.delete(connection, actor=COMMAND)

    services.deactivate(connection, actor=COMMAND)
    services.delete(connection, actor=COMMAND)
    assert not Connection.objects.exists()
    assert last_entry().action == "delete"
    assert Pair.objects.count() == 1  # links hang on it


def test_an_untested_or_failed_config_is_warned_about(in_acme: Tenant, world: World) -> None:
    connection = making.make_connection(in_acme)
    config = connection.config
    assert config is not None
    assert "never tested" in services.warnings_of(connection)[0]

    config.tested_at, config.test_ok = NOW, False
    assert "failed" in services.warnings_of(connection)[0]
    config.test_ok = True
    assert services.warnings_of(connection) == []


def test_a_config_that_leads_elsewhere_stops_the_connection(
    in_acme: Tenant, world: World
) -> None:
    connection = making.make_connection(in_acme, active=True)
    assert connection.config is not None
    config = connection.config
    accounts.report(config, "company-1", "One")  # what was assumed becomes known: the same one
    services.spec_for(connection.pk)

    accounts.report(config, "company-2", "Two")

    with pytest.raises(Refused, match="another company"):
        services.spec_for(connection.pk)
    connection.refresh_from_db()
    assert services.draft_differs(connection)
    publish.publish(connection, actor=COMMAND, now=NOW)
    pair = Pair.objects.get(connections=connection)
    assert services.spec_for(connection.pk).account_id == pair.account_id


def test_a_config_that_was_moved_stops_the_connection_until_it_is_known_again(
    in_acme: Tenant,
) -> None:
    config = making.make_config(
        in_acme, "OData", system_type="odata", endpoint="https://old.example.com/"
    )
    accounts.report(config, "company-1", "One")
    connection = making.make_connection(in_acme, config=config, active=True)

    config = configs.edit(config, Given("OData", "https://old.example.com/v2/"), actor=COMMAND)
    services.spec_for(connection.pk)
    config = configs.edit(config, Given("OData", "https://new.example.com/"), actor=COMMAND)
    with pytest.raises(Refused, match="press Connect"):
        services.spec_for(connection.pk)

    accounts.report(config, "company-1", "One")
    services.spec_for(connection.pk)


def test_a_version_whose_field_has_gone_is_not_runnable(in_acme: Tenant, world: World) -> None:
    connection = making.make_connection(in_acme, active=True)
    ConnectField.objects.filter(object=connection.object, name="city").delete()

    with pytest.raises(NotRunnable, match="no field “city”"):
        services.spec_for(connection.pk)


def test_what_was_never_published_or_is_gone_has_no_spec(in_acme: Tenant, world: World) -> None:
    connection = making.make_connection(in_acme)

    with pytest.raises(Refused, match="Publish"):
        services.spec_for(connection.pk)
    with pytest.raises(NotThere):
        services.spec_for(connection.pk + 1)
    with pytest.raises(NotThere):
        services.spec_for(connection.pk, 999_999)


def test_the_result_of_an_outdated_test_is_not_kept(in_acme: Tenant, world: World) -> None:
    config = making.make_config(in_acme)
    stale = type(config).objects.get(pk=config.pk)
    configs.edit(config, Given("ERP", settings={"world": "other"}), actor=COMMAND)

    configs.run_checks(stale, actor=COMMAND, now=lambda: NOW)

    config.refresh_from_db()
    assert config.tested_at is None  # what was tested is no longer what is stored
