"""What each step of the wizard promises: from the button in the list to the first run."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from connections import discovery, registry
from connections.kit.world import World
from connections.models import Connection, ConnectionConfig, Connector
from syncapp.tenants import door
from syncapp.tenants.models import Tenant
from tests import making
from tests.integration.connections.test_wizard import (
    describe,
    etag,
    nothing_exists,
    plan_of,
    step,
    text,
)
from tests.make import NOW
from tests.markup import tree
from tests.sweep.samples import finished_run


@pytest.fixture(autouse=True)
def offered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Offer the sandbox in forms, which it otherwise is not."""
    monkeypatch.setattr(registry.system_type("sandbox"), "listed", True)


@pytest.fixture
def config(acme: Tenant, world: World) -> ConnectionConfig:
    made = making.make_config(acme)
    discovery.discover(made, now=lambda: NOW)
    return made


def begun(client: Client) -> int:
    """Press New in the list of connectors and begin; give the draft's number."""
    listed = tree(client.get("/t/acme/connectors/").content)
    (new,) = listed.xpath("//main//a[normalize-space()='New connector'][1]/@href")
    first = tree(client.get(new).content)
    (begin,) = set(first.xpath("//main//form[contains(@action, 'begin')]/@action"))
    leads = client.post(begin)["Location"]
    found = re.search(r"/wizard/(\d+)/step/1/", leads)
    assert found
    return int(found[1])


def test_new_leads_to_the_first_of_six_steps(acme: Tenant, alices: Client) -> None:
    draft = begun(alices)

    page = tree(alices.get(step(draft, 1)).content)
    steps = page.xpath("//nav[@aria-label='Steps']//li")
    assert [one.text_content().strip()[:2] for one in steps] == [f"{n}." for n in range(1, 7)]
    assert steps[0].xpath(".//*[@aria-current='step']")


def test_the_first_step_wants_a_name_and_nothing_else(acme: Tenant, alices: Client) -> None:
    draft = begun(alices)

    refused = alices.post(step(draft, 1), {"name": " ", "description": "", "_next": "1"})
    assert refused.status_code == 422
    assert tree(refused.content).xpath("//*[@id='id_name' and @aria-invalid]")
    taken = alices.post(step(draft, 1), {"name": "Customers", "description": "", "_next": "1"})
    assert taken.status_code == 303
    assert taken["Location"].endswith("/step/2/")


def test_both_sides_keep_their_type_and_whether_they_are_on(
    acme: Tenant, alices: Client, config: ConnectionConfig
) -> None:
    draft = begun(alices)
    describe(alices, draft, config)
    side = {"system_type": "sandbox"}
    alices.post(step(draft, 3), {**side, "_redraw": "1"})
    answer = alices.post(step(draft, 3), {**side, "_next": "1"})
    assert answer.status_code == 303

    answer = alices.post(f"/t/acme/wizard/{draft}/finish/")

    assert answer.status_code == 303, text(answer)
    with door.tenant(acme.pk):
        connector = Connector.objects.for_tenant(acme).get()
        sides = {one.direction: one for one in connector.connections.all()}
    assert {name: (one.system_type, one.active) for name, one in sides.items()} == {
        "inbound": ("sandbox", False),
        "outbound": ("sandbox", False),
    }


def test_a_row_of_the_wizard_is_copied_constant_or_calculated(
    acme: Tenant, alices: Client, config: ConnectionConfig
) -> None:
    draft = begun(alices)
    describe(alices, draft, config)
    base = f"/t/acme/wizard/{draft}/inbound/mapping/"
    usual = {"target": "CardName", "when": "always", "if_empty": "take", "enabled": "on"}
    kinds = [
        {"kind": "formula", "formula": "upper(data('CardName'))"},
        {"kind": "raw", "value": "Somebody"},
        {"kind": "field", "source": "CardName"},
    ]

    for chosen in kinds:
        row = next(
            one for one in plan_of(acme, draft).inbound.mapping if one["target"] == "CardName"
        )
        form = {f"edit-{name}": value for name, value in {**usual, **chosen}.items()}
        place = {"row": row["uuid"], "at": "CardName", "etag": etag(text(alices.get(base)))}
        assert alices.post(f"{base}row/", {**place, **form}).status_code == 303
        row = next(
            one for one in plan_of(acme, draft).inbound.mapping if one["target"] == "CardName"
        )
        (name, value), *_ = [item for item in chosen.items() if item[0] != "kind"]
        assert (row.get("kind", "field"), row[name]) == (chosen["kind"], value)

    assert nothing_exists(acme)


def test_a_condition_of_the_wizard_filters_the_first_run(
    acme: Tenant, alices: Client, config: ConnectionConfig
) -> None:
    draft = begun(alices)
    describe(alices, draft, config, active="on")
    base = f"/t/acme/wizard/{draft}/inbound/conditions/"
    row = {
        "left": "field",
        "against": "value",
        "field": "CardName",
        "operator": "ends_with",
        "value": "1",
    }
    sent = {
        "etag": etag(text(alices.get(base))),
        "groups": "0",
        "g0-join": "all",
        "g0-total": "1",
        "g0-r0-enabled": "on",
        **{f"g0-r0-{name}": value for name, value in row.items()},
    }
    assert alices.post(base, sent).status_code == 303
    assert alices.post(f"/t/acme/wizard/{draft}/finish/").status_code == 303

    with door.tenant(acme.pk):
        made = Connection.objects.for_tenant(acme).get()
    run = finished_run(made)

    with door.tenant(acme.pk):
        run.refresh_from_db()
    assert (run.state, run.n_created, run.n_skipped) == ("succeeded", 1, 2)


def test_going_back_and_forth_and_away_loses_nothing(
    acme: Tenant, alices: Client, config: ConnectionConfig
) -> None:
    draft = begun(alices)
    describe(alices, draft, config)

    for number in (1, 5, 2, 4, 3, 6):
        assert alices.get(step(draft, number), follow=True).status_code == 200
    first = text(alices.get(step(draft, 1)))
    second = text(alices.get(step(draft, 2)))
    assert 'value="Customer sync"' in first
    assert 'value="erppartner"' in second
    again = text(alices.get("/t/acme/wizard/"))
    assert f"/t/acme/wizard/{draft}/step/" in again
