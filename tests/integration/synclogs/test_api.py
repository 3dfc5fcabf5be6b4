"""Runs and record logs as REST clients see them."""

from __future__ import annotations

from django.test import Client

from syncapp.tenants.models import Tenant
from tests import make
from tests.integration.sync.conftest import Engine


def test_a_run_tells_its_state_and_counts(api: Client, engine: Engine) -> None:
    run = engine.run()

    body = api.get(f"/api/v1/runs/{run.pk}/").json()

    assert body["state"] == "succeeded"
    assert body["trigger"] == "manual"
    assert body["counts"] == {
        "read": 12,
        "created": 12,
        **dict.fromkeys(
            (
                "updated",
                "unchanged",
                "skipped",
                "waiting",
                "conflict",
                "rejected",
                "retryable",
                "unknown",
                "deleted",
            ),
            0,
        ),
    }
    assert body["started_at"] <= body["ended_at"]
    assert body["error"] == ""


def test_runs_come_newest_first_in_pages(api: Client, engine: Engine) -> None:
    first, second = engine.run(), engine.run()

    page = api.get("/api/v1/runs/?limit=1").json()
    rest = api.get(f"/api/v1/runs/?limit=1&cursor={page['next_cursor']}").json()

    assert [run["id"] for run in page["data"]] == [second.pk]
    assert [run["id"] for run in rest["data"]] == [first.pk]
    assert (
        not rest["has_more"]
        or not api.get(f"/api/v1/runs/?limit=1&cursor={rest['next_cursor']}").json()["data"]
    )


def test_record_logs_are_filtered_by_run_outcome_and_key(api: Client, engine: Engine) -> None:
    engine.run()
    engine.change("C3", Address={"City": "Elsewhere"})
    run = engine.run()

    found = api.get(f"/api/v1/record-logs/?run={run.pk}&outcome=updated&key=C3").json()["data"]
    none = api.get(f"/api/v1/record-logs/?run={run.pk}&outcome=created").json()["data"]

    assert [(log["key"], log["outcome"], log["code"]) for log in found] == [
        ("C3", "updated", "changed")
    ]
    assert none == []


def test_a_record_log_has_its_evidence(api: Client, engine: Engine) -> None:
    engine.run()
    engine.change("C3", Address={"City": "Elsewhere"})
    run = engine.run()
    (log,) = api.get(f"/api/v1/record-logs/?run={run.pk}").json()["data"]

    body = api.get(f"/api/v1/record-logs/{log['id']}/").json()

    assert body["changes"] == [{"field": "city", "before": "City 3", "after": "Elsewhere"}]
    assert body["verdicts"] == []


def test_a_wrong_filter_is_named(api: Client, engine: Engine) -> None:
    answer = api.get("/api/v1/record-logs/?outcome=splendid")

    assert answer.status_code == 400
    assert "outcome" in answer.json()["fields"]


def test_a_foreign_run_is_not_there(engine: Engine, globex: Tenant) -> None:
    run = engine.run()
    client = make.client_of(globex)

    assert client.get(f"/api/v1/runs/{run.pk}/").status_code == 404
    assert client.get(f"/api/v1/record-logs/?run={run.pk}").json()["data"] == []


def test_a_key_without_the_permission_is_refused(engine: Engine) -> None:
    run = engine.run()
    client = make.client_of(engine.tenant, codes=["configs.view"])

    answer = client.get(f"/api/v1/runs/{run.pk}/")

    assert answer.status_code == 403
    assert "runs.view" in answer.json()["detail"]
