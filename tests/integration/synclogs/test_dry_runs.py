"""What a dry run would change: on its page, as a file, and for REST clients."""

from __future__ import annotations

import csv
import io

import pytest
from django.test import Client
from django.urls import reverse

from objects.models import ConnectField
from syncapp.tenants import door
from syncapp.tenants.models import Tenant
from synclogs.models import SyncLog
from tests import make
from tests.integration.sync.conftest import Engine


@pytest.fixture
def run(engine: Engine) -> SyncLog:
    """A dry run: one updated, one created, one rejected, the others unchanged."""
    engine.run()
    engine.change("C1", CardName="=SUM(A1)", Address={"City": "Rome"})
    engine.put({"CardCode": "C99", "CardName": "Ninety-nine"}, {"CardCode": "C98"})
    return engine.run("dry")


def page(client: Client, name: str, run: SyncLog, query: str = "") -> str:
    address = reverse(f"synclogs:{name}", kwargs={"tenant": "acme", "pk": run.pk})
    answer = client.get(f"{address}{query}")
    assert answer.status_code == 200
    return bytes(answer.getvalue()).decode()


def table(text: str) -> dict[tuple[str, str], tuple[str, str]]:
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["key", "remote id", "outcome", "field", "before", "after", "message"]
    return {(row[0], row[3]): (row[4], row[5]) for row in rows[1:]}


def test_the_page_shows_each_field_that_would_change(alices: Client, run: SyncLog) -> None:
    shown = page(alices, "run_detail", run, "?outcome=updated")

    assert "<del>Partner 1</del>" in shown
    assert "<ins>=SUM(A1)</ins>" in shown
    assert "<del>City 1</del>" in shown
    assert "<ins>Rome</ins>" in shown
    assert "C99" not in shown


def test_a_rejected_record_says_why(alices: Client, run: SyncLog) -> None:
    assert "is required" in page(alices, "run_detail", run, "?outcome=rejected")


def test_the_file_has_a_line_for_each_field(alices: Client, run: SyncLog) -> None:
    found = table(page(alices, "run_changes", run))

    assert found["C1", "name"] == ("Partner 1", "'=SUM(A1)")
    assert found["C1", "city"] == ("City 1", "Rome")
    assert found["C99", "name"] == ("", "Ninety-nine")
    assert ("C98", "") in found
    assert ("C2", "") in found


def test_sensitive_values_are_hidden(acme: Tenant, bobs: Client, run: SyncLog) -> None:
    with door.tenant(acme.pk):
        ConnectField.objects.filter(name="city").update(sensitivity="pii")

    shown = page(bobs, "run_detail", run, "?outcome=updated")

    assert "Rome" not in shown
    assert "•••" in shown


def test_only_a_dry_run_has_the_file(alices: Client, engine: Engine) -> None:
    done = engine.run()
    address = reverse("synclogs:run_changes", kwargs={"tenant": "acme", "pk": done.pk})

    assert alices.get(address).status_code == 404


def test_rest_clients_get_the_same_file(acme: Tenant, alices: Client, run: SyncLog) -> None:
    answer = make.client_of(acme).get(f"/api/v1/runs/{run.pk}/changes/")

    body = bytes(answer.getvalue()).decode()
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert table(body) == table(page(alices, "run_changes", run))
