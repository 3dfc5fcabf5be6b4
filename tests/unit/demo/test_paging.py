"""Pages: bounded, linked, and complete even while records change."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from syncapp.demo.erp.model import PARTNERS, SETS, Values
from syncapp.demo.erp.service import Service
from syncapp.demo.erp.store import Store
from tests.every import every
from tests.unit.demo.conftest import KEYS, NOW, Erp, pages, rows


@pytest.fixture
def erp(state: Path) -> Iterator[Erp]:
    store = Store(state, lambda: NOW, dict.fromkeys(SETS, ()) | {PARTNERS.name: rows()})
    yield Erp(Service(store, "demo"))
    store.close()


def keys(erp: Erp, query: str = "", size: int = 6) -> list[str]:
    return [row["CardCode"] for page in pages(erp, query, size) for row in page["value"]]


def test_pages_follow_each_other(erp: Erp) -> None:
    found = list(pages(erp))

    assert [len(page["value"]) for page in found] == [6, 6, 6, 2]
    assert [row["CardCode"] for page in found for row in page["value"]] == KEYS
    assert found[0]["@odata.nextLink"].startswith(
        "http://erp.test:8090/odata/v4/BusinessPartners?"
    )


def test_a_full_last_page_has_no_link(erp: Erp) -> None:
    assert [len(page["value"]) for page in pages(erp, size=10)] == [10, 10]


def test_top_bounds_the_whole_result(erp: Erp) -> None:
    assert keys(erp, "$top=8&$skip=3") == KEYS[3:11]
    assert keys(erp, "$top=6") == KEYS[:6]
    assert keys(erp, "$top=0") == []
    assert keys(erp, "$skip=20") == []


def test_count_is_of_everything_that_matches(erp: Erp) -> None:
    query = "$count=true&$top=7&$skip=1&$filter=CardType%20eq%20'Lead'"

    assert {page["@odata.count"] for page in pages(erp, query, 3)} == {10}
    assert erp.send("GET", "BusinessPartners/$count").body == b"20"
    leads = erp.send("GET", "BusinessPartners/$count", query="$filter=CardType eq 'Lead'")
    assert leads.body == b"10"


@pytest.mark.parametrize(
    "order",
    [
        "CardCode desc",
        "PayTermsGrpCode",
        "PayTermsGrpCode desc",
        "CardType desc,PayTermsGrpCode asc",
        "LastModified",
        "BillTo/City,CardCode desc",
    ],
)
def test_orders_hold_across_pages(erp: Erp, order: str) -> None:
    def rank(values: Values) -> list[tuple[bool, Any]]:
        return [(values[name] is not None, values[name]) for name in names if name in values]

    found = [row for page in pages(erp, f"$orderby={order}", 3) for row in page["value"]]
    names = [part.split()[0] for part in order.split(",")]

    assert sorted(row["CardCode"] for row in found) == KEYS
    whole = erp.get(PARTNERS.name, f"$orderby={order}")["value"]
    assert found == whole
    if len(names) == 1:
        ranks = [rank(row) for row in found]
        assert ranks == sorted(ranks, reverse=order.endswith("desc"))


def test_mixed_directions(erp: Erp) -> None:
    found = erp.get(PARTNERS.name, "$orderby=CardType desc,PayTermsGrpCode asc")["value"]

    expected = sorted(
        rows(), key=lambda row: (row["CardType"] == "Customer", row["PayTermsGrpCode"] or 0)
    )
    assert [row["CardCode"] for row in found] == [row["CardCode"] for row in expected]


def test_select_is_kept_across_pages(erp: Erp) -> None:
    for page in pages(erp, "$select=CardCode,BillTo"):
        assert page["@odata.context"].endswith("$metadata#BusinessPartners(CardCode,BillTo)")
        assert all(set(row) == {"@odata.etag", "CardCode", "BillTo"} for row in page["value"])


@every(
    ("prefer", "n_rows"),
    [
        ("odata.maxpagesize=4", 4),
        ('return=minimal, maxpagesize="4"; foo', 4),
        ("odata.maxpagesize=0", 20),
        ("odata.maxpagesize=-4", 20),
        ("odata.maxpagesize=٤", 20),
        ("odata.maxpagesize=" + "9" * 5000, 20),
        ("odata.maxpagesize", 20),
        ("", 20),
    ],
)
def test_the_page_size_is_a_preference(erp: Erp, prefer: str, n_rows: int) -> None:
    assert len(erp.get(PARTNERS.name, prefer=prefer)["value"]) == n_rows


def test_the_page_size_has_a_limit_and_the_answer_tells(erp: Erp) -> None:
    answer = erp.send("GET", PARTNERS.name, prefer="odata.maxpagesize=5000")

    assert answer.headers["Preference-Applied"] == "odata.maxpagesize=1000"


@every(
    ("query", "target"),
    [
        ("$expand=Lines", "$expand"),
        ("$search=x", "$search"),
        ("top=5", "top"),
        ("$top=-1", "$top"),
        ("$top=1e3", "$top"),
        ("$top=٣", "$top"),
        ("$top=", "$top"),
        ("$top=99999999999", "$top"),
        ("$skip=x", "$skip"),
        ("$count=yes", "$count"),
        ("$top=1&$top=2", "$top"),
        ("$select=Colour", "Colour"),
        ("$select=BillTo/City", "BillTo/City"),
        ("$select=", ""),
        ("$orderby=Colour", "Colour"),
        ("$orderby=CardCode up", "$orderby"),
        ("$orderby=BillTo", "$orderby"),
        ("$orderby=CardCode,,CardName", ""),
        ("$format=xml", "$format"),
        ("$filter=Colour eq 1", "Colour"),
        ("$filter=CardCode", "$filter"),
        ("$skiptoken=", "$skiptoken"),
        ("$skiptoken=!!!", "$skiptoken"),
        ("$skiptoken=bm9uc2Vuc2U=", "$skiptoken"),
    ],
)
def test_wrong_options_are_refused_by_name(erp: Erp, query: str, target: str) -> None:
    status, error = erp.refusal("GET", PARTNERS.name, query=query)

    assert status == 400
    assert error["target"] == target
    assert error["message"]


@every("place", ["[]", '["a","b"]', "[5]", "[[1]]", "[true]", "{}", "5", "[" * 999])
def test_a_forged_token_is_refused(erp: Erp, place: str) -> None:
    token = base64.urlsafe_b64encode(place.encode()).decode()

    status, error = erp.refusal("GET", PARTNERS.name, query=f"$skiptoken={token}")

    assert (status, error["target"]) == (400, "$skiptoken")


def test_a_query_has_a_bounded_number_of_options(erp: Erp) -> None:
    status, error = erp.refusal("GET", PARTNERS.name, query="&".join(["$top=1"] * 60))

    assert (status, error["code"]) == (400, "InvalidQuery")


def test_a_token_fits_only_its_order(erp: Erp) -> None:
    page = next(pages(erp, "$orderby=PayTermsGrpCode"))
    token = urlsplit(page["@odata.nextLink"]).query.partition("$skiptoken=")[2]

    for order in ("CardCode", "Frozen"):
        query = f"$orderby={order}&$skiptoken={token}"
        assert erp.refusal("GET", PARTNERS.name, query=query)[0] == 400
