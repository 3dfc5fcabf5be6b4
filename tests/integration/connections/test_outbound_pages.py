"""Outbound connections are begun in two fields and finished later; nothing is on by accident."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from connections import discovery
from connections.models import Connection
from syncapp.tenants import door
from syncapp.tenants.models import Tenant
from tests import make, making
from tests.every import every
from tests.markup import tree

LIST = "/t/acme/outbound/"


@pytest.fixture
def outbound(acme: Tenant) -> Connection:
    making.make_world()
    return making.make_outbound(acme)


def page_of(client: Client, path: str) -> Any:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return tree(answer.content)


def test_name_and_type_are_enough_to_begin(acme: Tenant, alices: Client) -> None:
    answer = alices.post(f"{LIST}new/", {"name": "Orders out", "system_type": "odata"})

    with door.tenant(acme.pk):
        made = Connection.objects.for_tenant(acme).get()
    assert (made.direction, made.name, made.system_type) == ("outbound", "Orders out", "odata")
    assert not made.active
    assert answer.status_code == 303
    asked = page_of(alices, f"{LIST}{made.pk}/edit/").xpath("//main//select/@name")
    assert {"config", "object"} <= set(asked)


@every("missing", ["name", "system_type"])
def test_neither_may_be_left_out(acme: Tenant, alices: Client, missing: str) -> None:
    form = {"name": "Orders out", "system_type": "odata"}

    answer = alices.post(f"{LIST}new/", {**form, missing: ""})

    assert answer.status_code == 422
    assert tree(answer.content).xpath("//*[@aria-invalid='true']/@name") == [missing]
    with door.tenant(acme.pk):
        assert not Connection.objects.exists()


def test_the_list_shows_both_objects(alices: Client, outbound: Connection) -> None:
    (row,) = page_of(alices, LIST).xpath("//tbody/tr")

    cells = {cell.get("data-label"): cell.text_content().strip() for cell in row}
    assert cells["Object In"] == "Partner"
    assert cells["Object Out"] == making.ENTITY
    assert cells["Active"].lower() == "off"


def test_its_page_tells_what_was_entered_and_leads_on(
    alices: Client, outbound: Connection
) -> None:
    page = page_of(alices, f"{LIST}{outbound.pk}/")
    shown = page.xpath("string(//main)")
    links = set(page.xpath("//main//a/@href"))

    for part in ("ERP", making.ENTITY, "Partner", "CardCode"):
        assert part in shown
    for page_name in ("edit", "mapping", "conditions", "delete"):
        assert f"{LIST}{outbound.pk}/{page_name}/" in links
    assert f"{LIST}{outbound.pk}/?tab=related" in {
        link if link.startswith("/") else f"{LIST}{outbound.pk}/{link}" for link in links
    }


def test_switching_on_asks_and_says_what_was_never_tested(
    acme: Tenant, alices: Client, outbound: Connection
) -> None:
    assert outbound.config is not None
    discovery.discover(outbound.config, now=lambda: make.NOW)
    question = page_of(alices, f"{LIST}{outbound.pk}/activate/").xpath("string(//main)")
    assert "never tested" in question

    with door.tenant(acme.pk):
        outbound.refresh_from_db()
    assert not outbound.active, "asking switches nothing on"
