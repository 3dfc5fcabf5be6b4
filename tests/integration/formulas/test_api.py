"""Value maps and functions over REST."""

from __future__ import annotations

from decimal import Decimal

from django.test import Client

from formulas import services
from formulas.models import ValueMap
from syncapp.tenants.models import Tenant
from tests import make
from tests.integration.formulas.conftest import Inside
from tests.integration.objects.test_api import call

BASE = "/api/v1/value-maps/"


class TestMaps:
    def test_a_map_is_made_read_and_listed(self, api: Client) -> None:
        sent = {
            "name": "rates",
            "value_type": "number",
            "entries": {"A": Decimal("0.10"), "B": "7", "C": None},
        }
        status, made = call(api, "POST", BASE, sent)
        assert status == 201
        assert made["entries"] == {"A": Decimal("0.10"), "B": 7, "C": None}
        assert (made["revision"], made["n_entries"], made["n_unmapped"]) == (1, 3, 0)
        url = f"{BASE}{made['id']}/"
        assert call(api, "GET", url) == (200, made)
        _, listed = call(api, "GET", BASE)
        assert [one["name"] for one in listed["data"]] == ["rates"]
        assert "entries" not in listed["data"][0]

        status, again = call(api, "PUT", url, sent)
        assert (status, again["revision"]) == (200, 1)

    def test_put_replaces_and_patch_changes(self, api: Client, terms: ValueMap) -> None:
        url = f"{BASE}{terms.pk}/"
        _, found = call(api, "PATCH", url, {"entries": {"10": None, "30": True}})
        assert found["entries"] == {"20": "net60", "30": "true"}
        _, found = call(api, "PATCH", url, {"description": "of payment"})
        assert (found["entries"], found["revision"]) == ({"20": "net60", "30": "true"}, 2)
        _, found = call(api, "PUT", url, {"name": "terms", "entries": {"1": 5}})
        assert (found["entries"], found["description"]) == ({"1": "5"}, "")

    def test_an_old_revision_is_refused(self, api: Client, terms: ValueMap) -> None:
        url = f"{BASE}{terms.pk}/"
        assert api.get(url)["ETag"] == '"1"'
        change = {"entries": {"30": "net90"}}
        assert call(api, "PATCH", url, change, **{"If-Match": '"1"'})[0] == 200
        assert call(api, "PATCH", url, change, **{"If-Match": '"1"'})[0] == 412
        whole = {"name": "terms", "entries": {}}
        assert call(api, "PUT", url, whole, **{"If-Match": '"1"'})[0] == 412

    def test_what_is_wrong_is_named(self, api: Client, terms: ValueMap) -> None:
        status, problem = call(api, "POST", BASE, {"name": "x", "entries": {"a": [1]}})
        assert (status, list(problem["fields"])) == (400, ["entries"])
        sent = {"name": "x", "value_type": "boolean", "entries": {"a": "maybe"}}
        status, problem = call(api, "POST", BASE, sent)
        assert status == 422
        assert problem["fields"] == {"entries": "Line 1: “maybe” is not true or false."}
        assert call(api, "POST", BASE, {"name": "terms"})[0] == 422

    def test_a_map_is_deleted(self, api: Client, terms: ValueMap) -> None:
        assert call(api, "DELETE", f"{BASE}{terms.pk}/")[0] == 204
        assert call(api, "GET", f"{BASE}{terms.pk}/")[0] == 404

    def test_the_inbox_is_read(
        self, api: Client, acme: Tenant, terms: ValueMap, inside: Inside
    ) -> None:
        inside(lambda: services.note_unmapped(acme.pk, {("terms", "99"): 2}, make.NOW))
        _, found = call(api, "GET", f"{BASE}{terms.pk}/unmapped/")
        assert [(one["key"], one["count"], one["ignored"]) for one in found["data"]] == [
            ("99", 2, False)
        ]
        call(api, "PATCH", f"{BASE}{terms.pk}/", {"entries": {"99": "net14"}})
        assert call(api, "GET", f"{BASE}{terms.pk}/unmapped/")[1]["data"] == []

    def test_a_key_may_what_it_holds(self, acme: Tenant, terms: ValueMap) -> None:
        client = make.client_of(acme, codes=["value_maps.view"])
        url = f"{BASE}{terms.pk}/"
        assert call(client, "GET", url)[0] == 200
        assert call(client, "PATCH", url, {"entries": {}})[0] == 403
        assert call(client, "DELETE", url)[0] == 403


def test_functions_come_with_results(api: Client) -> None:
    status, found = call(api, "GET", "/api/v1/formulas/functions/")
    assert status == 200
    by_name = {one["name"]: one for one in found}
    assert by_name["padleft"]["parameters"][2] == {
        "name": "character",
        "kind": "text",
        "default": "' '",
        "many": False,
    }
    assert {"formula": "padleft('7', 4, '0')", "result": "0007"} in by_name["padleft"][
        "examples"
    ]
    assert set(by_name["padleft"]) == {
        "name",
        "aliases",
        "group",
        "signature",
        "parameters",
        "returns",
        "help",
        "notes",
        "examples",
    }
