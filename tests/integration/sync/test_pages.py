"""One page is one transaction with a bounded number of statements, and nobody else's."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from connections.kit.codes import Code
from connections.kit.values import Page, Record
from connections.services import spec_for
from syncapp.sync import leases, pipeline
from syncapp.sync.destination import Store
from syncapp.sync.models import Link
from syncapp.sync.pipeline import Fenced
from syncapp.tenants import door
from syncapp.tenants.models import Tenant
from tests import database, making
from tests.integration.sync.conftest import Engine, make_engine

LIMIT = 20


@pytest.fixture
def engine(committed_db: None, acme: Tenant) -> Engine:
    return make_engine(acme, n=0, deletes="delete", page_size=1000)


@pytest.fixture
def store(engine: Engine) -> Store:
    """A run under way, between two pages."""
    run = engine.start()
    with door.tenant(engine.tenant.pk):
        leases.take(engine.claim(), run, engine.clock())
        spec = spec_for(engine.connection.pk)
    assert run.lease_token is not None
    return Store(spec, run, run.lease_token, engine.clock)


def partner(number: int, **values: Any) -> Record:
    complete = {"CardCode": f"C{number}", "CardName": f"Partner {number}", **values}
    return Record.of(f"C{number}", complete)


def settle(store: Store, *records: Record, complete: bool = False) -> None:
    pages = [Page(records, {"at": store.pages + 1}, complete)]
    pipeline.run(iter(pages), store.spec, store, should_stop=lambda: False)


def mixed(start: int, n: int) -> list[Record]:
    """A page in which everything happens that happens every day."""
    kinds = (
        lambda number: partner(number, Credit=Decimal(number)),  # changed
        lambda number: partner(number, Vat=f"V{number}"),  # unchanged
        lambda number: partner(number + 1_000_000, Vat=f"DE{number}"),  # new
        lambda number: partner(number, CardName=""),  # rejected
        lambda number: Record(f"C{number}", b"{}", deleted=True),  # removed
        lambda number: Record.of(f"X{number}", {"CardCode": "C0", "CardName": "Twin"}),
        lambda number: partner(number, CardName="Mended"),  # was in trouble
    )
    return [kinds[place % len(kinds)](start + place) for place in range(n)]


class Counter:
    """Counts statements and commits of one database connection."""

    def __init__(self) -> None:
        self.statements: list[str] = []
        self.commits = 0

    def __call__(self, execute: Any, sql: str, *rest: Any) -> Any:
        self.statements.append(sql)
        return execute(sql, *rest)


@pytest.fixture
def counter(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter]:
    counter = Counter()
    commit = connection.commit

    def counted() -> None:
        counter.commits += 1
        commit()

    # Counting is all that is added: the real commit follows.
    monkeypatch.setattr(connection, "commit", counted)
    with connection.execute_wrapper(counter):
        yield counter


@pytest.mark.parametrize("n", [10, 1000])
def test_a_first_page_takes_a_bounded_number_of_statements(
    store: Store, counter: Counter, n: int
) -> None:
    settle(store, *(partner(number, Vat=f"V{number}") for number in range(n)))

    assert len(counter.statements) <= LIMIT, counter.statements
    assert counter.commits == 1


@pytest.mark.parametrize("n", [10, 1000])
def test_an_unchanged_page_takes_five(store: Store, counter: Counter, n: int) -> None:
    records = [partner(number) for number in range(n)]
    settle(store, *records)
    counter.statements.clear()

    settle(store, *records)

    assert len(counter.statements) == 5, counter.statements


@pytest.mark.parametrize("n", [14, 980])
def test_a_page_of_everything_takes_a_bounded_number_of_statements(
    store: Store, counter: Counter, n: int
) -> None:
    settle(store, *(partner(number, Vat=f"V{number}") for number in range(n)))
    settle(store, *(partner(number, CardName="") for number in range(n) if number % 7 == 6))
    counter.statements.clear()
    counter.commits = 0

    settle(store, *mixed(0, n), complete=True)

    assert len(counter.statements) <= LIMIT, counter.statements
    assert counter.commits == 1
    assert {code for (code,) in _codes(store)} >= {
        Code.CHANGED,
        Code.SAME_SOURCE,
        Code.NEW,
        Code.REQUIRED_MISSING,
        Code.REMOVED,
        Code.SUPERSEDED,
        Code.KEY_LINKED_ELSEWHERE,
    }


def _codes(store: Store) -> list[tuple[str]]:
    with door.tenant(store.spec.tenant_id), connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT code FROM record_log WHERE run_id = %s", [store.run.pk])
        return list(cursor.fetchall())


@pytest.fixture
def poisoned(committed_db: None) -> Iterator[None]:
    """A database that refuses some records, which validation let through."""
    name = connection.settings_dict["NAME"]
    with database.owner(name) as owner:
        owner.execute("ALTER TABLE record ADD CONSTRAINT poison CHECK (left(key, 3) <> 'BAD')")
        yield
        owner.execute("ALTER TABLE record DROP CONSTRAINT poison")


def test_three_of_a_thousand_are_found_by_halving(
    engine: Engine, poisoned: None, store: Store, counter: Counter
) -> None:
    records = [partner(number) for number in range(1000)]
    for number in (17, 18, 900):
        records[number] = Record.of(
            f"B{number}", {"CardCode": f"BAD{number}", "CardName": "Bad"}
        )

    settle(store, *records)

    assert len(counter.statements) <= 220
    assert counter.commits == 1
    assert engine.counts(store.run) == {"created": 997, "rejected": 3}
    assert len(engine.stored()) == 997
    bad = [row for row in engine.logs(store.run) if row.outcome_name == "rejected"]
    assert [row.code for row in bad] == [Code.REFUSED_BY_DATABASE] * 3
    assert "poison" in str(bad[0].message)
    assert len(engine.trouble()) == 3


def test_a_page_of_another_worker_is_refused(engine: Engine, store: Store) -> None:
    stale = Store(store.spec, store.run, uuid.uuid4(), engine.clock)

    with pytest.raises(Fenced):
        settle(stale, partner(1))

    assert engine.stored() == {}
    assert engine.pages(store.run) == []
    settle(store, partner(1))
    assert len(engine.stored()) == 1


def test_a_page_that_breaks_leaves_nothing(engine: Engine, store: Store) -> None:
    settle(store, partner(1))
    before = engine.fresh(store.run)
    unstorable = Page([partner(2)], {"at": "\0"}, complete=False)

    with pytest.raises(Exception, match="unsupported Unicode"):
        pipeline.run(iter([unstorable]), store.spec, store, should_stop=lambda: False)

    assert list(engine.stored()) == ["C1"]
    assert engine.fresh(store.run).n_read == before.n_read == 1
    settle(store, partner(2))
    assert [page.no for page in engine.pages(store.run)] == [1, 2]


def test_halves_meet_and_places_are_taken_over(engine: Engine, store: Store) -> None:
    settle(store, partner(1), partner(2), partner(3))
    with door.tenant(engine.tenant.pk):
        links = {link.remote_id: link for link in Link.objects.all()}
        # As outbound leaves it: our record was seen, theirs not yet.
        Link.objects.filter(remote_id="C1").update(remote_id=None, in_hash=None)
    settle(store, Record("C2", b"{}", deleted=True))
    with door.tenant(engine.tenant.pk):
        Link.objects.filter(remote_id="C3").update(remote_id="gone", dead_at=engine.clock())
    settle(store, partner(1, CardName=""))
    lone = engine.links()["C1"]
    assert lone.record_id is None

    settle(store, partner(1), partner(3))

    after = engine.links()
    assert after["C1"].pk == links["C1"].pk != lone.pk
    assert after["C1"].record_id == links["C1"].record_id
    assert after["C3"].record_id == links["C3"].record_id
    assert after["gone"].record_id is None
    assert engine.trouble() == []


def test_a_sibling_pair_tells_who_a_record_is(engine: Engine, acme: Tenant) -> None:
    engine.put({"CardCode": "C1", "CardName": "One", "Stock": 5})
    engine.run()
    with door.tenant(acme.pk):
        config, object_ = engine.connection.config, engine.connection.object
    sibling = making.make_connection(
        acme,
        "Stock",
        config=config,
        object_=object_,
        label="stock",
        mappings={"code": "Number", "credit": "Stock"},
        allow_create=False,
        active=True,
    )
    engine.change("C1", Number="renamed")
    stock = Engine(acme, engine.world, sibling, engine.clock)

    run = stock.run()

    assert stock.counts(run) == {"updated": 1}
    assert stock.stored()["renamed"].values == {
        "code": "renamed",
        "name": "One",
        "credit": Decimal(5),
    }
