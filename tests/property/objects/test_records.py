"""What the record store promises for any values, any order of changes and many writers."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, assume, given, settings, strategies as st

from objects import services
from objects.models import ConnectField, ConnectObject
from objects.records import read
from objects.records.changes import ChangeOp, Origin, RecordChange, Source, Stored
from objects.records.write import write
from objects.shape import FieldShape, ObjectShape
from objects.values import ValueRefused, coerce
from syncapp.tenants import door
from syncapp.tenants.models import Tenant
from tests.property.objects.strategies import json_values, texts

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ANYTHING = FieldShape(1, "anything", type="object")
SOURCE = Source(Origin.SYNC, 3)
shared_fixture = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None
)


def make_object(tenant: Tenant) -> ObjectShape:
    made = ConnectObject.objects.create(tenant=tenant, type="thing", name="Things")
    fields: dict[str, dict[str, Any]] = {
        "number": {"is_key": True},
        "email": {"indexed": "fold"},
        "vat": {"is_unique": True},
    }
    for name, options in fields.items():
        ConnectField.objects.create(
            tenant=tenant, object=made, name=name, label=name, **options
        )
    return services.load_shape(made)


@pytest.fixture
def things(db: None) -> Iterator[ObjectShape]:
    with door.platform():
        tenant = Tenant.objects.create(slug="things", name="Things")
    with door.tenant(tenant.pk):
        yield make_object(tenant)


@pytest.mark.slow  # 100 batches go through the database
@shared_fixture
@given(st.lists(st.dictionaries(texts, json_values(), max_size=5), min_size=1, max_size=5))
def test_validated_values_come_back_exactly(
    things: ObjectShape, records: list[dict[str, Any]]
) -> None:
    try:
        records = [coerce(ANYTHING, record) for record in records]
    except ValueRefused:
        assume(False)
    read.lock([things.id])
    number = next(numbers)

    write(
        things,
        [
            RecordChange(ChangeOp.CREATE, f"{number}/{place}", record)
            for place, record in enumerate(records)
        ],
        SOURCE,
        NOW,
    )

    found = read.by_keys(things.id, [f"{number}/{place}" for place in range(len(records))])
    assert [found[f"{number}/{place}"].values for place in range(len(records))] == records


numbers = itertools.count()
emails = st.none() | st.sampled_from(["a@x", "A@X", "ä@x", "Ä@x"])
steps = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from(list(ChangeOp)), emails), max_size=25
)


@shared_fixture
@given(steps)
def test_any_order_of_changes_leaves_what_a_dictionary_would(
    things: ObjectShape, steps: list[tuple[str, ChangeOp, str | None]]
) -> None:
    prefix = f"m{next(numbers)}/"
    model: dict[str, dict[str, Any]] = {}
    read.lock([things.id])
    position = 0
    for letter, op, email in steps:
        key = prefix + letter
        existing = read.by_keys(things.id, [key]).get(key)
        if not possible(op, existing):
            continue
        change = RecordChange(
            op, key, {} if op is ChangeOp.DELETE else {"email": email}, existing
        )
        (written,) = write(things, [change], SOURCE, NOW)
        assert written.seq > position
        assert written.rev == (existing.rev + 1 if existing else 1)
        position = written.seq
        if op is ChangeOp.DELETE:
            del model[key]
        else:
            model[key] = {"email": email}

    found = read.by_keys(things.id, [prefix + letter for letter in "abcd"])
    live = {key: record.values for key, record in found.items() if not record.deleted}
    assert live == model
    by_email = read.by_field(things.by_name["email"].id, ["a@x", "ä@x"])
    for text in ("a@x", "ä@x"):
        expected = {found[key].id for key, one in model.items() if folded(one["email"]) == text}
        assert {
            record_id
            for record_id in by_email.get(text, [])
            if record_id in {record.id for record in found.values()}
        } == expected
    for record in found.values():
        assert undone(record) == len(read.history(record.id))


def folded(text: str | None) -> str | None:
    return None if text is None else text.casefold()


def possible(op: ChangeOp, existing: Stored | None) -> bool:
    if op is ChangeOp.CREATE:
        return existing is None
    if op is ChangeOp.RESURRECT:
        return existing is not None and existing.deleted
    return existing is not None and not existing.deleted


def undone(record: Stored) -> int:
    """Walk back through the history: each `after` must be what the next one found."""
    values = {} if record.deleted else dict(record.values)
    number = 0
    for past in read.history(record.id):
        for name, (before, after) in past.diff.items():
            assert values.get(name) == after
            values[name] = before
        number += 1
    return number


def test_a_reader_of_the_feed_misses_nothing_of_eight_writers(committed_db: None) -> None:
    with door.platform():
        tenant = Tenant.objects.create(slug="crowd", name="Crowd")
    with door.tenant(tenant.pk):
        things = make_object(tenant)
    failures: list[BaseException] = []
    writing = threading.Barrier(9)

    def go(writer: int) -> None:
        try:
            writing.wait()
            for turn in range(12):
                with door.tenant(tenant.pk):
                    read.lock([things.id])
                    own = f"{writer}/{turn % 4}"
                    existing = read.by_keys(things.id, [own]).get(own)
                    op = ChangeOp.UPDATE if existing else ChangeOp.CREATE
                    fresh = RecordChange(ChangeOp.CREATE, f"{writer}/new/{turn}", {})
                    write(
                        things,
                        [RecordChange(op, own, {"email": str(turn)}, existing), fresh],
                        SOURCE,
                        NOW,
                    )
        except BaseException as failure:  # noqa: BLE001  a thread's failure must fail the test
            failures.append(failure)
        finally:
            connection.close()

    writers = [threading.Thread(target=go, args=(number,)) for number in range(8)]
    for writer in writers:
        writer.start()
    writing.wait()
    seen: dict[str, Any] = {}
    position, busy = 0, True
    while busy:
        busy = any(writer.is_alive() for writer in writers)
        with door.tenant(tenant.pk):
            page = read.feed(things.id, position, 7)
        for record in page:
            assert record.seq > position
            position = record.seq
            seen[record.key] = record.values
        busy = busy or bool(page)

    assert failures == []
    with door.tenant(tenant.pk):
        everything = read.page(things.id, read.Wanted(), 1000)
    assert seen == {record.key: record.values for record in everything}
    assert len(everything) == 8 * (4 + 12)
    assert position == 8 * 12 * 2
