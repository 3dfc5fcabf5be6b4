"""What an operator sees of runs and records, and what nobody else does."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from objects.models import ConnectField
from syncapp.tenants import door
from syncapp.tenants.models import Membership
from synclogs.models import RecordLog, SyncLog
from tests import make
from tests.integration.sync.conftest import Engine


def url(name: str, *, tenant: str = "acme", **kwargs: Any) -> str:
    return reverse(f"synclogs:{name}", kwargs={"tenant": tenant, **kwargs})


def text(client: Client, address: str, **headers: str) -> str:
    answer = client.get(address, headers=headers)
    assert answer.status_code == 200, answer.content[:300]
    return answer.content.decode()


def log_of(engine: Engine, run: SyncLog, key: str) -> RecordLog:
    return next(log for log in engine.logs(run) if log.key == key)


def test_the_home_page_of_an_empty_tenant_says_what_to_do_first(alices: Client) -> None:
    page = text(alices, url("home"))

    assert "Nothing is connected yet" in page
    assert reverse("connections:config_create", kwargs={"tenant": "acme"}) in page


def test_the_home_page_shows_connections_and_what_needs_a_person(
    alices: Client, engine: Engine
) -> None:
    engine.put({"CardCode": "C99", "CardName": None, "Address": {}})
    run = engine.run()

    page = text(alices, url("home"))

    assert run.state == SyncLog.State.PARTIAL
    assert "Needs a person" in page
    assert "1 records were rejected" in page
    assert "Last 24 hours: " in page


def test_the_home_page_shows_a_connection_that_never_ran(
    alices: Client, engine: Engine
) -> None:
    page = text(alices, url("home"))

    assert "Never ran" in page
    assert engine.connection.name in page


def test_the_run_page_shows_an_equation_of_links(alices: Client, engine: Engine) -> None:
    engine.put({"CardCode": "C99", "CardName": None, "Address": {}})
    run = engine.run()

    page = text(alices, url("run_detail", pk=run.pk))

    assert "<b>13</b> read" in page
    assert f'href="{url("run_detail", pk=run.pk)}?outcome=created"><b>12</b> created' in page
    assert f'href="{url("run_detail", pk=run.pk)}?outcome=rejected"><b>1</b> rejected' in page


def test_a_link_of_the_equation_narrows_the_record_log(alices: Client, engine: Engine) -> None:
    engine.put({"CardCode": "C99", "CardName": None, "Address": {}})
    run = engine.run()

    page = text(alices, url("run_detail", pk=run.pk) + "?outcome=rejected")

    assert "C99" in page
    assert ">C1<" not in page
    assert "Name: A value is required" in page


def test_progress_is_polled_until_the_run_has_ended(alices: Client, engine: Engine) -> None:
    run = engine.start()
    address = url("run_progress", pk=run.pk)

    before = alices.get(address)
    engine.clock.pass_(seconds=1)
    engine.work()
    after = alices.get(address)

    assert before.status_code == 200
    assert "every 2s" in before.content.decode()
    assert after.status_code == 286
    assert "every 2s" not in after.content.decode()


def test_runs_are_listed_and_filtered(alices: Client, engine: Engine) -> None:
    done, dry = engine.run(), engine.run("dry")

    everything = text(alices, url("run_list"))
    dry_only = text(alices, url("run_list") + "?kind=dry")

    assert url("run_detail", pk=done.pk) in everything
    assert url("run_detail", pk=dry.pk) in everything
    assert url("run_detail", pk=done.pk) not in dry_only


def test_an_update_shows_before_and_after(alices: Client, engine: Engine) -> None:
    engine.run()
    engine.change("C3", Address={"City": "Elsewhere"})
    run = engine.run()

    page = text(alices, url("record_log_detail", pk=log_of(engine, run, "C3").pk))

    assert "Differs: City." in page
    assert "City 3" in page
    assert "Elsewhere" in page


def test_a_create_shows_the_values_of_then_and_not_of_now(
    alices: Client, engine: Engine
) -> None:
    run = engine.run()
    engine.change("C3", Address={"City": "Elsewhere"})
    engine.run()

    page = text(alices, url("record_log_detail", pk=log_of(engine, run, "C3").pk))

    assert "City 3" in page
    assert "Elsewhere" not in page
    assert ">Later" in page


def test_a_rejection_says_why(alices: Client, engine: Engine) -> None:
    engine.put({"CardCode": "C99", "CardName": None, "Address": {}})
    run = engine.run()

    page = text(alices, url("record_log_detail", pk=log_of(engine, run, "C99").pk))

    assert "What stopped it" in page
    assert "Name: A value is required" in page


def test_a_dry_run_shows_what_would_be(alices: Client, engine: Engine) -> None:
    engine.run()
    engine.change("C3", Address={"City": "Elsewhere"})
    run = engine.run("dry")

    page = text(alices, url("record_log_detail", pk=log_of(engine, run, "C3").pk))

    assert "nothing was written" in page
    assert "Elsewhere" in page


@pytest.mark.parametrize(("key", "found"), [("C3", 1), ("C1*", 3), ("C%", 0)])
def test_record_logs_are_found_by_key_or_its_beginning(
    alices: Client, engine: Engine, key: str, found: int
) -> None:
    engine.run()

    answer = alices.get(url("record_log_list"), {"key": key})

    assert answer.status_code == 200
    assert answer.content.decode().count('class="row-link"') == found


def test_the_panel_of_a_connection_polls_while_a_run_is_open(
    alices: Client, engine: Engine
) -> None:
    address = url("connection_panel", pk=engine.connection.pk)

    empty = text(alices, address, **{"HX-Request": "true"})
    engine.start()
    waiting = text(alices, address, **{"HX-Request": "true"})

    assert "It has not run yet" in empty
    assert "every 3s" in waiting
    assert "<html" not in waiting


def test_a_file_of_the_log_is_safe_for_spreadsheets(alices: Client, engine: Engine) -> None:
    engine.put({"CardCode": "=cmd|' /C calc'!A0", "CardName": "X", "Address": {}})
    run = engine.run()

    answer = alices.get(url("run_export", pk=run.pk))
    rows = list(csv.DictReader(io.StringIO(b"".join(answer).decode())))

    assert len(rows) == 13
    assert {row["outcome"] for row in rows} == {"created"}
    assert [row["key"] for row in rows if "cmd" in row["key"]] == ["'=cmd|' /C calc'!A0"]


def test_the_pages_of_a_run_are_its_ledger(alices: Client, engine: Engine) -> None:
    run = engine.run()

    page = text(alices, url("run_pages", pk=run.pk))

    assert "10 created" in page
    assert "2 created" in page


@pytest.mark.parametrize("name", ["run_detail", "run_progress", "run_pages", "run_export"])
def test_a_foreign_run_is_not_there(
    alices: Client, engine: Engine, carol: Membership, name: str
) -> None:
    run = engine.run()

    answer = make.browser_of(carol).get(url(name, tenant="globex", pk=run.pk))

    assert answer.status_code == 404


def test_sensitive_values_are_hidden_from_readers(engine: Engine, bobs: Client) -> None:
    engine.run()
    engine.change("C3", Address={"City": "Elsewhere"})
    run = engine.run()
    with door.tenant(engine.tenant.pk):
        ConnectField.objects.filter(name="city").update(sensitivity="pii")

    page = text(bobs, url("record_log_detail", pk=log_of(engine, run, "C3").pk))

    assert "Elsewhere" not in page
    assert "City 3" not in page
    assert "•••" in page
