"""Pages are cut into records that know who they are and wait to be decoded."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from connections.kit.slices import (
    Picker,
    Shape,
    Slicer,
    id_text,
    joined,
    moment,
    parted,
    path_of,
)
from syncapp import canonical
from tests.every import every


def slices(*records: Any) -> list[Any]:
    return [msgspec.Raw(canonical.dumps(record)) for record in records]


def records(shape: Shape, *given: Any, **more: Any) -> list[Any]:
    return Slicer(shape, **more).records(slices(*given))


def test_places_are_picked_and_the_rest_is_skipped() -> None:
    picker = Picker(
        {"records": ("data", "list"), "next": ("data", "@next"), "total": ("meta", "n.o")},
        "records",
    )

    found = picker.pick(
        b'{"x":[{}],"data":{"list":[{"a":1.0},2],"@next":"y"},"meta":{"n.o":7}}'
    )

    assert [bytes(part) for part in found.pop("records")] == [b'{"a":1.0}', b"2"]
    assert found == {"next": "y", "total": 7}


@every("document", [b"{}", b'{"data":null}', b'{"data":{"list":null}}'])
def test_absent_places_are_none(document: bytes) -> None:
    picker = Picker({"records": ("data", "list"), "next": ("data", "next")}, "records")

    assert picker.pick(document) == {"records": None, "next": None}


def test_the_whole_document_may_be_the_list() -> None:
    assert len(Picker({"records": ()}, "records").pick(b"[1,2,3]")["records"]) == 3


def test_a_place_inside_another_is_refused() -> None:
    with pytest.raises(ValueError, match="as a whole and in parts"):
        Picker({"a": ("x",), "b": ("x", "y")})


@every("document", [b'{"data":{"list":{}}}', b'{"data":[]}', b"[]", b"{"])
def test_another_shape_is_an_error(document: bytes) -> None:
    with pytest.raises(canonical.type_errors):
        Picker({"records": ("data", "list")}, "records").pick(document)


@every(
    ("text", "path"),
    [
        ("data", ("data",)),
        ("data.items", ("data", "items")),
        ("a-b._c", ("a-b", "_c")),
        ("@", ()),
        ("", ()),
        ("data[*].x", None),
        ("a..b", None),
        ("length(@)", None),
    ],
)
def test_plain_paths(text: str, path: Any) -> None:
    assert path_of(text) == path


def test_records_know_who_they_are() -> None:
    shape = Shape(key=(("id",),), version=("@etag",), changed=("at",))

    first, second = records(
        shape, {"id": 7, "@etag": "W/1", "at": "2026-01-31T10:00:00+01:00"}, {"id": "x"}
    )

    assert (first.remote_id, first.version) == ("7", "W/1")
    assert first.changed_at == datetime(2026, 1, 31, 9, tzinfo=UTC)
    assert not first.deleted
    assert (second.remote_id, second.version, second.changed_at) == ("x", None, None)


def test_composite_keys_are_joined_so_that_they_come_apart() -> None:
    shape = Shape(key=(("a",), ("b", "c")))

    found, missing = records(shape, {"a": 'x"|', "b": {"c": 2}}, {"a": 1, "b": None})

    assert parted(found.remote_id, 2) == ['x"|', "2"]
    assert missing.remote_id is None


@every("value", ["", None, True, [], {}])
def test_what_cannot_be_an_id_is_none(value: Any) -> None:
    assert records(Shape(key=(("id",),)), {"id": value})[0].remote_id is None


def test_ids_are_text() -> None:
    assert id_text(Decimal("7.0")) == "7"
    assert id_text(Decimal("7.5")) == "7.5"
    assert id_text(12345678901234567890) == "12345678901234567890"


def test_keys_of_the_wrong_number_of_parts_are_refused() -> None:
    assert parted("x", 1) == ["x"]
    assert joined([]) is None
    for remote_id in ('["a"]', '"ab"', "7"):
        with pytest.raises(ValueError, match="no key of 2 parts"):
            parted(remote_id, 2)


def test_what_is_no_record_has_no_id_and_says_so_when_asked() -> None:
    found = records(Shape(key=(("id",),)), [1], "x", {"id": 1})

    assert [record.remote_id for record in found] == [None, None, "1"]
    with pytest.raises(ValueError, match="not a JSON object"):
        _ = found[0].values


def test_a_record_that_is_nested_too_deep_is_refused_alone() -> None:
    deep = b'{"id":1,"x":' + b"[" * 5000 + b"]" * 5000 + b"}"
    made = Slicer(Shape(key=(("id",),))).records([deep, b'{"id":2}'])

    assert [record.remote_id for record in made] == [None, "2"]
    with pytest.raises(ValueError, match="nested deeper"):
        _ = made[0].values


def test_tombstones_have_an_id_of_their_own_way() -> None:
    shape = Shape(key=(("id",),), removed=("@removed",))

    first, second, third = records(
        shape,
        {"id": 1, "@removed": {}},
        {"@removed": {"reason": "deleted"}},
        {"id": 3},
        identify=lambda raw: "found",
    )

    assert (first.remote_id, first.deleted) == ("1", True)
    assert (second.remote_id, second.deleted) == ("found", True)
    assert (third.remote_id, third.deleted) == ("3", False)
    assert records(shape, {"@removed": 1})[0].remote_id is None


def test_values_are_decoded_once() -> None:
    calls: list[bytes] = []

    def decode(raw: bytes) -> Any:
        calls.append(raw)
        return canonical.loads(raw)

    (record,) = records(Shape(key=(("id",),)), {"id": 1}, decode=decode)
    assert calls == []

    assert record.values is record.values
    assert calls == [b'{"id":1}']


def test_a_system_may_have_stamps_of_its_own() -> None:
    shape = Shape(key=(("id",),), changed=("at",))

    (record,) = records(
        shape, {"id": 1, "at": 60}, stamp=lambda value: datetime.fromtimestamp(value, UTC)
    )

    assert record.changed_at == datetime(1970, 1, 1, 0, 1, tzinfo=UTC)


@every(
    ("value", "expected"),
    [
        ("2026-01-31T10:00:00Z", datetime(2026, 1, 31, 10, tzinfo=UTC)),
        ("2026-01-31T10:00:00.1234567Z", datetime(2026, 1, 31, 10, 0, 0, 123456, UTC)),
        ("2026-01-31T10:00:00", datetime(2026, 1, 31, 10, tzinfo=UTC)),
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        (
            "2026-01-31T10:00:00-05:00",
            datetime(2026, 1, 31, 10, tzinfo=timezone(timedelta(hours=-5))),
        ),
        ("soon", None),
        (5, None),
        (None, None),
    ],
)
def test_change_stamps(value: Any, expected: datetime | None) -> None:
    assert moment(value) == expected


def test_slicing_a_page_costs_less_than_decoding_it() -> None:
    record = {"id": "C00001", "name": "x" * 500, **{f"f{n}": n for n in range(40)}}
    page = canonical.dumps({"value": [record] * 1000, "next": "y"})
    picker = Picker({"records": ("value",), "next": ("next",)}, "records")
    slicer = Slicer(Shape(key=(("id",),)))

    def cost(work: Callable[[], object]) -> float:
        def once() -> float:
            started = time.thread_time()
            work()
            return time.thread_time() - started

        return min(once() for _ in range(40))

    sliced = cost(lambda: slicer.records(picker.pick(page)["records"]))
    assert sliced < cost(
        lambda: [canonical.loads(canonical.dumps(record)) for _ in range(1000)]
    )
