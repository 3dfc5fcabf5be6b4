"""REST profiles: looking up, writing, batches and errors."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest

from connections.kit.base import (
    CLEAR,
    UNSET,
    ErrorKind,
    Op,
    Outcome,
    RemoteError,
    WriteItem,
)
from connections.systems.rest import Rest
from syncapp import canonical
from tests.every import every
from tests.unit.kit.talking import pages
from tests.unit.systems.rest_service import FIND, SECRETS, E, Service, ids, profile, queue

# --- looking up ---------------------------------------------------------------------------


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


@every("text", [profile(), profile('get: {path: "/items/{key}"}')])
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


@every(
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


@every("key", ["", ".", ".."])
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


@every(
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


@every(
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
