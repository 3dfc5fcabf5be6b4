"""OData: what is asked page by page, and what is made of the answers."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from connections.kit.base import (
    ErrorKind,
    Query,
    RemoteError,
)
from connections.systems.odata import OData
from tests.every import every
from tests.unit.kit.talking import ROOT
from tests.unit.systems.odata_service import E, Service, ids, metadata, queue, rows

# --- logging in ---------------------------------------------------------------------------


@every(
    ("settings", "header", "value"),
    [
        ({"auth": "none"}, "Authorization", None),
        ({"auth": "basic", "user": "acme"}, "Authorization", "Basic YWNtZTpwdw=="),
        ({"auth": "bearer"}, "Authorization", "Bearer token-1"),
        ({"auth": "api_key"}, "X-API-Key", "token-1"),
        ({"auth": "api_key", "key_header": "Key"}, "Key", "token-1"),
    ],
)
def test_every_kind_of_login(settings: dict[str, Any], header: str, value: str | None) -> None:
    service = Service(lambda _: rows())

    system = service.open(OData, settings, {"password": "pw", "token": "token-1"})
    list(system.read(Query(E), None))

    assert service.last.headers.get(header) == value


def test_the_root_may_be_entered_in_several_ways() -> None:
    for endpoint in (ROOT, ROOT.rstrip("/"), ROOT + "$metadata"):
        service = Service(lambda _: rows())
        system = service.system()
        object.__setattr__(system.context, "endpoint", endpoint)

        list(system.read(Query(E), None))

        assert service.last.url.path == "/api/Items"


# --- reading ------------------------------------------------------------------------------


def test_the_first_page_is_asked_in_order_and_counted() -> None:
    service = Service(lambda _: rows("a", **{"@odata.count": 1}))

    (page,) = service.read()

    assert service.asked == [{"$orderby": "ModifiedOn,Code", "$count": "true"}]
    assert service.last.headers["Prefer"] == "odata.maxpagesize=2"
    assert service.last.headers["OData-MaxVersion"] == "4.0"
    assert page.expected == 1


def test_next_links_are_followed_as_they_are() -> None:
    links = ["Items?$skiptoken=a'b%20c", ROOT + "Items?x=1", "/api/Items?y=2"]
    pages = [rows(str(n), **{"@odata.nextLink": link}) for n, link in enumerate(links)]
    pages[2] = rows("2", **{"@nextLink": links[2]})
    service = Service(queue(*pages, rows("3")))

    assert ids(service.read()) == ["0", "1", "2", "3"]
    assert service.asked[1:] == [{"$skiptoken": "a'b c"}, {"x": "1"}, {"y": "2"}]


def test_a_full_page_without_link_is_asked_on_by_skip() -> None:
    service = Service(queue(rows("a", "b"), rows("c", "d"), rows("e")))

    assert ids(service.read()) == ["a", "b", "c", "d", "e"]
    assert [(q.get("$top"), q.get("$skip")) for q in service.asked] == [
        (None, None), ("2", "2"), ("2", "4"),
    ]  # fmt: skip
    assert service.asked[1]["$orderby"] == "ModifiedOn,Code"


def test_a_full_page_that_is_all_there_is_ends() -> None:
    service = Service(queue(rows("a", "b", **{"@odata.count": 2})))

    assert ids(service.read()) == ["a", "b"]


def test_the_count_of_the_first_page_ends_the_last_one() -> None:
    service = Service(queue(rows("a", "b", **{"@count": 4}), rows("c", "d")))

    assert ids(service.read()) == ["a", "b", "c", "d"]


def test_more_than_a_page_without_link_is_everything() -> None:
    service = Service(queue(rows("a", "b", "c")))

    assert ids(service.read()) == ["a", "b", "c"]


def test_a_service_that_passes_over_skip_is_noticed() -> None:
    with pytest.raises(RemoteError, match="the same page again"):
        Service(lambda _: rows("a", "b")).read()


def test_filter_and_changes_come_together() -> None:
    service = Service(lambda _: rows())
    cursor = {"v": 1, "mark": "2026-11-21T10:00:00+00:00"}

    service.read(cursor, Query(E, filter="Number gt 5 or Number eq 1"), overlap_seconds=60)

    assert service.asked[0]["$filter"] == (
        "(Number gt 5 or Number eq 1) and (ModifiedOn ge 2026-11-21T09:59:00Z)"
    )


def test_the_wanted_fields_alone_are_asked_for() -> None:
    service = Service(lambda _: rows())

    service.read(query=Query(E, fields=("Number", "Lines", "Unknown", "Number")))

    assert service.asked[0]["$select"] == "Code,ModifiedOn,Number"
    assert service.asked[0]["$expand"] == "Lines"


def test_a_selection_that_is_too_long_is_left_out() -> None:
    names = [f"VeryLongNameOfAProperty{number}" for number in range(80)]
    body = "".join(f'<Property Name="{name}" Type="Edm.String"/>' for name in names)
    service = Service(lambda _: rows(), metadata(body))

    service.read(query=Query(E, fields=tuple(names)))

    assert "$select" not in service.asked[0]


def test_a_preview_asks_for_no_more_than_it_shows() -> None:
    service = Service(lambda _: rows("a", "b", **{"@odata.nextLink": "Items?x=1"}))

    (page,) = service.read(query=Query(E, max_records=2))

    assert service.asked[0]["$top"] == "2"
    assert page.complete


def stamped(code: str, stamp: str) -> dict[str, Any]:
    return {"Code": code, "ModifiedOn": stamp}


def test_the_mark_is_taken_from_the_data() -> None:
    page = {
        "value": [stamped("a", "2026-11-20T10:00:00Z"), stamped("b", "2026-11-19T10:00:00Z")]
    }

    (read,) = Service(queue({**page, "@odata.count": 2})).read()

    assert read.cursor == {"v": 1, "mark": "2026-11-20T10:00:00+00:00"}
    assert read.records[0].changed_at is not None


def test_paging_by_key() -> None:
    first = {"value": [stamped("a", "2026-11-20T10:00:00.1234567Z"), {"Code": "b'"}]}
    service = Service(queue(first, {"value": [stamped("c", "2026-11-21T10:00:00Z")]}, rows()))

    assert ids(service.read(paging="keys")) == ["a", "b'", "c"]
    assert [q.get("$filter") for q in service.asked] == [
        None,
        "(ModifiedOn ne null) or (ModifiedOn eq null and Code gt 'b''')",
        "(ModifiedOn gt 2026-11-21T10:00:00Z) or "
        "(ModifiedOn eq 2026-11-21T10:00:00Z and Code gt 'c')",
    ]
    assert {q["$top"] for q in service.asked} == {"2"}
    assert [q.get("$count") for q in service.asked] == ["true", None, None]


def test_paging_by_a_key_that_is_not_what_it_should_be_is_named() -> None:
    odd = {"value": [{"Order": "A", "No": "one"}, {"Order": "B", "No": "two"}]}

    with pytest.raises(RemoteError, match="No is not what") as caught:
        Service(lambda _: odd).read(query=Query("Lines", page_size=2), paging="keys")

    assert caught.value.kind is ErrorKind.BAD_RESPONSE


def test_a_date_is_a_change_field_too() -> None:
    service = Service(lambda _: {"value": [{"Order": "A", "No": 1, "Day": "2026-11-20"}]})
    query = Query("Lines")

    (page,) = service.read(query=query, change_field="nothing, day")
    service.read(page.cursor, query, change_field="nothing, day", overlap_seconds=86400)

    assert page.records[0].remote_id == '["A","1"]'
    assert service.asked[1]["$filter"] == "Day ge 2026-11-19"
    assert service.asked[1]["$orderby"] == "Day,Order,No"


def test_a_set_without_change_field_is_read_as_a_whole() -> None:
    service = Service(lambda _: {"value": []})

    (page,) = service.read({"v": 1, "mark": "2026-11-20T00:00:00+00:00"}, Query("Lines"))

    assert "$filter" not in service.asked[0]
    assert page.cursor["v"] == 1


# --- delta links --------------------------------------------------------------------------


def test_delta_links_are_kept_and_tell_removals() -> None:
    gone = [
        {"@removed": {"reason": "deleted"}, "Code": "b"},
        {"@removed": {"reason": "deleted"}, "@id": ROOT + "Items('c''d')"},
        {"@removed": {}, "@odata.id": "Items('e')"},
        {"@removed": {}, "id": "nonsense"},
    ]
    service = Service(
        queue(
            rows("a", **{"@odata.nextLink": "Items?p=2"}),
            rows("b", **{"@odata.deltaLink": ROOT + "Items?$deltatoken=1"}),
            {"value": gone, "@deltaLink": "Items?$deltatoken=2"},
        )
    )

    pages = service.read(delta=True)
    (changes,) = service.read(pages[-1].cursor, delta=True)

    assert service.requests[1].headers["Prefer"] == "odata.track-changes, odata.maxpagesize=2"
    assert "$orderby" not in service.asked[0]
    assert pages[-1].cursor == {"v": 1, "delta": "/api/Items?$deltatoken=1"}
    assert service.asked[-1] == {"$deltatoken": "1"}
    assert [record.remote_id for record in changes.records] == ["b", "c'd", "e", None]
    assert all(record.deleted for record in changes.records)
    assert changes.cursor["delta"] == "/api/Items?$deltatoken=2"


@every("stored", [{"delta": "/api/Items?d=1"}, {"at": {"url": "/api/Items?p=9"}}])
def test_a_stored_link_that_is_gone_means_from_the_start(stored: dict[str, Any]) -> None:
    service = Service(
        queue(httpx.Response(410), rows("a", **{"@odata.deltaLink": "Items?d=2"}))
    )

    (page,) = service.read({"v": 1, **stored}, delta=True)

    assert ids([page]) == ["a"]
    assert service.asked[1] == {"$count": "true"}


def test_a_link_that_is_gone_in_the_middle_is_an_error() -> None:
    service = Service(queue(rows("a", **{"@odata.nextLink": "Items?p=2"}), httpx.Response(410)))

    with pytest.raises(RemoteError) as caught:
        service.read()

    assert caught.value.http_status == 410


def test_other_trouble_with_a_stored_link_is_an_error() -> None:
    service = Service(queue(httpx.Response(403)))

    with pytest.raises(RemoteError):
        service.read({"v": 1, "delta": "/api/Items?d=1"}, delta=True)
