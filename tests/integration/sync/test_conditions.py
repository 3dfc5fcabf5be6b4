"""Conditions in whole runs: skipped with the row that failed, and what has changed since."""

from __future__ import annotations

from typing import Any

import pytest

from connections import publish
from connections.models import Connection
from syncapp.errors import Invalid
from syncapp.tenants import actors, door
from syncapp.tenants.models import Tenant
from synclogs.models import SyncLog
from tests.integration.sync.conftest import Engine, make_engine
from tests.integration.sync.test_formulas import TOWN, make_places

UUID = "11111111-2222-3333-4444-555555555555"


def put(engine: Engine, *rows: dict[str, Any], **more: Any) -> None:
    """Publish the connection with these conditions."""
    conditions = {"rows": [{"uuid": UUID, **row} for row in rows], **more}
    with door.tenant(engine.tenant.pk):
        draft = Connection.objects.get(pk=engine.connection.pk)
        draft.conditions = conditions
        draft.save(update_fields=["conditions"])
        publish.publish(draft, actor=actors.COMMAND, now=engine.clock())
    engine.clock.pass_(minutes=1)


def named(prefix: str) -> dict[str, Any]:
    return {"field": "CardName", "operator": "starts_with", "value": prefix}


def state(operator: str, **more: Any) -> dict[str, Any]:
    return {"field": "State", "operator": operator, **more}


def test_a_record_is_skipped_with_the_row_that_failed(acme: Tenant) -> None:
    engine = make_engine(acme)
    put(engine, named("partner 1"))

    run = engine.run("full")

    assert engine.counts(run) == {"created": 1, "skipped": 2}
    assert run.state == SyncLog.State.SUCCEEDED
    log = engine.logs(run)[0]
    assert log.code == "skipped_by_condition"
    assert log.message == "CardName is 'Partner 0', must start with 'partner 1'."
    assert log.detail["verdicts"][0]["condition"] == UUID
    assert log.detail["verdicts"][0]["step"] == "condition"
    assert engine.trouble() == []
    assert list(engine.stored()) == ["C1"]


def test_the_same_again_is_skipped_again_and_unchanged(acme: Tenant) -> None:
    engine = make_engine(acme)
    put(engine, named("Partner 1"))
    engine.run("full")

    again = engine.run("full")

    assert engine.counts(again) == {"unchanged": 1, "skipped": 2}
    assert {log.code for log in engine.logs(again)} == {"same_source", "skipped_by_condition"}


def test_a_rehearsal_tells_the_same(acme: Tenant) -> None:
    engine = make_engine(acme, n=30)
    put(engine, named("Partner 1"))

    rehearsed = engine.run("dry")
    run = engine.run("full")

    told = [[(log.remote_id, log.outcome, log.message) for log in engine.logs(one)]
            for one in (rehearsed, run)]  # fmt: skip
    assert told[0] == told[1]
    assert engine.counts(run) == {"created": 11, "skipped": 19}


def test_a_record_that_no_longer_passes_stays(acme: Tenant) -> None:
    engine = make_engine(acme)
    engine.run("full")
    put(engine, named("Partner"))
    engine.change("C0", CardName="Somebody else")

    run = engine.run("full")

    assert engine.counts(run) == {"unchanged": 2, "skipped": 1}
    assert engine.stored()["C0"].values["name"] == "Partner 0"
    assert engine.links()["C0"].record_id is not None
    assert next(log for log in engine.logs(run) if log.remote_id == "C0").key == "C0"


def test_conditions_that_look_up_ask_in_sets(acme: Tenant) -> None:
    make_places(acme, z1010="Wien", z4020="Linz")
    engine = make_engine(acme, n=20)
    for n in range(20):
        engine.change(f"C{n}", Zip="1010" if n % 4 else "4020")
    put(engine, {"formula": TOWN, "operator": "equals", "value": "WIEN"})

    run = engine.run("full")

    assert engine.counts(run) == {"created": 15, "skipped": 5}


def test_a_formula_that_fails_rejects(acme: Tenant) -> None:
    engine = make_engine(acme)
    put(engine, {"formula": "tonumber(data('CardName')) > 1", "operator": "is_true"})

    run = engine.run("full")

    assert engine.counts(run) == {"rejected": 3}
    assert "At line 1, column 1" in engine.trouble()[0].message


def test_changed_over_runs(acme: Tenant) -> None:
    engine = make_engine(acme)
    for n in range(3):
        engine.change(f"C{n}", State="open")
    put(engine, state("changed"), {"field": "Held", "operator": "is_empty"})
    assert engine.counts(engine.run("full")) == {"created": 3}

    engine.change("C0", CardName="Renamed")
    assert engine.counts(engine.run()) == {"skipped": 1}
    engine.change("C1", State="done", Held="yes")
    assert engine.counts(engine.run()) == {"skipped": 1}
    vectors = {key: bytes(link.in_vec or b"") for key, link in engine.links().items()}
    assert len(set(vectors.values())) == 1, "what was left out did not move"

    engine.change("C1", Held="")
    assert engine.counts(engine.run()) == {"unchanged": 1}, (
        "it is synced, with nothing to write"
    )
    engine.change("C0", State="done")
    assert engine.counts(engine.run()) == {"updated": 1}
    assert engine.stored()["C0"].values["name"] == "Renamed"
    vectors = {key: bytes(link.in_vec or b"") for key, link in engine.links().items()}
    assert vectors["C0"] == vectors["C1"] != vectors["C2"]


def test_changed_from_to_over_runs(acme: Tenant) -> None:
    engine = make_engine(acme)
    for n, now in enumerate(("open", "held", "done")):
        engine.change(f"C{n}", State=now)
    engine.run("full")
    put(engine, state("changed_from_to", value="Open", to="Done"))
    assert engine.counts(engine.run()) == {"skipped": 3}, "publishing looks at all of them"

    engine.put({"CardCode": "C3", "CardName": "New", "State": "done"})
    for n in range(3):
        engine.change(f"C{n}", State="done", CardName=f"Changed {n}")
    run = engine.run()

    assert engine.counts(run) == {"updated": 1, "skipped": 3}
    assert [log.remote_id for log in engine.logs(run) if log.code == "changed"] == ["C0"]
    assert "must have changed from 'Open' to 'Done'" in (engine.logs(run)[-1].message or "")
    engine.change("C0", CardName="Again")
    assert engine.counts(engine.run()) == {"skipped": 1}


def test_what_cannot_run_is_not_published(acme: Tenant) -> None:
    engine = make_engine(acme)

    with pytest.raises(Invalid) as refusal:
        put(
            engine, {"field": "CardName", "operator": "matches", "value": "("}, state("in_list")
        )

    assert refusal.value.fields["conditions"].startswith(
        "CardName: This pattern cannot be used"
    )
    assert "State: The list is empty." in refusal.value.fields["conditions"]


def test_a_version_knows_what_its_conditions_read(acme: Tenant) -> None:
    engine = make_engine(acme)
    put(engine, state("equals", value="a"), {"formula": "data('X') = 1", "operator": "is_true"})

    with door.tenant(acme.pk):
        live = Connection.objects.get(pk=engine.connection.pk).live_version
        assert live is not None
        read = [one["reads"] for one in live.reads if "condition" in one]
    assert read == ["State", "X"]
