"""The service: who may ask, what is there, and how records are written."""

from __future__ import annotations

import base64
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from syncapp import canonical
from syncapp.demo.erp.service import Request
from tests.every import every
from tests.unit.demo.conftest import Erp

NEW = {"CardCode": "N1", "CardName": "Neu", "CardType": "Lead", "Currency": "EUR"}


def test_the_service_document_lists_the_sets(erp: Erp) -> None:
    assert [entry["url"] for entry in erp.get("")["value"]] == ["BusinessPartners", "Items"]
    assert erp.send("GET", "").headers["OData-Version"] == "4.0"


def test_the_address_needs_no_final_slash(erp: Erp) -> None:
    login = {"authorization": "Basic " + base64.b64encode(b"syncapp:demo").decode()}

    assert erp.service.answer(Request("GET", "/odata/v4", headers=login)).status == 200


def test_there_is_nothing_beside_the_service(erp: Erp) -> None:
    for path in ("/", "/odata", "/odata/v40/", "/_faults", ""):
        assert erp.service.answer(Request("GET", path)).status == 404


def test_health_needs_no_password(erp: Erp) -> None:
    assert erp.service.answer(Request("GET", "/healthz")).status == 200


@every(
    "authorization",
    [
        "",
        "Basic",
        "Basic !!!",
        "Basic " + base64.b64encode(b"syncapp:wrong").decode(),
        "Basic " + base64.b64encode(b"other:demo").decode(),
        "Basic " + base64.b64encode(b"syncapp:demo\xff").decode(),
        "Basic \u00fc",
        "Bearer " + base64.b64encode(b"syncapp:demo").decode(),
    ],
)
@every("path", ["", "$metadata", "BusinessPartners", "Nothing"])
def test_strangers_are_asked_to_log_in(erp: Erp, authorization: str, path: str) -> None:
    answer = erp.send("GET", path, authorization=authorization)

    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")


@every(
    "path",
    [
        *("Nothing", "Nothing('A')", "BusinessPartners/x", "BusinessPartners('A')/CardName"),
        *("BusinessPartners('Z')", "BusinessPartners('A'", "BusinessPartners(A)", "$batch"),
        *(
            "BusinessPartners('a')",
            "BusinessPartners('A''')",
            "%00",
            "//",
            "BusinessPartners()",
        ),
    ],
)
def test_what_is_not_there_is_not_found(erp: Erp, path: str) -> None:
    status, error = erp.refusal("GET", path)

    assert (status, error["code"]) == (404, "NotFound")


@pytest.mark.parametrize("path", ["BusinessPartners('A')", "BusinessPartners(CardCode='A')"])
def test_a_record_has_an_address(erp: Erp, path: str) -> None:
    found = erp.get(path)

    assert found["@odata.context"].endswith("$metadata#BusinessPartners/$entity")
    assert found["CardName"] == "O'Dunraven & Sons"
    assert found["CreditLimit"] == Decimal("100.00")
    assert erp.send("GET", path).headers["ETag"] == found["@odata.etag"]


def test_a_key_may_hold_any_mark(erp: Erp) -> None:
    assert erp.get("BusinessPartners('E''%2F1')")["CardCode"] == "E'/1"


def test_a_record_can_be_cut_to_some_fields(erp: Erp) -> None:
    found = erp.get("BusinessPartners('A')", "$select=CardName")

    assert set(found) == {"@odata.context", "@odata.etag", "CardName"}


def test_links_are_relative_if_the_host_makes_no_sense(erp: Erp) -> None:
    answer = erp.get("BusinessPartners", prefer="odata.maxpagesize=1", host='x" onload="')

    assert answer["@odata.nextLink"].startswith("/odata/v4/BusinessPartners?")


@every(
    ("method", "path", "allowed"),
    [
        ("POST", "", "GET"),
        ("PUT", "$metadata", "GET"),
        ("DELETE", "BusinessPartners", "GET, POST"),
        ("POST", "BusinessPartners('A')", "GET, PATCH, DELETE"),
        ("PUT", "BusinessPartners('Z')", "GET, PATCH, DELETE"),
        ("POST", "Items/$count", "GET"),
    ],
)
def test_a_method_out_of_place_is_told_the_right_ones(
    erp: Erp, method: str, path: str, allowed: str
) -> None:
    answer = erp.send(method, path)

    assert answer.status == 405
    assert answer.headers["Allow"] == allowed


def test_a_record_is_created(erp: Erp) -> None:
    answer = erp.send("POST", "BusinessPartners", NEW | {"CardCode": "N'1", "Balance": 5})

    assert answer.status == 201
    assert answer.headers["Location"].endswith("/odata/v4/BusinessPartners('N''1')")
    made = canonical.loads(answer.body)
    assert made["LastModified"] == "2026-11-21T12:00:00.000000Z"
    assert (made["Balance"], made["Phone1"], made["ContactEmployees"]) == (0, None, [])
    assert erp.get("BusinessPartners('N''1')")["@odata.etag"] == answer.headers["ETag"]


def test_a_client_may_do_without_the_answer(erp: Erp) -> None:
    answer = erp.send("POST", "BusinessPartners", NEW, prefer="return=minimal")

    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["OData-EntityId"] == answer.headers["Location"]
    assert answer.headers["Preference-Applied"] == "return=minimal"


def test_a_key_is_given_once(erp: Erp) -> None:
    status, error = erp.refusal("POST", "BusinessPartners", NEW | {"CardCode": "A"})

    assert (status, error["code"], error["target"]) == (409, "DuplicateKey", "CardCode")


def test_a_record_is_changed_in_part(erp: Erp) -> None:
    before = erp.get("BusinessPartners('A')")
    change = {"BillTo": {"City": "Bonn"}, "Notes": "🚪", "@odata.etag": "passed over"}

    answer = erp.send("PATCH", "BusinessPartners('A')", change)

    after = erp.get("BusinessPartners('A')")
    assert (answer.status, answer.body) == (204, b"")
    assert after["BillTo"] == before["BillTo"] | {"City": "Bonn"}
    assert (after["Notes"], after["CardName"]) == ("🚪", before["CardName"])
    assert after["LastModified"] == "2026-11-21T12:00:00.000000Z"
    assert answer.headers["ETag"] == after["@odata.etag"] != before["@odata.etag"]


def test_a_complex_value_starts_empty_and_can_be_removed(erp: Erp) -> None:
    change = {"BillTo": None, "ShipTo": {"City": "Bonn"}}

    answer = erp.send("PATCH", "BusinessPartners('A')", change, prefer="return=representation")

    after = canonical.loads(answer.body)
    assert answer.status == 200
    assert after["BillTo"] is None
    assert after["ShipTo"] == {
        "Street": None,
        "ZipCode": None,
        "City": "Bonn",
        "State": None,
        "Country": None,
    }


def test_each_edit_is_later_than_the_one_before(erp: Erp) -> None:
    # The clock of these tests stands still.
    for place in range(3):
        erp.send("PATCH", "BusinessPartners('A')", {"Notes": str(place)})

    erp.send("PATCH", "BusinessPartners('B')", {"Notes": "x"})

    assert erp.get("BusinessPartners('A')")["LastModified"] == "2026-11-21T12:00:00.000002Z"
    assert erp.get("BusinessPartners('B')")["LastModified"] == "2026-11-21T12:00:00.000003Z"


def test_a_stale_version_is_not_overwritten(erp: Erp) -> None:
    stale = erp.get("BusinessPartners('A')")["@odata.etag"]
    first = erp.send("PATCH", "BusinessPartners('A')", {"Notes": "1"}, if_match=stale)

    second = erp.send("PATCH", "BusinessPartners('A')", {"Notes": "2"}, if_match=stale)
    third = erp.send("DELETE", "BusinessPartners('A')", if_match=stale)

    assert (first.status, second.status, third.status) == (204, 412, 412)
    assert second.headers["ETag"] == first.headers["ETag"]
    assert erp.get("BusinessPartners('A')")["Notes"] == "1"
    assert erp.send("DELETE", "BusinessPartners('A')", if_match="*").status == 204


def test_a_patch_creates_nothing(erp: Erp) -> None:
    assert erp.send("PATCH", "BusinessPartners('Z')", {"CardName": "x"}).status == 404


def test_a_record_is_deleted(erp: Erp) -> None:
    assert erp.send("DELETE", "BusinessPartners('A')").status == 204

    assert erp.send("GET", "BusinessPartners('A')").status == 404
    assert erp.send("DELETE", "BusinessPartners('A')").status == 404
    assert [row["CardCode"][0] for row in erp.get("BusinessPartners")["value"]] == list("BCDE")


@every(
    ("change", "target", "says"),
    [
        ({"Colour": 1}, "Colour", "no property"),
        ({"BillTo": {"Planet": 1}}, "BillTo/Planet", "no property"),
        ({"CardName": None}, "CardName", "must not be null"),
        ({"CardName": 5}, "CardName", "must be text"),
        ({"CardName": "x" * 101}, "CardName", "longer than 100"),
        ({"CardType": "Friend"}, "CardType", "one of Customer, Supplier, Lead"),
        ({"CardType": ["Lead"]}, "CardType", "one of"),
        ({"Frozen": 0}, "Frozen", "true or false"),
        ({"Frozen": None}, "Frozen", "must not be null"),
        ({"PayTermsGrpCode": True}, "PayTermsGrpCode", "whole number"),
        ({"PayTermsGrpCode": Decimal("1.5")}, "PayTermsGrpCode", "whole number"),
        ({"PayTermsGrpCode": 1 << 31}, "PayTermsGrpCode", "32 bits"),
        ({"CreditLimit": "5"}, "CreditLimit", "must be a number"),
        ({"CreditLimit": False}, "CreditLimit", "must be a number"),
        ({"CreditLimit": Decimal("1.234")}, "CreditLimit", "2 digits after"),
        ({"CreditLimit": Decimal("1E-30")}, "CreditLimit", "2 digits after"),
        ({"CreditLimit": 10**17}, "CreditLimit", "17 digits before"),
        ({"CreditLimit": Decimal("1E999999")}, "CreditLimit", "17 digits before"),
        ({"CreateDate": "31.01.2026"}, "CreateDate", "must be a date"),
        ({"CreateDate": 5}, "CreateDate", "must be a date"),
        ({"BillTo": "Bonn"}, "BillTo", "must be an object"),
        ({"ContactEmployees": None}, "ContactEmployees", "must not be null"),
        ({"ContactEmployees": {}}, "ContactEmployees", "must be a list"),
        ({"ContactEmployees": [5]}, "ContactEmployees/0", "must be an object"),
        ({"ContactEmployees": [{"Name": "x"}, {}]}, "ContactEmployees/1/Name", "is missing"),
        ({"CardCode": "B"}, "CardCode", "cannot change"),
    ],
)
def test_a_wrong_value_is_refused_by_name(
    erp: Erp, change: dict[str, Any], target: str, says: str
) -> None:
    before = erp.get("BusinessPartners('A')")

    status, error = erp.refusal("PATCH", "BusinessPartners('A')", change)

    assert (status, error["target"]) == (400, target)
    assert says in error["message"]
    assert erp.get("BusinessPartners('A')") == before


@pytest.mark.parametrize(
    "amount", ["0", "0.00", "-0.01", "12345678901234567.89", "1.500", "1E+3"]
)
def test_amounts_are_kept_to_the_digit(erp: Erp, amount: str) -> None:
    erp.send("PATCH", "BusinessPartners('A')", b'{"CreditLimit": ' + amount.encode() + b"}")

    assert erp.get("BusinessPartners('A')")["CreditLimit"] == Decimal(amount)


@pytest.mark.parametrize("name", ["CardCode", "CardName", "CardType", "Currency"])
def test_a_new_record_needs_its_required_fields(erp: Erp, name: str) -> None:
    given = {field: value for field, value in NEW.items() if field != name}

    status, error = erp.refusal("POST", "BusinessPartners", given)

    assert (status, error["target"]) == (400, name)


def test_a_new_record_needs_a_key_with_a_letter(erp: Erp) -> None:
    assert erp.refusal("POST", "BusinessPartners", NEW | {"CardCode": ""})[0] == 400


@every(
    "body", [b"", b"{", b"[]", b'"x"', b"\xff", b'{"CardName":"\xff"}', b"[" * 100_000, b"NaN"]
)
@every(("method", "path"), [("POST", "BusinessPartners"), ("PATCH", "BusinessPartners('A')")])
def test_a_body_that_is_no_record_is_refused(
    erp: Erp, method: str, path: str, body: bytes
) -> None:
    status, error = erp.refusal(method, path, body)

    assert (status, error["code"]) == (400, "InvalidBody")


def test_writing_takes_no_options(erp: Erp) -> None:
    for method, path in (
        ("POST", "Items"),
        ("PATCH", "Items('I1')"),
        ("DELETE", "Items('I1')"),
    ):
        assert erp.refusal(method, path, {}, query="$top=1")[1]["target"] == "$top"


def test_edits_outlive_a_restart(erp: Erp, reopened: Callable[[], Erp]) -> None:
    erp.send("PATCH", "BusinessPartners('A')", {"CreditLimit": Decimal("1.50"), "Notes": "ß\n"})
    erp.send("DELETE", "BusinessPartners('B')")
    erp.send("POST", "BusinessPartners", NEW)
    erp.send("DELETE", "Items('I1')")
    before = erp.get("BusinessPartners")

    again = reopened()

    assert again.get("BusinessPartners") == before
    assert again.get("Items")["value"] == []
    # The clock stands still, and yet the order of edits goes on.
    again.send("PATCH", "BusinessPartners('C')", {"Notes": "x"})
    stamps = [row["LastModified"] for row in again.get("BusinessPartners")["value"]]
    assert max(stamps) == again.get("BusinessPartners('C')")["LastModified"]
    assert stamps.count(max(stamps)) == 1
