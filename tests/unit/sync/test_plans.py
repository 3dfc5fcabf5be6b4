"""When a run tries again, and when a schedule is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from connections.kit.errors import ErrorKind, RemoteError
from syncapp.sync import recorder, retry, schedule
from tests.every import every

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


def error(kind: ErrorKind, wait_s: int | None = None) -> RemoteError:
    wait = None if wait_s is None else timedelta(seconds=wait_s)
    return RemoteError(kind, "no", retry_after=wait)


@every("kind", [ErrorKind.TRANSIENT, ErrorKind.SESSION, ErrorKind.RATE])
def test_what_passes_is_tried_again_three_times(kind: ErrorKind) -> None:
    waits = [retry.wait_after(error(kind), tries) for tries in range(4)]

    assert waits == [*retry.LADDER, None]


@every(
    "kind",
    sorted(
        set(ErrorKind)
        - {ErrorKind.TRANSIENT, ErrorKind.SESSION, ErrorKind.RATE, ErrorKind.QUOTA}
    ),
)
def test_what_a_person_must_mend_is_not_tried_again(kind: ErrorKind) -> None:
    assert retry.wait_after(error(kind, 5), 0) is None


def test_a_wait_that_was_asked_for_does_not_use_up_patience() -> None:
    limited = error(ErrorKind.RATE, 42)

    assert retry.wait_after(limited, 99) == timedelta(seconds=42)
    assert not retry.counts(limited)
    assert retry.counts(error(ErrorKind.RATE))
    assert retry.counts(error(ErrorKind.TRANSIENT, 42))


def test_nobody_waits_for_hours() -> None:
    assert retry.wait_after(error(ErrorKind.QUOTA, 4000), 0) is None


def test_a_wait_of_nothing_is_a_second() -> None:
    assert retry.wait_after(error(ErrorKind.RATE, 0), 0) == timedelta(seconds=1)


def test_a_schedule_counts_from_the_planned_start() -> None:
    late = NOW + timedelta(seconds=40)

    assert schedule.next_after(NOW, 10, late) == NOW + timedelta(minutes=10)


def test_what_was_missed_is_made_up_for_once() -> None:
    later = NOW + timedelta(hours=3)

    assert schedule.next_after(NOW, 10, later) == later + timedelta(minutes=10)


@every("ids", [[], [5], [1, 2, 3], [10**12, 3, 7, 7]])
def test_link_ids_survive_packing(ids: list[int]) -> None:
    assert recorder.unpack(recorder.pack(ids)) == sorted(ids)


def test_neighbours_pack_small() -> None:
    packed = recorder.pack(range(1_000_000, 1_001_000))

    assert packed is not None
    assert len(packed) < 100
