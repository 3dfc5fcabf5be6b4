from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from syncapp.tenants.models import Profile, Tenant
from tests import make

pytestmark = pytest.mark.urls("tests.integration.ui.house")
LIST = "/api/v1/things/"


@pytest.fixture
def client(acme: Tenant) -> Client:
    return make.client_of(acme)


def problem(response: Any) -> dict[str, Any]:
    assert response["Content-Type"] == "application/problem+json"
    found: dict[str, Any] = response.json()
    assert found["status"] == response.status_code
    return found


def test_pages_by_cursor_give_every_row_once(client: Client, foreign: Profile) -> None:
    names: list[str] = []
    cursor: str | None = ""
    while True:
        page = client.get(LIST, {"limit": "5", "cursor": cursor or ""}).json()
        names += [row["name"] for row in page["data"]]
        cursor = page["next_cursor"]
        assert page["has_more"] is (cursor is not None)
        if cursor is None:
            break

    assert len(names) == len(set(names)) > 12
    assert "Foreign" not in names


def test_the_pages_filters_work_here_too(client: Client) -> None:
    page = client.get(LIST, {"q": "clerk", "description": "busy"}).json()

    assert len(page["data"]) == 6


@pytest.mark.parametrize("limit", ["0", "501", "x", "-1", "1.5"])
def test_an_odd_limit_is_named(client: Client, limit: str) -> None:
    assert "limit" in problem(client.get(LIST, {"limit": limit}))["fields"]


@pytest.mark.parametrize("cursor", ["x", "W10=", "WzAsICJ4Il0=", "WzAsIDEsIDJd"])
def test_a_damaged_cursor_is_named(client: Client, cursor: str) -> None:
    found = problem(client.get(LIST, {"cursor": cursor}))

    assert (found["status"], found["code"]) == (400, "invalid_cursor")


def test_without_a_key_it_is_a_401(acme: Tenant) -> None:
    response = Client().get(LIST)

    assert problem(response)["code"] == "not_authenticated"
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_a_key_without_the_permission_is_told_which(acme: Tenant) -> None:
    client = make.client_of(acme, codes=["profiles.view"])

    assert client.get(LIST).status_code == 200
    assert "profiles.create" in problem(client.post(LIST, {"name": "x"}))["detail"]


def test_an_extra_action_has_its_own_permission(acme: Tenant, client: Client) -> None:
    pk = client.get(LIST).json()["data"][0]["id"]
    narrow = make.client_of(acme, codes=["profiles.create"])

    assert client.post(f"{LIST}{pk}/run/").json() == {"ran": pk}
    assert "inbound.run" in problem(narrow.post(f"{LIST}{pk}/run/"))["detail"]


def test_a_foreign_row_is_not_there(client: Client, foreign: Profile) -> None:
    assert problem(client.get(f"{LIST}{foreign.pk}/"))["code"] == "not_found"


def test_an_unknown_address_is_a_problem_too(client: Client) -> None:
    assert problem(client.get("/api/v1/nowhere/"))["code"] == "not_found"


def test_a_wrong_method_is_a_problem(client: Client) -> None:
    assert problem(client.put(LIST))["code"] == "method_not_allowed"


def test_cut_off_json_is_a_problem(client: Client) -> None:
    response = client.post(LIST, '{"name": "x', content_type="application/json")

    assert problem(response)["code"] == "parse_error"


def test_invalid_fields_are_named(client: Client) -> None:
    response = client.post(LIST, {"name": "n" * 61}, content_type="application/json")

    assert list(problem(response)["fields"]) == ["name"]


def test_the_document_describes_pages_and_problems() -> None:
    from drf_spectacular.generators import SchemaGenerator  # noqa: PLC0415  # needs Django

    from tests.integration.ui import house  # noqa: PLC0415  # needs Django

    generator = SchemaGenerator(patterns=house.urlpatterns[1:4])  # type: ignore[no-untyped-call]
    document = generator.get_schema(  # type: ignore[no-untyped-call]
        request=None, public=True
    )
    get = document["paths"]["/api/v1/things/"]["get"]

    assert {"cursor", "limit", "q", "description"} <= {
        item["name"] for item in get["parameters"]
    }
    assert {"200", "400", "401", "403", "429"} <= get["responses"].keys()
    assert {"404", "409"} <= document["paths"]["/api/v1/things/{id}/run/"]["post"][
        "responses"
    ].keys()
    assert "application/problem+json" in get["responses"]["401"]["content"]
    assert "code" in document["components"]["schemas"]["Problem"]["required"]
