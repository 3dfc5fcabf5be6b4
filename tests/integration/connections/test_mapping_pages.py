"""The mapping editor's pages: each operation, who may, and what goes wrong."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from connections import kept, services
from connections.document import plain, read_mappings
from connections.models import Connection, DraftStep
from connections.kit.values import Record
from syncapp import canonical
from syncapp.tenants import door
from syncapp.tenants.models import Tenant
from tests import make, making

pytestmark = pytest.mark.usefixtures("db")
HTMX = {"HX-Request": "true"}
RECORD = {"CardCode": "C0", "CardName": "Ärger GmbH", "Address": {"City": "Köln"}, "Credit": "12,5"}


@pytest.fixture
def connection(acme: Tenant) -> Connection:
    making.make_world()
    made = making.make_connection(acme)
    with door.tenant(acme.pk):
        keeper = kept.Keeper(acme.pk, made.pk)
        keeper.offer([Record("C0", canonical.dumps(RECORD)), Record("C1", canonical.dumps({"CardCode": "C1"}))])
        keeper.write(make.NOW)
    return made


def url(page: str, row: Connection, tenant: str = "acme") -> str:
    name = f"connections:{row.direction}_{page}"
    return reverse(name, kwargs={"tenant": tenant, "pk": row.pk})


def text(response: Any) -> str:
    return html.unescape(response.content.decode())


def test_every_target_is_a_row_and_shows_what_the_sample_gives(
    alices: Client, connection: Connection
) -> None:
    page = text(alices.get(url("mapping", connection) + "?sample=C0"))
    rows = re.findall(r'class="row-link"[^>]*>([^<]+)<', page)
    assert rows == ["code", "name", "city", "credit", "vat"]
    assert "Ärger GmbH" in page
    assert "Köln" in page
