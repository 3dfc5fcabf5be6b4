"""Connectors as a person meets them: names, what the list shows, and the care with live ones."""

from __future__ import annotations

import pytest
from django.test import Client

from connections.models import Connection, Connector
from syncapp.tenants import door
from syncapp.tenants.models import Tenant
from tests import making
from tests.every import every
from tests.markup import tree
from tests.sweep.samples import finished_run

NEW = "/t/acme/connectors/new/"


@pytest.fixture
def pair(acme: Tenant) -> tuple[Connection, Connection]:
    """Partners that come in and are live, and partners that go out and are not."""
    making.make_world()
    inbound = making.make_connection(acme, active=True)
    outbound = making.make_outbound(acme, config=inbound.config, object_=inbound.object)
    return inbound, outbound


@pytest.fixture
def connector(acme: Tenant, pair: tuple[Connection, Connection]) -> Connector:
    return making.make_connector(acme, "Partners both ways", pair)[0]


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


@every("name", ["", "   ", "Customer sync"])
def test_a_name_is_given_and_given_once(acme: Tenant, alices: Client, name: str) -> None:
    with door.tenant(acme.pk):
        Connector.objects.get_or_create(tenant=acme, name="Customer sync")

    answer = alices.post(NEW, {"name": name, "description": ""})

    assert answer.status_code == 422
    page = tree(answer.content)
    assert page.xpath("//*[@id='id_name' and @aria-invalid='true']")
    with door.tenant(acme.pk):
        assert Connector.objects.for_tenant(acme).count() == 1


def test_another_tenant_may_use_the_name_and_the_purpose_may_be_left_out(
    acme: Tenant, alices: Client, globex: Tenant
) -> None:
    with door.tenant(globex.pk):
        Connector.objects.create(tenant=globex, name="Customer sync")

    answer = alices.post(NEW, {"name": "Customer sync", "description": ""})

    assert answer.status_code == 303
    with door.tenant(acme.pk):
        made = Connector.objects.for_tenant(acme).get()
    assert (made.name, made.description) == ("Customer sync", "")


def test_the_list_tells_types_states_and_last_results(
    acme: Tenant, alices: Client, connector: Connector, pair: tuple[Connection, Connection]
) -> None:
    inbound, _ = pair
    run = finished_run(inbound)

    page = tree(text(alices, "/t/acme/connectors/"))
    (row,) = page.xpath("//tbody/tr")
    cells = {cell.get("data-label"): cell.text_content().lower() for cell in row}
    assert "sandbox" in cells["Inbound"]
    assert "active" in cells["Inbound"]
    assert "off" in cells["Outbound"]
    (asked,) = page.xpath("//*[@hx-include='#results']/@hx-get")
    (sent,) = page.xpath("//*[@id='results']//input[@name='connection']/@value")
    answer = alices.get(f"{asked}?connection={sent}", headers={"HX-Request": "true"})
    filled = tree(answer.content)
    (place,) = filled.xpath(f"//*[@id='last-run-{inbound.pk}']")
    assert "succeeded" in place.text_content().lower()
    assert place.xpath(".//a/@href") == [f"/t/acme/runs/{run.pk}/"]


def test_the_connector_and_the_lists_lead_to_one_definition(
    alices: Client, connector: Connector, pair: tuple[Connection, Connection]
) -> None:
    page = tree(text(alices, f"/t/acme/connectors/{connector.pk}/"))
    links = set(page.xpath("//main//a/@href"))

    for connection in pair:
        edit = f"/t/acme/{connection.direction}/{connection.pk}/edit/"
        listed = tree(text(alices, f"/t/acme/{connection.direction}/"))
        assert edit in links
        assert edit in listed.xpath("//tbody//a/@href")
        assert "Partners" in text(alices, edit)


def test_editing_a_live_connector_warns_and_offers_to_switch_it_off(
    acme: Tenant, alices: Client, connector: Connector, pair: tuple[Connection, Connection]
) -> None:
    edit = f"/t/acme/connectors/{connector.pk}/edit/"
    page = tree(text(alices, edit))
    (warning,) = page.xpath("//*[contains(@class, 'message-warning')]")
    assert "This connector is live" in warning.text_content()

    (switch,) = warning.xpath(".//form/@action")
    answer = alices.post(switch, follow=True)

    assert "Deactivated “Partners”." in answer.content.decode()
    with door.tenant(acme.pk):
        assert not Connection.objects.for_tenant(acme).filter(active=True).exists()
    assert "This connector is live" not in text(alices, edit)


def test_the_details_of_a_connection_are_complete(
    alices: Client, pair: tuple[Connection, Connection]
) -> None:
    inbound, outbound = pair
    for one, state in ((inbound, "active"), (outbound, "off")):
        base = f"/t/acme/{one.direction}/{one.pk}/"
        page = tree(text(alices, base))
        shown = page.xpath("string(//main)")
        for part in (one.name, "Sandbox", "Partner", making.ENTITY):
            assert part in shown, part
        assert state in page.xpath("string(//*[@class='page-head'])").lower()
        links = {link.partition("?")[0] for link in page.xpath("//main//a/@href")}
        assert {f"{base}edit/", f"{base}delete/"} <= links


def test_a_config_of_its_type_is_chosen_and_brings_address_and_credentials(
    acme: Tenant, alices: Client
) -> None:
    making.make_world()
    config = making.make_config(acme)
    making.make_config(acme, "Other", system_type="odata", endpoint="https://a.example.com/")
    connection = making.make_connection(acme, config=config, entity="")
    edit = f"/t/acme/inbound/{connection.pk}/edit/"
    form = tree(text(alices, edit)).get_element_by_id("form")

    offered = [
        one.text_content().strip() for one in form.xpath(".//select[@name='config']/option")
    ]
    assert any("ERP" in name for name in offered)
    assert not any("Other" in name for name in offered)
    asked = {str(name).lower() for name in form.xpath(".//@name")}
    assert not {name for name in asked if "password" in name or "endpoint" in name}

    sent = {**dict(form.form_values()), "config": str(config.pk), "entity": making.ENTITY}
    assert alices.post(edit, sent).status_code == 303
    tried = alices.post(f"/t/acme/inbound/{connection.pk}/test-query/")
    assert "Partner 0" in tried.content.decode()
