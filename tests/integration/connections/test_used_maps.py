"""A value map that a published version uses stays, and keeps its name."""

from __future__ import annotations

import pytest
from django.test import Client

from connections import publish, services
from connections.kit.world import World
from connections.models import Connection, UsedMap
from formulas.models import ValueMap
from formulas.services import maps
from formulas.services.maps import InUse
from syncapp.errors import Invalid
from syncapp.tenants import door
from syncapp.tenants.actors import COMMAND
from syncapp.tenants.models import Tenant
from tests import making
from tests.make import NOW

MAPPED = {"code": "CardCode", "name": "CardName"}


@pytest.fixture
def terms(acme: Tenant) -> ValueMap:
    with door.tenant(acme.pk):
        maps.create_map(tenant=acme, name="other", actor=COMMAND)
        return maps.create_map(tenant=acme, name="terms", actor=COMMAND)


@pytest.fixture
def connection(acme: Tenant, world: World, terms: ValueMap) -> Connection:
    formula = "ifempty(translatemap('terms', data('City')), translatemap('terms', 'x'))"
    return making.make_connection(
        acme, mappings=MAPPED, formulas={"city": formula}, active=True
    )


def republish(connection: Connection, formula: str) -> None:
    rows = [
        {"target": target, "kind": "field", "source": source}
        for target, source in MAPPED.items()
    ]
    rows += [{"target": "city", "kind": "formula", "formula": formula}]
    services.edit(connection, {}, mappings=rows, actor=COMMAND)
    publish.publish(connection, actor=COMMAND, now=NOW)


def test_a_used_map_is_neither_deleted_nor_renamed(
    acme: Tenant, connection: Connection, terms: ValueMap
) -> None:
    with door.tenant(acme.pk):
        with pytest.raises(InUse, match="“terms” is in use by Partners"):
            maps.delete_map(terms, actor=COMMAND)
        with pytest.raises(Invalid) as refused:
            maps.edit_map(terms, name="payment", actor=COMMAND)
        assert refused.value.fields["name"] == "Formulas of Partners call the map by its name."
        assert maps.edit_map(terms, entries={"a": "b"}, actor=COMMAND).revision == 2


def test_the_page_leads_to_who_uses_it(
    alices: Client, connection: Connection, terms: ValueMap
) -> None:
    url = f"/t/acme/value-maps/{terms.pk}/delete/"
    page = alices.get(url).content.decode()
    assert "cannot be deleted" in page
    assert f'/t/acme/inbound/{connection.pk}/">connection “Partners”' in page
    assert alices.post(url).status_code == 409


def test_the_next_version_lets_it_go(
    in_acme: Tenant, connection: Connection, terms: ValueMap
) -> None:
    republish(connection, "translatemap('other', data('City'))")
    assert [one.map.name for one in UsedMap.objects.for_tenant(in_acme)] == ["other"]
    maps.delete_map(terms, actor=COMMAND)


def test_it_goes_with_its_connection(
    in_acme: Tenant, connection: Connection, terms: ValueMap
) -> None:
    services.deactivate(connection, actor=COMMAND)
    services.delete(connection, actor=COMMAND)
    maps.delete_map(terms, actor=COMMAND)
    assert not UsedMap.objects.for_tenant(in_acme).exists()
