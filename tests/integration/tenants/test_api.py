"""The REST API of this room."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from syncapp.tenants import door, permissions
from syncapp.tenants.models import ApiKey, Membership, Profile, Tenant
from tests import make


def send(client: Client, method: str, address: str, body: object = None) -> Any:
    return client.generic(method, address, data=_json(body), content_type="application/json")


def _json(body: object) -> str:
    import json  # noqa: PLC0415  # what a client would send

    return "" if body is None else json.dumps(body)


def profile_id(tenant: Tenant, name: str) -> int:
    with door.tenant(tenant.pk):
        return int(Profile.objects.for_tenant(tenant).get(name=name).pk)


def test_me_tells_who_the_key_is(acme: Tenant) -> None:
    client = make.client_of(acme, codes=["runs.view"])
    body = client.get("/api/v1/me/").json()

    assert body["tenant"] == {"slug": "acme", "name": "Acme", "time_zone": "UTC"}
    assert body["permissions"] == ["runs.view", "visible"]
    assert body["actor"].startswith("key ")


def test_members_are_invited_changed_and_removed(
    acme: Tenant, alice: Membership, api: Client
) -> None:
    reader, administrator = (profile_id(acme, name) for name in ("Reader", "Administrator"))
    made = send(
        api,
        "POST",
        "/api/v1/members/",
        {"name": "Dora", "email": "dora@acme.test", "profile": reader},
    )
    assert made.status_code == 201
    assert made.json() | {"id": 0, "created_at": ""} == {
        "id": 0,
        "name": "Dora",
        "email": "dora@acme.test",
        "profile": reader,
        "enabled": True,
        "state": "invited",
        "created_at": "",
        "last_login_at": None,
    }
    address = f"/api/v1/members/{made.json()['id']}/"
    changed = send(api, "PATCH", address, {"profile": administrator, "enabled": False})
    assert (changed.json()["profile"], changed.json()["state"]) == (
        administrator,
        "deactivated",
    )
    assert [one["name"] for one in api.get("/api/v1/members/?q=dora").json()["data"]] == [
        "Dora"
    ]

    assert send(api, "DELETE", address).status_code == 204
    assert api.get(address).status_code == 404
    refused = send(api, "DELETE", f"/api/v1/members/{alice.pk}/")
    assert (refused.status_code, refused.json()["code"]) == (409, "last_administrator")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"name", "email", "profile"}),
        ({"name": "A", "email": "nobody", "profile": 1}, {"email"}),
        ({"name": "A", "email": "a@b.test", "profile": 0}, {"profile"}),
    ],
)
def test_a_wrong_invitation_is_told_by_field(
    api: Client, body: object, fields: set[str]
) -> None:
    answer = send(api, "POST", "/api/v1/members/", body)

    assert answer.status_code in {400, 422}
    assert set(answer.json()["fields"]) == fields


def test_a_foreign_profile_is_not_there(acme: Tenant, globex: Tenant, api: Client) -> None:
    foreign = profile_id(globex, "Reader")
    answer = send(
        api,
        "POST",
        "/api/v1/members/",
        {"name": "A", "email": "a@b.test", "profile": foreign},
    )
    assert (answer.status_code, set(answer.json()["fields"])) == (422, {"profile"})


def test_profiles_are_made_changed_and_deleted(
    acme: Tenant, bob: Membership, api: Client
) -> None:
    made = send(
        api,
        "POST",
        "/api/v1/profiles/",
        {"name": "Ops", "permissions": ["visible", "runs.view"]},
    )
    assert made.status_code == 201
    address = f"/api/v1/profiles/{made.json()['id']}/"
    changed = send(api, "PATCH", address, {"description": "Watches"})
    assert changed.json() == {**made.json(), "description": "Watches"}
    wrong = send(api, "PATCH", address, {"permissions": ["runs.fly"]})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "unknown_permission")
    assert wrong.json()["fields"] == {"permissions": "Unknown permission: runs.fly."}

    assert send(api, "DELETE", address).status_code == 204
    used = send(api, "DELETE", f"/api/v1/profiles/{bob.profile_id}/")
    assert (used.status_code, used.json()["code"]) == (409, "in_use")


def test_a_key_issues_no_stronger_key(acme: Tenant) -> None:
    weak = make.client_of(acme, codes=["api_keys.create", "runs.view"])
    made, refused = (
        send(weak, "POST", "/api/v1/api-keys/", {"name": code, "permissions": [code]})
        for code in ("runs.view", "users.edit")
    )

    assert made.status_code == 201
    assert (refused.status_code, refused.json()["code"]) == (403, "beyond_own_rights")


def test_a_key_is_shown_once_and_revoked(acme: Tenant, api: Client) -> None:
    made = send(
        api,
        "POST",
        "/api/v1/api-keys/",
        {"name": "CI", "permissions": ["runs.view"], "expires_at": "2126-01-01T00:00:00Z"},
    )
    assert (made.status_code, made["Cache-Control"]) == (201, "no-store")
    text, address = made.json()["key"], f"/api/v1/api-keys/{made.json()['id']}/"
    headers = {"Authorization": f"Bearer {text}"}
    assert Client(headers=headers).get("/api/v1/me/").status_code == 200
    assert "key" not in api.get(address).json()
    assert text not in api.get("/api/v1/api-keys/").content.decode()

    assert send(api, "DELETE", address).status_code == 204
    assert Client(headers=headers).get("/api/v1/me/").status_code == 401
    assert api.get(address).json()["state"] == "revoked"


def test_audit_is_read_newest_first_by_pages(acme: Tenant, api: Client) -> None:
    for name in ("one", "two", "three"):
        send(api, "POST", "/api/v1/profiles/", {"name": name, "permissions": []})

    first = api.get("/api/v1/audit/?kind=profile&limit=2").json()
    second = api.get(
        f"/api/v1/audit/?kind=profile&limit=2&cursor={first['next_cursor']}"
    ).json()

    labels = [one["object_label"] for one in (*first["data"], *second["data"])]
    assert labels == ["three", "two", "one"]
    assert (first["has_more"], second["has_more"]) == (True, False)
    assert send(api, "DELETE", f"/api/v1/audit/{first['data'][0]['id']}/").status_code in {
        403,
        405,
    }


def test_a_key_needs_the_permission(acme: Tenant) -> None:
    client = make.client_of(acme, codes=["users.view"])

    assert client.get("/api/v1/members/").status_code == 200
    refused = send(client, "POST", "/api/v1/members/", {})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    assert "users.create" in refused.json()["detail"]


def test_without_visible_a_key_may_nothing(acme: Tenant) -> None:
    key, text = make.make_key(acme, codes=["users.view"])
    with door.tenant(acme.pk):
        ApiKey.objects.for_tenant(acme).filter(pk=key.pk).update(permissions=["users.view"])

    answer = Client(headers={"Authorization": f"Bearer {text}"}).get("/api/v1/members/")

    assert answer.status_code == 403


def test_schema_and_docs_are_for_known_visitors(
    acme: Tenant, api: Client, alices: Client, client: Client
) -> None:
    assert alices.get("/api/v1/schema/").status_code == 200
    schema = api.get("/api/v1/schema/").json()
    assert schema["openapi"].startswith("3.1")
    assert {"/api/v1/me/", "/api/v1/members/", "/api/v1/api-keys/"} <= set(schema["paths"])
    assert schema["components"]["securitySchemes"]["ApiKey"]["scheme"] == "bearer"
    assert {"ApiKey": []} in schema["paths"]["/api/v1/me/"]["get"]["security"]
    assert client.get("/api/v1/schema/").status_code == 401
    assert alices.get("/api/v1/docs/").status_code == 200
    assert client.get("/api/v1/docs/").status_code == 302


@pytest.mark.parametrize(
    "permission", sorted(code for code in permissions.ALL if code.startswith("api_keys."))
)
def test_permissions_have_their_own_words(permission: str) -> None:
    assert permission.partition(".")[2] in {"view", "create", "edit", "delete"}
