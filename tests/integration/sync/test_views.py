"""The buttons: run now, dry run, stop, schedule."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from connections.models import ConnectionConfig
from syncapp.sync import services
from syncapp.tenants import door
from syncapp.tenants.models import Tenant
from synclogs.models import SyncLog
from tests import make, making
from tests.integration.sync.conftest import Engine, make_engine


@pytest.fixture
def engine(acme: Tenant) -> Engine:
    return make_engine(acme)


def at(engine: Engine, verb: str) -> str:
    return f"/t/acme/connections/{engine.connection.pk}/{verb}/"


def runs(engine: Engine) -> list[SyncLog]:
    with door.tenant(engine.tenant.pk):
        return list(SyncLog.objects.order_by("pk"))


def test_run_now_queues_a_run_and_shows_it(
    engine: Engine,
    alices: Client,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        response = alices.post(at(engine, "run"))

    (run,) = runs(engine)
    assert (response.status_code, response["Location"]) == (303, f"/t/acme/runs/{run.pk}/")
    assert (run.kind, run.trigger, run.by, run.lane) == (
        "normal",
        "manual",
        "alice@acme.test",
        "live",
    )
    assert len(callbacks) == 1


def test_a_run_against_a_test_system_says_so_for_ever(engine: Engine, alices: Client) -> None:
    config = engine.connection.config
    assert config is not None
    with door.tenant(engine.tenant.pk):
        ConnectionConfig.objects.filter(pk=config.pk).update(environment="test")
    alices.post(at(engine, "run"))
    (run,) = runs(engine)
    with door.tenant(engine.tenant.pk):
        ConnectionConfig.objects.filter(pk=config.pk).update(environment="live")

    for page in ("runs/", f"runs/{run.pk}/"):
        assert "[TEST] Partners" in alices.get(f"/t/acme/{page}").content.decode()


def test_everything_can_be_read_again(engine: Engine, alices: Client) -> None:
    alices.post(at(engine, "run"), {"kind": "full"})

    assert [(run.kind, run.lane) for run in runs(engine)] == [("full", "bulk")]


def test_a_second_run_is_refused_with_the_number_of_the_first(
    engine: Engine, alices: Client
) -> None:
    alices.post(at(engine, "run"))

    response = alices.post(at(engine, "run"))

    (run,) = runs(engine)
    assert response["Location"] == f"/t/acme/inbound/{engine.connection.pk}/"
    assert f"Run {run.pk}" in _said(alices)


def test_what_is_off_does_not_run(engine: Engine, alices: Client) -> None:
    engine.connection.active = False
    with door.tenant(engine.tenant.pk):
        engine.connection.save()

    alices.post(at(engine, "run"))

    assert runs(engine) == []
    assert "Activate it first" in _said(alices)


def test_a_dry_run_may_be_bounded_and_needs_no_publishing(acme: Tenant, alices: Client) -> None:
    engine = make_engine(acme, active=False)

    asked = alices.get(at(engine, "dry-run"))
    refused = alices.post(at(engine, "dry-run"), {"reads": "first", "max_records": "0"})
    alices.post(at(engine, "dry-run"), {"reads": "first", "max_records": "10"})

    assert "The first records only" in asked.content.decode()
    assert refused.status_code == 422
    (run,) = runs(engine)
    assert (run.kind, run.window["max_records"], run.version_id) == ("dry", 10, None)


def test_a_dry_run_may_read_changes_only(acme: Tenant, alices: Client) -> None:
    engine = make_engine(acme)

    alices.post(at(engine, "dry-run"), {"reads": "changes"})

    (run,) = runs(engine)
    assert (run.window["changes_only"], "max_records" in run.window) == (True, False)


def test_a_draft_with_gaps_says_what_is_missing(acme: Tenant, alices: Client) -> None:
    engine = make_engine(acme, active=False, entity="")

    alices.post(at(engine, "dry-run"))

    assert runs(engine) == []
    assert "Choose an entity." in _said(alices)


def test_a_run_is_stopped(engine: Engine, alices: Client) -> None:
    run = engine.start()

    response = alices.post(f"/t/acme/runs/{run.pk}/stop/")

    assert response["Location"] == f"/t/acme/runs/{run.pk}/"
    assert engine.fresh(run).state == "cancelled"
    alices.post(f"/t/acme/runs/{run.pk}/stop/")
    assert "has ended already" in _said(alices)


def test_a_schedule_is_set_shown_and_taken_away(engine: Engine, alices: Client) -> None:
    page = at(engine, "schedule")
    assert "only by hand" in alices.get(page).content.decode()

    response = alices.post(page, {"every_minutes": "15"})

    assert response["Location"] == f"/t/acme/inbound/{engine.connection.pk}/"
    shown = alices.get(page, headers={"HX-Request": "true"}).content.decode()
    assert 'value="15"' in shown
    assert "<html" not in shown
    alices.post(page, {"every_minutes": ""})
    with door.tenant(engine.tenant.pk):
        schedule = services.schedule_of(engine.connection)
    assert schedule is not None
    assert (schedule.every_minutes, schedule.next_at) == (None, None)


def test_a_schedule_of_nothing_is_refused(engine: Engine, alices: Client) -> None:
    response = alices.post(at(engine, "schedule"), {"every_minutes": "0"})

    assert response.status_code == 422
    assert "greater than or equal to 1" in response.content.decode()


def test_a_schedule_of_a_connection_that_is_off_waits(acme: Tenant, alices: Client) -> None:
    engine = make_engine(acme, active=False)
    alices.post(at(engine, "schedule"), {"every_minutes": "15"})

    assert "this connection is off" in alices.get(at(engine, "schedule")).content.decode()


def test_a_reader_sees_the_schedule_and_changes_nothing(
    engine: Engine, alices: Client, bobs: Client
) -> None:
    run = engine.start()

    shown = bobs.get(at(engine, "schedule"))

    assert shown.status_code == 200
    assert "<form method" not in shown.content.decode().split('id="connection-schedule"')[1]
    for address in (
        at(engine, "run"),
        at(engine, "dry-run"),
        at(engine, "schedule"),
        f"/t/acme/runs/{run.pk}/stop/",
    ):
        assert bobs.post(address).status_code == 403


def test_another_tenants_connection_is_not_there(
    engine: Engine, globex: Tenant, alices: Client
) -> None:
    making.make_world()
    theirs = make_engine(globex)
    run = theirs.start()

    assert alices.post(at(theirs, "run")).status_code == 404
    assert alices.get(at(theirs, "schedule")).status_code == 404
    assert alices.post(f"/t/acme/runs/{run.pk}/stop/").status_code == 404


def _said(client: Client) -> str:
    page = client.get("/t/acme/runs/")
    return page.content.decode()


class TestApi:
    def test_a_run_is_accepted_with_its_address(self, engine: Engine, api: Client) -> None:
        address = f"/api/v1/connections/{engine.connection.pk}/run/"
        response = api.post(address, content_type="application/json")

        (run,) = runs(engine)
        body = response.json()
        assert response.status_code == 202
        assert response["Location"] == f"/api/v1/runs/{run.pk}/"
        assert (body["id"], body["state"], body["trigger"], body["kind"]) == (
            run.pk,
            "queued",
            "api",
            "normal",
        )
        assert body["counts"]["read"] == 0
        assert len(body["counts"]) == 11
        assert api.get(response["Location"]).json() == body

    def test_kinds_and_bounds(self, engine: Engine, api: Client) -> None:
        address = f"/api/v1/connections/{engine.connection.pk}/run/"

        dry = api.post(address, {"kind": "dry", "max_records": 2}, "application/json")
        full = api.post(address, {"kind": "full", "max_records": 2}, "application/json")
        wrong = api.post(address, {"kind": "sideways"}, "application/json")

        assert (dry.status_code, dry.json()["kind"]) == (202, "dry")
        assert (full.status_code, list(full.json()["fields"])) == (422, ["max_records"])
        assert (wrong.status_code, list(wrong.json()["fields"])) == (400, ["kind"])

    def test_a_second_run_is_a_conflict(self, engine: Engine, api: Client) -> None:
        address = f"/api/v1/connections/{engine.connection.pk}/run/"
        first = api.post(address, {}, "application/json").json()["id"]

        second = api.post(address, {}, "application/json")

        assert (second.status_code, second.json()["code"]) == (409, "run_open")
        assert f"Run {first}" in second.json()["detail"]

    def test_running_and_rehearsing_are_two_permissions(
        self, engine: Engine, acme: Tenant
    ) -> None:
        address = f"/api/v1/connections/{engine.connection.pk}/run/"
        rehearser = make.client_of(acme, codes=["visible", "inbound.dry_run"])

        assert rehearser.post(address).status_code == 403
        dry = rehearser.post(address, {"kind": "dry"}, "application/json")
        assert dry.status_code == 202

    def test_a_run_is_stopped(self, engine: Engine, api: Client) -> None:
        run = engine.start()

        response = api.post(f"/api/v1/runs/{run.pk}/stop/")

        assert (response.status_code, response.json()["state"]) == (202, "cancelled")
        again = api.post(f"/api/v1/runs/{run.pk}/stop/")
        assert (again.status_code, again.json()["code"]) == (409, "ended")

    def test_a_schedule_is_read_and_set(self, engine: Engine, api: Client) -> None:
        address = f"/api/v1/connections/{engine.connection.pk}/schedule/"
        assert api.get(address).json() == {"every_minutes": None, "next_at": None}

        put = api.put(address, {"every_minutes": 30}, "application/json")

        assert put.json()["every_minutes"] == 30
        assert api.get(address).json() == put.json()
        assert put.json()["next_at"] is not None
        refused = api.put(address, {"every_minutes": 0}, "application/json")
        assert (refused.status_code, list(refused.json()["fields"])) == (400, ["every_minutes"])

    def test_another_tenants_things_are_not_there(
        self, engine: Engine, globex: Tenant, api: Client
    ) -> None:
        theirs = make_engine(globex)
        run = theirs.start()

        there = f"/api/v1/connections/{theirs.connection.pk}"
        assert api.post(f"{there}/run/", {}, "application/json").status_code == 404
        assert api.get(f"{there}/schedule/").status_code == 404
        assert api.post(f"/api/v1/runs/{run.pk}/stop/").status_code == 404
