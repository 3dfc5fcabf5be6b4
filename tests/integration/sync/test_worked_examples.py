"""What a new customer tries first, end to end: small worlds, whole runs."""

from __future__ import annotations

from connections import configs
from connections.declared import Given
from connections.kit.codes import Outcome
from syncapp.tenants import actors, door
from syncapp.tenants.models import Tenant
from tests import making
from tests.integration.sync.conftest import Engine, make_engine
from tests.integration.sync.test_conditions import put


def test_only_what_is_completed_and_billable_comes_through(acme: Tenant) -> None:
    engine = make_engine(acme, n=5)
    put(
        engine,
        {"field": "status", "operator": "equals", "value": "completed"},
        {"field": "type", "operator": "equals", "value": "billable"},
    )
    engine.change("C0", status="completed", type="billable")
    engine.change("C1", status="Completed", type="Billable")
    engine.change("C2", status="completed", type="internal")
    engine.change("C3", status="open", type="billable")
    engine.change("C4", status=None)

    run = engine.run()

    assert sorted(engine.stored()) == ["C0", "C1"]
    assert engine.counts(run) == {"created": 2, "skipped": 3}
    assert run.state == "succeeded"


def test_250_records_in_pages_of_100_are_three_calls(acme: Tenant) -> None:
    engine = make_engine(acme, n=250, page_size=100)

    first = engine.run()
    asked = [method for method, _, _ in engine.world.calls if method == "read"]
    assert len(asked) == 3
    engine.change("C7", CardName="Renamed")
    engine.change("C240", CardName="Renamed too")
    second = engine.run()

    assert [sum(page.counts) for page in engine.pages(first)] == [100, 100, 50]
    assert len(engine.stored()) == 250
    assert engine.counts(second) == {"updated": 2}
    assert second.n_read == 2


def test_one_bad_date_in_ten_records_costs_one_record(acme: Tenant) -> None:
    order = making.make_object(
        acme,
        "order",
        fields=[
            {"name": "code", "is_key": True, "required": True, "max_length": 50},
            {"name": "due", "label": "Due date"},
        ],
    )
    world = making.make_world(n=10)
    connection = making.make_connection(
        acme,
        object_=order,
        mappings={"code": "CardCode"},
        formulas={"due": "formatdate(data('Due'), 'd.m.Y')"},
        active=True,
    )
    engine = Engine(acme, world, connection)
    for n in range(10):
        engine.change(f"C{n}", Due="2024-01-27" if n != 4 else "the day after")

    run = engine.run()

    assert engine.counts(run) == {"created": 9, "rejected": 1}
    assert engine.stored()["C0"].values["due"] == "27.01.2024"
    (failed,) = [log for log in engine.logs(run) if log.outcome == Outcome.REJECTED.number]
    assert (failed.key, failed.code) == ("C4", "formula_failed")
    assert failed.message is not None
    assert failed.message.startswith("Due date")
    assert "the day after" in failed.message


def test_a_new_password_serves_every_connection_of_the_config(acme: Tenant) -> None:
    world = making.make_world(password="old")
    config = making.make_config(acme, secrets={"password": "old"})
    engines = [
        Engine(
            acme,
            world,
            making.make_connection(
                acme,
                f"Partners {number}",
                config=config,
                object_=making.make_object(acme, f"partner{number}"),
                active=True,
                label=f"{number}",
            ),
        )
        for number in (1, 2)
    ]
    assert [engine.run().state for engine in engines] == ["succeeded"] * 2
    versions = [engine.connection.live_version_id for engine in engines]

    world.password = "new"
    assert [engine.run("full").state for engine in engines] == ["failed"] * 2
    given = Given("ERP", "", settings={"world": "erp"}, secrets={"password": "new"})
    with door.tenant(acme.pk):
        configs.edit(config, given, actor=actors.COMMAND)

    assert [engine.run("full").state for engine in engines] == ["succeeded"] * 2
    assert [engine.connection.live_version_id for engine in engines] == versions
