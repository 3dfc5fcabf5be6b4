"""REST profiles: logging in and reading."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from connections.kit.base import (
    ErrorKind,
    RemoteError,
)
from connections.kit.rest.reading import spelled, understood
from syncapp import canonical
from tests.every import every
from tests.unit.systems.rest_service import Service, ids, profile, queue

# --- logging in ---------------------------------------------------------------------------


@every(
    ("auth", "header", "value"),
    [
        ("{type: none}", "Authorization", None),
        ("{type: basic}", "Authorization", "Basic YWNtZTpwYXNzLTE="),
        (
            "{type: basic, user: u, password: $secret.token}",
            "Authorization",
            "Basic dTp0b2tlbi0x",
        ),
        ("{type: bearer}", "Authorization", "Bearer token-1"),
        ("{type: bearer, secret: $secret.password}", "Authorization", "Bearer pass-1"),
        ("{type: api_key, name: X-Key, prefix: 'Key '}", "X-Key", "Key token-1"),
    ],
)
def test_fixed_logins(auth: str, header: str, value: str | None) -> None:
    service = Service(lambda _: httpx.Response(200, json=[]))

    service.read(profile(top=f"auth: {auth}"))

    assert service.last.headers.get(header) == value


def test_a_key_in_the_query_is_not_kept_in_cursors() -> None:
    link = {"next": "https://erp.example/api/items?key=token-1&page=2"}
    service = Service(queue({"data": [{"id": 1}], **link}, {"data": []}))
    text = profile(
        "paging: {type: next_url, next: next}",
        "auth: {type: api_key, in: query, name: key}",
        "{path: /items, records: data}",
    )

    read = service.read(text)

    assert [request.url.params["key"] for request in service.requests] == ["token-1", "token-1"]
    assert "token-1" not in str([page.cursor for page in read])


@every(
    ("auth", "path", "sent"),
    [
        (
            "{type: oauth2_client_credentials, token_url: /token, scope: all}",
            "/token",
            b"grant_type=client_credentials&scope=all&client_id=me&client_secret=secret-1",
        ),
        (
            "{type: oauth2_refresh, token_url: 'https://login.example/t', send: header}",
            "/t",
            b"grant_type=refresh_token&refresh_token=token-1",
        ),
        (
            "{type: session_login, path: /login, token: access_token, "
            "body: {u: $secret.user, p: $secret.password, deep: [$secret.token, 1]}}",
            "/api/login",
            b'{"u":"acme","p":"pass-1","deep":["token-1",1]}',
        ),
    ],
)
def test_logins_that_are_renewed(auth: str, path: str, sent: bytes) -> None:
    service = Service(queue({"access_token": "fresh-1"}, []))

    service.read(profile(top=f"auth: {auth}"))

    login, request = service.requests
    assert (login.url.path, login.content) == (path, sent)
    assert request.headers["Authorization"] == "Bearer fresh-1"


def test_without_refresh_token_there_is_no_login() -> None:
    service = Service(queue())
    text = profile(top="auth: {type: oauth2_refresh, token_url: /t, refresh_token: ''}")

    with pytest.raises(RemoteError, match="no refresh token"):
        service.read(text)


# --- reading ------------------------------------------------------------------------------


def test_requests_are_made_from_templates() -> None:
    service = Service(queue({"data": [{"id": 1}]}, {"data": []}))
    text = profile(
        "paging: {type: page, first: 0, max: 50}",
        "headers: {X-Version: '7'}",
        '{path: /items, query: {page: "{page}", size: "{limit}", all: true, n: 5}, records: data}',
    )

    service.read(text, page_size=200, filter="status=active&x=a b")

    assert service.requests[0].url.path == "/api/items"
    assert dict(service.requests[0].url.params) == {
        "page": "0", "size": "50", "all": "true", "n": "5", "status": "active", "x": "a b",
    }  # fmt: skip
    assert service.requests[0].headers["X-Version"] == "7"


def test_a_list_may_be_asked_for_by_post() -> None:
    service = Service(queue(httpx.Response(502), [{"id": 1}], []))
    text = profile(
        "paging: {type: offset}",
        list_='{method: POST, path: /search, body: {from: "{offset}", size: "{limit}", '
        'since: "{since}", q: ["x", {a: "n{offset}"}, 5]}}',
    )

    service.read(text)

    assert canonical.loads(service.requests[1].content) == {
        "from": 0, "size": 2, "q": ["x", {"a": "n0"}, 5],
    }  # fmt: skip


@every(
    ("paging", "list_", "answers", "params"),
    [
        (
            "{type: offset, stop: empty_page}",
            '{path: /items, query: {o: "{offset}"}}',
            [[{"id": 1}, {"id": 2}], [{"id": 3}], []],
            [{"o": "0"}, {"o": "2"}, {"o": "3"}],
        ),
        (
            "{type: cursor, next: meta.next, more: meta.more}",
            '{path: /items, query: {c: "{cursor}"}, records: data}',
            [
                {"data": [{"id": 1}], "meta": {"next": "x", "more": True}},
                {"data": [{"id": 2}], "meta": {"next": "y", "more": False}},
            ],
            [{}, {"c": "x"}],
        ),
        (
            "{type: keyset, field: id}",
            '{path: /items, query: {after: "{last}"}}',
            [[{"id": 1}, {"id": 2}], [{"id": 3}], []],
            [{}, {"after": "2"}, {"after": "3"}],
        ),
        (
            "{type: link_header}",
            "{path: /items}",
            [
                httpx.Response(200, json=[{"id": 1}], headers={"Link": '<?p=2>; rel="next"'}),
                [{"id": 2}],
            ],
            [{}, {"p": "2"}],
        ),
        ("{type: none}", "{path: /items}", [[{"id": 1}]], [{}]),
    ],
)
def test_every_way_of_paging(paging: str, list_: str, answers: Any, params: Any) -> None:
    service = Service(queue(*answers))

    read = service.read(profile(f"paging: {paging}", list_=list_))

    assert ids(read) == [str(number + 1) for number in range(len(ids(read)))]
    assert [dict(request.url.params) for request in service.requests] == params


@every(
    ("records", "answer"),
    [
        ("data.list", {"data": {"list": [{"id": 1, "n": 1.50}]}}),
        ("data[?ok]", {"data": [{"id": 1, "n": 1.50, "ok": True}, {"id": 2, "ok": False}]}),
        ("values(@)", {"a": {"id": 1, "n": 1.50}}),
        ("@", [{"id": 1, "n": 1.50}]),
        ("[].items[]", [{"items": [{"id": 1, "n": 1.50}]}]),
    ],
)
def test_records_are_found_anywhere(records: str, answer: Any) -> None:
    service = Service(
        lambda _: httpx.Response(
            200,
            content=str(answer)
            .replace("'", '"')
            .replace("True", "true")
            .replace("False", "false"),
        )
    )

    (page,) = service.read(profile(list_=f"{{path: /items, records: '{records}'}}"))

    (record,) = page.records
    assert record.remote_id == "1"
    assert record.values["n"] == Decimal("1.5")


@every("records", ["data", "data[?a > `1`]", "data.list"])
def test_a_place_without_list_is_named(records: str) -> None:
    service = Service(lambda _: httpx.Response(200, json={"data": {}}))

    with pytest.raises(RemoteError) as caught:
        service.read(profile(list_=f"{{path: /items, records: '{records}'}}"))

    assert caught.value.kind is ErrorKind.BAD_RESPONSE


def test_places_that_overlap_are_searched() -> None:
    answer = {"data": [{"id": 1}], "x": {"next": "", "total": 1}}
    service = Service(lambda _: httpx.Response(200, json=answer))

    (page,) = service.read(
        profile(
            "paging: {type: cursor, next: x.next, more: x}",
            list_='{path: /items, query: {c: "{cursor}"}, records: data, total: x.total}',
        )
    )

    assert page.expected == 1


def test_a_bad_expression_on_this_document_finds_nothing() -> None:
    service = Service(lambda _: httpx.Response(200, json={"data": 5}))

    with pytest.raises(RemoteError, match="without a list"):
        service.read(profile(list_="{path: /items, records: 'sort(data)'}"))


SINCE = "since: {param: since, field: meta.at, overlap_seconds: 60}\nversion: rev"


def test_changes_are_asked_for() -> None:
    record = {"id": 1, "rev": 7, "meta": {"at": "2026-11-20T10:00:00Z"}}
    service = Service(lambda _: httpx.Response(200, json=[record]))

    (page,) = service.read(profile(SINCE))
    service.read(profile(SINCE), page.cursor)

    assert page.records[0].version == "7"
    assert "since" not in service.requests[0].url.params
    assert service.requests[1].url.params["since"] == "2026-11-20T09:59:00Z"


def test_lists_without_stamp_go_by_the_systems_clock() -> None:
    headers = {"Date": "Fri, 20 Nov 2026 10:00:00 GMT"}
    service = Service(lambda _: httpx.Response(200, json=[{"id": 1}], headers=headers))
    text = profile("since: {param: since}")

    (page,) = service.read(text)
    service.read(text, page.cursor)

    assert service.last.url.params["since"] == "2026-11-20T09:55:00Z"


AT = datetime(2026, 7, 1, 10, 0, 30, tzinfo=UTC)


@every(
    ("since", "text"),
    [
        ({}, "2026-07-01T10:00:30Z"),
        ({"format": "iso8601_utc"}, "2026-07-01T10:00:30Z"),
        ({"format": "iso8601", "timezone": "Europe/Berlin"}, "2026-07-01T12:00:30+02:00"),
        ({"format": "local", "timezone": "Europe/Berlin"}, "2026-07-01 12:00:30"),
        ({"format": "date", "timezone": "Pacific/Auckland"}, "2026-07-01"),
        ({"format": "epoch_s"}, "1782900030"),
        ({"format": "epoch_ms"}, "1782900030000"),
    ],
)
def test_stamps_are_spelled_and_understood(since: Any, text: str) -> None:
    assert spelled(AT, since) == text
    if since.get("format") != "date":
        assert understood(text, since) == AT


@every(
    ("value", "since"),
    [
        (None, {}),
        ("soon", {}),
        ("soon", {"timezone": "Europe/Berlin"}),
        ([], {}),
        (10**30, {}),
        (Decimal("NaN"), {}),
    ],
)
def test_stamps_that_are_none(value: Any, since: Any) -> None:
    assert understood(value, since) is None


def test_an_offset_outweighs_the_time_zone() -> None:
    assert understood("2026-07-01T10:00:30Z", {"timezone": "Europe/Berlin"}) == AT
    assert understood(Decimal("1782900030"), {}) == AT
