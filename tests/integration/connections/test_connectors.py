"""Connectors, sets of them and outbound connections: pages and API."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from connections.kit.world import World
from connections.models import Connection, Connector, ConnectorSet
from connections.services import locked
from syncapp.tenants import door, permissions
from syncapp.tenants.models import Tenant
from tests import make, making


def text(response: Any) -> str:
    content: str = response.content.decode()
    return content


def send(api: Client, method: str, path: str, body: Any = None) -> Any:
    data = b"" if body is None else json.dumps(body).encode()
    return api.generic(method, path, data, content_type="application/json")


@pytest.fixture
def inbound(acme: Tenant, world: World) -> Connection:
    return making.make_connection(acme, active=True)


@pytest.fixture
def outbound(acme: Tenant, inbound: Connection) -> Connection:
    return making.make_outbound(acme, config=inbound.config, object_=inbound.object)


@pytest.fixture
def connector(acme: Tenant, inbound: Connection, outbound: Connection) -> Connector:
    return making.make_connector(acme, "Both ways", [inbound, outbound])[0]


def page_of(connector: Connector, rest: str = "") -> str:
    return f"/t/acme/connectors/{connector.pk}/{rest}"


def test_a_connector_shows_both_sides(alices: Client, connector: Connector) -> None:
    listed = text(alices.get("/t/acme/connectors/?q=both"))
    page = text(alices.get(page_of(connector)))

    assert "Both ways" in listed
    assert listed.count("Sandbox") == 2
    assert "3 mappings" in page
    assert "2 mappings" in page
    assert "This connector is live" in page
    assert "This connector is live" in text(alices.get(page_of(connector, "edit/")))


def test_a_click_switches_a_live_connector_off(
    acme: Tenant, alices: Client, connector: Connector
) -> None:
    alices.post(page_of(connector, "deactivate/"))

    with door.tenant(acme.pk):
        assert not connector.connections.filter(active=True).exists()
    assert "This connector is live" not in text(alices.get(page_of(connector)))


def test_switching_off_asks_for_the_permission_of_each_side(
    acme: Tenant, connector: Connector
) -> None:
    codes = permissions.ALL - {"inbound.activate"}
    profile = make.make_profile(acme, "No switches", codes)
    editor = make.browser_of(make.make_member(acme, "ed@acme.test", profile=profile))

    assert editor.post(page_of(connector, "deactivate/")).status_code == 403
    with door.tenant(acme.pk):
        assert connector.connections.filter(active=True).exists()


def test_a_connector_is_edited_and_lets_connections_go(
    acme: Tenant, alices: Client, connector: Connector, outbound: Connection
) -> None:
    sent = {"name": "One way", "description": "", "connections": [outbound.pk]}

    answer = alices.post(page_of(connector, "edit/"), sent)

    assert answer.status_code == 303
    with door.tenant(acme.pk):
        connector.refresh_from_db()
        assert connector.name == "One way"
        assert [one.pk for one in connector.connections.all()] == [outbound.pk]


def test_a_connection_belongs_to_one_connector(
    alices: Client, api: Client, connector: Connector, inbound: Connection
) -> None:
    page = alices.post(
        "/t/acme/connectors/new/", {"name": "Thief", "connections": [inbound.pk]}
    )
    call = send(api, "POST", "/api/v1/connectors/", {"name": "T", "connections": [inbound.pk]})

    assert page.status_code == 422
    assert call.status_code == 422
    assert "Belongs to another connector already" in call.json()["fields"]["connections"]


def test_a_name_is_taken_once(alices: Client, connector: Connector) -> None:
    answer = alices.post("/t/acme/connectors/new/", {"name": "Both ways"})

    assert answer.status_code == 422
    assert "is there already" in text(answer)


def test_deleting_is_refused_while_it_is_live(
    acme: Tenant, alices: Client, connector: Connector
) -> None:
    asked = text(alices.get(page_of(connector, "delete/")))
    answer = alices.post(page_of(connector, "delete/"))

    assert "cannot be deleted" in asked
    assert answer.status_code == 409
    with door.tenant(acme.pk):
        assert Connector.objects.for_tenant(acme).filter(pk=connector.pk).exists()


@pytest.mark.parametrize(("sent", "left"), [({}, 2), ({"with_connections": "1"}, 0)])
def test_connections_stay_or_go_with_their_connector(
    acme: Tenant, alices: Client, connector: Connector, sent: dict[str, str], left: int
) -> None:
    alices.post(page_of(connector, "deactivate/"))

    alices.post(page_of(connector, "delete/"), sent)

    with door.tenant(acme.pk):
        assert not Connector.objects.for_tenant(acme).exists()
        assert Connection.objects.for_tenant(acme).count() == left


def test_a_set_keeps_its_order(acme: Tenant, alices: Client, connector: Connector) -> None:
    other, _ = making.make_connector(acme, "Other", [])
    sent = {"name": "Nightly", "on_failure": "go_on", "connectors": [connector.pk, other.pk]}
    moved = text(
        alices.post("/t/acme/connector-sets/new/", {**sent, "_redraw": f"up:{other.pk}"})
    )
    assert moved.index(f'value="{other.pk}"') < moved.index(f'value="{connector.pk}"')

    alices.post("/t/acme/connector-sets/new/", {**sent, "connectors": [other.pk, connector.pk]})

    with door.tenant(acme.pk):
        row = ConnectorSet.objects.for_tenant(acme).get(name="Nightly")
        members = row.members.order_by("position").values_list("connector_id", flat=True)
        assert list(members) == [other.pk, connector.pk]


def test_foreign_connectors_get_into_no_set(
    acme: Tenant, globex: Tenant, alices: Client, api: Client
) -> None:
    theirs, _ = making.make_connector(globex, "Theirs", [])

    alices.post(
        "/t/acme/connector-sets/new/",
        {"name": "Mine", "on_failure": "stop", "connectors": [theirs.pk]},
    )
    body = {"name": "Also mine", "connectors": [theirs.pk]}
    call = send(api, "POST", "/api/v1/connector-sets/", body)

    with door.tenant(acme.pk):
        assert not ConnectorSet.objects.for_tenant(acme).get(name="Mine").members.exists()
    assert call.status_code == 400


def test_a_set_is_run_watched_and_stopped_by_the_api(api: Client, connector: Connector) -> None:
    body = {"name": "By key", "connectors": [connector.pk], "on_failure": "go_on"}
    made = send(api, "POST", "/api/v1/connector-sets/", body)
    assert made.status_code == 201, made.content
    one = f"/api/v1/connector-sets/{made.json()['id']}/"

    started = send(api, "POST", f"{one}run/")
    again = send(api, "POST", f"{one}run/")
    stopped = send(api, "POST", f"{one}stop/")

    assert made.json()["connectors"] == [connector.pk]
    assert started.status_code == 202
    assert [step["state"] for step in started.json()["steps"]] == ["running"]
    assert again.status_code == 409
    assert stopped.json()["state"] == "cancelled"
    assert [run["state"] for run in api.get(f"{one}runs/").json()] == ["cancelled"]


def test_connectors_are_served_by_the_api(api: Client, connector: Connector) -> None:
    one = f"/api/v1/connectors/{connector.pk}/"

    changed = send(api, "PATCH", one, {"description": "All of it."})
    refused = send(api, "DELETE", one)
    off = send(api, "POST", f"{one}deactivate/")

    assert changed.json()["description"] == "All of it."
    assert len(changed.json()["connections"]) == 2
    assert refused.status_code == 409
    assert off.json()["active"] is False
    assert send(api, "DELETE", one).status_code == 204


def test_an_outbound_connection_is_made_in_two_steps(acme: Tenant, alices: Client) -> None:
    answer = alices.post("/t/acme/outbound/new/", {"name": "Orders", "system_type": "odata"})

    with door.tenant(acme.pk):
        made = Connection.objects.for_tenant(acme).get()
    assert answer["Location"] == f"/t/acme/outbound/{made.pk}/edit/"
    assert (made.direction, made.active) == ("outbound", False)
    page = text(alices.get(answer["Location"]))
    assert "Object In · Source" in page
    assert "Object Out · Destination" in page
    assert "query_filter" not in page


def test_outbound_options_are_saved(acme: Tenant, alices: Client, outbound: Connection) -> None:
    sent = {
        "name": "Out",
        "config": outbound.config_id,
        "entity": making.ENTITY,
        "object": outbound.object_id,
        "primary_key": "CardCode",
        "key_from": "target",
        "enrolment": "by_hand",
        "deletes": "deactivate",
        "keep_days": "60",
        "allow_create": "on",
    }

    answer = alices.post(f"/t/acme/outbound/{outbound.pk}/edit/", sent)

    assert answer.status_code == 303, text(answer)
    with door.tenant(acme.pk):
        now = locked(outbound, None)
        assert (now.key_from, now.enrolment, now.deletes) == (
            "target",
            "by_hand",
            "deactivate",
        )
        assert (now.allow_update, now.only_changes) == (False, False)
        assert len(now.mapping) == 2


def test_an_outbound_connection_offers_no_run(alices: Client, outbound: Connection) -> None:
    page = text(alices.get(f"/t/acme/outbound/{outbound.pk}/"))

    assert "Run now" not in page
    assert "Dry run" not in page
    assert alices.get(f"/t/acme/inbound/{outbound.pk}/").status_code == 404


def test_the_api_asks_for_the_permission_of_the_direction(
    acme: Tenant, outbound: Connection, inbound: Connection
) -> None:
    key = make.client_of(acme, codes={"outbound.view", "outbound.create"})

    found = key.get("/api/v1/connections/").json()["data"]
    made = send(
        key,
        "POST",
        "/api/v1/connections/",
        {"name": "More", "system_type": "odata", "direction": "outbound"},
    )

    assert [row["id"] for row in found] == [outbound.pk]
    assert key.get(f"/api/v1/connections/{inbound.pk}/").status_code == 403
    assert made.status_code == 201, made.content
    assert made.json()["direction"] == "outbound"
    refused = {"name": "In", "system_type": "odata"}
    assert send(key, "POST", "/api/v1/connections/", refused).status_code == 403
