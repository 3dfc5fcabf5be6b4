"""Records, outcomes of writes, courses of readings, lines of checks, guessed fields."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from connections.kit import checks
from connections.kit.base import (
    CLEAR,
    UNSET,
    ErrorKind,
    Field,
    FieldType,
    Op,
    Outcome,
    Record,
    RemoteError,
    Setting,
    SettingKind,
    WriteItem,
    WriteResult,
)
from connections.kit.codes import OUTCOMES
from connections.kit.course import Course
from connections.kit.inference import fields_of
from connections.kit.outcomes import one_by_one, outcome_of
from tests.every import every
from tests.unit.kit.talking import NOW, ROOT, Talk

# --- values -------------------------------------------------------------------------------


def test_the_marks_for_absent_and_empty_have_names() -> None:
    assert (repr(UNSET), repr(CLEAR)) == ("UNSET", "CLEAR")


def test_a_secret_setting_is_known_by_its_kind() -> None:
    assert Setting("a", "A", SettingKind.SECRET).secret
    assert not Setting("a", "A").secret


def test_a_record_of_values_is_their_canonical_json() -> None:
    record = Record.of("1", {"a": Decimal("1.50")}, version="7")

    assert (record.raw, record.version) == (b'{"a":1.50}', "7")
    assert record.values == {"a": Decimal("1.50")}


def test_outcomes_are_numbered() -> None:
    assert [Outcome.of(outcome.number) for outcome in OUTCOMES] == list(OUTCOMES)


def test_an_error_knows_whether_it_passes() -> None:
    assert RemoteError(ErrorKind.RATE, "slow").passes
    assert not RemoteError(ErrorKind.AUTH, "no").passes


# --- outcomes of writes -------------------------------------------------------------------


def error(kind: ErrorKind, *, sent: bool = False, status: int | None = 400) -> RemoteError:
    return RemoteError(kind, "no", sent=sent, http_status=status)


@every(
    ("op", "given", "outcome"),
    [
        (Op.UPDATE, error(ErrorKind.VALIDATION), Outcome.REJECTED),
        (Op.UPDATE, error(ErrorKind.NOT_FOUND), Outcome.REJECTED),
        (Op.DELETE, error(ErrorKind.NOT_FOUND), Outcome.DELETED),
        (Op.UPDATE, error(ErrorKind.CONFLICT), Outcome.CONFLICT),
        (Op.UPDATE, error(ErrorKind.TRANSIENT), Outcome.RETRYABLE),
        (Op.UPDATE, error(ErrorKind.TRANSIENT, sent=True), Outcome.UNKNOWN),
        (Op.UPDATE, error(ErrorKind.BAD_RESPONSE, sent=True), Outcome.UNKNOWN),
        (Op.UPDATE, error(ErrorKind.BAD_RESPONSE), Outcome.REJECTED),
    ],
)
def test_what_an_error_makes_of_an_item(op: Op, given: RemoteError, outcome: Outcome) -> None:
    assert outcome_of(op, given) is outcome


def items(count: int, op: Op = Op.UPDATE) -> list[WriteItem]:
    return [WriteItem(number, op, {}) for number in range(count)]


def failing(at: int, given: RemoteError) -> Callable[[WriteItem], WriteResult]:
    def send(item: WriteItem) -> WriteResult:
        if item.index == at:
            raise given
        return WriteResult(item.index, Outcome.UPDATED)

    return send


@every(
    ("given", "outcomes"),
    [
        (error(ErrorKind.VALIDATION), ["updated", "rejected", "updated"]),
        (error(ErrorKind.CONFLICT), ["updated", "conflict", "updated"]),
        (error(ErrorKind.TRANSIENT, status=500, sent=True), ["updated", "unknown", "updated"]),
        (
            error(ErrorKind.TRANSIENT, status=None, sent=True),
            ["updated", "unknown", "retryable"],
        ),
        (error(ErrorKind.TRANSIENT, status=None), ["updated", "retryable", "retryable"]),
        (error(ErrorKind.RATE), ["updated", "retryable", "retryable"]),
        (error(ErrorKind.AUTH), ["updated", "retryable", "retryable"]),
        (error(ErrorKind.PERMISSION), ["updated", "retryable", "retryable"]),
    ],
)
def test_an_error_of_one_is_its_outcome_and_an_error_of_all_ends_the_sending(
    given: RemoteError, outcomes: list[str]
) -> None:
    results = one_by_one(items(3), failing(1, given))

    assert [result.outcome for result in results] == outcomes
    assert results[1].error is given


@every("kind", [ErrorKind.AUTH, ErrorKind.EGRESS, ErrorKind.RATE])
def test_nothing_is_raised_once_something_was_written(kind: ErrorKind) -> None:
    with pytest.raises(RemoteError):
        one_by_one(items(2), failing(0, error(kind)))

    results = one_by_one(items(2), failing(0, error(kind)), begun=True)
    assert [result.outcome for result in results] == ["retryable", "retryable"]


def test_a_lost_first_item_is_unknown_and_not_raised() -> None:
    lost = error(ErrorKind.TRANSIENT, status=None, sent=True)

    assert one_by_one(items(1), failing(0, lost))[0].outcome is Outcome.UNKNOWN


def test_a_deletion_of_what_is_gone_is_a_success() -> None:
    (result,) = one_by_one(items(1, Op.DELETE), failing(0, error(ErrorKind.NOT_FOUND)))

    assert (result.outcome, result.error) == (Outcome.DELETED, None)


def test_what_is_cancelled_may_be_sent_again() -> None:
    answers = iter([False, True])

    results = one_by_one(items(3), failing(9, error(ErrorKind.AUTH)), lambda: next(answers))

    assert [result.outcome for result in results] == ["updated", "retryable", "retryable"]


# --- the course of a reading --------------------------------------------------------------


def stamped(*hours: int) -> list[Record]:
    return [Record("1", b"{}", changed_at=NOW - timedelta(hours=back)) for back in hours]


def page(date: str = "Sat, 21 Nov 2026 12:00:00 GMT") -> httpx.Response:
    return httpx.Response(200, headers={"Date": date} if date else {})


def test_the_mark_is_the_greatest_stamp_seen() -> None:
    course = Course(None, lambda: NOW)

    course.note(stamped(9, 5, 7), page())
    middle = course.cursor({"at": 2})
    course.note(stamped(6), page())

    assert middle == {"v": 1, "seen": "2026-11-21T07:00:00+00:00", "at": {"at": 2}}
    assert course.cursor(None) == {"v": 1, "mark": "2026-11-21T07:00:00+00:00"}


def test_the_mark_never_goes_back() -> None:
    course = Course({"v": 1, "mark": "2026-11-21T11:00:00+00:00"}, lambda: NOW)

    course.note(stamped(5), page())

    assert course.cursor(None)["mark"] == "2026-11-21T11:00:00+00:00"
    assert course.since(timedelta(hours=1)) == NOW - timedelta(hours=2)


@every("date", ["Sat, 21 Nov 2026 12:00:00 GMT", ""])
def test_a_stamp_from_the_future_hides_nothing(date: str) -> None:
    course = Course(None, lambda: NOW)

    course.note(stamped(-9000), page(date))

    assert course.cursor(None)["mark"] == NOW.isoformat()


def test_pages_without_stamps_leave_no_mark() -> None:
    course = Course(None, lambda: NOW)

    course.note([Record("1", b"{}")], page())

    assert course.cursor(None) == {"v": 1}
    assert course.since(timedelta()) is None


def test_a_restart_forgets_the_page_and_keeps_the_mark() -> None:
    mark = "2026-11-21T11:00:00+00:00"
    course = Course({"v": 1, "mark": mark, "seen": mark, "at": {"url": "/x"}}, lambda: NOW)

    course.restart()

    assert (course.at, course.seen) == (None, None)
    assert course.cursor(None) == {"v": 1, "mark": mark}


# --- checks -------------------------------------------------------------------------------


def test_lines_stop_behind_the_first_that_fails() -> None:
    def fail() -> checks.Found:
        raise RemoteError(ErrorKind.AUTH, "Wrong password.")

    steps = [("a", lambda: checks.Found("fine", ("x", "X"))), ("b", fail), ("c", fail)]

    first, second = checks.lines(steps)

    assert (first.name, first.ok, first.account) == ("a", True, ("x", "X"))
    assert (second.name, second.ok, second.message) == ("b", False, "Wrong password.")


def answered(answer: httpx.Response) -> dict[str, Any]:
    steps = checks.HttpSteps(Talk(lambda _: answer).context(), ROOT)
    return {line.name: line for line in checks.lines([*steps.first(), *steps.last([], _never)])}


def _never(name: str) -> checks.Found:
    raise AssertionError


def test_any_answer_shows_that_it_can_be_reached() -> None:
    assert answered(httpx.Response(200))["reach"].message == "It answers with 200."
    assert (
        answered(httpx.Response(401))["reach"].message
        == "It answers with 401 before the login."
    )


def test_a_server_in_trouble_cannot_be_reached() -> None:
    lines = answered(httpx.Response(503, headers={"Retry-After": "60"}))

    assert not lines["reach"].ok
    assert "clock" not in lines


@every(
    ("date", "words"),
    [
        ("Sat, 21 Nov 2026 12:00:09 GMT", "differ by 9 seconds"),
        ("Sat, 21 Nov 2026 12:10:00 GMT", "10 minutes ahead"),
        ("Sat, 21 Nov 2026 11:50:00 GMT", "10 minutes behind"),
        ("nonsense", "does not tell its time"),
    ],
)
def test_clocks_are_compared(date: str, words: str) -> None:
    assert words in answered(httpx.Response(200, headers={"Date": date}))["clock"].message


def test_the_account_is_the_address_without_who_asks() -> None:
    assert (
        checks.account_of("https://ERP.example:8443/Odata/v4/")[0]
        == "erp.example:8443/Odata/v4"
    )
    assert checks.account_of("https://erp.example/")[0] == "erp.example"


# --- guessed fields -----------------------------------------------------------------------


def guessed(*records: Any) -> dict[str, Field]:
    return {field.name: field for field in fields_of(records, ("id",))}


@every(
    ("values", "kind"),
    [
        (["a", "b"], FieldType.TEXT),
        (["x" * 300, "b"], FieldType.LONG_TEXT),
        ([1, 2], FieldType.INTEGER),
        ([1, Decimal("1.5")], FieldType.DECIMAL),
        ([True, None], FieldType.BOOLEAN),
        (["2026-01-31"], FieldType.DATE),
        (["2026-01-31T10:00:00Z", "2026-01-31 10:00"], FieldType.DATETIME),
        (["10:00"], FieldType.TIME),
        ([1, "a"], FieldType.TEXT),
        ([None], FieldType.TEXT),
        ([{"a": 1}], FieldType.OBJECT),
        ([[1], []], FieldType.LIST),
    ],
)
def test_types_are_guessed_from_values(values: list[Any], kind: FieldType) -> None:
    assert guessed(*({"v": value} for value in values))["v"].type is kind


def test_inner_fields_are_guessed_too() -> None:
    fields = guessed({"id": 1, "a": {"b": {"c": 1}}, "l": [{"x": 1}, {"y": "z"}, 5]}, {"id": 2})

    assert fields["id"].key
    assert fields["a"].fields[0].fields[0] == Field("c", FieldType.INTEGER)
    assert [field.name for field in fields["l"].fields] == ["x", "y"]


def test_the_depth_of_guessing_is_bounded() -> None:
    value: Any = 1
    for _ in range(50):
        value = {"a": value}

    (field,) = fields_of([value])
    depth = 0
    while field.fields:
        (field,), depth = field.fields, depth + 1
    assert depth == 4
