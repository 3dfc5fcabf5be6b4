"""Objects and records over REST: exact, by key, by revision, and only what the key may."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from objects.models import ConnectObject
from objects.records import read
from objects.records.changes import ChangeOp, Origin, RecordChange, Source
from objects.records.write import write
from objects.shape import ObjectShape
from syncapp import canonical
from syncapp.tenants import door
from syncapp.tenants.models import Tenant
from tests import make
from tests.integration.objects.conftest import make_customers

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
BASE = "/api/v1/entities/customer/records/"


def call(
    client: Client, method: str, url: str, content: Any = None, **headers: str
) -> tuple[int, Any]:
    raw = content if isinstance(content, str) else canonical.text(content)
    body = "" if content is None else raw
    response = client.generic(
        method, url, body, content_type="application/json", headers=headers
    )
    return response.status_code, canonical.loads(response.content) if response.content else None


def put(client: Client, key: str, **values: Any) -> tuple[int, Any]:
    return call(client, "PUT", by_key(key), {"values": values})


def by_key(key: str) -> str:
    return f"{BASE}by-key/{quote(key)}/"


class TestRecords:
    def test_put_creates_and_then_changes(self, api: Client, shape: ObjectShape) -> None:
        status, made = put(api, "C1", name="One", email="a@x")
        assert status == 201
        assert made["values"] == {"number": "C1", "name": "One", "email": "a@x"}
        assert (made["key"], made["rev"], made["deleted"]) == ("C1", 1, False)

        status, changed = put(api, "C1", name="Two", email=None)
        assert status == 200
        assert changed["values"] == {"number": "C1", "name": "Two", "email": None}
        assert (changed["id"], changed["rev"]) == (made["id"], 2)

    def test_numbers_are_exact(self, api: Client, shape: ObjectShape) -> None:
        notes = '{"rate": 0.1000000000000000055511151231257827, "big": 12345678901234567.10}'
        values = f'{{"name": "x", "balance": 79228162514264337593.54, "notes": {notes}}}'
        body = f'{{"values": {values}}}'
        status, _ = call(api, "PUT", by_key("C1"), body)
        assert status == 201
        raw = api.get(by_key("C1")).content.decode()
        assert '"balance":79228162514264337593.54' in raw
        assert canonical.loads(raw)["values"]["notes"] == canonical.loads(notes)

    @pytest.mark.parametrize(
        "key", ["a/b", "/a", "a/", "ä b+c%20?&#", "Zeile\n2", "..", "日本"]
    )
    def test_any_key_has_an_address(self, api: Client, shape: ObjectShape, key: str) -> None:
        assert put(api, key, name="x")[0] == 201
        status, found = call(api, "GET", by_key(key))
        assert (status, found["key"]) == (200, key)
        assert put(api, key, name="y")[0] == 200

    def test_post_creates_once(self, api: Client, shape: ObjectShape) -> None:
        body = {"values": {"number": "C1", "name": "One"}}
        assert call(api, "POST", BASE, body)[0] == 201
        status, problem = call(api, "POST", BASE, body)
        assert (status, problem["code"]) == (409, "key_taken")
        assert problem["fields"].keys() == {"number"}

    def test_patch_tells_null_from_absent(self, api: Client, shape: ObjectShape) -> None:
        _, made = put(api, "C1", name="One", email="a@x", vat="DE1")
        url = f"{BASE}{made['id']}/"
        status, changed = call(api, "PATCH", url, {"values": {"email": None}})
        assert status == 200
        assert changed["values"] == {"number": "C1", "name": "One", "email": None, "vat": "DE1"}

    def test_an_unchanged_patch_keeps_the_revision(
        self, api: Client, shape: ObjectShape
    ) -> None:
        _, made = put(api, "C1", name="One", balance=Decimal("1.50"))
        url = f"{BASE}{made['id']}/"
        assert call(api, "PATCH", url, {"values": {"balance": "1.5"}})[1]["rev"] == 1

    def test_everything_wrong_is_said_at_once(self, api: Client, shape: ObjectShape) -> None:
        status, problem = put(api, "C1", balance="much", colour="red", vat="nul\0")
        assert (status, problem["code"]) == (422, "invalid")
        assert problem["fields"].keys() == {"balance", "colour", "vat", "name"}

    def test_if_match_protects_against_blind_writes(
        self, api: Client, shape: ObjectShape
    ) -> None:
        _, made = put(api, "C1", name="One")
        url = f"{BASE}{made['id']}/"
        assert api.get(url)["ETag"] == '"1"'
        body = {"values": {"name": "Two"}}
        assert call(api, "PATCH", url, body, **{"If-Match": '"1"'})[0] == 200
        for method, where in (("PATCH", url), ("PUT", by_key("C1")), ("DELETE", url)):
            status, problem = call(api, method, where, body, **{"If-Match": '"1"'})
            assert (status, problem["code"]) == (412, "changed")
        status, problem = call(api, "PUT", by_key("new"), body, **{"If-Match": '"1"'})
        assert status == 412
        assert call(api, "DELETE", url, **{"If-Match": "nonsense"})[0] == 412
        assert call(api, "DELETE", url, **{"If-Match": 'W/"2"'})[0] == 204

    def test_a_deleted_record_shows_only_if_asked_for(
        self, api: Client, shape: ObjectShape
    ) -> None:
        _, made = put(api, "C1", name="One")
        url = f"{BASE}{made['id']}/"
        assert call(api, "DELETE", url)[0] == 204
        for where in (url, by_key("C1")):
            assert call(api, "GET", where)[0] == 404
            status, gone = call(api, "GET", f"{where}?deleted=true")
            assert (status, gone["deleted"], gone["values"]["name"]) == (200, True, "One")
        assert call(api, "PATCH", url, {"values": {}})[1]["code"] == "deleted"
        assert call(api, "GET", BASE)[1]["data"] == []
        assert call(api, "GET", f"{BASE}?deleted=true")[1]["data"][0]["deleted"] is True

        assert put(api, "C1", name="Again")[0] == 201
        assert call(api, "GET", url)[1]["values"] == {"number": "C1", "name": "Again"}

    def test_the_author_of_a_change_is_the_key(
        self, api: Client, acme: Tenant, shape: ObjectShape
    ) -> None:
        put(api, "C1", name="One")
        with door.tenant(acme.pk):
            found = read.one_by_key(shape.id, "C1")
        assert found is not None
        assert found.source.origin is Origin.API
        assert found.source.id

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            ("", 422),
            ("{", 400),
            ("[]", 422),
            ("5", 422),
            ('{"values": []}', 422),
            ('{"name": "One"}', 422),
            ('{"values": {"name": "x"}, "id": 7, "key": "C9"}', 201),
        ],
    )
    def test_a_strange_body_is_refused(
        self, api: Client, shape: ObjectShape, body: str, status: int
    ) -> None:
        assert call(api, "PUT", by_key("C1"), body)[0] == status

    def test_another_type_of_content_is_refused(self, api: Client, shape: ObjectShape) -> None:
        response = api.put(by_key("C1"), "values=1", content_type="text/plain")
        assert response.status_code == 415

    @pytest.mark.parametrize("pk", ["0", "999999999999999999999999"])
    def test_what_is_not_there(self, api: Client, shape: ObjectShape, pk: str) -> None:
        assert call(api, "GET", f"{BASE}{pk}/")[0] == 404
        assert call(api, "PATCH", f"{BASE}{pk}/", {"values": {}})[0] == 404
        assert call(api, "DELETE", f"{BASE}{pk}/")[0] == 404

    def test_a_record_of_another_object_is_not_there(
        self, api: Client, acme: Tenant, shape: ObjectShape
    ) -> None:
        with door.tenant(acme.pk):
            make_customers(acme, "supplier")
        _, made = put(api, "C1", name="One")
        url = f"/api/v1/entities/supplier/records/{made['id']}/"
        assert call(api, "GET", url)[0] == 404
        assert call(api, "PATCH", url, {"values": {}})[0] == 404
        assert call(api, "GET", "/api/v1/entities/nothing/records/")[0] == 404


class TestLists:
    @pytest.fixture(autouse=True)
    def five(self, acme: Tenant, shape: ObjectShape) -> None:
        with door.tenant(acme.pk):
            read.lock([shape.id])
            rows = [{"number": f"K{n}", "name": "x"} for n in (3, 1, 2)]
            rows += [{"number": "L1", "name": "x"}, {"number": "L2", "name": "x"}]
            changes = [RecordChange(ChangeOp.CREATE, row["number"], row) for row in rows]
            write(shape, changes, Source(Origin.SYNC, 1), NOW)

    def keys(self, api: Client, query: str) -> tuple[list[str], str | None, bool]:
        status, page = call(api, "GET", f"{BASE}?{query}")
        assert status == 200, page
        keys = [record["key"] for record in page["data"]]
        return keys, page["next_cursor"], page["has_more"]

    def test_changes_come_in_their_order_and_can_be_followed(
        self, api: Client, shape: ObjectShape
    ) -> None:
        first, cursor, more = self.keys(api, "limit=3")
        assert (first, more) == (["K3", "K1", "K2"], True)
        second, cursor, more = self.keys(api, f"limit=3&cursor={cursor}")
        assert (second, more) == (["L1", "L2"], False)
        nothing, same, more = self.keys(api, f"cursor={cursor}")
        assert (nothing, same, more) == ([], cursor, False)

        put(api, "K1", name="changed")

        assert self.keys(api, f"cursor={cursor}")[0] == ["K1"]

    def test_records_come_by_key(self, api: Client, shape: ObjectShape) -> None:
        first, cursor, more = self.keys(api, "order=key&limit=4")
        assert (first, more) == (["K1", "K2", "K3", "L1"], True)
        assert self.keys(api, f"order=key&cursor={cursor}") == (["L2"], None, False)
        assert self.keys(api, "order=key&key_prefix=K")[0] == ["K1", "K2", "K3"]

    @pytest.mark.parametrize(
        "query", ["limit=0", "limit=501", "limit=x", "order=name", "key_prefix=K", "cursor=abc"]
    )
    def test_a_senseless_question_is_refused(
        self, api: Client, shape: ObjectShape, query: str
    ) -> None:
        status, problem = call(api, "GET", f"{BASE}?{query}")
        assert status in {400, 422}
        assert problem["code"] in {"invalid", "invalid_cursor"}

    def test_a_cursor_from_before_a_restore_says_so(
        self, api: Client, acme: Tenant, shape: ObjectShape
    ) -> None:
        _, cursor, _ = self.keys(api, "limit=1")
        with door.tenant(acme.pk):
            ConnectObject.objects.filter(pk=shape.id).update(feed=ConnectObject().feed)
        status, problem = call(api, "GET", f"{BASE}?cursor={cursor}")
        assert (status, problem["code"]) == (410, "read_again")


class TestObjects:
    def test_an_object_is_made_filled_and_deleted(self, api: Client, acme: Tenant) -> None:
        url = "/api/v1/objects/"
        status, made = call(api, "POST", url, {"type": "item", "name": "Items"})
        assert (status, made["fields"]) == (201, [])
        base = f"{url}{made['id']}/"
        status, key = call(api, "POST", f"{base}fields/", {"name": "code", "is_key": True})
        assert (status, key["required"], key["label"]) == (201, True, "Code")
        status, rate = call(
            api,
            "POST",
            f"{base}fields/",
            {
                "name": "rate",
                "type": "decimal",
                "scale": 2,
                "default": Decimal("0.10"),
            },
        )
        assert (status, str(rate["default"])) == (201, "0.10")
        status, colour = call(
            api,
            "POST",
            f"{base}fields/",
            {"name": "colour", "type": "choice", "choices": [{"value": "red"}]},
        )
        assert colour["choices"] == [{"value": "red", "label": "red"}]
        status, parent = call(
            api,
            "POST",
            f"{base}fields/",
            {"name": "parent", "type": "reference", "reference": "item"},
        )
        assert (status, parent["reference"]) == (201, "item")

        assert call(api, "PATCH", f"{base}fields/{rate['id']}/", {"scale": 4})[1]["scale"] == 4
        assert call(api, "DELETE", f"{base}fields/{colour['id']}/")[0] == 204
        assert call(api, "GET", f"{base}fields/{colour['id']}/")[0] == 404
        assert call(api, "PATCH", base, {"description": "What we sell"})[0] == 200
        _, found = call(api, "GET", base)
        assert [field["name"] for field in found["fields"]] == ["code", "rate", "parent"]
        assert found["description"] == "What we sell"
        assert [one["type"] for one in call(api, "GET", url)[1]["data"]] == ["item"]
        assert len(call(api, "GET", f"{base}fields/")[1]) == 3
        assert call(api, "GET", "/api/v1/entities/item/")[1]["id"] == made["id"]
        assert len(call(api, "GET", "/api/v1/entities/")[1]["data"]) == 1

        assert call(api, "DELETE", base)[0] == 204
        assert call(api, "GET", base)[0] == 404

    def test_refusals_name_the_field(self, api: Client, shape: ObjectShape) -> None:
        url = f"/api/v1/objects/{shape.id}/fields/"
        status, problem = call(api, "POST", url, {"name": "1st"})
        assert (status, list(problem["fields"])) == (400, ["name"])
        status, problem = call(api, "POST", url, {"name": "number"})
        assert (status, list(problem["fields"])) == (422, ["name"])
        put(api, "C1", name="One")
        name = shape.by_name["name"].id
        status, problem = call(api, "PATCH", f"{url}{name}/", {"type": "integer"})
        assert (status, problem["code"]) == (409, "does_not_fit")
        assert "C1" in problem["detail"]

    def test_another_tenants_object_cannot_be_referred_to(
        self, api: Client, globex: Tenant, shape: ObjectShape
    ) -> None:
        with door.tenant(globex.pk):
            make_customers(globex, "secret")
        body = {"name": "x", "type": "reference", "reference": "secret"}
        status, problem = call(api, "POST", f"/api/v1/objects/{shape.id}/fields/", body)
        assert (status, list(problem["fields"])) == (400, ["reference"])


class TestWalls:
    def test_a_key_may_only_what_it_holds(self, acme: Tenant, shape: ObjectShape) -> None:
        reader = make.client_of(acme, codes=["visible", "records.view", "objects.view"])
        editor = make.client_of(acme, codes=["visible", "records.view", "records.edit"])
        assert put(reader, "C1", name="x")[0] == 403
        status, problem = put(editor, "C1", name="x")
        assert (status, problem["code"]) == (403, "not_allowed")
        _, made = put(make.client_of(acme), "C1", name="x")
        assert put(editor, "C1", name="y")[0] == 200
        assert call(editor, "DELETE", f"{BASE}{made['id']}/")[0] == 403
        assert call(reader, "GET", f"{BASE}{made['id']}/")[0] == 200
        url = f"/api/v1/objects/{shape.id}/"
        assert call(reader, "GET", f"{url}fields/")[0] == 200
        assert call(reader, "POST", f"{url}fields/", {"name": "x"})[0] == 403
        assert call(reader, "DELETE", url)[0] == 403
        assert call(editor, "GET", url)[0] == 403

    def test_without_a_key_nothing_is_told(self, client: Client, shape: ObjectShape) -> None:
        assert client.get(BASE).status_code == 401

    def test_another_tenants_records_are_not_there(
        self, api: Client, globex: Tenant, shape: ObjectShape
    ) -> None:
        _, made = put(api, "C1", name="One")
        other = make.client_of(globex)
        with door.tenant(globex.pk):
            make_customers(globex)
        for url in (f"{BASE}{made['id']}/", by_key("C1"), f"/api/v1/objects/{shape.id}/"):
            assert call(other, "GET", url)[0] == 404
        assert call(other, "DELETE", f"{BASE}{made['id']}/")[0] == 404
        assert call(other, "GET", BASE)[1]["data"] == []


def test_the_schema_describes_records(api: Client) -> None:
    paths = json.loads(api.get("/api/v1/schema/").content)["paths"]
    url = "/api/v1/entities/{object_type}/records/by-key/{key}/"
    assert paths[url].keys() == {"get", "put"}
