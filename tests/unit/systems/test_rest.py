"""REST profiles: what is asked, what is made of the answers, and slips that are named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from connections.kit.base import (
    CLEAR,
    UNSET,
    ErrorKind,
    FieldType,
    Op,
    Outcome,
    Query,
    Rate,
    RemoteError,
    WriteItem,
)
from connections.kit.rest.profile import ProfileError, load
from connections.kit.rest.reading import spelled, understood
from connections.systems.rest import Rest
from syncapp import canonical
from tests.unit.kit.talking import NOW, Handler, Talk, pages

E = "Items"
SECRETS = {"token": "token-1", "password": "pass-1", "client_secret": "secret-1"}


def profile(entity: str = "", top: str = "", list_: str = "{path: /items}") -> str:
    inner = "".join(f"\n    {line}" for line in entity.strip().splitlines())
    return f"{top}\nentities:\n  Items:\n    key: [id]\n    list: {list_}{inner}\n"


class Service(Talk):
    def system(self, text: str, **settings: Any) -> Any:
        return self.open(
            Rest, {"profile": text, "user": "acme", "client_id": "me", **settings}, SECRETS
        )

    def read(self, text: str, cursor: Any = None, **query: Any) -> list[Any]:
        query = {"page_size": 2, **query}
        return list(self.system(text).read(Query(E, **query), cursor))


def ids(read: list[Any]) -> list[str]:
    return [record.remote_id for page in read for record in page.records]


def queue(*answers: Any) -> Handler:
    left = list(answers)

    def handler(_: httpx.Request) -> httpx.Response:
        found = left.pop(0)
        return found if isinstance(found, httpx.Response) else httpx.Response(200, json=found)

    return handler


# --- logging in ---------------------------------------------------------------------------


@pytest.mark.parametrize(
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


@pytest.mark.parametrize(
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


@pytest.mark.parametrize(
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


@pytest.mark.parametrize(
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


@pytest.mark.parametrize("records", ["data", "data[?a > `1`]", "data.list"])
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


@pytest.mark.parametrize(
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


@pytest.mark.parametrize(
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


# --- looking up ---------------------------------------------------------------------------

FIND = 'find: {path: /items, query: {id: "{key}"}, records: data}'


def test_looking_up_by_query() -> None:
    service = Service(queue({"data": [{"id": 1}]}, {"data": []}))

    found = service.system(profile(FIND)).find(E, [{"id": "1"}, {"id": "2"}])

    assert [[r.remote_id for r in records] for records in found] == [["1"], []]
    assert service.requests[0].url.params["id"] == "1"


def test_a_question_that_is_not_understood_is_noticed() -> None:
    """Else each record would be taken for a new one."""
    service = Service(lambda _: httpx.Response(200, json={"data": [{"id": 7}, {"id": 8}]}))

    with pytest.raises(RemoteError, match="not understand") as caught:
        service.system(profile(FIND)).find(E, [{"id": "1"}])
    assert caught.value.kind is ErrorKind.BAD_RESPONSE

    searching = profile(FIND.replace("path", "search: true, path"))
    assert service.system(searching).find(E, [{"id": "1"}]) == [[]]


def test_looking_up_by_other_fields() -> None:
    service = Service(lambda _: httpx.Response(200, json=[{"id": 7, "a": {"b": "x"}}]))
    text = profile('find: {path: "/by/{key.a.b}"}')

    (found,) = service.system(text).find(E, [{"a.b": "x"}])

    assert found[0].remote_id == "7"
    assert service.last.url.path == "/api/by/x"
    with pytest.raises(RemoteError, match=r"asks for key\.a\.b, not for id"):
        service.system(text).find(E, [{"id": "7"}])


def test_looking_up_by_address() -> None:
    service = Service(
        queue({"item": {"id": "a/b"}}, httpx.Response(404), httpx.Response(410), {"item": None})
    )
    text = profile('get: {path: "/items/{key}", record: item, not_found: [404, 410]}')

    found = service.system(text).find(E, [{"id": key} for key in ("a/b", "c", "d", "e")])

    assert [len(records) for records in found] == [1, 0, 0, 0]
    assert service.requests[0].url.raw_path == b"/api/items/a%2Fb"


@pytest.mark.parametrize("text", [profile(), profile('get: {path: "/items/{key}"}')])
def test_a_look_up_that_the_profile_does_not_know_is_named(text: str) -> None:
    with pytest.raises(RemoteError, match="does not say how a record is found by name"):
        Service(lambda _: httpx.Response(200)).system(text).find(E, [{"name": "x"}])


# --- writing ------------------------------------------------------------------------------

WRITES = """
create: {path: /items}
update: {path: "/items/{key}", method: PUT, body: {data: "{record}", fixed: yes, id: "{key}"}}
delete: {path: "/items/{key}"}
"""


def write(service: Service, text: str, op: Op, **more: Any) -> Any:
    item = WriteItem(0, op, more.pop("key", {}), **more)
    return service.system(text).write(E, [item])[0]


def test_single_writes() -> None:
    service = Service(queue({"id": 9}, httpx.Response(204), httpx.Response(404)))
    text = profile(WRITES)

    created = write(service, text, Op.CREATE, values={"a": 1, "b": CLEAR, "c": UNSET})
    updated = write(service, text, Op.UPDATE, remote_id="9", values={"a": Decimal("1.50")})
    deleted = write(service, text, Op.DELETE, remote_id="9")

    assert (created.outcome, created.remote_id) == (Outcome.CREATED, "9")
    assert (updated.outcome, deleted.outcome) == (Outcome.UPDATED, Outcome.DELETED)
    assert [(r.method, r.url.path, r.content) for r in service.requests] == [
        ("POST", "/api/items", b'{"a":1,"b":null}'),
        ("PUT", "/api/items/9", b'{"data":{"a":1.50},"fixed":"yes","id":"9"}'),
        ("DELETE", "/api/items/9", b""),
    ]


@pytest.mark.parametrize(
    ("rule", "answer", "remote_id"),
    [
        ("{path: /i, key_from: made.no}", {"made": {"no": 5}}, "5"),
        ("{path: /i, wrap: item}", {"item": {"id": 6}}, "6"),
        ("{path: /i, wrap: item}", {"id": 6}, "6"),
        ("{path: /i}", httpx.Response(201, headers={"Location": "/api/items/7/"}), "7"),
        ("{path: /i}", [], None),
        ("{path: /i}", httpx.Response(204), None),
    ],
)
def test_the_new_id_is_found(rule: str, answer: Any, remote_id: str | None) -> None:
    result = write(
        Service(queue(answer)), profile(f"create: {rule}"), Op.CREATE, values={"a": 1}
    )

    assert result.remote_id == remote_id


def test_how_a_field_is_emptied_depends_on_the_system() -> None:
    service = Service(lambda _: httpx.Response(204))

    write(service, profile(f"clear: API_BLANK{WRITES}"), Op.CREATE, values={"a": CLEAR})

    assert service.last.content == b'{"a":"API_BLANK"}'


def test_a_key_is_sent_so_that_a_repetition_is_known() -> None:
    service = Service(lambda _: httpx.Response(204))
    text = profile(f"idempotency: {{header: Idempotency-Key}}{WRITES}")

    write(service, text, Op.CREATE, values={}, idempotency_key="k-1")
    assert service.last.headers["Idempotency-Key"] == "k-1"
    write(service, text, Op.CREATE, values={})

    assert "Idempotency-Key" not in service.last.headers


def test_records_are_addressed_by_their_key_fields() -> None:
    service = Service(lambda _: httpx.Response(204))
    text = 'entities: {Items: {key: [a, b], list: {path: /x}, update: {path: "/x/{key.a}/{key.b}"}}}'

    write(service, text, Op.UPDATE, remote_id='["1","2"]')
    write(service, text, Op.UPDATE, key={"a": "3", "b": "4"})

    assert [r.url.path for r in service.requests] == ["/api/x/1/2", "/api/x/3/4"]
    refused = write(service, text, Op.UPDATE, key={"a": "3"})
    assert "no key of a, b" in refused.error.message


@pytest.mark.parametrize("key", ["", ".", ".."])
def test_a_key_never_leads_to_another_path(key: str) -> None:
    service = Service(lambda _: httpx.Response(204))

    result = write(service, profile(WRITES), Op.DELETE, remote_id=key)

    assert result.outcome is Outcome.REJECTED
    assert service.requests == []


def test_what_the_profile_does_not_know_is_refused() -> None:
    result = write(Service(lambda _: httpx.Response(204)), profile(), Op.CREATE, values={})

    assert result.error.kind is ErrorKind.UNSUPPORTED


# --- batches ------------------------------------------------------------------------------

BATCH = (
    "batch: {path: /bulk, max: 3, wrap: items, results: results, ok: \"status == 'ok'\", key_from: id}"
    + WRITES
)
ERROR = "error: {code: code, message: message, field: field, kinds: {dup: conflict}}"


def items(count: int, op: Op = Op.CREATE) -> list[WriteItem]:
    return [
        WriteItem(
            n, op, {}, {"id": str(n), "n": n}, remote_id=None if op is Op.CREATE else str(n)
        )
        for n in range(count)
    ]


def bulk(answers: Callable[[Any], Any]) -> Service:
    def handler(request: httpx.Request) -> httpx.Response:
        found = answers(canonical.loads(request.content)["items"])
        return found if isinstance(found, httpx.Response) else httpx.Response(200, json=found)

    return Service(handler)


def test_batches_have_one_result_for_each_record() -> None:
    service = bulk(
        lambda sent: {
            "results": [
                {"status": "ok", "id": f"new-{row['n']}"}
                if row["n"] != 1
                else {"status": "no", "code": "x", "message": "Bad name", "field": "name"}
                for row in sent
            ]
        }
    )

    results = service.system(profile(BATCH, ERROR)).write(E, items(4))

    assert [len(canonical.loads(r.content)["items"]) for r in service.requests] == [3, 1]
    assert [result.outcome for result in results] == [
        "created",
        "rejected",
        "created",
        "created",
    ]
    assert [result.remote_id for result in results] == ["new-0", None, "new-2", "new-3"]
    assert results[1].error is not None
    assert (results[1].error.field_name, results[1].error.message) == ("name", "Bad name")


def test_results_are_matched_by_key_or_by_their_own_index() -> None:
    by_key = profile(BATCH.replace("wrap: items", "wrap: items, match: id"), ERROR)
    service = bulk(
        lambda sent: {"results": [{"id": row["id"], "status": "ok"} for row in reversed(sent)]}
    )
    assert [r.remote_id for r in service.system(by_key).write(E, items(3))] == ["0", "1", "2"]

    service = bulk(
        lambda sent: {"results": [{"index": 2, "status": "ok"}, {"index": 0, "status": "ok"}]}
    )
    results = service.system(profile(BATCH, ERROR)).write(E, items(3))
    assert [result.outcome for result in results] == ["created", "unknown", "created"]


def test_a_record_that_is_not_mentioned_is_unknown() -> None:
    service = bulk(lambda sent: {"results": "none"})

    results = service.system(profile(BATCH, ERROR)).write(E, items(2))

    assert [result.outcome for result in results] == ["unknown", "unknown"]


def test_an_error_in_a_result_has_its_kind_and_a_reason() -> None:
    service = bulk(lambda sent: {"results": [{"status": "no", "code": "dup"}]})

    (result,) = service.system(profile(BATCH, ERROR)).write(E, items(1))

    assert result.outcome is Outcome.CONFLICT
    assert result.error is not None
    assert "without a reason" in result.error.message


def test_a_batch_that_is_refused_as_a_whole_is_halved() -> None:
    def answer(sent: Any) -> Any:
        if any(row["n"] == 5 for row in sent):
            return httpx.Response(422, json={"message": "One of them is bad"})
        return {"results": [{"status": "ok"} for _ in sent]}

    service = bulk(answer)
    text = profile(BATCH.replace("max: 3", "max: 8"), ERROR)

    results = service.system(text).write(E, items(8))

    assert [r.index for r in results if r.outcome is Outcome.REJECTED] == [5]
    assert sum(r.outcome is Outcome.CREATED for r in results) == 7
    assert len(service.requests) == 7


@pytest.mark.parametrize(
    ("second", "outcomes"),
    [
        (httpx.Response(401), ["created"] * 3 + ["retryable"] * 5),
        (httpx.Response(429), ["created"] * 3 + ["retryable"] * 5),
        (httpx.Response(504), ["created"] * 3 + ["unknown"] * 3 + ["created"] * 2),
    ],
)
def test_trouble_in_a_later_batch(second: httpx.Response, outcomes: list[str]) -> None:
    count = [0]

    def answer(sent: Any) -> Any:
        count[0] += 1
        if count[0] >= 2 and (second.status_code != 504 or count[0] == 2):
            return httpx.Response(second.status_code)
        return {"results": [{"status": "ok"} for _ in sent]}

    results = bulk(answer).system(profile(BATCH, ERROR)).write(E, items(8))

    assert [result.outcome for result in results] == outcomes


def test_trouble_in_the_first_batch_is_raised() -> None:
    with pytest.raises(RemoteError) as caught:
        bulk(lambda _: httpx.Response(401)).system(profile(BATCH, ERROR)).write(E, items(2))

    assert caught.value.kind is ErrorKind.AUTH


def test_batches_and_single_writes_in_one_call() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if request.method == "DELETE":
            return httpx.Response(401)
        return httpx.Response(200, json={"results": [{"status": "ok"}]})

    mixed = [*items(1), WriteItem(1, Op.DELETE, {}, remote_id="7")]

    results = Service(handler).system(profile(BATCH, ERROR)).write(E, mixed)

    assert [result.outcome for result in results] == ["created", "retryable"]


def test_a_cancelled_write_sends_nothing() -> None:
    service = Service(pages())
    system = service.open(Rest, {"profile": profile(BATCH)}, SECRETS, cancelled=lambda: True)

    assert [r.outcome for r in system.write(E, items(2))] == ["retryable", "retryable"]


# --- errors -------------------------------------------------------------------------------

RULES = """
success: {status: [200, 201], body_ok: "code == `0`"}
error: {code: code, message: "errors[].text || [message]", field: "errors[].at", kinds: {57: auth, 44: rate}}
"""


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        ({"code": 57, "message": "Not you"}, ErrorKind.AUTH, "Not you. Check the login"),
        ({"code": 44}, ErrorKind.RATE, "refuses"),
        ({"code": 1, "errors": [{"text": "Bad  name", "at": "name"}]}, ErrorKind.VALIDATION, "Bad name"),
        (httpx.Response(202, json={}), ErrorKind.BAD_RESPONSE, "unexpected status 202"),
        (httpx.Response(400, json={"code": 57, "message": "Not you"}), ErrorKind.AUTH, "Not you"),
        (httpx.Response(400, json={"message": {"x": 1}}), ErrorKind.VALIDATION, "400 Bad Request"),
        (httpx.Response(400, text="Oops"), ErrorKind.VALIDATION, "400 Bad Request"),
    ],
)  # fmt: skip
def test_errors_by_rule(answer: Any, kind: ErrorKind, words: str) -> None:
    service = Service(queue(answer, answer, answer))

    with pytest.raises(RemoteError) as caught:
        service.read(profile(top=RULES, list_="{path: /items, records: data}"))

    assert caught.value.kind is kind
    assert words in caught.value.message


def test_a_refusal_with_status_200_concerns_the_record() -> None:
    answer = {"code": 1, "errors": [{"text": "Bad token-1 name", "at": "name"}]}
    service = Service(lambda _: httpx.Response(200, json=answer))

    result = write(service, profile(WRITES, RULES), Op.UPDATE, remote_id="1")

    assert result.outcome is Outcome.REJECTED
    assert (result.error.code, result.error.field_name) == ("1", "name")
    assert "Bad ••• name" in result.error.message
    assert result.error.http_status == 200


def test_an_answer_that_meets_the_condition_is_good() -> None:
    service = Service(lambda _: httpx.Response(200, json={"code": 0, "data": [{"id": 1}]}))

    assert ids(service.read(profile(top=RULES, list_="{path: /items, records: data}"))) == ["1"]


def test_an_empty_answer_meets_every_condition() -> None:
    service = Service(lambda _: httpx.Response(200))

    assert write(service, profile(WRITES, RULES), Op.DELETE, remote_id="1").outcome == "deleted"


# --- describing ---------------------------------------------------------------------------


def test_declared_fields_and_capabilities() -> None:
    text = profile(
        "label: Articles\nfields: [{name: id, type: integer, read_only: true}, {name: c, type: choice, "
        "choices: [a, b], required: true, max_length: 5, label: See}, {name: l, type: list, "
        "fields: [{name: x}]}]\nsince: {field: at, param: p}\n"
        "paging: {type: page, max: 500}\nidempotency: {header: K}\n"
        "batch: {path: /b, results: r, ops: [upsert], max: 7}",
        list_='{path: /i, query: {p: "{page}"}}',
    )

    (entity,) = Service(pages()).system(text).entities()

    assert (entity.label, entity.change_field) == ("Articles", "at")
    id_, choice, lines = entity.fields
    assert not id_.writable
    assert (choice.type, choice.choices[0], choice.required) == (
        FieldType.CHOICE,
        ("a", "a"),
        True,
    )
    assert lines.fields[0].name == "x"
    caps = entity.caps
    assert (caps.since, caps.batch_max, caps.page_max) == ("time", 7, 500)
    assert (caps.ops, caps.upsert_by) == ({Op.UPSERT}, ("id",))
    assert (caps.write_semantics, caps.idempotency) == ("idempotent", "header")


@pytest.mark.parametrize(
    ("entity", "semantics"),
    [("", "neither"), (FIND, "searchable"), ('get: {path: "/i/{key}"}', "searchable")],
)
def test_how_safe_it_is_to_write(entity: str, semantics: str) -> None:
    service = Service(lambda _: httpx.Response(200, json=[]))

    (found,) = service.system(profile(entity)).entities()

    assert found.caps.write_semantics == semantics


def test_fields_are_guessed_from_a_sample() -> None:
    service = Service(
        lambda _: httpx.Response(200, json=[{"id": 1, "at": "2026-01-31"}, "no record"])
    )

    (entity,) = service.system(profile()).entities()

    assert {field.name: field.type for field in entity.fields} == {
        "id": FieldType.INTEGER,
        "at": FieldType.DATE,
    }


@pytest.mark.parametrize("answer", [httpx.Response(403), httpx.Response(200, json=[])])
def test_without_a_sample_there_is_the_key(answer: httpx.Response) -> None:
    (entity,) = Service(queue(answer)).system(profile()).entities()

    assert [(field.name, field.key) for field in entity.fields] == [("id", True)]


def test_a_wrong_login_is_no_missing_sample() -> None:
    with pytest.raises(RemoteError):
        Service(queue(httpx.Response(401))).system(profile()).entities()


def test_the_rate_is_taken_from_the_profile() -> None:
    text = profile(top="rate: {requests: 60, per_seconds: 30}")

    assert Rest.rates({"profile": text}) == (Rate(60, 30.0),)
    assert Rest.rates({"profile": profile()}) == ()
    assert Rest.rates({}) == ()


def test_a_profile_may_name_how_a_login_is_tested() -> None:
    service = Service(lambda _: httpx.Response(200, json={}))

    lines = list(service.system(profile(top="test: {path: /me}")).check())

    assert all(line.ok for line in lines)
    assert "/api/me" in [request.url.path for request in service.requests]


def test_a_base_address_of_its_own() -> None:
    service = Service(lambda _: httpx.Response(200, json=[]))

    service.read(profile(top="base_url: https://erp.example/other/v2/"))
    assert service.last.url.path == "/other/v2/items"

    with pytest.raises(RemoteError) as caught:
        service.read(profile(top="base_url: https://evil.example/"))
    assert caught.value.kind is ErrorKind.EGRESS


# --- slips in profiles --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "begins with keys such as auth"),
        ("- a", "begins with keys such as auth"),
        ("a: [", "Line 1"),
        ("a: b\na: c", "Line 2, column 1: the key 'a' is there twice"),
        ("? [a]\n: b", "a key must be text"),
        ("a: &x [1]\nb: *x", "aliases"),
        ("a: !!python/object:os.system x", "could not determine a constructor"),
        ("a: \x00", "not YAML"),
        ("[" * 5000, "not YAML"),
        ("x" * 200_001, "longer than"),
        ("entities: {}", "entities"),
        ("auth: {type: none}", "profile: entities is missing"),
        (profile(top="colour: red"), "profile: unknown key colour. Known are: base_url"),
        (profile(top="auth: {type: magic}"), "auth.type: 'magic' is not one of none, basic"),
        (profile(top="auth: {type: api_key}"), "auth: name is missing"),
        (profile(top="auth: {type: oauth2_refresh}"), "auth: token_url is missing"),
        (profile(top="auth: {type: session_login, path: /l, body: {}}"), "auth: say either"),
        (profile(top="base_url: ftp://x"), "base_url: 'ftp://x' must begin with https://"),
        (profile(top="rate: {requests: lots, per_seconds: 1}"), "a whole number, found text"),
        (profile(top="rate: {requests: 0, per_seconds: 1}"), "rate.requests: 0 is less than"),
        (profile(top="success: {body_ok: 'a ='}"), "success.body_ok: 'a =' is no JMESPath"),
        (profile(top="auth: {type: bearer, secret: $secret.pin}"), "there is no $secret.pin"),
        (
            profile(
                top="auth: {type: session_login, path: /l, token: t, body: {a: [$secret.x]}}"
            ),
            "auth.body.a[0]: there is no $secret.x",
        ),
        (profile("paging: {type: page}"), "needs {page} in path"),
        (profile("paging: {type: cursor}"), "entities.Items.paging: next is missing"),
        (profile("paging: {type: keyset}"), "field is missing"),
        (profile(list_='{path: /i, query: {a: "{oops}"}}'), "unknown variable {oops}"),
        (profile(list_='{path: /i, query: {a: "{page}"}}'), "unknown variable {page}"),
        (profile(list_="{path: items}"), "entities.Items.list.path: 'items' must begin with /"),
        (profile(list_="[]"), "entities.Items.list: expected a mapping, found a list"),
        (profile('update: {path: "/i/{id}"}'), "entities.Items.update: unknown variable {id}"),
        (
            profile('create: {path: "/i/{key}"}'),
            "entities.Items.create: unknown variable {key}",
        ),
        (profile("find: {path: /i}"), "entities.Items.find: needs {key}"),
        (profile("since: {timezone: Mars/Base}"), "no time zone 'Mars/Base'"),
        (profile("fields: [{name: a, type: money}]"), "entities.Items.fields[0].type"),
        (profile("fields: [{type: text}]"), "entities.Items.fields[0]: name is missing"),
        (profile("fields: [{name: yes, required: no}]"), "true or false, found text"),
        (profile("fields: [{name: a, max_length: true}]"), "a whole number, found yes or no"),
        (profile("fields: [{name: a, label: }]"), "expected text, found nothing"),
        (profile("fields: [{name: a, label: 5}]"), "expected text, found a number"),
        (profile("fields: [{name: a, label: {b: c}}]"), "expected text, found a mapping"),
    ],
)
def test_slips_are_named_with_their_place(text: str, words: str) -> None:
    with pytest.raises(ProfileError) as caught:
        load(text)

    assert words in str(caught.value)
    assert Rest.problems({"profile": text}) == {"profile": str(caught.value)}


def test_yaml_is_read_without_surprises() -> None:
    text = profile(
        top="headers: {a: on, b: 2026-01-31, c: 'x', d: 1_0, e: 0o7}",
        list_="{path: /i, query: {n: 5, f: 1.5, t: true, z: 007}}",
    )

    loaded = load(text)

    assert loaded["headers"] == {"a": "on", "b": "2026-01-31", "c": "x", "d": "1_0", "e": "0o7"}
    assert loaded["entities"]["Items"]["list"]["query"] == {
        "n": 5,
        "f": 1.5,
        "t": True,
        "z": "007",
    }
    assert Rest.problems({"profile": text}) == {}


def test_the_clock_is_the_contexts() -> None:
    assert Talk(pages()).context().now() == NOW
