"""Configs and connections through the REST API."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from connections.kit.base import ErrorKind, RemoteError
from connections.kit.world import Fault, World
from connections.models import Connection, ConnectionConfig
from syncapp import canonical
from syncapp.tenants import door
from syncapp.tenants.models import Tenant
from tests import make, making

CONFIGS, CONNECTIONS = "/api/v1/connection-configs/", "/api/v1/connections/"
ODATA = {
    "name": "ERP",
    "system_type": "odata",
    "endpoint": "https://erp.example.com/odata/",
    "settings": {"auth": "basic", "user": "ada"},
    "secrets": {"password": "hunter2"},
}
MAPPINGS = [
    {"target": "code", "source": "CardCode"},
    {"target": "name", "source": "CardName"},
]


def send(api: Client, method: str, path: str, body: Any = None, **headers: str) -> Any:
    return api.generic(
        method, path, _json(body), content_type="application/json", headers=headers
    )


def _json(body: Any) -> bytes:
    return b"" if body is None else canonical.dumps(body)


def test_a_config_is_made_read_changed_and_deleted(api: Client) -> None:
    made = send(api, "POST", CONFIGS, ODATA)
    assert made.status_code == 201, made.content
    one = f"{CONFIGS}{made.json()['id']}/"

    assert made.json()["saved_secrets"] == ["password"]
    assert b"hunter2" not in made.content
    assert "secrets" not in made.json()
    assert [row["name"] for row in api.get(CONFIGS).json()["data"]] == ["ERP"]
    changed = send(api, "PATCH", one, {"name": "Renamed", "settings": {"user": "bob"}})
    assert changed.json()["name"] == "Renamed"
    assert changed.json()["settings"]["user"] == "bob"
    assert changed.json()["settings"]["auth"] == "basic"
    assert changed.json()["saved_secrets"] == ["password"]
    gone = send(api, "PATCH", one, {"secrets": {"password": ""}})
    assert gone.json()["saved_secrets"] == []
    assert send(api, "DELETE", one).status_code == 204
    assert api.get(one).status_code == 404


def test_what_is_wrong_is_named_by_field(api: Client) -> None:
    wrong = {**ODATA, "endpoint": "ftp://x", "settings": {"nope": 1}, "secrets": {"user": "x"}}

    response = send(api, "POST", CONFIGS, wrong)

    assert response.status_code == 422
    assert response["Content-Type"] == "application/problem+json"
    assert {*response.json()["fields"]} == {"endpoint", "settings.nope", "secrets.user"}


def test_an_unknown_type_is_named(api: Client) -> None:
    response = send(api, "POST", CONFIGS, {**ODATA, "system_type": "telex"})

    assert response.status_code == 422
    assert "telex" in response.json()["fields"]["system_type"]


def test_the_type_of_a_config_stays(api: Client) -> None:
    one = f"{CONFIGS}{send(api, 'POST', CONFIGS, ODATA).json()['id']}/"

    response = send(api, "PATCH", one, {"system_type": "rest"})

    assert response.status_code == 422
    assert "stays" in response.json()["fields"]["system_type"]


def test_a_change_on_an_old_state_is_refused(api: Client) -> None:
    made = send(api, "POST", CONFIGS, ODATA)
    one, etag = f"{CONFIGS}{made.json()['id']}/", made["ETag"]

    first = send(api, "PATCH", one, {"name": "A"}, **{"If-Match": etag})
    second = send(api, "PATCH", one, {"name": "B"}, **{"If-Match": etag})
    deleted = send(api, "DELETE", one, **{"If-Match": '"nonsense"'})

    assert first.status_code == 200
    assert first["ETag"] != etag
    assert second.status_code == 412
    assert second.json()["code"] == "changed"
    assert deleted.status_code == 412
    assert api.get(one)["ETag"] == first["ETag"]


def test_a_config_is_tested(acme: Tenant, api: Client, world: World) -> None:
    config = making.make_config(acme, secrets={"password": "x"})

    good = send(api, "POST", f"{CONFIGS}{config.pk}/test/")
    world.password = "another"
    bad = send(api, "POST", f"{CONFIGS}{config.pk}/test/")

    assert good.status_code == bad.status_code == 200
    assert good.json()["test_ok"] is True
    assert [line["name"] for line in good.json()["test"]] == ["reach", "auth"]
    assert bad.json()["test_ok"] is False
    assert bad.json()["test"][-1]["ok"] is False


def test_a_config_in_use_is_not_deleted(acme: Tenant, api: Client, world: World) -> None:
    connection = making.make_connection(acme)

    response = send(api, "DELETE", f"{CONFIGS}{connection.config_id}/")

    assert response.status_code == 409
    assert response.json()["code"] == "in_use"
    assert "“Partners”" in response.json()["detail"]


def test_a_connection_is_made_activated_and_deleted(
    acme: Tenant, api: Client, world: World
) -> None:
    config, partner = making.make_config(acme), making.make_object(acme)
    body = {
        "name": "Partners",
        "system_type": "sandbox",
        "config": config.pk,
        "object": partner.pk,
        "entity": making.ENTITY,
        "primary_key": "code",
        "mappings": MAPPINGS,
    }

    made = send(api, "POST", CONNECTIONS, body)
    assert made.status_code == 201, made.content
    one = f"{CONNECTIONS}{made.json()['id']}/"
    assert made.json()["active"] is False
    assert [row["target"] for row in made.json()["mappings"]] == ["code", "name"]

    on = send(api, "POST", f"{one}activate/")
    assert (on.json()["active"], on.json()["version"]) == (True, 1)
    rows = [*on.json()["mappings"], {"target": "credit", "kind": "raw", "value": 10.5}]
    changed = send(api, "PATCH", one, {"mappings": rows})
    assert changed.json()["mappings"][0]["uuid"] == made.json()["mappings"][0]["uuid"]
    assert changed.json()["mappings"][2]["value"] == "10.5"
    assert changed.json()["version"] == 1
    assert send(api, "POST", f"{one}publish/").json()["version"] == 2
    assert send(api, "DELETE", one).status_code == 409
    assert send(api, "POST", f"{one}deactivate/").json()["active"] is False
    assert send(api, "DELETE", one).status_code == 204
    assert api.get(CONNECTIONS).json()["data"] == []


def test_gaps_are_named_by_field(acme: Tenant, api: Client) -> None:
    made = send(api, "POST", CONNECTIONS, {"name": "New", "system_type": "odata"})

    response = send(api, "POST", f"{CONNECTIONS}{made.json()['id']}/activate/")

    assert response.status_code == 422
    assert response.json()["code"] == "not_ready"
    assert {*response.json()["fields"]} == {"config", "entity", "object"}


def test_a_bad_mapping_is_named_by_its_number(acme: Tenant, api: Client, world: World) -> None:
    connection = making.make_connection(acme)
    rows = [*MAPPINGS, {"target": "city", "source": "a..b"}]

    response = send(api, "PATCH", f"{CONNECTIONS}{connection.pk}/", {"mappings": rows})

    assert response.status_code == 422
    assert "Cannot read" in response.json()["fields"]["mappings.2"]


def test_a_mapping_without_a_target_is_named_by_its_number(
    acme: Tenant, api: Client, world: World
) -> None:
    connection = making.make_connection(acme)

    response = send(
        api, "PATCH", f"{CONNECTIONS}{connection.pk}/", {"mappings": [{"source": "CardCode"}]}
    )

    assert response.status_code == 400
    assert response.json()["fields"] == {"mappings.0.target": "This field is required."}


@pytest.mark.parametrize("name", ["config", "object"])
def test_a_foreign_id_is_no_valid_choice(
    acme: Tenant, globex: Tenant, api: Client, world: World, name: str
) -> None:
    connection = making.make_connection(acme)
    foreign = making.make_config(globex) if name == "config" else making.make_object(globex)

    response = send(api, "PATCH", f"{CONNECTIONS}{connection.pk}/", {name: foreign.pk})

    assert response.status_code == 400
    assert response.json()["fields"] == {name: f"“{foreign.pk}” is not a valid choice."}


def test_foreign_rows_are_not_there(acme: Tenant, globex: Tenant, world: World) -> None:
    connection = making.make_connection(acme)
    theirs = make.client_of(globex)

    assert theirs.get(CONFIGS).json()["data"] == []
    assert theirs.get(CONNECTIONS).json()["data"] == []
    for path in (
        f"{CONFIGS}{connection.config_id}/",
        f"{CONNECTIONS}{connection.pk}/",
        f"{CONNECTIONS}{connection.pk}/entities/",
    ):
        assert theirs.get(path).status_code == 404
        assert send(theirs, "PATCH", path, {}).status_code in {404, 405}
    for act in ("activate", "deactivate", "publish", "test-query", "entities"):
        assert send(theirs, "POST", f"{CONNECTIONS}{connection.pk}/{act}/").status_code == 404
    assert send(theirs, "POST", f"{CONFIGS}{connection.config_id}/test/").status_code == 404
    assert world.calls == []


def test_entities_are_looked_up_and_listed(acme: Tenant, api: Client, world: World) -> None:
    path = f"{CONNECTIONS}{making.make_connection(acme).pk}/entities/"
    assert api.get(path).json() == []

    fresh = send(api, "POST", path).json()

    assert [entity["name"] for entity in fresh] == [making.ENTITY]
    assert fresh[0]["fields"] == ["CardCode", "CardName"]
    assert api.get(path).json() == fresh


def test_a_query_is_tried_with_exact_numbers(acme: Tenant, api: Client, world: World) -> None:
    connection = making.make_connection(acme)
    world.put(making.ENTITY, {"CardCode": "C0", "Balance": Decimal("12345678901234567890.10")})

    response = send(api, "POST", f"{CONNECTIONS}{connection.pk}/test-query/")

    assert response.status_code == 200
    assert b"12345678901234567890.10" in response.content
    assert "Balance" in response.json()["fields"]


def test_the_systems_own_words_come_through(acme: Tenant, api: Client, world: World) -> None:
    connection = making.make_connection(acme)
    error = RemoteError(ErrorKind.PERMISSION, "You may not read partners.")
    world.faults.append(Fault("read", error=error))

    response = send(api, "POST", f"{CONNECTIONS}{connection.pk}/test-query/")

    assert response.status_code == 502
    assert response.json()["code"] == "remote_permission"
    assert response.json()["detail"] == "You may not read partners."


def test_what_is_not_chosen_cannot_be_asked(acme: Tenant, api: Client) -> None:
    made = send(api, "POST", CONNECTIONS, {"name": "New", "system_type": "odata"}).json()

    for act in ("test-query", "entities"):
        assert send(api, "POST", f"{CONNECTIONS}{made['id']}/{act}/").status_code == 409


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", CONFIGS, "configs.view"),
        ("POST", CONFIGS, "configs.create"),
        ("POST", f"{CONFIGS}1/test/", "configs.test"),
        ("GET", CONNECTIONS, "inbound.view"),
        ("POST", f"{CONNECTIONS}1/activate/", "inbound.activate"),
        ("POST", f"{CONNECTIONS}1/test-query/", "inbound.edit"),
        ("GET", f"{CONNECTIONS}1/entities/", "inbound.view"),
        ("POST", f"{CONNECTIONS}1/entities/", "inbound.edit"),
    ],
)
def test_each_call_needs_its_permission(
    acme: Tenant, method: str, path: str, code: str
) -> None:
    powerless = make.client_of(acme, codes=["records.view"])

    response = send(powerless, method, path, {} if method == "POST" else None)

    assert response.status_code == 403
    with door.tenant(acme.pk):
        assert not ConnectionConfig.objects.exists()
        assert not Connection.objects.exists()


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_text_that_cannot_be_stored_is_refused(acme: Tenant, api: Client, text: str) -> None:
    """Sent as JSON escapes, which is how such text gets past every decoder."""
    made = send(api, "POST", CONNECTIONS, {"name": "New", "system_type": "odata"}).json()
    bodies = [
        (CONFIGS, {**ODATA, "settings": {"user": text}}),
        (CONFIGS, {**ODATA, "name": text}),
        (CONFIGS, {**ODATA, "secrets": {"password": text}}),
        (CONNECTIONS, {"name": "Other", "system_type": "odata", "entity": text}),
        (
            f"{CONNECTIONS}{made['id']}/",
            {"mappings": [{"target": "a", "kind": "raw", "value": text}]},
        ),
        (
            f"{CONNECTIONS}{made['id']}/",
            {"mappings": [{"target": "a", "kind": "raw", "value": {"x": ["\ud800"]}}]},
        ),
        (f"{CONNECTIONS}{made['id']}/", {"mappings": [{"target": "a", "source": text}]}),
    ]

    for path, body in bodies:
        method = "POST" if path in {CONFIGS, CONNECTIONS} else "PATCH"
        response = api.generic(method, path, json.dumps(body), content_type="application/json")
        assert response.status_code in {400, 422}, (path, body, response.content)
        assert response.json()["fields"]
