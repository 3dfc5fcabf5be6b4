"""What publishing would do, told before: the estimate, the publishing, the next run, the way back."""

from __future__ import annotations

import pytest
from django.test import Client

from connections import publish as publishing, services, versions
from connections.models import Connection, ConnectionVersion
from objects.models import Record
from syncapp.sync import impact, services as services_of_sync
from syncapp.sync.impact import Bounds, Impact, bounds
from syncapp.tenants import door
from syncapp.tenants.actors import COMMAND
from syncapp.tenants.models import Tenant
from tests.integration.sync.conftest import Engine, make_engine

UPPER = """
if(mod(tonumber(substr(data('CardCode'), 1, 9)), 3) = 0,
   upper(data('CardName')), data('CardName'))"""
"""Makes every third name another one."""


def edit(engine: Engine, formula: str) -> None:
    """Fill `name` by a formula, in the draft."""
    with door.tenant(engine.tenant.pk):
        row = Connection.objects.get(pk=engine.connection.pk)
        rows = [one for one in row.mapping if one["target"] != "name"]
        name = next(one for one in row.mapping if one["target"] == "name")
        changed = {
            "target": "name",
            "kind": "formula",
            "formula": formula,
            "uuid": name["uuid"],
        }
        services.edit(row, {}, mappings=[*rows, changed], actor=COMMAND)


def told(engine: Engine) -> Impact:
    with door.tenant(engine.tenant.pk):
        row = Connection.objects.select_related("tenant").get(pk=engine.connection.pk)
        return impact.of_draft(row, now=engine.clock)


def publish(engine: Engine) -> ConnectionVersion:
    with door.tenant(engine.tenant.pk):
        return publishing.publish(
            Connection.objects.get(pk=engine.connection.pk), actor=COMMAND, now=engine.clock()
        )


def revisions(engine: Engine) -> dict[str, int]:
    with door.tenant(engine.tenant.pk):
        assert engine.connection.object_id is not None
        rows = Record.objects.filter(object_id=engine.connection.object_id)
        return dict(rows.values_list("key", "rev"))


def names(engine: Engine) -> dict[str, str]:
    return {key: one.values["name"] for key, one in engine.stored().items()}


def test_all_are_tried_where_there_are_few(acme: Tenant) -> None:
    engine = make_engine(acme, n=12)
    engine.run()
    edit(engine, UPPER)

    found = told(engine)

    assert (found.stored, found.tried) == (12, 12)
    assert found.changed == Bounds(4, 4, 4)
    assert found.changed.exact
    assert found.counts == {"updated": 4, "unchanged": 8}
    assert found.examples[0].diff["name"][1].isupper()


def test_what_would_be_rejected_is_told(acme: Tenant) -> None:
    engine = make_engine(acme, n=6)
    engine.run()
    edit(engine, "if(data('CardCode') = 'C1', fail('not this one'), data('CardName'))")

    found = told(engine)

    assert (found.changed.likely, found.stopped.likely) == (0, 1)
    assert [one.message for one in found.examples] == ["not this one"]


def test_telling_writes_nothing(acme: Tenant) -> None:
    engine = make_engine(acme, n=5)
    engine.run()
    edit(engine, "concat(data('CardName'), '!')")
    before, links = engine.stored(), engine.links()

    told(engine)

    assert (engine.stored(), engine.links()) == (before, links)


def test_exactly_those_that_differ_are_written_and_a_revert_restores_them(acme: Tenant) -> None:
    engine = make_engine(acme, n=10_000, page_size=1000, log_all=False)
    engine.run()
    first, before = names(engine), revisions(engine)
    edit(engine, UPPER)
    expected = {key for key in first if int(key[1:]) % 3 == 0}

    found = told(engine)
    publish(engine)
    run = engine.run()

    assert found.tried == 500
    assert not found.changed.exact
    assert found.changed.low <= len(expected) <= found.changed.high
    assert engine.counts(run) == {"updated": len(expected), "unchanged": 10_000 - len(expected)}
    after = revisions(engine)
    assert {key for key in after if after[key] != before[key]} == expected

    with door.tenant(acme.pk):
        row = Connection.objects.get(pk=engine.connection.pk)
        version = row.versions.get(number=1)
        made = versions.revert(row, version, actor=COMMAND, now=engine.clock())
    back = engine.run()

    assert (made.number, made.reason) == (3, "Back to version 1")
    assert engine.counts(back) == {
        "updated": len(expected),
        "unchanged": 10_000 - len(expected),
    }
    assert names(engine) == first


@pytest.mark.parametrize(
    ("found", "tried", "stored"), [(0, 500, 10_000), (500, 500, 10_000), (167, 500, 10_000)]
)
def test_the_bounds_hold_what_they_promise(found: int, tried: int, stored: int) -> None:
    told = bounds(found, tried, stored)

    assert 0 <= told.low <= told.likely <= told.high <= stored
    assert told.low >= found
    assert stored - told.high >= tried - found


def test_nothing_known_is_told_as_nothing() -> None:
    assert bounds(0, 0, 0) == Bounds(0, 0, 0)
    assert bounds(0, 0, 50) == Bounds(0, 0, 50)
    assert bounds(7, 20, 20) == Bounds(7, 7, 7)


def test_the_panel_shows_it(acme: Tenant, alices: Client) -> None:
    engine = make_engine(acme, n=12)
    engine.run()
    edit(engine, UPPER)

    page = alices.get(f"/t/acme/inbound/{engine.connection.pk}/impact/").content.decode()

    assert "4 of 12 records would change." in page
    assert "<ins>PARTNER 0</ins>" in page


def test_a_draft_with_gaps_says_what_is_missing(acme: Tenant, alices: Client) -> None:
    engine = make_engine(acme, n=1, active=False, entity="")

    page = alices.get(f"/t/acme/inbound/{engine.connection.pk}/impact/").content.decode()

    assert "Choose an entity." in page


def test_nothing_new_leaves_the_sample_as_it_is(acme: Tenant) -> None:
    engine = make_engine(acme, n=600, page_size=100, log_all=False)
    engine.run()
    engine.run()
    before = told(engine)

    engine.run("full")

    assert told(engine) == before
    assert before.tried == 500


def test_a_dry_run_goes_on_after_a_pause(acme: Tenant) -> None:
    engine = make_engine(acme, n=30, active=False)
    run = engine.start("dry")
    engine.clock.pass_(seconds=1)
    engine.slice(stopping=lambda: True)
    engine.clock.pass_(seconds=1)
    engine.work()

    assert engine.counts(run) == {"created": 30}
    with door.tenant(acme.pk):
        assert services_of_sync.open_run(engine.connection) is None
