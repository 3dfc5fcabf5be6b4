"""Formulas in whole runs: lookups in sets, value maps, numbers, facts, rehearsals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from connections.kit.values import Page, Record
from connections.services import spec_for
from formulas.models import Sequence, ValueMap, ValueMapUnmapped
from formulas.services import maps
from objects import services as objects_services
from objects.models import ConnectObject
from objects.records import read
from objects.records.changes import ChangeOp, Origin, RecordChange, Source
from objects.records.write import write
from syncapp.sync import leases, pipeline
from syncapp.sync.destination import Store
from syncapp.tenants import actors, door
from syncapp.tenants.models import Tenant
from synclogs.models import SyncLog
from tests import making
from tests.integration.sync.conftest import Engine, make_engine
from tests.integration.sync.test_pages import Counter
from tests.make import NOW

PLACE: tuple[dict[str, Any], ...] = (
    {"name": "code", "is_key": True, "required": True},
    {"name": "zip"},
    {"name": "town"},
)
COPIED = {"code": "CardCode", "name": "CardName"}
TOWN = "vlookup('Zip', 'place', 'zip', 'town')"


def make_places(tenant: Tenant, **towns: str) -> ConnectObject:
    """Places with codes p0, p1, …; each has a postal code and a town."""
    made = making.make_object(tenant, "place", fields=PLACE)
    put(tenant, made, **towns)
    return made


def put(tenant: Tenant, places: ConnectObject, **towns: str) -> None:
    with door.tenant(tenant.pk):
        places.refresh_from_db()
        shape = objects_services.load_shape(places)
        read.lock([shape.id])
        first = read.count(shape.id, read.Wanted())
        changes = [
            RecordChange(
                ChangeOp.CREATE,
                f"p{n}",
                {"code": f"p{n}", "zip": code.lstrip("z"), "town": town},
            )
            for n, (code, town) in enumerate(towns.items(), first)
        ]
        write(shape, changes, Source(Origin.USER), NOW)


def with_formulas(tenant: Tenant, formulas: Mapping[str, str], **options: Any) -> Engine:
    return make_engine(tenant, mappings=COPIED, formulas=formulas, **options)


def values(engine: Engine, target: str) -> list[Any]:
    return [stored.values.get(target) for stored in engine.stored().values()]


def give_zips(engine: Engine, *zips: str) -> None:
    for number, code in enumerate(zips):
        engine.change(f"C{number}", Zip=code)


def test_a_lookup_fills_a_field_and_is_looked_at_again(acme: Tenant) -> None:
    places = make_places(acme, z1010="Wien", z4020="Linz")
    engine = with_formulas(acme, {"city": TOWN})
    give_zips(engine, "1010", "4020", "9999")

    assert engine.counts(engine.run()) == {"created": 3}
    assert values(engine, "city") == ["Wien", "Linz", None]
    assert engine.counts(engine.run("full")) == {"unchanged": 3}
    put(acme, places, z9999="Neustadt")
    assert engine.counts(engine.run("full")) == {"unchanged": 2, "updated": 1}
    assert values(engine, "city") == ["Wien", "Linz", "Neustadt"]


def test_a_looked_up_field_is_made_searchable_when_published(acme: Tenant) -> None:
    places = make_places(acme, z1010="Wien")

    with_formulas(acme, {"city": TOWN, "vat": "textvlookup('p1', 'place', 'code', 'town')"})

    with door.tenant(acme.pk):
        field = places.fields.get(name="zip")
        assert field.indexed == "exact"
        assert read.by_field(field.pk, ["1010"]).keys() == {"1010"}
        assert set(places.fields.values_list("name", "indexed")) == {
            ("code", "none"),
            ("zip", "exact"),
            ("town", "none"),
        }


def test_another_tenants_records_are_not_looked_up(acme: Tenant, globex: Tenant) -> None:
    make_places(globex, z1010="Secret")
    make_places(acme)
    engine = with_formulas(acme, {"city": TOWN})
    give_zips(engine, "1010")

    engine.run()

    assert values(engine, "city") == [None] * 3


@pytest.fixture
def counter() -> Iterator[Counter]:
    counter = Counter()
    with connection.execute_wrapper(counter):
        yield counter


def test_ten_thousand_records_with_a_lookup_take_two_queries_a_page_more(
    committed_db: None, acme: Tenant, counter: Counter
) -> None:
    make_places(acme, **{f"z{number}": f"Town {number}" for number in range(500)})
    engine = with_formulas(acme, {"city": TOWN}, n=0, page_size=1000)
    run = engine.start()
    with door.tenant(acme.pk):
        leases.take(engine.claim(), run, engine.clock())
        spec = spec_for(engine.connection.pk)
    assert run.lease_token is not None
    store = Store(spec, run, run.lease_token, engine.clock)
    pages = [
        Page(
            [
                Record.of(
                    f"C{n}", {"CardCode": f"C{n}", "CardName": f"P{n}", "Zip": f"{n % 700}"}
                )
                for n in range(1000 * number, 1000 * (number + 1))
            ],
            {"at": number + 1},
            complete=number == 9,
        )
        for number in range(10)
    ]
    counter.statements.clear()

    pipeline.run(iter(pages), spec, store, should_stop=lambda: False)

    lookups = [sql for sql in counter.statements if "wanted(n int" in sql]
    fields = [sql for sql in counter.statements if 'FROM "connect_' in sql]
    assert (len(lookups), len(fields)) == (10, 2)
    stored = engine.stored()
    assert len(stored) == 10_000
    assert stored["C1499"].values["city"] == "Town 99"
    assert stored["C1299"].values["city"] is None


def make_terms(tenant: Tenant, **entries: str) -> ValueMap:
    with door.tenant(tenant.pk):
        return maps.create_map(
            tenant=tenant, name="terms", entries=entries, actor=actors.COMMAND
        )


@pytest.mark.parametrize("kind", ["normal", "dry"])
def test_what_a_map_does_not_have_is_noted(acme: Tenant, kind: str) -> None:
    make_terms(acme, T0="net30")
    engine = with_formulas(acme, {"city": "translatemap('terms', data('Terms'), '?')"})
    for number in range(3):
        engine.change(f"C{number}", Terms=f"T{min(number, 1)}")

    run = engine.run(kind)

    assert run.state == SyncLog.State.SUCCEEDED
    with door.tenant(acme.pk):
        (unmapped,) = ValueMapUnmapped.objects.values_list("key", "count")
    assert unmapped == ("T1", 2)
    assert values(engine, "city") == ([] if kind == "dry" else ["net30", "?", "?"])


def test_another_entry_of_a_map_makes_everything_look_new(acme: Tenant) -> None:
    terms = make_terms(acme, T0="net30")
    engine = with_formulas(acme, {"city": "translatemap('terms', 'T0')"})
    engine.run()
    assert {row.code for row in engine.logs(engine.run("full"))} == {"same_source"}
    with door.tenant(acme.pk):
        maps.edit_map(terms, entries={"T0": "net60"}, actor=actors.COMMAND)

    assert engine.counts(engine.run()) == {"updated": 3}
    assert values(engine, "city") == ["net60"] * 3


def test_a_map_that_is_not_there_rejects(acme: Tenant) -> None:
    engine = with_formulas(acme, {"city": "translatemap(concat('te', 'rms'), 'T0')"})

    run = engine.run()

    assert engine.counts(run) == {"rejected": 3}
    assert "There is no value map “terms”." in (engine.logs(run)[0].message or "")


def test_numbers_are_drawn_once(acme: Tenant) -> None:
    engine = with_formulas(acme, {"vat": "concat('V', sequence('vat'))"}, page_size=2)

    engine.run("dry")
    with door.tenant(acme.pk):
        assert not Sequence.objects.exists()
    engine.run()
    engine.change("C1", CardName="Other")
    engine.put({"CardCode": "C9", "CardName": "New"})
    engine.run()

    numbers = {key: stored.values["vat"] for key, stored in engine.stored().items()}
    assert numbers == {"C0": "V1", "C1": "V2", "C2": "V3", "C9": "V4"}
    with door.tenant(acme.pk):
        assert list(Sequence.objects.values_list("name", "value")) == [("vat", 4)]


def test_a_rehearsal_shows_the_numbers_that_would_come(acme: Tenant) -> None:
    engine = with_formulas(acme, {"vat": "concat('V', sequence('vat'))"}, page_size=2)
    with door.tenant(acme.pk):
        Sequence.objects.create(tenant=acme, name="vat", value=41)

    run = engine.run("dry")

    shown = [(row.detail or {})["after"]["vat"] for row in engine.logs(run)]
    assert shown == ["V42", "V43", "V44"]


def test_a_sequence_that_cannot_be_called_so_rejects(acme: Tenant) -> None:
    engine = with_formulas(acme, {"city": "tostring(sequence(data('Which')))"})
    for number, name in enumerate(("a", "x" * 101, "a")):
        engine.change(f"C{number}", Which=name)

    run = engine.run()

    assert engine.counts(run) == {"created": 2, "rejected": 1}
    assert values(engine, "city") == ["1", "2"]


def test_facts_of_the_run(acme: Tenant) -> None:
    acme.time_zone = "Europe/Berlin"
    with door.platform():
        acme.save()
    text = (
        "join([direction(), connection('name'), connection('entity'), connection('object'),"
        " setting('world'), formatdate(now(), 'Y-m-d H:i'),"
        " if(isnull(lastrun()), 'never', formatdate(lastrun(), 'H:i'))], '|')"
    )
    engine = with_formulas(acme, {"city": text})
    engine.run()
    first = set(values(engine, "city"))
    engine.clock.now += timedelta(hours=1)
    engine.change("C0", CardName="Other")
    engine.run()

    expected = "inbound|Partners|BusinessPartners|partner|erp|2026-11-21"
    assert first == {f"{expected} 10:00|never"}
    assert engine.stored()["C0"].values["city"] == f"{expected} 11:00|10:00"
    assert engine.stored()["C1"].values["city"] == f"{expected} 10:00|never"


def test_another_setting_of_the_config_makes_everything_look_new(acme: Tenant) -> None:
    engine = with_formulas(acme, {"city": "setting('Currency')"})
    engine.run()
    with door.tenant(acme.pk):
        config = engine.connection.config
        assert config is not None
        config.settings = {**config.settings, "Currency": "CHF"}
        config.save()

    assert engine.counts(engine.run()) == {"updated": 3}


def test_refused_and_left_out_records_tell_why(acme: Tenant) -> None:
    text = "if(data('CardCode') == 'C0', skip('Not ours'), fail('No town'))"
    engine = with_formulas(acme, {"city": text})

    run = engine.run()

    assert engine.counts(run) == {"skipped": 1, "rejected": 2}
    assert [(row.code, row.message, row.key) for row in engine.logs(run)] == [
        ("skipped_by_formula", "Not ours", "C0"),
        ("refused_by_formula", "No town", "C1"),
        ("refused_by_formula", "No town", "C2"),
    ]
    assert len(engine.trouble()) == 2


def test_a_dry_run_follows_the_draft_with_its_lookups(acme: Tenant) -> None:
    make_places(acme, z1010="Wien")
    engine = with_formulas(acme, {"city": TOWN}, active=False)
    give_zips(engine, "1010")

    run = engine.run("dry")

    shown = {row.key: (row.detail or {})["after"]["city"] for row in engine.logs(run)}
    assert shown == {"C0": "Wien", "C1": None, "C2": None}
    assert engine.stored() == {}
