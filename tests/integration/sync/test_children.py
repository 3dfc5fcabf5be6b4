"""Lines, value maps and child records in the database: one transaction with their record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from django.db import connection as database_connection

import objects.services
from connections import services
from connections.kit.values import Page, Record
from connections.models import Connection, UsedMap
from connections.services import spec_for
from formulas.models import ValueMapUnmapped
from formulas.services import maps
from objects.models import ConnectObject
from objects.records import read
from objects.records.changes import Origin, Source, Stored
from objects.services import records as people
from syncapp.sync import leases, pipeline, recorder
from syncapp.sync.destination import Store
from syncapp.tenants import actors, door
from syncapp.tenants.models import Tenant
from tests import making
from tests.integration.sync.conftest import Engine
from tests.integration.sync.test_pages import Counter, counter, poisoned
from tests.make import NOW

__all__ = ["counter", "poisoned"]

CONTACT: tuple[dict[str, Any], ...] = (
    {"name": "code", "label": "Code", "is_key": True, "required": True},
    {"name": "name", "label": "Name", "required": True, "max_length": 10},
    {"name": "badge", "label": "Badge", "is_unique": True},
)
PARTNER = (
    *making.PARTNER,
    {"name": "address", "label": "Address", "type": "object"},
    {"name": "lines", "label": "Lines", "type": "list"},
)
CONTACTS: dict[str, Any] = {
    "target": "contact",
    "kind": "children",
    "source": "Contacts",
    "rows": [
        {"target": "code", "source": "Code"},
        {"target": "name", "source": "Name"},
        {"target": "badge", "source": "Badge"},
    ],
}
ROWS: tuple[dict[str, Any], ...] = (
    {"target": "code", "source": "CardCode"},
    {"target": "name", "source": "CardName"},
)


def make_engine(tenant: Tenant, *rows: dict[str, Any], **options: Any) -> Engine:
    """An active connection with mappings of all kinds to an empty world."""
    world = making.make_world(n=0)
    config = making.make_config(tenant)
    parent = making.make_object(tenant, fields=PARTNER)
    child = making.make_object(tenant, "contact", fields=CONTACT)
    with door.tenant(tenant.pk):
        ConnectObject.objects.filter(pk=child.pk).update(parent=parent)
        made = services.create(
            tenant,
            direction=Connection.Direction.INBOUND,
            name="Partners",
            system_type="sandbox",
            actor=actors.COMMAND,
        )
        draft = {
            "config": config,
            "object": parent,
            "entity": making.ENTITY,
            "primary_key": "code",
            "page_size": 10,
            **options,
        }
        mappings = [*ROWS, *rows]
        made = services.edit(made, draft, mappings=mappings, actor=actors.COMMAND)
        made = services.activate(made, actor=actors.COMMAND, now=NOW)
    return Engine(tenant, world, made)


@pytest.fixture
def engine(committed_db: None, acme: Tenant) -> Engine:
    return make_engine(acme, CONTACTS, deletes="delete", page_size=1000)


@pytest.fixture
def store(engine: Engine) -> Store:
    """A run under way, between two pages."""
    run = engine.start()
    with door.tenant(engine.tenant.pk):
        leases.take(engine.claim(), run, engine.clock())
        spec = spec_for(engine.connection.pk)
    assert run.lease_token is not None
    return Store(spec, run, run.lease_token, engine.clock)


def partner(code: str, *contacts: tuple[str, str], **values: Any) -> dict[str, Any]:
    inner = [{"Code": key, "Name": name} for key, name in contacts]
    return {"CardCode": code, "CardName": f"Partner {code}", "Contacts": inner, **values}


def contacts(engine: Engine) -> dict[str, Stored]:
    """Give the live contacts by key."""
    with door.tenant(engine.tenant.pk):
        child = ConnectObject.objects.get(type="contact")
        feed = read.feed(child.pk, 0, 100_000)
    return {one.key: one for one in feed if not one.deleted}


def held(engine: Engine) -> dict[str, list[str]]:
    """Give the keys of the contacts by the key of their partner."""
    names = {one.id: key for key, one in engine.stored().items()}
    found: dict[str, list[str]] = {}
    for key, one in sorted(contacts(engine).items()):
        found.setdefault(names[one.parent_id or 0], []).append(key)
    return found


def settle(store: Store, records: Sequence[dict[str, Any]]) -> None:
    page = Page(
        [Record.of(one["CardCode"], one) for one in records], {"at": store.pages}, False
    )
    pipeline.run(iter([page]), store.spec, store, should_stop=lambda: False)


def test_children_are_created_changed_moved_and_deleted(engine: Engine) -> None:
    engine.put(partner("A", ("1", "Ada"), ("2", "Bob")), partner("B"))
    first = engine.run()
    assert engine.counts(first) == {"created": 2}
    assert held(engine) == {"A": ["1", "2"]}
    before = contacts(engine)

    engine.put(partner("A", ("2", "Bea")), partner("B", ("1", "Ada"), ("3", "Cy")))
    second = engine.run()

    assert engine.counts(second) == {"updated": 2}
    assert held(engine) == {"A": ["2"], "B": ["1", "3"]}
    after = contacts(engine)
    assert (after["1"].id, after["2"].id) == (before["1"].id, before["2"].id)
    assert after["2"].values["name"] == "Bea"
    assert {one.rev for one in engine.stored().values()} == {1}
    told = {row.key: row.message for row in engine.logs(second)}
    assert told == {
        "A": "Child records: 1 updated.",
        "B": "Child records: 1 created, 1 updated.",
    }

    engine.put(partner("A"), partner("B", ("1", "Ada"), ("3", "Cy")))
    assert engine.counts(engine.run("full")) == {"updated": 1, "unchanged": 1}
    engine.put(partner("A", ("2", "Bea")))
    engine.run()
    assert contacts(engine)["2"].id == before["2"].id
    engine.remove("B")
    assert engine.counts(engine.run()) == {"deleted": 1}
    assert held(engine) == {"A": ["2"]}


def test_a_second_run_changes_nothing(engine: Engine) -> None:
    engine.put(*(partner(f"P{n}", (f"{n}a", "x"), (f"{n}b", "y")) for n in range(5)))
    engine.run()
    before = contacts(engine)

    again = engine.run("full")
    with door.tenant(engine.tenant.pk), database_connection.cursor() as cursor:
        cursor.execute("UPDATE link SET in_hash = NULL")
    without_shortcut = engine.run("full")

    assert engine.counts(again) == engine.counts(without_shortcut) == {"unchanged": 5}
    assert contacts(engine) == before


def test_what_somebody_does_to_a_child_is_mended_by_the_next_run(engine: Engine) -> None:
    engine.put(partner("A", ("1", "Ada"), ("2", "Bob")))
    engine.run()
    with door.tenant(engine.tenant.pk):
        child = ConnectObject.objects.get(type="contact")
        shape = objects.services.load_shape(child)
        found = read.by_keys(child.pk, ["1", "2"])
        hand = Source(Origin.USER, 1)
        people.update_record(
            shape, found["1"].id, {"name": "Eve"}, rev=None, source=hand, now=NOW
        )
        people.delete_record(shape, found["2"].id, rev=None, source=hand, now=NOW)

    run = engine.run("full")

    assert engine.counts(run) == {"updated": 1}
    assert {key: one.values["name"] for key, one in contacts(engine).items()} == {
        "1": "Ada",
        "2": "Bob",
    }


def test_a_refused_child_refuses_its_record_and_nothing_else(
    engine: Engine, poisoned: None
) -> None:
    engine.put(
        partner("A", ("1", "Ada")),
        partner("B", ("BAD1", "Bob")),
        partner("C", ("2", "far too long")),
        partner("D", ("3", "Dan")),
    )

    run = engine.run()

    assert engine.counts(run) == {"created": 2, "rejected": 2}
    assert held(engine) == {"A": ["1"], "D": ["3"]}
    messages = {row.key: row.message for row in engine.logs(run)}
    assert "poison" in str(messages["B"])
    assert str(messages["C"]).startswith("contact[0].name: ")
    engine.put(partner("B", ("4", "Bob")), partner("C", ("2", "Cy")))
    assert engine.counts(engine.run()) == {"created": 2}
    assert engine.trouble() == []


def test_unique_values_of_children_belong_to_one(engine: Engine) -> None:
    def badged(code: str, key: str) -> dict[str, Any]:
        line = {"Code": key, "Name": "x", "Badge": "7"}
        return {**partner(code), "Contacts": [line]}

    engine.put(badged("A", "1"))
    engine.run()

    engine.put(badged("A", "2"), badged("B", "3"))
    run = engine.run()

    assert engine.counts(run) == {"updated": 1, "rejected": 1}
    assert held(engine) == {"A": ["2"]}
    assert "contact “3”" in str([row.message for row in engine.logs(run)])


def test_a_crash_leaves_neither_record_nor_child(
    store: Store, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: Any) -> Any:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(recorder, "keep", broken)
        with pytest.raises(RuntimeError):
            settle(store, [partner("A", ("1", "Ada"))])

    assert (engine.stored(), contacts(engine)) == ({}, {})
    settle(store, [partner("A", ("1", "Ada"))])
    assert held(engine) == {"A": ["1"]}


def test_statements_do_not_count_children(store: Store, counter: Counter) -> None:
    settle(store, [partner("P", ("P-1", "x"))])  # the first of all pages makes the numbering
    taken = []
    for n, start in ((5, 0), (500, 1000)):
        page = [
            partner(f"P{n}", *((f"{n}-{m}", "x") for m in range(4)))
            for n in range(start, start + n)
        ]
        changed = [{**one, "Contacts": one["Contacts"][1:]} for one in page]
        for records in (page, page, changed):
            counter.statements.clear()
            settle(store, records)
            taken.append(len(counter.statements))

    few, many = taken[:3], taken[3:]
    assert few == many
    assert max(many) <= 30, many
    assert many[1] == 5


def test_a_rehearsal_shows_children_and_writes_none(engine: Engine) -> None:
    engine.put(partner("A", ("1", "Ada")))
    engine.run()
    engine.put(partner("A", ("1", "Eva"), ("2", "Bob")))

    run = engine.run("dry")

    (row,) = engine.logs(run)
    assert row.detail is not None
    assert row.detail["diff"] == {}
    assert [(one["key"], one["op"]) for one in row.detail["children"]] == [
        ("1", "update"),
        ("2", "create"),
    ]
    assert row.detail["children"][0]["diff"] == {"name": ["Ada", "Eva"]}
    assert held(engine) == {"A": ["1"]}


def test_lines_parts_and_maps_are_written(committed_db: None, acme: Tenant) -> None:
    with door.tenant(acme.pk):
        maps.create_map(tenant=acme, name="cities", entries={"L": "Linz"}, actor=actors.COMMAND)
    engine = make_engine(
        acme,
        {"target": "city", "kind": "map", "source": "Town", "map": "cities"},
        {"target": "address.zip", "source": "Zip"},
        {"target": "address.country", "kind": "raw", "value": "AT"},
        {
            "target": "lines",
            "kind": "lines",
            "source": "Items",
            "rows": [
                {"target": "item", "source": "Code"},
                {
                    "target": "id",
                    "kind": "formula",
                    "formula": "concat(parent('CardCode'), '/', linenumber())",
                },
            ],
        },
    )
    engine.put(
        {**partner("A"), "Town": "L", "Zip": "4020", "Items": [{"Code": "X"}]},
        {**partner("B"), "Town": "G", "Items": []},
    )

    run = engine.run()

    assert engine.counts(run) == {"created": 2}
    stored = engine.stored()
    assert stored["A"].values["city"] == "Linz"
    assert stored["A"].values["address"] == {"zip": "4020", "country": "AT"}
    assert stored["A"].values["lines"] == [{"item": "X", "id": "A/1"}]
    assert stored["B"].values["city"] is None
    with door.tenant(acme.pk):
        assert UsedMap.objects.filter(map__name="cities").exists()
        assert [one.key for one in ValueMapUnmapped.objects.all()] == ["G"]
    assert engine.counts(engine.run("full")) == {"unchanged": 2}
