"""Entities and samples from a real OData server, and what goes wrong with them."""

from __future__ import annotations

import pytest

from connections import discovery
from connections.kit.base import ErrorKind, Record, RemoteError
from connections.kit.world import Fault, World
from connections.models import ConnectionConfig, RemoteEntity
from syncapp.tenants.models import Tenant
from tests import making
from tests.demo_erp import DemoErp
from tests.make import NOW


@pytest.fixture
def config(in_acme: Tenant, erp: DemoErp) -> ConnectionConfig:
    return making.make_config(
        in_acme,
        system_type="odata",
        endpoint=erp.url,
        settings={"auth": "basic", "user": "syncapp"},
        secrets={"password": "demo"},
    )


def test_entities_are_remembered_with_their_fields(config: ConnectionConfig) -> None:
    found = discovery.discover(config, now=lambda: NOW)

    assert "BusinessPartners" in [entity.name for entity in found]
    config.refresh_from_db()
    known = discovery.known_entity(config, "BusinessPartners")
    assert known is not None
    assert known.seen_at == NOW
    assert len(known.fingerprint) == 32
    paths = [path for path, _ in discovery.field_paths(known)]
    assert "CardCode" in paths
    assert any("." in path for path in paths)
    assert any("[0]." in path for path in paths)


def test_entities_that_are_gone_are_forgotten_unless_they_are_used(
    in_acme: Tenant, world: World
) -> None:
    connection = making.make_connection(in_acme, active=True)
    config = connection.config
    assert config is not None
    discovery.discover(config, now=lambda: NOW)
    entity = world.entities[0]
    other = type(entity)("Items", fields=entity.fields, key=entity.key, caps=entity.caps)

    world.entities = (other,)
    config.refresh_from_db()
    found = discovery.discover(config, now=lambda: NOW)
    assert [one.name for one in found] == ["Items"]
    assert {*RemoteEntity.objects.values_list("name", flat=True)} == {
        "Items",
        "BusinessPartners",
    }

    world.entities = (entity,)
    discovery.discover(config, now=lambda: NOW)
    assert {*RemoteEntity.objects.values_list("name", flat=True)} == {"BusinessPartners"}


def test_a_sample_shows_the_first_records(config: ConnectionConfig) -> None:
    query = discovery.sample_query("BusinessPartners", "")

    sample = discovery.sample(config, query, now=lambda: NOW)

    assert len(sample.records) == 10
    assert sample.fields[0] == "CardCode"
    assert sample.unreadable == 0
    cells = [discovery.cell(sample.records[0], name) for name in sample.fields]
    assert any(cell and cell.startswith("{") for cell in cells)


def test_the_filter_narrows_the_sample(config: ConnectionConfig) -> None:
    first = discovery.sample(
        config, discovery.sample_query("BusinessPartners", ""), now=lambda: NOW
    ).records[0]["CardCode"]

    sample = discovery.sample(
        config,
        discovery.sample_query("BusinessPartners", f"CardCode eq '{first}'"),
        now=lambda: NOW,
    )

    assert [record["CardCode"] for record in sample.records] == [first]


@pytest.mark.parametrize(
    ("entity", "query_filter", "told"),
    [
        ("Unicorns", "", "Unicorns"),
        ("BusinessPartners", "CardCode eq eq 'x'", ""),
        ("BusinessPartners", "Nope eq 'x'", "Nope"),
    ],
)
def test_the_servers_own_words_are_told(
    config: ConnectionConfig, entity: str, query_filter: str, told: str
) -> None:
    query = discovery.sample_query(entity, query_filter)

    with pytest.raises(RemoteError) as error:
        discovery.sample(config, query, now=lambda: NOW)

    assert told in error.value.message
    assert error.value.message


def test_a_broken_record_does_not_hide_the_others(in_acme: Tenant, world: World) -> None:
    config = making.make_config(in_acme)
    world.faults.append(Fault("read", at=1, add=(Record("X", b'{"cut'),)))

    sample = discovery.sample(
        config, discovery.sample_query(making.ENTITY, ""), now=lambda: NOW
    )

    assert (len(sample.records), sample.unreadable) == (3, 1)


def test_trouble_in_the_middle_is_told(in_acme: Tenant, world: World) -> None:
    config = making.make_config(in_acme)
    error = RemoteError(ErrorKind.TRANSIENT, "The system is down for an hour.")
    world.faults.append(Fault("read", error=error))

    with pytest.raises(RemoteError, match="down for an hour"):
        discovery.sample(config, discovery.sample_query(making.ENTITY, ""), now=lambda: NOW)
