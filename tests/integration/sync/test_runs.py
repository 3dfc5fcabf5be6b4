"""Whole runs, from a world in memory into the record store."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connections import services
from connections.kit.codes import Code, Outcome
from connections.kit.values import Record
from connections.kit.world import Fault
from objects.records import read
from objects.records.changes import ChangeOp, Origin, RecordChange, Source
from objects.records.write import write
from objects.services import load_shape
from syncapp.errors import Invalid
from syncapp.sync import recorder
from syncapp.sync.models import Link
from syncapp.tenants import actors, door
from syncapp.tenants.models import Tenant
from synclogs.models import SyncLog
from tests import making
from tests.integration.sync.conftest import Engine, make_engine


def test_a_first_run_creates_every_record(acme: Tenant) -> None:
    engine = make_engine(acme, n=25)

    run = engine.run()

    assert (run.state, run.n_read, run.pages) == (SyncLog.State.SUCCEEDED, 25, 3)
    assert engine.counts(run) == {"created": 25}
    assert len(engine.stored()) == len(engine.links()) == 25
    assert engine.stored()["C7"].values == {"code": "C7", "name": "Partner 7", "city": "City 7"}
    assert run.expected is not None
    assert run.started_at is not None
    assert run.ended_at is not None


def test_each_record_has_a_log_row(engine: Engine) -> None:
    run = engine.run()

    (log, *_) = logs = engine.logs(run)
    stored = engine.stored()
    assert [row.key for row in logs] == ["C0", "C1", "C2"]
    assert (log.outcome_name, log.code, log.remote_id) == (Outcome.CREATED, Code.NEW, "C0")
    assert (log.record_id, log.seq) == (stored["C0"].id, stored["C0"].seq)
    assert log.link_id == engine.links()["C0"].pk


def test_a_second_run_asks_for_changes_only(engine: Engine) -> None:
    engine.run()

    run = engine.run()

    assert (run.state, run.n_read) == (SyncLog.State.SUCCEEDED, 0)


def test_a_full_run_of_the_same_changes_nothing(engine: Engine) -> None:
    engine.run()
    before, links = engine.stored(), engine.links()

    run = engine.run("full")

    assert engine.counts(run) == {"unchanged": 3}
    assert engine.stored() == before
    assert {row.code for row in engine.logs(run)} == {Code.SAME_SOURCE}
    assert [row.key for row in engine.logs(run)] == ["C0", "C1", "C2"]
    (page,) = engine.pages(run)
    assert recorder.unpack(page.unchanged) == sorted(link.pk for link in links.values())


def test_without_a_row_for_each_the_ledger_is_the_evidence(acme: Tenant) -> None:
    engine = make_engine(acme, log_all=False)
    first = engine.run()
    engine.put(
        {"CardCode": "C1", "CardName": "Partner 1", "Address": {"City": "City 1"}, "x": 1}
    )

    run = engine.run("full")

    assert len(engine.logs(first)) == 3
    assert engine.counts(run) == {"unchanged": 3}
    assert engine.logs(run) == []
    (page,) = engine.pages(run)
    assert len(recorder.unpack(page.unchanged)) == 3


def test_three_changes_are_three_updates(acme: Tenant) -> None:
    engine = make_engine(acme, n=20)
    engine.run()
    for number in (3, 5, 8):
        engine.change(f"C{number}", Credit=Decimal("10.50"))

    run = engine.run()

    assert engine.counts(run) == {"updated": 3}
    assert engine.stored()["C5"].values["credit"] == Decimal("10.50")
    assert [(row.key, row.code) for row in engine.logs(run)] == [
        ("C3", Code.CHANGED),
        ("C5", Code.CHANGED),
        ("C8", Code.CHANGED),
    ]
    assert all(row.seq == engine.stored()[str(row.key)].seq for row in engine.logs(run))


def test_removals_are_ignored_or_followed(engine: Engine) -> None:
    engine.run()
    engine.remove("C1")

    kept = engine.run()

    assert engine.counts(kept) == {"skipped": 1}
    assert engine.links()["C1"].dead_at is not None
    assert len(engine.stored()) == 3


def test_removals_are_followed(acme: Tenant) -> None:
    engine = make_engine(acme, deletes="delete")
    engine.run()
    engine.remove("C1")

    run = engine.run()

    assert engine.counts(run) == {"deleted": 1}
    assert [(row.key, row.code) for row in engine.logs(run)] == [("C1", Code.REMOVED)]
    assert sorted(engine.stored()) == ["C0", "C2"]
    engine.put({"CardCode": "C1", "CardName": "Back"})
    assert engine.counts(engine.run()) == {"created": 1}
    assert engine.links()["C1"].dead_at is None


def test_twins_broken_and_nameless_records_have_one_outcome_each(engine: Engine) -> None:
    twin = Record.of("C1", {"CardCode": "C1", "CardName": "Later"})
    other = Record.of("X", {"CardCode": "C2", "CardName": "Same key"})
    broken = Record("B", b'{"CardCode": ')
    nameless = Record.of(None, {"CardCode": "N", "CardName": "No id"})
    engine.world.faults.append(Fault("read", at=1, add=[twin, other, broken, nameless]))

    run = engine.run()

    assert run.state == SyncLog.State.PARTIAL
    assert engine.counts(run) == {"created": 3, "skipped": 2, "rejected": 2}
    assert [(row.remote_id, row.outcome_name, row.code) for row in engine.logs(run)] == [
        ("C0", "created", "new"),
        ("C1", "skipped", "superseded"),
        ("C2", "skipped", "superseded"),
        ("C1", "created", "new"),
        ("X", "created", "new"),
        ("B", "rejected", "undecodable"),
        (None, "rejected", "no_remote_id"),
    ]
    assert engine.stored()["C1"].values["name"] == "Later"
    assert engine.stored()["C2"].values["name"] == "Same key"


def test_a_rejected_record_is_trouble_until_it_is_mended(engine: Engine) -> None:
    engine.change("C1", CardName="")
    first = engine.run()
    engine.run("full")

    (trouble,) = engine.trouble()
    assert (trouble.outcome, trouble.code) == (Outcome.REJECTED.number, "required_missing")
    assert (trouble.field, trouble.attempts) == ("name", 2)
    assert trouble.link_id == engine.links()["C1"].pk
    assert trouble.first_at < trouble.last_at
    assert trouble.verdicts is not None
    assert trouble.verdicts[0]["step"] == "map"
    rejected = next(row for row in engine.logs(first) if row.outcome_name == "rejected")
    assert (rejected.key, rejected.message) == ("C1", trouble.message)
    assert rejected.detail == {"verdicts": trouble.verdicts}

    engine.change("C1", CardName="Mended")
    run = engine.run()

    assert (run.state, engine.counts(run)) == (SyncLog.State.SUCCEEDED, {"created": 1})
    assert engine.trouble() == []


def test_a_conflict_is_trouble_too(engine: Engine) -> None:
    engine.run()
    other = Record.of("X", {"CardCode": "C2", "CardName": "Same key"})
    engine.world.faults.append(Fault("read", at=1, add=[other]))

    run = engine.run()

    assert (run.state, engine.counts(run)) == (SyncLog.State.PARTIAL, {"conflict": 1})
    (trouble,) = engine.trouble()
    assert trouble.code == Code.KEY_LINKED_ELSEWHERE
    assert "“C2”" in trouble.message


def test_unique_values_are_kept_unique(engine: Engine) -> None:
    engine.change("C0", Vat="DE1")
    engine.change("C1", Vat="DE1")

    run = engine.run()

    assert engine.counts(run) == {"created": 2, "rejected": 1}
    assert [row.code for row in engine.logs(run) if row.key == "C1"] == [Code.NOT_UNIQUE]


def test_ids_and_versions_that_cannot_be_stored_are_told_as_far_as_they_can(
    engine: Engine,
) -> None:
    odd = [
        Record.of("a\0b", {"CardCode": "A", "CardName": "A"}),
        Record.of("x" * 600, {"CardCode": "X", "CardName": "X"}),
        Record.of("v", {"CardCode": "V", "CardName": "V"}, version="1\0"),
        Record.of("k", {"CardCode": "K" * 600, "CardName": "K"}),
    ]
    engine.world.faults.append(Fault("read", at=1, add=odd))

    run = engine.run()

    assert engine.counts(run) == {"created": 4, "rejected": 3}
    logs = {str(row.remote_id)[:3]: row for row in engine.logs(run)}
    assert logs["a␀b"].link_id is None
    assert len(str(logs["xxx"].remote_id)) == 512
    assert logs["k"].code == Code.TOO_LONG
    assert engine.links()["v"].remote_version is None


def test_records_are_found_by_a_unique_field_that_is_not_the_key(acme: Tenant) -> None:
    engine = make_engine(acme, primary_key="vat")
    engine.change("C1", Vat="DE1")
    assert engine.counts(engine.run()) == {"created": 1, "rejected": 2}
    with door.tenant(acme.pk):
        Link.objects.all().delete()
    engine.put({"CardCode": "new", "CardName": "Renamed", "Vat": "DE1"})
    engine.remove("C0", "C1", "C2")

    run = engine.run("full")

    assert engine.counts(run) == {"updated": 1, "skipped": 3}
    assert engine.stored()["new"].values["name"] == "Renamed"


def test_an_edit_on_our_side_is_looked_at_again(engine: Engine) -> None:
    engine.run()
    with door.tenant(engine.tenant.pk):
        assert engine.connection.object is not None
        shape = load_shape(engine.connection.object)
        read.lock([shape.id])
        mine = read.by_keys(shape.id, ["C1"])["C1"]
        edit = RecordChange(ChangeOp.UPDATE, "C1", {"city": "Here"}, mine)
        write(shape, [edit], Source(Origin.USER, 1), engine.clock())

    run = engine.run("full")

    assert engine.counts(run) == {"updated": 1, "unchanged": 2}
    assert engine.stored()["C1"].values["city"] == "City 1"


def test_a_changed_mapping_reads_everything_again(engine: Engine) -> None:
    engine.run()
    rows = [
        {"target": target, "kind": "field", "source": path}
        for target, path in {"code": "CardCode", "name": "CardName", "city": "CardName"}.items()
    ]
    with door.tenant(engine.tenant.pk):
        services.edit(engine.connection, {}, mappings=rows, actor=actors.COMMAND)
        services.activate(engine.connection, actor=actors.COMMAND, now=engine.clock())

    run = engine.run()

    assert engine.counts(run) == {"updated": 3}
    assert engine.stored()["C1"].values["city"] == "Partner 1"
    assert engine.run().n_read == 0


def test_a_dry_run_writes_its_log_and_nothing_else(engine: Engine) -> None:
    engine.run()
    engine.change("C1", CardName="New name", Credit=Decimal("1.10"))
    engine.put({"CardCode": "C9", "CardName": "Nine"}, {"CardCode": "C8"})
    before, links = engine.stored(), engine.links()

    run = engine.run("dry", changes_only=True)

    assert engine.counts(run) == {"updated": 1, "created": 1, "rejected": 1}
    assert engine.stored() == before
    assert engine.links().keys() == links.keys()
    assert engine.trouble() == []
    details = {row.key: row.detail for row in engine.logs(run)}
    assert details["C1"] == {
        "diff": {"name": ["Partner 1", "New name"], "credit": [None, Decimal("1.10")]}
    }
    assert details["C9"] == {"after": {"code": "C9", "name": "Nine"}}
    assert details["C8"] is not None
    assert list(details["C8"]) == ["verdicts"]
    assert engine.counts(engine.run()) == engine.counts(run), "the cursor has not moved"


def test_a_dry_run_shows_what_would_be_deleted(acme: Tenant) -> None:
    engine = make_engine(acme, deletes="delete")
    engine.run()
    engine.remove("C1")

    run = engine.run("dry", changes_only=True)

    (row,) = engine.logs(run)
    assert row.detail == {"before": engine.stored()["C1"].values}


def test_a_dry_run_reads_everything_whatever_was_read_before(engine: Engine) -> None:
    engine.run()
    engine.change("C1", CardName="New name")

    run = engine.run("dry")

    assert engine.counts(run) == {"updated": 1, "unchanged": 2}


def test_a_run_that_writes_is_not_bounded(engine: Engine) -> None:
    for bounds in ({"max_records": 5}, {"changes_only": True}):
        with pytest.raises(Invalid) as refused:
            engine.run(**bounds)
        assert list(refused.value.fields) == list(bounds)


def test_a_dry_run_may_end_early(acme: Tenant) -> None:
    engine = make_engine(acme, n=30)

    run = engine.run("dry", max_records=12)

    assert (run.state, run.n_read, run.pages) == (SyncLog.State.SUCCEEDED, 12, 2)


def test_a_draft_can_be_rehearsed_before_it_is_published(acme: Tenant) -> None:
    engine = make_engine(acme, active=False)

    run = engine.run("dry")

    assert engine.counts(run) == {"created": 3}
    assert run.version_id is None


def test_a_chain_of_connections_through_our_own_objects(
    committed_db: None, acme: Tenant
) -> None:
    engine = make_engine(acme, deletes="delete")
    copies = making.make_object(acme, "copy")
    inner = Engine(
        acme,
        engine.world,
        making.make_connection(
            acme,
            "Copies",
            config=making.make_config(acme, "Own", system_type="internal"),
            object_=copies,
            entity="partner",
            mappings={"code": "code", "name": "name", "city": "city"},
            active=True,
        ),
        engine.clock,
    )
    engine.run()
    assert inner.counts(inner.run()) == {"created": 3}
    engine.change("C1", CardName="Changed")
    engine.remove("C2")
    engine.run()

    run = inner.run()

    assert inner.counts(run) == {"updated": 1, "skipped": 1}
    assert inner.stored()["C1"].values["name"] == "Changed"
