"""No page and no answer of the API shows a password, whoever asks and wherever."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection as database
from django.test import Client

from connections import configs
from connections.declared import Given
from connections.models import ConnectionConfig
from syncapp.tenants import door
from syncapp.tenants.actors import COMMAND
from syncapp.tenants.models import Membership, Tenant
from tests.sweep.addresses import addresses
from tests.sweep.samples import furnish, kind_of
from tests.sweep.test_sweep import Things, url

PASSWORD = "Nobody-reads-this-7"


@pytest.fixture
def things(acme: Tenant, alice: Membership) -> Things:
    return furnish(acme)


@pytest.mark.slow  # reads every address
def test_a_password_is_shown_nowhere(
    things: Things, acme: Tenant, alices: Client, api: Client
) -> None:
    with door.tenant(acme.pk):
        config = ConnectionConfig.objects.get(pk=things["config"]["pk"])
        given = Given("ERP", settings={"world": "erp"}, secrets={"password": PASSWORD})
        config = configs.edit(config, given, actor=COMMAND)
        assert configs.saved_secrets(config) == {"password"}
        with database.cursor() as cursor:
            cursor.execute("SELECT to_jsonb(c)::text, secrets FROM connection_config c")
            ((row, sealed),) = cursor.fetchall()
    assert PASSWORD not in row
    assert PASSWORD.encode() not in bytes(sealed)

    read, shown = 0, []
    for address in addresses():
        if address.parameters - things.get(kind_of(address.name) or "", {}).keys():
            continue  # the sweep asks for a sample of it
        if address.is_platform or "get" not in address.verbs():
            continue
        answer: Any = (api if address.is_api else alices).get(url(address, things))
        read += answer.status_code == 200
        parts = answer.streaming_content if answer.streaming else [answer.content]
        if any(PASSWORD.encode() in part for part in parts):
            shown.append(address.name)

    assert shown == []
    assert read > 60, "hardly anything was read"
