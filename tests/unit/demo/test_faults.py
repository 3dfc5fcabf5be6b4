"""The fault door: ordered faults come in order, others are refused."""

from __future__ import annotations

from typing import Any

from syncapp import canonical
from syncapp.demo.erp import faults
from syncapp.demo.erp.faults import MAX_ENTRIES, Door, Fault, FaultKind
from syncapp.demo.erp.service import Answer, Request
from tests.every import every

PAGE = Answer(200, b'{"value":[{"CardCode":"A","CreditLimit":1.50}]}')


def order(door: Door, body: Any) -> Answer | None:
    return door.answer(Request("POST", "/_faults", body=canonical.dumps(body)))


def status(answer: Answer | None) -> int | None:
    return answer.status if answer else None


def test_faults_come_in_the_order_of_their_posts() -> None:
    door = Door()

    assert status(order(door, {"kind": "error", "after": 1})) == 204
    assert status(order(door, {"kind": "slow", "count": 2, "seconds": 0.5})) == 204

    slow = Fault(FaultKind.SLOW, 0.5)
    assert [door.next_fault() for _ in range(5)] == [
        None,
        Fault(FaultKind.ERROR),
        slow,
        slow,
        None,
    ]


def test_faults_can_be_forgotten() -> None:
    door = Door()
    order(door, {"kind": "error", "count": 100})

    door.answer(Request("DELETE", "/_faults"))

    assert door.next_fault() is None


@every(
    "body",
    [
        {},
        [],
        {"kind": "earthquake"},
        {"kind": ["error"]},
        {"kind": "error", "colour": 1},
        {"kind": "error", "count": -1},
        {"kind": "error", "count": 10**9},
        {"kind": "error", "count": "2"},
        {"kind": "error", "after": True},
        {"kind": "slow", "seconds": 1e9},
    ],
)
def test_nonsense_is_refused(body: Any) -> None:
    door = Door()

    assert status(order(door, body)) == 400
    assert door.next_fault() is None


def test_other_requests_are_none_of_its_business() -> None:
    assert Door().answer(Request("GET", "/odata/v4/Items")) is None
    assert Door().answer(Request("GET", "/_faults")) is None


def test_the_ledger_is_bounded() -> None:
    door = Door()
    for number in range(MAX_ENTRIES + 5):
        door.note(path=str(number))

    assert [door.entries()[0], len(door.entries())] == [{"path": "5"}, MAX_ENTRIES]


def test_refusals_come_before_anything_happens() -> None:
    limit = faults.refused(Fault(FaultKind.LIMIT, 7))

    assert limit is not None
    assert (limit.status, limit.headers) == (429, {"Retry-After": "7"})
    assert status(faults.refused(Fault(FaultKind.ERROR))) == 500
    assert faults.refused(Fault(FaultKind.DROP)) is None


@every(
    ("kind", "body"),
    [
        ("cut", b'{"value":[{"CardCode":"'),
        (
            "repeat",
            b'{"value":[{"CardCode":"A","CreditLimit":1.50}],"@odata.nextLink":"/here"}',
        ),
        ("slow", PAGE.body),
        ("drop", PAGE.body),
    ],
)
def test_answers_are_spoiled(kind: str, body: bytes) -> None:
    assert faults.spoiled(Fault(FaultKind(kind)), PAGE, "/here").body == body


def test_a_page_can_lead_elsewhere() -> None:
    spoiled = faults.spoiled(Fault(FaultKind.ELSEWHERE), PAGE, "/here")

    assert "169.254.169.254" in canonical.loads(spoiled.body)["@odata.nextLink"]


def test_html_comes_with_a_good_conscience() -> None:
    spoiled = faults.spoiled(Fault(FaultKind.HTML), PAGE, "/here")

    assert (spoiled.status, spoiled.content_type) == (200, "text/html;charset=utf-8")
    assert spoiled.body.startswith(b"<!DOCTYPE html>")


def test_only_lists_have_a_next_page() -> None:
    for body in (b'{"CardCode":"A"}', b"<xml/>", b""):
        answer = Answer(200, body)
        assert faults.spoiled(Fault(FaultKind.REPEAT), answer, "/here") == answer
