"""Kept samples: which records they are, that they follow the source, and what they are good for."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection as database

from connections import answering, kept, samples
from connections.document import read_conditions
from connections.kit.base import ErrorKind, RemoteError
from connections.kit.values import Page, Record
from connections.kit.world import Fault
from connections.models import SourceSample
from connections.passing import passing
from connections.sampled import Sampled
from connections.services import spec_for
from formulas.language.context import Context
from syncapp.sync import leases, pipeline
from syncapp.sync.destination import Store
from syncapp.sync.pipeline import Prepared
from syncapp.sync.sampling import Sampling
from syncapp.tenants import door
from syncapp.tenants.models import Membership, Tenant
from tests.integration.sync.conftest import Engine, make_engine
from tests.integration.sync.test_pages import LIMIT, Counter
from tests.make import NOW


def found(engine: Engine, limit: int = kept.MOST) -> list[Sampled]:
    with door.tenant(engine.tenant.pk):
        return kept.samples(engine.connection, limit)


def labels(engine: Engine) -> list[str]:
    return [one.label for one in found(engine)]


def test_the_smallest_ranks_of_all_are_kept(acme: Tenant) -> None:
    engine = make_engine(acme, n=3000, page_size=700)
    everything = sorted((f"C{n}" for n in range(3000)), key=kept.rank)

    engine.run("full")

    assert labels(engine) == everything[:500]
    with door.tenant(acme.pk):
        assert SourceSample.objects.count() == 500
    first = found(engine, 1)[0]
    assert first.record["CardName"] == f"Partner {first.label[1:]}"


def test_samples_follow_the_source(acme: Tenant) -> None:
    engine = make_engine(acme, n=600, page_size=200)
    engine.run("full")
    before = labels(engine)
    inside, outside, gone = (
        before[0],
        f"C{sorted({*range(600)} - {int(one[1:]) for one in before})[0]}",
        before[1],
    )

    engine.change(inside, CardName="Renamed")
    engine.change(outside, CardName="Renamed")
    engine.remove(gone)
    engine.run()

    now = labels(engine)
    assert gone not in now
    assert inside in now
    with door.tenant(acme.pk):
        one = kept.one(engine.connection, inside)
        assert kept.one(engine.connection, gone) is None
    assert one is not None
    assert one.record["CardName"] == "Renamed"


def test_what_is_skipped_or_rejected_is_kept_too(acme: Tenant) -> None:
    engine = make_engine(acme, n=5)
    engine.change("C1", CardName="")
    engine.run("full")

    assert {*labels(engine)} == {f"C{n}" for n in range(5)}


def test_a_rehearsal_brings_samples_while_there_are_few(acme: Tenant) -> None:
    engine = make_engine(acme, n=150)

    engine.run("dry", max_records=120)
    assert len(labels(engine)) == 120
    engine.run("dry")

    assert len(labels(engine)) == 120, "there were enough"


def test_a_test_query_keeps_what_it_shows(acme: Tenant) -> None:
    engine = make_engine(acme, n=30)

    kept.look(engine.connection, now=engine.clock)

    assert len(labels(engine)) == 10
    calls = len(engine.world.calls)
    assert len(samples.of_source(engine.connection, now=engine.clock)) == 10
    assert len(engine.world.calls) == calls, "nobody was asked"


def test_fields_that_were_not_asked_for_stay(acme: Tenant) -> None:
    engine = make_engine(acme, n=2)
    whole, part = {"A": 1, "B": 2, "C": {"d": 3}}, {"A": 5, "C": None}

    def keep(fields: tuple[str, ...] | None, **records: Any) -> None:
        with door.tenant(acme.pk):
            keeper = kept.Keeper(acme.pk, engine.connection.pk, fields)
            keeper.offer(Record.of(name, values) for name, values in records.items())
            keeper.write(engine.clock())

    keep(None, x=whole)
    keep(("A", "C", "E"), x=part, y=part)

    with door.tenant(acme.pk):
        assert kept.one(engine.connection, "x").record == {"B": 2, "A": 5, "C": None}  # type: ignore[union-attr]
        assert [one.label for one in kept.samples(engine.connection)] == ["x", "y"]
    keep(None, y=whole)
    with door.tenant(acme.pk):
        assert kept.one(engine.connection, "y").record == whole  # type: ignore[union-attr]


def test_whole_records_take_the_place_of_parts(acme: Tenant) -> None:
    engine = make_engine(acme, n=2)
    with door.tenant(acme.pk):
        keeper = kept.Keeper(acme.pk, engine.connection.pk, ("A",))
        keeper.offer(Record.of(f"p{n}", {"A": n}) for n in range(600))
        keeper.write(engine.clock())
        keeper = kept.Keeper(acme.pk, engine.connection.pk)
        keeper.offer(Record.of(f"w{n}", {"A": n, "B": n}) for n in range(100))
        keeper.write(engine.clock())
        now = [one.label for one in kept.samples(engine.connection)]

    assert len(now) == 500
    assert now[:100] == sorted((f"w{n}" for n in range(100)), key=kept.rank)
    assert now[100:] == sorted((f"p{n}" for n in range(600)), key=kept.rank)[:400]


def test_a_page_takes_two_statements_more_at_most(engine: Engine, counter: Counter) -> None:
    run = engine.start("full")
    engine.clock.pass_(seconds=1)
    claimed = leases.claim(engine.clock())
    assert claimed is not None
    with door.tenant(engine.tenant.pk):
        leases.take(claimed, run, engine.clock())
        spec = spec_for(engine.connection.pk)
    store = Store(spec, run, claimed.token, engine.clock)

    def settle(first: int) -> int:
        records = [Record.of(f"C{n}", {"CardCode": f"C{n}", "CardName": "A"})
                   for n in range(first, first + 600)]  # fmt: skip
        counter.statements.clear()
        page = Prepared(Page(records, {"seq": 1}, complete=False), None)
        pipeline.settle(page, spec, store, Context())
        return sum("source_sample" in sql for sql in counter.statements)

    store.sampling = Sampling(spec, whole=False)
    assert settle(20_000) == 2
    assert len(counter.statements) <= LIMIT
    assert settle(30_000) == 1
    assert settle(30_000) == 0


@pytest.fixture
def counter() -> Any:
    counted = Counter()
    with database.execute_wrapper(counted):
        yield counted


def sampled(**records: Any) -> list[Sampled]:
    return [Sampled(name, values) for name, values in records.items()]


def test_awkward_records_are_chosen_once_each() -> None:
    records = sampled(
        plain={"a": "x"},
        long={"a": "x" * 50, "b": None},
        nulls={"a": None, "b": None, "c": ""},
        letters={"a": "Παπαδόπουλος", "b": "Łukasz"},
        lines={"a": [1, 2, {"b": [3]}]},
        broken={"a": "y"},
    )

    chosen = kept.awkward(records, lambda all_: [len(all_) - 1])

    assert {one.why: one.sampled.label for one in chosen} == {
        "failing": "broken",
        "longest": "long",
        "nulls": "nulls",
        "letters": "letters",
        "lines": "lines",
    }
    assert kept.awkward(sampled(plain={"n": 1})) == []


def test_records_are_found_by_key(acme: Tenant) -> None:
    engine = make_engine(acme, n=12)
    engine.run("full")

    with door.tenant(acme.pk):
        assert kept.matching(engine.connection, "c1")[0].label == "C1"
        assert {one.label for one in kept.matching(engine.connection, "C1")} == {
            "C1",
            "C10",
            "C11",
        }
        assert [one.label for one in kept.matching(engine.connection, "partner 7")] == ["C7"]
        assert kept.matching(engine.connection, " ") == []


def test_samples_that_pass_are_counted(acme: Tenant, alice: Membership) -> None:
    engine = make_engine(acme, n=40)
    engine.run("full")
    data = {
        "rows": [
            {"field": "CardName", "operator": "not_contains", "value": "3"},
            {"formula": "vlookup('CardCode', 'partner', 'code', 'city')",
             "operator": "not_equals", "value": "City 7"},
        ]
    }  # fmt: skip
    conditions = read_conditions(data)

    with door.tenant(acme.pk):
        asked = answering.for_holder(acme, alice, now=engine.clock())
        told = passing(conditions, kept.samples(engine.connection), asked)

    third = {f"C{n}" for n in range(40) if "3" in str(n)}
    assert (told.n, told.of, told.left) == (40 - len(third) - 1, 40, 0)
    by_row = [told.first_failing[row.uuid] for row in conditions.rows]
    assert by_row[0].label in third
    assert by_row[1][:2] == (
        "C7",
        "The formula vlookup('CardCode', 'partner', 'code', 'city') is 'City 7', "
        "must not be equal to 'City 7'.",
    )
    assert len(told.stopped) == len(third) + 1


def test_without_conditions_all_pass(acme: Tenant, alice: Membership) -> None:
    asked = answering.for_holder(acme, alice, now=NOW)
    assert passing(read_conditions({}), sampled(a={}, b={}), asked).n == 2


def test_a_source_that_says_no_is_not_hidden(acme: Tenant) -> None:
    engine = make_engine(acme)
    engine.world.faults.append(Fault("read", error=RemoteError(ErrorKind.AUTH, "No.")))

    with pytest.raises(RemoteError):
        kept.look(engine.connection, now=engine.clock)
    assert labels(engine) == []
